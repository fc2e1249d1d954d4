"""Emphasis in Discord's Markdown: which marks have partners, and which are text. Pure.

`**` bold, `*` and `_` italics, `__` underlined, `~~` struck, `||` hidden; three are two and one. Marks that
may begin something wait on a stack; what closes looks for the latest that fits, those above it become text.
How many wait of each kind is counted, so that none is looked for in vain.
"""

import re
from collections import Counter

from attrs import define, field, frozen

from actors.vip.rich_text import Span, Style

_PAIRS = {"~": Style.STRIKE, "|": Style.SPOILER}
_STRONG = {"*": Style.BOLD, "_": Style.UNDERLINE}
_WORD = re.compile(r"\w", re.ASCII)
_CLOSERS = {
    ("*", 2): re.compile(r"\*\*"),
    ("*", 1): re.compile(r"\*"),
    ("_", 2): re.compile("__"),
    ("_", 1): re.compile(r"_(?![A-Za-z0-9_])"),
    ("~", 2): re.compile("~~"),
    ("|", 2): re.compile(r"\|\|"),
}


@frozen
class Run:
    """The same mark, `long` times, and the characters before and after it ("" at the ends)."""

    char: str
    long: int
    before: str
    after: str

    @property
    def opens_italics(self) -> bool:
        """Whether one of it may begin italics."""
        return self.char == "_" or (self.after != "" and not self.after.isspace())

    @property
    def closes_italics(self) -> bool:
        """Whether one of it may end italics."""
        if self.char == "_":
            return _WORD.match(self.after) is None
        return self.before != "" and not self.before.isspace()


@define(eq=False)
class _Waiting:
    char: str
    left: int
    """How many of them have no partner yet: that many are written."""
    place: int
    italics: bool

    def kinds(self) -> list[tuple[str, int]]:
        """What it may begin: of two marks, of one."""
        return [(self.char, 2)] * (self.left > 1) + [(self.char, 1)] * (self.italics and self.left % 2)


@define(eq=False)
class Marks:
    """What was read so far: pieces of text, and runs that are written as far as they found no partner."""

    _pieces: list[str | _Waiting] = field(factory=list)
    _spans: list[tuple[int, int, Style]] = field(factory=list)
    """From after one piece up to before another."""
    _inner: list[tuple[int, Span]] = field(factory=list)
    """Spans within a piece."""
    _stack: list[_Waiting] = field(factory=list)
    _count: Counter[tuple[str, int]] = field(factory=Counter)

    def add(self, text: str) -> None:
        """Text that is as it is."""
        self._pieces.append(text)

    def add_rich(self, text: str, spans: list[Span]) -> None:
        """Text with spans of its own."""
        self._inner.extend((len(self._pieces), span) for span in spans)
        self._pieces.append(text)

    def on_new_line(self) -> bool:
        """Whether what comes next begins a line."""
        last = self._pieces[-1] if self._pieces else "\n"
        return isinstance(last, str) and last.endswith("\n")

    def run(self, run: Run) -> None:
        """Marks: they close what waits for them, or wait, or both."""
        place, left = len(self._pieces), run.long
        if run.char in _PAIRS:
            if left > 1 and self._close((run.char, 2), place):
                left -= 2
            waiting = _Waiting(run.char, 2 if left > 1 else 0, place, italics=False)
        else:
            left = self._emphasis(run, place)
            waiting = _Waiting(run.char, left, place, italics=run.opens_italics)
        self._pieces.append(waiting)
        if waiting.kinds():
            self._stack.append(waiting)
            self._count.update(waiting.kinds())
        if run.char in _PAIRS:
            self._pieces.append(run.char * (left - waiting.left))

    def _emphasis(self, run: Run, place: int) -> int:
        left = run.long
        while left:
            wanted = [(run.char, 2)] * (left > 1) + [(run.char, 1)] * (run.closes_italics and left % 2)
            kind = self._latest(wanted)
            if kind is None or not self._close(kind, place):
                break
            left -= kind[1]
        return left

    def _latest(self, wanted: list[tuple[str, int]]) -> tuple[str, int] | None:
        if not any(self._count[kind] for kind in wanted):
            return None
        for waiting in reversed(self._stack):
            for kind in wanted:
                if kind in waiting.kinds():
                    return kind
        return None

    def _close(self, kind: tuple[str, int], place: int) -> bool:
        if not self._count[kind]:
            return False
        depth = len(self._stack) - 1
        while kind not in self._stack[depth].kinds():
            depth -= 1
        opener = self._stack[depth]
        if opener.place + 1 >= place:  # nothing is between them
            return False
        for waiting in self._stack[depth:]:
            self._count.subtract(waiting.kinds())
        del self._stack[depth:]
        style = Style.ITALIC if kind[1] == 1 else _PAIRS.get(kind[0]) or _STRONG[kind[0]]
        self._spans.append((opener.place, place, style))
        opener.left -= kind[1]
        if opener.kinds():
            self._stack.append(opener)
            self._count.update(opener.kinds())
        return True

    def before_partner(self, address: str) -> str:
        """The beginning of an address, up to where something ends that was begun before it."""
        cuts = [len(address)]
        for kind, closer in _CLOSERS.items():
            if self._count[kind] and (found := closer.search(address)) is not None:
                cuts.append(found.start())
        return address[: min(cuts)]

    def drop_waiting(self) -> None:
        """What waits finds no partner any more."""
        self._stack.clear()
        self._count.clear()

    def settled(self) -> tuple[str, list[Span]]:
        """The text and its spans."""
        self.drop_waiting()
        said: list[str] = []
        starts: list[int] = []
        size = 0
        for piece in self._pieces:
            text = piece if isinstance(piece, str) else piece.char * piece.left
            starts.append(size)
            said.append(text)
            size += len(text)
        starts.append(size)
        spans = [Span(starts[opened + 1], starts[closed], style) for opened, closed, style in self._spans]
        spans.extend(span.moved(starts[place]) for place, span in self._inner)
        return "".join(said), spans
