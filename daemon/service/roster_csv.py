"""Players as CSV: `game,fid,state,name` with a header line. Pure.

Each line is read by itself: a stray quote spoils its own line, and not the rest of the file.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from attrs import frozen

from actors.giftcodes.model import Player
from daemon.service.problems import BadFile
from daemon.service.values import shown

COLUMNS = ("game", "fid", "state", "name")
MAX_CSV_BYTES = 10 * 1024 * 1024
MAX_LINES = 100_000
MAX_REPEATED = 200
"""Characters of a wrong line that a report repeats."""
_FORMULA = frozenset("=+-@")
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


@frozen
class RowFault:
    """A line that was left out: its number in the file, what it holds, and why it can't be taken."""

    line: int
    value: str
    reason: str


@frozen
class Row:
    """A line of the file, by column."""

    line: int
    text: str
    game: str
    fid: str
    state: str
    name: str


@frozen
class Sheet:
    """A file that could be read: its lines as they are asked for, and columns nobody asked for."""

    lines: Iterator[Row | RowFault]
    ignored_columns: tuple[str, ...]


def read_csv(data: bytes) -> Sheet:
    """Read a file of players. Columns may come in any order; a byte order mark and CRLF are fine.

    Raises:
        BadFile: too large, UTF-16 or no text at all, without a header line, or columns are missing.
    """
    lines = _lines(_decode(data))
    if not lines:
        raise _refused(f"the file is empty: it needs a header line {','.join(COLUMNS)}, then a player a line")
    columns = _read_header(*lines[0])
    return Sheet(
        lines=(_read_row(number, line, columns) for number, line in lines[1:]),
        ignored_columns=tuple(name for name in columns if name and name not in COLUMNS),
    )


def players_to_csv(players: Iterable[Player], *, guarded: bool = False) -> str:
    """The players as a file that `read_csv` reads, with CRLF line ends as RFC 4180 has them.

    Guarded, a name that a spreadsheet would take for a formula begins with an apostrophe, which is not read
    back: members choose the names, and admins open the file.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    name = _guarded if guarded else str
    writer.writerows((player.game, player.fid, player.state, name(player.name)) for player in players)
    return text.getvalue()


def _guarded(name: str) -> str:
    return f"'{name}" if name[:1] in _FORMULA else name


def _unguarded(name: str) -> str:
    return name[1:] if name[:1] == "'" and name[1:2] in _FORMULA else name


def _decode(data: bytes) -> str:
    if len(data) > MAX_CSV_BYTES:
        raise _refused(f"the file has {len(data)} bytes: at most {MAX_CSV_BYTES}: split it")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _refused("the file is UTF-16 text: save it as UTF-8")
    if (zero := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, zero) + 1
        raise _refused(f"line {line}: byte 0x00 is in no UTF-8 text, but in UTF-16: save the file as UTF-8")
    return data.decode("utf-8-sig", errors="surrogateescape")


def _refused(text: str) -> BadFile:
    return BadFile(f"{text}; nothing was imported")


def _bad_byte(line: str) -> str:
    """What is wrong with a line that is no UTF-8, whose bytes `_decode` left as surrogates; else ""."""
    bad = next((char for char in line if "\udc80" <= char <= "\udcff"), "")
    return f"byte 0x{ord(bad) - 0xDC00:02x} is no UTF-8 text: save the file as UTF-8" if bad else ""


def _lines(text: str) -> list[tuple[int, str]]:
    """The lines that hold something, with their numbers; spreadsheets leave rows of bare commas behind.

    `str.splitlines` would also break at characters that names may hold.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        raise _refused(f"the file has {len(lines)} lines: at most {MAX_LINES}: split it")
    return [(number, line) for number, line in enumerate(lines, 1) if line.strip(" \t,")]


def _read_header(number: int, line: str) -> list[str]:
    if problem := _bad_byte(line):
        raise _refused(f"line {number}: {problem}")
    columns = [cell.strip().lower() for cell in _cells(line) or [line]]
    if missing := [name for name in COLUMNS if name not in columns]:
        raise _refused(
            f"line {number}: the header {shown(line)} lacks {', '.join(missing)}: {_header_way_out(line)}"
        )
    if repeated := [name for name in COLUMNS if columns.count(name) > 1]:
        raise _refused(f"line {number}: the header {shown(line)} has {', '.join(repeated)} more than once")
    return columns


def _header_way_out(line: str) -> str:
    for separator, name in _OTHER_SEPARATORS.items():
        if separator in line and "," not in line:
            return f"columns must be separated by commas, not {name}: save the file with commas"
    return f"the file must begin with the line {','.join(COLUMNS)}"


def _read_row(number: int, line: str, columns: Sequence[str]) -> Row | RowFault:
    if problem := _bad_byte(line):
        raw = line.encode("utf-8", errors="surrogateescape")
        return RowFault(number, _short(raw.decode("utf-8", errors="backslashreplace")), problem)
    cells = _cells(line)
    if cells is None:
        return RowFault(
            number, _short(line), 'its quotes do not match: write "…" around a value, "" for a quote in it'
        )
    if len(cells) != len(columns):
        way_out = ': put "…" around a name that holds a comma' if len(cells) > len(columns) else ""
        return RowFault(
            number,
            _short(line),
            f"{len(cells)} {_values(len(cells))} where the header names {len(columns)}{way_out}",
        )
    by_column = dict(zip(columns, cells, strict=True))
    by_column["name"] = _unguarded(by_column["name"])
    return Row(number, _short(line), **{name: by_column[name] for name in COLUMNS})


def _short(line: str) -> str:
    return line if len(line) <= MAX_REPEATED else line[: MAX_REPEATED - 1] + "…"


def _values(number: int) -> str:
    return "value" if number == 1 else "values"


def _cells(line: str) -> list[str] | None:
    try:
        return next(csv.reader([line], strict=True), None)
    except csv.Error:
        return None
