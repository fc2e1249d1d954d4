"""Long lists: cut with a count, the whole of them in a file."""

import csv
import io
from collections.abc import Iterable, Sequence

from daemon.discord.locale import say
from daemon.discord.text import plain, units
from daemon.discord.values import Card, File, Reply

LINES = 20
"""Lines that are shown; more are hard to read on a telephone."""
ROOM = 3800
"""UTF-16 units that they may have together; an embed takes 4096."""


def listed(
    title: str,
    lines: Sequence[str],
    locale: str,
    *,
    lead: str = "",
    file: File | None = None,
) -> Reply:
    """The first of the lines on a card, how many more there are, and the file where not all are shown.

    Args:
        title: what it is a list of.
        lines: as Discord takes them; foreign text in them is neutralised.
        locale: the language of what is added.
        lead: stands above the card.
        file: all of them.
    """
    is_cut = len(first_lines(lines, most=LINES, room=ROOM)) < len(lines)
    shown = fitting(lines, locale, named="list.more" if file is None else "list.more.file")
    files = (file,) if file is not None and is_cut else ()
    return Reply(text=lead, cards=(Card(title=title, text=shown),), files=files)


def fitting(
    lines: Sequence[str], locale: str, *, most: int = LINES, room: int = ROOM, named: str = "list.more"
) -> str:
    """As many of the lines as fit, and a last one that tells how many more there are."""
    shown = first_lines(lines, most=most, room=room)
    left_out = len(lines) - len(shown)
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
    """A CSV file. A cell that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_harmless(str(cell)) for cell in row] for row in rows)
    return File(name, text.getvalue().encode("utf-8-sig"))


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def member_link(member: str) -> str:
    """The member as a mention: Discord shows the name of today, and nobody is notified of an answer."""
    return f"<@{member}>" if member.isascii() and member.isdecimal() else plain(member)
