"""Long lists: cut with a count, the whole of them in a file."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

from daemon.discord.locale import say
from daemon.discord.text import plain, units
from daemon.discord.values import Card, File, Reply

LINES = 20
"""Lines that are shown; more are hard to read on a telephone."""
ROOM = 3800
"""UTF-16 units that they may have together; an embed takes 4096."""
MOST_BYTES = 8 * 1024 * 1024
"""Of a file; Discord takes 10 MiB."""


def listed(
    title: str,
    lines: Sequence[str],
    locale: str,
    *,
    file: Callable[[], File] | None = None,
    total: int | None = None,
) -> Reply:
    """The first of the lines on a card, how many more there are, and the file where not all are shown.

    Args:
        title: what it is a list of.
        lines: as Discord takes them; foreign text in them is neutralised.
        locale: the language of what is added.
        file: makes the one with all of them; asked only where not all are shown.
        total: how many there are, where `lines` are only the first of them: `LINES` are enough.
    """
    many = len(lines) if total is None else total
    is_cut = len(first_lines(lines, most=LINES, room=ROOM)) < many
    shown = fitting(lines, locale, named="list.more" if file is None else "list.more.file", total=many)
    files = (file(),) if file is not None and is_cut else ()
    return Reply(cards=(Card(title=title, text=shown),), files=files)


def fitting(
    lines: Sequence[str],
    locale: str,
    *,
    most: int = LINES,
    room: int = ROOM,
    named: str = "list.more",
    total: int | None = None,
) -> str:
    """As many of the lines as fit, and a last one that tells how many more of `total` there are."""
    shown = first_lines(lines, most=most, room=room)
    left_out = (len(lines) if total is None else total) - len(shown)
    return "\n".join([*shown, say(named, locale, count=left_out)] if left_out else shown)


def first_lines(lines: Sequence[str], *, most: int, room: int) -> list[str]:
    """The first `most` lines that have together at most `room` units."""
    shown: list[str] = []
    for line in lines[:most]:
        room -= units(line) + 1
        if room < 0:
            break
        shown.append(line)
    return shown


def table_file(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> File:
    """A CSV file. A cell that a spreadsheet would take for a formula begins with an apostrophe.

    Of more rows than `MOST_BYTES` hold the last ones are left out; a line of `…` tells so.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    room = MOST_BYTES
    for row in rows:
        cells = [_harmless(str(cell)) for cell in row]
        room -= sum(4 * len(cell) + 3 if not cell.isascii() else len(cell) + 3 for cell in cells)
        if room < 0:
            writer.writerow("…" for _ in columns)
            break
        writer.writerow(cells)
    return File(name, text.getvalue().encode("utf-8-sig"))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def member_link(member: str) -> str:
    """The member as a mention: Discord shows the name of today, and nobody is notified of an answer."""
    return f"<@{member}>" if member.isascii() and member.isdecimal() else plain(member)
