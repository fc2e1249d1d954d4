"""`RichText` → Discord's Markdown, in which nothing of the text comes to life.

Everything that Discord would read as a mark is escaped, and what would be a mention, an emoji or a timestamp
is broken up unseen: in a private thread a mention adds that member, in edits too. Whole addresses stay links,
without previews. Pure.
"""

import re
from collections.abc import Sequence

from attrs import define, field

from actors.vip.nesting import nested
from actors.vip.rich_text import RichText, Span, Style, trimmed, units
from daemon.discord.markdown_tokens import ADDRESS
from daemon.discord.text import FENCE, ZWSP


def to_markdown(value: RichText) -> str:
    """A message for Discord that looks like the text. What it can't show is left out, never a character."""
    text, out, at = value.text, list[str](), 0
    inner = _InTurn([span for span in value.spans if span.style is not Style.QUOTE])
    for quote in value.spans:
        if quote.style is Style.QUOTE:
            start = text.rfind("\n", 0, quote.start) + 1
            end = text.find("\n", quote.end)
            end = len(text) if end < 0 else end
            out.append(_flow(text, inner.up_to(start), at, start))
            out.append("> " + _flow(text, inner.up_to(end), start, end).replace("\n", "\n> "))
            at = end
    out.append(_flow(text, inner.up_to(len(text)), at, len(text)))
    return _TOKENS.sub(rf"\g<0>{ZWSP}", "".join(out))


def markdown_units(value: RichText) -> int:
    """How long the message is in Discord's count, at most: UTF-16 units."""
    return units(to_markdown(value))


_TOKENS = re.compile(r"@(?=everyone|here)|<(?=[@#/:&!]|a:|t:|id:)", re.IGNORECASE)
"""Where something would be looked up, in code as well."""


# --- blocks -------------------------------------------------------------------------------------

_LANGUAGE = re.compile(r"[A-Za-z0-9_+\-.#]{1,40}")


@define(eq=False)
class _InTurn:
    """Hands out spans, sorted by their starts, to pieces of the text that follow one another."""

    _spans: Sequence[Span]
    _next: int = 0
    _going_on: list[Span] = field(factory=list)

    def up_to(self, end: int) -> list[Span]:
        """Those in the piece from where the last one ended."""
        spans, found = self._spans, self._going_on
        while self._next < len(spans) and spans[self._next].start < end:
            found.append(spans[self._next])
            self._next += 1
        self._going_on = [span for span in found if span.end > end]
        return found


def _flow(text: str, spans: Sequence[Span], start: int, end: int) -> str:
    """A piece that stands outside of quotes, or in one."""
    out, at = list[str](), start
    pieces_of = (_within(text, span, start, end) for span in spans)
    mine = sorted((piece for piece in pieces_of if piece is not None), key=lambda piece: piece.start)
    inline = _InTurn([span for span in mine if span.style is not Style.PRE])
    for block in mine:
        if block.style is Style.PRE:
            out.append(_Line(text, at, block.start).written(inline.up_to(block.start)))
            language = block.value if _LANGUAGE.fullmatch(block.value) else ""
            out.append(f"{FENCE}{language}\n{_apart(text[block.start : block.end])}\n{FENCE}")
            at = block.end
    out.append(_Line(text, at, end).written(inline.up_to(end)))
    pieces = [piece for piece in out if piece]
    for place in range(1, len(pieces)):  # two runs of backticks would be one
        if pieces[place - 1].endswith("`") and pieces[place].startswith("`"):
            pieces[place] = ZWSP + pieces[place]
    return "".join(pieces)


def _within(text: str, span: Span, start: int, end: int) -> Span | None:
    """The piece of a span between two offsets; line breaks at its ends are outside."""
    start, end = max(span.start, start), min(span.end, end)
    if span.style is Style.PRE:
        while start < end and text[start] == "\n":
            start += 1
        while start < end and text[end - 1] == "\n":
            end -= 1
    elif start < end:
        start, end = trimmed(text, (start, end))
    return Span(start, end, span.style, span.value) if start < end else None


def _apart(code: str) -> str:
    """Code without two backticks side by side, which could end it."""
    return re.sub("`(?=`)", f"`{ZWSP}", code)


# --- within lines -------------------------------------------------------------------------------

_MARKS = {
    Style.BOLD: "**",
    Style.ITALIC: "*",
    Style.UNDERLINE: "__",
    Style.STRIKE: "~~",
    Style.SPOILER: "||",
}
_ESCAPED = re.compile(r"[\\*_~`|\[\]]")
_LINE_MARK = re.compile(r"^( *)([#>+-])|^( *\d+)([.)])", re.MULTILINE)
_INVITE = re.compile(r"(\.\w+)/")
_READ_AS_MARK = re.compile(r"[*~|`\\]|__")
_DOMAIN = re.compile(r"://|\b[\w-]+\.[a-z]{2,}\b", re.IGNORECASE)


@define(eq=False)
class _Line:
    """Writes text between blocks: `at` up to `end`."""

    text: str
    at: int
    end: int
    out: list[str] = field(factory=list)
    open: list[Span] = field(factory=list)
    _last: str = field(default="text", init=False)
    """What was written last: text, or marks that open or close."""

    def written(self, spans: Sequence[Span]) -> str:
        pieces = (_within(self.text, span, self.at, self.end) for span in spans)
        cut = [piece for piece in pieces if piece is not None]
        for span in nested(self.text, cut):
            self.close_up_to(span.start)
            self.plain(span.start)
            if span.style is Style.CODE:
                self.code(span)
            else:
                self.open.append(span)
                self.mark("[" if self.is_link(span) else _MARKS.get(span.style, ""), "open")
        self.close_up_to(self.end)
        self.plain(self.end)
        return "".join(self.out)

    def close_up_to(self, place: int) -> None:
        while self.open and self.open[-1].end <= place:
            span = self.open[-1]
            self.plain(span.end)
            self.open.pop()
            if self.is_link(span):
                self.out.append(f"](<{_target(span.value)}>)")
                self._last = "text"
            elif span.style is Style.LINK:
                self.write(f" ({_as_text(span.value, live=not self.open)})")
            else:
                self.mark(_MARKS[span.style], "close")

    def mark(self, mark: str, kind: str) -> None:
        """Marks of one kind may stand together; `**` that ends and `*` that begins would be read as `***`."""
        if mark and self.out and self._last != kind and self.out[-1][-1:] == mark[0]:
            self.out.append(ZWSP)
        if mark:
            self.out.append(mark)
            self._last = kind

    def write(self, text: str) -> None:
        if text:
            self.out.append(text)
            self._last = "text"

    def plain(self, end: int) -> None:
        """The text up to `end`, whole addresses as links."""
        if end <= self.at:
            return
        piece, after = self.text[self.at : end], self.text[end : end + 1]
        begins = self.at == 0 or self.text[self.at - 1] == "\n"
        in_link = any(span.style is Style.LINK for span in self.open)
        done = 0
        for found in ADDRESS.finditer(piece):
            whole = found.end() < len(piece) or not after or after.isspace()
            if whole and not in_link and self.is_safe(found[0]):
                self.write(_escape(piece[done : found.start()], begins=begins and not done))
                self.write(f"<{found[0]}>")
                done = found.end()
        self.write(_escape(piece[done:], begins=begins and not done))
        self.at = end

    def is_safe(self, address: str) -> bool:
        """Whether an address can stand as it is: the marks around it are looked for in it, too."""
        return not _TOKENS.search(address) and not (self.open and _READ_AS_MARK.search(address))

    def code(self, span: Span) -> None:
        body = _apart(self.text[span.start : span.end])
        tick = "``" if "`" in body else "`"
        before = " " if body.startswith("`") else ""
        after = " " if body.endswith("`") else ZWSP if body.endswith("\\") else ""
        self.mark(f"{tick}{before}{body}{after}{tick}", "text")  # a backslash must not seem to escape the end
        self.at = span.end

    def is_link(self, span: Span) -> bool:
        """Whether Discord shows it as a link: with a label that does not look like another address."""
        if span.style is not Style.LINK or not _LINKED.fullmatch(span.value):
            return False
        label = self.text[span.start : span.end]
        return len(span.value) <= _LONGEST_ADDRESS and _DOMAIN.search(label) is None


_LINKED = re.compile(r"https?://[^\s<>\x00-\x1f\x7f]+", re.IGNORECASE)
_LONGEST_ADDRESS = 1000
_IN_TARGET = re.compile(r"[()\\*~|`]|_(?=_)|@(?=everyone|here)", re.IGNORECASE)


def _target(address: str) -> str:
    return _IN_TARGET.sub(lambda found: f"%{ord(found[0]):02X}", address)


def _as_text(address: str, *, live: bool) -> str:
    """An address after its label, as it is."""
    if live and ADDRESS.fullmatch(address) and not _TOKENS.search(address):
        return f"<{address}>"
    return _escape(address, begins=False)


def _escape(text: str, *, begins: bool) -> str:
    """The text as Discord shows it; `begins`: it stands at the beginning of a line."""
    if not text:
        return ""
    head, rest = ("", text) if begins else (text.partition("\n")[0], text[text.find("\n") :])
    if not begins and "\n" not in text:
        rest = ""
    escaped = _ESCAPED.sub(r"\\\g<0>", head)
    if rest:
        escaped += _LINE_MARK.sub(r"\1\3\\\2\4", _ESCAPED.sub(r"\\\g<0>", rest))
    return _INVITE.sub(r"\1\\/", escaped.replace("://", ":\\/\\/"))
