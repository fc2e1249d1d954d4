# ruff: noqa: INP001 - a directory of scripts
"""Cards and buttons drawn as in Discord's dark theme: plain SVG, the same for the same input.

It renders the Markdown that perkd uses, and fetches nothing: the reader's own fonts are used, and widths are
estimated for the wrapping of lines.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape

from attrs import define, evolve, field, frozen

from daemon.discord.values import Button, Card, Field, Reply, Style

WIDTH = 600
_LEFT, _PAD, _EMBED = 72, 16, 500
_SANS = "'gg sans','Noto Sans','Helvetica Neue',Helvetica,Arial,sans-serif"
_MONO = "Consolas,'Andale Mono','DejaVu Sans Mono','Courier New',monospace"
_BACK, _CARD, _CODE, _EDGE = "#313338", "#2b2d31", "#1e1f22", "#1e1f22"
_TEXT, _BRIGHT, _MUTED, _BLURPLE, _LINK = "#dbdee1", "#f2f3f5", "#949ba4", "#5865f2", "#c9cdfb"
_BUTTONS = {
    Style.PRIMARY: "#5865f2",
    Style.SECONDARY: "#4e5058",
    Style.SUCCESS: "#248046",
    Style.DANGER: "#da373c",
}
_EMOJI, _SIGNS = 0x1F000, 0x2600
"""From here on characters are wide."""
_BESIDE = 3
"""Inline fields in a row."""
_HIDDEN = dict.fromkeys(map(ord, "\u200b\u2068\u2069"))


@frozen
class Span:
    """A piece of a line that looks the same throughout."""

    text: str
    bold: bool = False
    mono: bool = False
    colour: str = _TEXT

    @property
    def width(self) -> float:
        """Estimated, in ems."""
        if self.mono:
            return sum(1.2 if ord(char) > _EMOJI else 0.6 for char in self.text)
        return sum(map(_em, self.text)) * (1.06 if self.bold else 1.0)


def _em(char: str) -> float:
    if unicodedata.category(char) in {"Mn", "Cf"}:
        return 0.0
    if ord(char) >= _SIGNS:
        return 1.3
    if char in "iljtfrI.,:;'!|()[] /":
        return 0.31
    return 0.85 if char in "mwMW" else 0.66 if char.isupper() else 0.55


# --- Markdown -----------------------------------------------------------------------------------

_TOKENS = re.compile(
    r"\\([^0-9A-Za-z\s])|\*\*(.+?)\*\*|`([^`]+)`|<t:(-?\d+):(\w)>|<@(\d+)>|<#(\d+)>|(\s+)|([^\s\\*`<]+|.)"
)


def spans(text: str, now: float, base: Span) -> Iterable[Span]:
    """The pieces of one line of Markdown, words and blanks apart."""
    for found in _TOKENS.finditer(text.translate(_HIDDEN)):
        escaped, bold, code, at, style, member, channel, blank, word = found.groups()
        if bold:
            yield from spans(bold, now, evolve(base, bold=True, colour=_BRIGHT))
        elif code:
            yield evolve(base, text=code, mono=True, bold=False)
        elif at:
            yield evolve(base, text=_moment(int(at), style, now), colour=_LINK)
        elif member or channel:
            yield evolve(base, text=f"@{member}" if member else f"#{channel}", colour=_LINK)
        else:
            yield evolve(base, text=escaped or blank or word)


def _moment(at: int, style: str, now: float) -> str:
    if style != "R":
        return f"{datetime.fromtimestamp(at, UTC):%d %B %Y %H:%M}"
    seconds = abs(at - now)
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    length, noun = next((unit for unit in units if seconds >= unit[0]), units[-1])
    count = int(seconds // length)
    words = f"{count} {noun}{'' if count == 1 else 's'}"
    return f"in {words}" if at > now else f"{words} ago"


def wrap(pieces: Iterable[Span], room: float) -> list[list[Span]]:
    """Lines of at most `room` ems."""
    lines: list[list[Span]] = [[]]
    used = 0.0
    for piece in pieces:
        if used + piece.width > room and lines[-1]:
            lines.append([])
            used = 0.0
        if lines[-1] or not piece.text.isspace():
            lines[-1].append(piece)
            used += piece.width
    return lines


# --- drawing ------------------------------------------------------------------------------------


@define
class Drawing:
    """Grows downwards. `y` is where the next thing begins."""

    now: float
    y: float = 0.0
    shapes: list[str] = field(factory=list)

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        *,
        round_: float = 4.0,
        more: str = "",
    ) -> int:
        """A rectangle; returns its place among the shapes, so that its height can be put right."""
        self.shapes.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{round_:g}" '
            f'fill="{fill}"{more}/>'
        )
        return len(self.shapes) - 1

    def line(self, x: float, pieces: Sequence[Span], size: float, *, anchor: str = "start") -> None:
        """One line of text, at the present place."""
        drawn = "".join(_tspan(piece) for piece in _joined(pieces))
        more = "" if anchor == "start" else f' text-anchor="{anchor}"'
        self.shapes.append(
            f'<text x="{x:g}" y="{self.y + size:g}" font-size="{size:g}" xml:space="preserve"{more}>'
            f"{drawn}</text>"
        )

    def paragraph(self, x: float, text: str, room: float, size: float, base: Span) -> None:
        """Lines of Markdown, wrapped."""
        for part in text.split("\n"):
            for line in wrap(spans(part, self.now, base), room / size):
                self.line(x, line, size)
                self.y += round(size * 1.38)

    def markdown(self, x: float, text: str, room: float, size: float) -> None:
        """Paragraphs and blocks of code."""
        for number, part in enumerate(text.split("```")):
            if number % 2:
                self._block(x, part.strip("\n"), room)
            elif part.strip("\n"):
                self.paragraph(x, part.strip("\n"), room, size, Span(""))

    def _block(self, x: float, code: str, room: float) -> None:
        lines = code.split("\n")
        self.box(x, self.y, room, 14 + 17 * len(lines), _CODE, more=' stroke="#3f4147"')
        self.y += 7
        for one in lines:
            self.line(x + 9, [Span(one.translate(_HIDDEN), mono=True)], 13)
            self.y += 17
        self.y += 15


def _joined(pieces: Sequence[Span]) -> list[Span]:
    joined: list[Span] = []
    for piece in pieces:
        if joined and evolve(joined[-1], text="") == evolve(piece, text=""):
            joined[-1] = evolve(piece, text=joined[-1].text + piece.text)
        else:
            joined.append(piece)
    return joined


def _tspan(piece: Span) -> str:
    font = f' font-family="{_MONO}"' if piece.mono else ""
    weight = ' font-weight="600"' if piece.bold else ""
    return f'<tspan fill="{piece.colour}"{font}{weight}>{escape(piece.text)}</tspan>'


# --- a message ----------------------------------------------------------------------------------


def message_svg(reply: Reply, *, title: str, now: float, private: bool = False) -> str:
    """A message of perkd's. `private`: only who asked sees it."""
    drawing = Drawing(now, y=14)
    _head(drawing)
    if reply.text:
        drawing.markdown(_LEFT, reply.text, WIDTH - _LEFT - _PAD, 15)
        drawing.y += 4
    for card in reply.cards:
        _card(drawing, card)
    _buttons(drawing, reply.buttons)
    if private:
        text = "Only you can see this"
        drawing.line(_LEFT, [Span(f"👁 {text}", colour=_MUTED)], 12)
        drawing.y += 20
    height = drawing.y + 10
    body = "\n".join(drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" '
        f'height="{height:g}" role="img" aria-label="{escape(title)}" font-family="{_SANS}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="{WIDTH}" height="{height:g}" rx="8" fill="{_BACK}"/>\n{body}\n</svg>\n'
    )


def _head(drawing: Drawing) -> None:
    drawing.shapes.append(f'<circle cx="36" cy="34" r="20" fill="{_BLURPLE}"/>')
    drawing.y = 22
    drawing.line(36, [Span("p", bold=True, colour="#ffffff")], 20, anchor="middle")
    drawing.y = 13
    drawing.line(_LEFT, [Span("perkd", bold=True, colour=_BRIGHT)], 15)
    drawing.box(119, 15, 32, 15, _BLURPLE, round_=3)
    drawing.y = 16
    drawing.line(135, [Span("APP", bold=True, colour="#ffffff")], 10, anchor="middle")
    drawing.y = 15
    drawing.line(159, [Span(f"Today at {datetime.fromtimestamp(drawing.now, UTC):%H:%M}", colour=_MUTED)], 12)
    drawing.y = 38


def _card(drawing: Drawing, card: Card) -> None:
    top, x, room = drawing.y, _LEFT + 4 + _PAD, _EMBED - 4 - 2 * _PAD
    back = drawing.box(_LEFT, top, _EMBED, 0, _CARD)
    edge = drawing.box(_LEFT, top, 4, 0, _EDGE, round_=2)
    drawing.y += 14
    if card.title:
        drawing.paragraph(x, card.title, room, 16, Span("", bold=True, colour=_BRIGHT))
        drawing.y += 6
    if card.text:
        drawing.markdown(x, card.text, room, 14)
    for row in _rows(card.fields):
        drawing.y += 8
        begin, ends = drawing.y, []
        for number, one in enumerate(row):
            drawing.y = begin
            at, width = x + number * (room / _BESIDE), (room / _BESIDE - 8 if one.inline else room)
            drawing.paragraph(at, one.name, width, 14, Span("", bold=True, colour=_BRIGHT))
            drawing.markdown(at, one.value, width, 14)
            ends.append(drawing.y)
        drawing.y = max(ends)
    if card.footer:
        drawing.y += 8
        drawing.line(x, [Span(card.footer.translate(_HIDDEN))], 12)
        drawing.y += 16
    drawing.y += 12
    colour = _EDGE if card.colour is None else f"#{card.colour:06x}"
    height = drawing.y - top
    for place, width, fill, round_ in ((back, _EMBED, _CARD, 4), (edge, 4, colour, 2)):
        drawing.box(_LEFT, top, width, height, fill, round_=round_)
        drawing.shapes[place] = drawing.shapes.pop()
    drawing.y += 8


def _rows(fields: Sequence[Field]) -> list[list[Field]]:
    """Up to three inline fields beside each other."""
    rows: list[list[Field]] = []
    for one in fields:
        if one.inline and rows and rows[-1][0].inline and len(rows[-1]) < _BESIDE:
            rows[-1].append(one)
        else:
            rows.append([one])
    return rows


def _buttons(drawing: Drawing, buttons: Sequence[Button]) -> None:
    x = float(_LEFT)
    for button in buttons:
        width = round(Span(button.label, bold=True).width * 14) + 32
        more = ' opacity="0.5"' if button.disabled else ""
        drawing.box(x, drawing.y, width, 32, _BUTTONS[button.style], more=more)
        drawing.y += 8
        colour = "#989a9e" if button.disabled else "#ffffff"
        drawing.line(x + width / 2, [Span(button.label, bold=True, colour=colour)], 14, anchor="middle")
        drawing.y -= 8
        x += width + 8
    if buttons:
        drawing.y += 42
