"""Discord's Markdown → `RichText`: what a reader of the message sees, and how.

Marks without a partner, headings, lists and whatever else has no counterpart stay as they were typed, so that
nothing that is seen is lost; mentions, custom emoji and timestamps become words. Every message takes a time
that grows with its length only: marks wait on a stack for their partners. Pure.
"""

import re
from bisect import bisect_right
from collections.abc import Callable

from attrs import define, field

from actors.vip.rich_text import RichText, Span, Style, rich
from daemon.discord.markdown_marks import Marks, Run
from daemon.discord.markdown_tokens import ADDRESS, TOKEN, Names, in_words
from daemon.discord.text import FENCE, ZWSP


def from_markdown(text: str, names: Names | None = None) -> RichText:
    """What a message of Discord says. `names` are those of what it mentions."""
    said, spans = _Reader(_BREAKS.sub("\n", text), names or Names()).read()
    return rich(said, *spans)


# --- what it is made of -------------------------------------------------------------------------

_BREAKS = re.compile("\r\n?")
_SPECIAL = re.compile(r"[\n\\*_~|`<\[]|@(?=\u200b)|¯(?=\\_)|https?://")
_SHRUG = "¯\\_(ツ)_/¯"
_QUOTE = re.compile(r" *>>> (?P<rest>(?=\s*\S)[\s\S]*)|(?P<lines>(?: *> [^\n]*(?:\n|\Z))++)")
_QUOTE_MARK = re.compile(r"^ *> ", re.MULTILINE)
_TICKS = re.compile("`++")
_PADDING = re.compile(r"\A (?= *`)|(?<=`)( *) \Z")
_LANGUAGE = re.compile(r"([A-Za-z0-9_+\-.#]{1,40})\n")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
_MASKED = re.compile(
    r"\[(?P<label>(?:\\.|[^\[\]\\\n]|\[[^\[\]\n]*\])++)\]"
    r"\(\s*(?:<(?P<angled>https?://[^\s<>]+)>|(?P<bare>https?://(?:[^\s<>()]|\([^\s<>()]*\))+))"
    r"(?:\s+(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)",
)
_AUTOLINK = re.compile(r"<(https?://[^\s<>]+)>")


@define(eq=False)
class _Reader:
    source: str
    names: Names
    marks: Marks = field(factory=Marks)
    ticks: dict[int, list[int]] = field(init=False)
    """Where runs of so many backticks are."""

    @ticks.default
    def _find_ticks(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for run in _TICKS.finditer(self.source):
            found.setdefault(len(run[0]), []).append(run.start())
        return found

    def read(self, *, quotes: bool = True) -> tuple[str, list[Span]]:
        """The text and its spans. Quotes begin where lines do, outside of code."""
        at, size = 0, len(self.source)
        while at < size:
            quote = _QUOTE.match(self.source, at) if quotes else None
            if quote is None:
                at = self.inline(at, size, quotes=quotes)
            else:
                self.quote(quote)
                at = quote.end()
        return self.marks.settled()

    def quote(self, found: re.Match[str]) -> None:
        inner = found["rest"] if found["lines"] is None else _QUOTE_MARK.sub("", found["lines"])
        ends = found["lines"] is not None and inner.endswith("\n")
        said, spans = _Reader(inner[:-1] if ends else inner, self.names).read(quotes=False)
        self.marks.drop_waiting()
        self.marks.add_rich(said, [*spans, Span(0, len(said), Style.QUOTE)])
        if ends:
            self.marks.add("\n")

    def inline(self, at: int, end: int, *, quotes: bool = False) -> int:
        """Read up to `end`, or where a quote may begin; returns how far it came."""
        source, add = self.source, self.marks.add
        while at < end:
            found = _SPECIAL.search(source, at, end)
            if found is None:
                add(source[at:end])
                return end
            stop = found.start()
            if stop > at:
                add(source[at:stop])
            if source[stop] != "\n":
                at = _READ[source[stop]](self, stop, end)
                continue
            add("\n")
            at = stop + 1
            if quotes and _QUOTE.match(source, at) is not None:
                return at
        return at

    def escape(self, at: int, end: int) -> int:
        following = self.source[at + 1 : min(at + 2, end)]
        if not following or following.isspace() or (following.isascii() and following.isalnum()):
            following = ""
        self.marks.add(following or "\\")
        return at + 1 + len(following)

    def shrug(self, at: int, end: int) -> int:
        long = len(_SHRUG) if self.source.startswith(_SHRUG, at) and at + len(_SHRUG) <= end else 1
        self.marks.add(self.source[at : at + long])
        return at + long

    def run(self, at: int, end: int) -> int:
        source, char, after = self.source, self.source[at], at + 1
        while after < end and source[after] == char:
            after += 1
        self.marks.run(Run(char, after - at, source[at - 1 : at], source[after : min(after + 1, end)]))
        return after

    def code(self, at: int, end: int) -> int:
        source = self.source
        if source.startswith(FENCE, at):
            close = source.find(FENCE, at + len(FENCE), end)
            if close >= 0 and source[at + len(FENCE) : close].strip("\n"):
                return self.block(source[at + len(FENCE) : close], close + len(FENCE))
        after = at + 1
        while after < end and source[after] == "`":
            after += 1
        runs = self.ticks.get(after - at, [])
        place = bisect_right(runs, at)
        if place == len(runs) or runs[place] + after - at > end:
            self.marks.add(source[at:after])
            return after
        inner = _PADDING.sub(lambda found: found[1] or "", source[after : runs[place]])
        self.marks.add_rich(inner, [Span(0, len(inner), Style.CODE)])
        return runs[place] + after - at

    def block(self, body: str, after: int) -> int:
        found = _LANGUAGE.match(body)
        language, inner = "", body.strip("\n")
        if found is not None and (rest := body[found.end() :].strip("\n")):
            language, inner = found[1], rest
        if not self.marks.on_new_line():  # a block is on lines of its own, also where no blocks are seen
            self.marks.add("\n")
        self.marks.add_rich(inner, [Span(0, len(inner), Style.PRE, language)])
        if _REST_OF_LINE.match(self.source, after) is None:
            self.marks.add("\n")
        return after

    def link(self, at: int, end: int) -> int:
        found = _MASKED.match(self.source, at, end)
        if found is None or ADDRESS.search(found["label"]) or not found["label"].strip():
            self.marks.add("[")
            return at + 1
        outer, self.marks = self.marks, Marks()
        self.inline(found.start("label"), found.end("label"))
        said, spans = self.marks.settled()
        self.marks = outer
        link = Span(0, len(said), Style.LINK, found["angled"] or found["bare"])
        self.marks.add_rich(said, [*spans, link])
        return found.end()

    def angle(self, at: int, end: int) -> int:
        token = TOKEN.match(self.source, at, end)
        if token is not None:
            self.marks.add(in_words(token, self.names))
            return token.end()
        address = _AUTOLINK.match(self.source, at, end)
        if address is not None:
            self.marks.add(address[1])
            return address.end()
        return self.broken(at, end)

    def broken(self, at: int, end: int) -> int:
        """A sign that begins mentions; what broke one up, unseen, is left out."""
        self.marks.add(self.source[at])
        return at + 2 if self.source.startswith(ZWSP, at + 1, end) else at + 1

    def address(self, at: int, end: int) -> int:
        found = ADDRESS.match(self.source, at, end)
        address = "h" if found is None else self.marks.before_partner(found[0])
        self.marks.add(address)
        return at + len(address)


_READ: dict[str, Callable[[_Reader, int, int], int]] = {
    "\\": _Reader.escape,
    "¯": _Reader.shrug,
    "`": _Reader.code,
    "[": _Reader.link,
    "<": _Reader.angle,
    "@": _Reader.broken,
    "h": _Reader.address,
    **dict.fromkeys("*_~|", _Reader.run),
}
