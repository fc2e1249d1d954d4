"""Tables of text from anywhere: wide, right-to-left and hostile names keep their columns."""

import unicodedata
from collections.abc import Sequence

from attrs import frozen
from rich.text import Text

from daemon.safe_text import neutralised

GAP = "  "
NARROWEST = 6
"""Columns that a flexible column keeps, whatever happens."""

_ISOLATE, _END_ISOLATE = "\u2068", "\u2069"


@frozen
class Column:
    """A column. A flexible one is cut with `…` where the line is too narrow."""

    title: str
    flexible: bool = False
    right: bool = False
    """Aligned to the right, as numbers are."""


@frozen
class Cell:
    """A value and how it looks."""

    value: str
    style: str = ""


def draw_table(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int | None) -> Text:
    """The table as lines without blanks at their ends; at most `width` columns where that can be done."""
    header = [Text(column.title, "bold") for column in columns]
    lines = [header, *([Text(neutralised(cell.value), cell.style) for cell in row] for row in rows)]
    widths = _fit([max(line[at].cell_len for line in lines) for at in range(len(columns))], columns, width)
    on_screen = width is not None
    return Text("\n").join(_draw_line(line, columns, widths, isolate=on_screen) for line in lines)


def _fit(widths: list[int], columns: Sequence[Column], width: int | None) -> list[int]:
    """Take from the widest flexible column until the line fits, or none can give any more."""
    if width is None:
        return widths
    excess = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while excess > 0:
        giving = [at for at, column in enumerate(columns) if column.flexible and widths[at] > NARROWEST]
        if not giving:
            break
        widths[max(giving, key=lambda at: widths[at])] -= 1
        excess -= 1
    return widths


def _draw_line(
    cells: Sequence[Text], columns: Sequence[Column], widths: Sequence[int], *, isolate: bool
) -> Text:
    line = Text()
    for at, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        cell.truncate(widths[at], overflow="ellipsis" if column.flexible else "ignore")
        blanks = " " * (widths[at] - cell.cell_len)
        if at:
            line.append(GAP)
        if column.right:
            line.append(blanks)
        line.append_text(isolated(cell) if isolate else cell)
        if not column.right:
            line.append(blanks)
    line.rstrip()
    return line


def isolated(text: Text) -> Text:
    """Right-to-left text between isolates, or a terminal would reorder the columns beside it."""
    if not any(unicodedata.bidirectional(char) in {"R", "AL", "AN"} for char in text.plain):
        return text
    return Text.assemble(_ISOLATE, text, _END_ISOLATE)
