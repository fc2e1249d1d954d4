"""Text with formatting, as neither Discord nor Telegram has it: what crosses between them.

    rich("see here", Span(4, 8, Style.LINK, "https://example.org"))

Offsets count code points. A `RichText` that `rich` made is in normal form, so that texts that look equal are
equal values; the rules are those that both sides can show:

- spans of one style never overlap or touch, and don't begin or end with white space;
- code and blocks of code hold nothing else but may stand in a quote; where a link or a spoiler lies over
  them, the code gives way: what was hidden stays hidden;
- a link is on one line, and one whose text is its address is no span: both sides see it themselves;
- a quote is of whole lines.

Pure.
"""

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import frozen

from actors.vip.intervals import Interval, minus, union


class Style(StrEnum):
    """What a span is. The order is that of nesting: the first ones are outermost."""

    QUOTE = "quote"
    PRE = "pre"
    """A block of code; the span's value is its language, or ""."""
    SPOILER = "spoiler"
    UNDERLINE = "underline"
    STRIKE = "strike"
    BOLD = "bold"
    ITALIC = "italic"
    LINK = "link"
    """The span's value is its address."""
    CODE = "code"


@frozen
class Span:
    """A piece of text that is formatted: code points `start` up to, not including, `end`."""

    start: int
    end: int
    style: Style
    value: str = ""
    """Of a block of code its language, of a link its address."""

    def moved(self, by: int) -> "Span":
        """The same, so many code points further."""
        return Span(self.start + by, self.end + by, self.style, self.value)


@frozen
class RichText:
    """A text and its spans, sorted. To be made with `rich` or `plain`, which see to the normal form."""

    text: str = ""
    spans: tuple[Span, ...] = ()

    def __add__(self, other: "RichText") -> "RichText":
        return rich(self.text + other.text, *self.spans, *(s.moved(len(self.text)) for s in other.spans))

    def __bool__(self) -> bool:
        return not is_blank(self.text)

    def part(self, start: int, end: int) -> "RichText":
        """The piece between two offsets; spans that were cut are whole spans of the piece."""
        text = self.text[start:end]
        inside = (s for s in self.spans if s.start < end and s.end > start)
        cut = (Span(max(s.start, start), min(s.end, end), s.style, s.value) for s in inside)
        return rich(text, *(span.moved(-start) for span in cut))

    def stripped(self) -> "RichText":
        """Without the white space around it."""
        start, end = trimmed(self.text, (0, len(self.text)))
        return self if end - start == len(self.text) else self.part(start, end)


NOTHING = RichText()


def plain(text: str) -> RichText:
    """A text without formatting."""
    return RichText(_sound(text))


def styled(text: str, style: Style, value: str = "") -> RichText:
    """A text that is all of one style."""
    return rich(text, Span(0, len(text), style, value))


def rich(text: str, *spans: Span) -> RichText:
    """A text with spans, in any order and however they overlap, in normal form.

    What reaches over the ends is cut. Lines end in line feeds, and halves of surrogate pairs, which nobody
    can send, are replaced; offsets stay.
    """
    text = _sound(text)
    if not spans:
        return RichText(text)
    size = len(text)
    wanted: dict[Style, list[Span]] = {}
    for span in spans:
        start, end = max(0, span.start), min(size, span.end)
        if start < end:
            wanted.setdefault(span.style, []).append(Span(start, end, span.style, span.value))
    if not wanted:
        return RichText(text)
    return RichText(text, tuple(sorted(_settled(text, wanted), key=_order)))


# --- the normal form ----------------------------------------------------------------------------

_UNSOUND = re.compile("[\ud800-\udfff]|\r\n?")
_ORDER = {style: place for place, style in enumerate(Style)}
_EMPHASIS = (Style.UNDERLINE, Style.STRIKE, Style.BOLD, Style.ITALIC)
UNSEEN = "\u200b\u2060\ufeff\u00ad\u200e\u200f"
"""Characters that show nothing by themselves: a text of these alone is blank, and Telegram refuses it."""
_BLANK = re.compile(rf"[\s{UNSEEN}]*")


def _sound(text: str) -> str:
    return _UNSOUND.sub(lambda found: _SOUND.get(found[0], "\ufffd"), text)


_SOUND = {"\r\n": " \n", "\r": "\n"}


def units(text: str) -> int:
    """The length in UTF-16 code units, which both sides count in."""
    return len(text) + sum(char > "\uffff" for char in text)


def is_blank(text: str) -> bool:
    """Whether nothing of it can be seen."""
    return _BLANK.fullmatch(text) is not None


def _order(span: Span) -> tuple[int, int, int]:
    return span.start, -span.end, _ORDER[span.style]


def trimmed(text: str, interval: Interval) -> Interval:
    """Without the white space at its ends; empty where there is nothing else."""
    start, end = interval
    while start < end and _is_space(text[start]):
        start += 1
    while end > start and _is_space(text[end - 1]):
        end -= 1
    return start, end


def _is_space(char: str) -> bool:
    return char.isspace() or char in UNSEEN


def _settled(text: str, wanted: dict[Style, list[Span]]) -> Iterable[Span]:
    links = _links(text, wanted.get(Style.LINK, ()))
    spoilers = _trim(text, union(_places(wanted, Style.SPOILER)))
    above = union([*((s.start, s.end) for s in links), *spoilers])
    blocks = _blocks(text, wanted.get(Style.PRE, ()), above)
    fixed = union([*above, *((s.start, s.end) for s in blocks)])
    codes = _trim(text, minus(union(_places(wanted, Style.CODE)), fixed))
    code = union([*codes, *((s.start, s.end) for s in blocks)])
    yield from links
    yield from blocks
    yield from (Span(a, b, Style.SPOILER) for a, b in spoilers)
    yield from (Span(a, b, Style.CODE) for a, b in codes)
    for style in _EMPHASIS:
        if style in wanted:
            kept = _trim(text, minus(union(_places(wanted, style)), code))
            yield from (Span(a, b, style) for a, b in kept)
    yield from (Span(a, b, Style.QUOTE) for a, b in _quotes(text, _places(wanted, Style.QUOTE)))


def _places(wanted: dict[Style, list[Span]], style: Style) -> list[Interval]:
    return [(span.start, span.end) for span in wanted.get(style, ())]


def _trim(text: str, intervals: Iterable[Interval]) -> list[Interval]:
    ends = (trimmed(text, interval) for interval in intervals)
    return [(start, end) for start, end in ends if start < end]


def _by_value(spans: Sequence[Span]) -> Iterable[tuple[str, list[Interval]]]:
    """Per value its places, without those that an earlier span has: of two links the first one counts."""
    places: dict[str, list[Interval]] = {}
    taken: list[Interval] = []
    for span in sorted(spans, key=lambda s: (s.start, -s.end, s.value)):
        place = (span.start, span.end)
        places.setdefault(span.value, []).extend(minus([place], taken[-1:]))
        taken = [place] if not taken or place[1] > taken[-1][1] else taken
    return ((value, union(found)) for value, found in places.items())


def _links(text: str, spans: Sequence[Span]) -> list[Span]:
    kept = []
    for address, places in _by_value([span for span in spans if span.value.strip()]):
        lines = (line for place in places for line in _lines(text, place))
        for start, end in union(_trim(text, lines)):
            if text[start:end] != address:
                kept.append(Span(start, end, Style.LINK, address))
    return kept


def _lines(text: str, place: Interval) -> Iterable[Interval]:
    start, end = place
    while (cut := text.find("\n", start, end)) >= 0:
        yield start, cut
        start = cut + 1
    yield start, end


def _blocks(text: str, spans: Sequence[Span], above: list[Interval]) -> list[Span]:
    kept = []
    for language, places in _by_value(spans):
        for start, end in minus(places, above):
            first, last = start, trimmed(text, (start, end))[1]
            while first < last and text[first] == "\n":
                first += 1
            if not is_blank(text[first:last]):
                kept.append(Span(first, last, Style.PRE, language))
    return kept


def _quotes(text: str, places: list[Interval]) -> list[Interval]:
    whole = []
    for start, end in _trim(text, places):
        line_end = text.find("\n", end)
        whole.append((text.rfind("\n", 0, start) + 1, len(text) if line_end < 0 else line_end))
    joined: list[Interval] = []
    for start, end in union(whole):
        if joined and text[joined[-1][1] : start] == "\n":
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return _trim(text, joined)
