"""The full check of a store, on demand: the file, every document, the journal. Nothing is changed."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from actors.giftcodes.model import Record
from actors.ports import Position
from daemon.storage import codec
from daemon.storage.contents import (
    FileRefused,
    counted,
    integrity_findings,
    open_beside,
    place,
    read_contents,
    require_known,
    stored_types,
)
from daemon.storage.errors import Unreadable, Unstorable

_SHOWN = 3
"""Of many faults the first are told."""


@frozen
class Finding:
    """One thing that was looked at."""

    what: str
    well: bool
    text: str


def check_store(database: Path) -> Iterator[Finding]:
    """Look at everything, as it is at one moment; also while the store is being written."""
    if not database.exists():
        yield Finding("file", False, f"there is no store at {database} yet: `perkd run` makes it")
        return
    try:
        with open_beside(database) as connection:
            yield from _check(connection, database)
    except FileRefused as error:
        yield Finding("file", False, str(error))
    except sqlite3.DatabaseError as error:
        yield Finding("file", False, f"{database} can't be read: {error}")


def _check(connection: sqlite3.Connection, database: Path) -> Iterator[Finding]:
    findings = integrity_findings(connection)
    if findings:
        yield Finding("file", False, f"{database} is damaged: {_first(findings)}")
    require_known(connection, database)
    contents = read_contents(connection)
    if not findings:
        yield Finding("file", True, f"{database}: schema version {contents.schema}, {contents}")
    for type_ in stored_types(connection):
        yield _check_collection(connection, type_)
    yield _check_journal(connection)


def _check_collection(connection: sqlite3.Connection, type_: type[Record]) -> Finding:
    columns = ", ".join(f'"{name}"' for name in ("key", "doc", *type_.indexed))
    faults: list[str] = []
    number = 0
    for row in connection.execute(f'SELECT {columns} FROM "{type_.collection}"'):  # noqa: S608 - a class's names
        number += 1
        if fault := _fault(type_, *row):
            faults.append(fault)
    if faults:
        text = f"{len(faults):,} of {counted(number, 'document')} are wrong: {_first(faults)}"
        return Finding(type_.collection, False, text)
    return Finding(type_.collection, True, counted(number, "document"))


def _fault(type_: type[Record], key: str, text: str, *values: object) -> str:
    """What is wrong with a row; "" where nothing is."""
    try:
        record = codec.decode(type_, key, text)
        codec.encode(record)
        indexed = codec.index_values(record)
    except (Unreadable, Unstorable) as error:
        return str(error)
    if record.key != key:
        return f"{type_.collection} {key!r}: its document is that of {record.key!r}"
    wrong = [name for name, one, other in zip(type_.indexed, values, indexed, strict=True) if one != other]
    if wrong:
        return f"{type_.collection} {key!r}: found by another {', '.join(wrong)} than its document has"
    return ""


def _check_journal(connection: sqlite3.Connection) -> Finding:
    number = 0
    last = Position(0, 0)
    for term, sequence, batch in connection.execute("SELECT term, sequence, batch FROM journal ORDER BY id"):
        number += 1
        position = Position(term, sequence)
        try:
            codec.decode_batch(batch)
        except (Unreadable, ValueError) as error:
            return Finding("journal", False, f"{place(position)} can't be read: {error}")
        except (LookupError, AttributeError, TypeError):
            return Finding("journal", False, f"{place(position)} can't be read: it is no list of changes")
        gap = term == last.term and sequence != last.sequence + 1
        if position <= last or gap:
            return Finding("journal", False, f"{place(position)} follows {place(last)}")
        last = position
    return Finding("journal", True, f"{number:,} batch{'' if number == 1 else 'es'}")


def _first(texts: list[str]) -> str:
    more = len(texts) - _SHOWN
    return "; ".join(texts[:_SHOWN]) + (f"; and {more:,} more" if more > 0 else "")
