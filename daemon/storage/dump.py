"""The store as JSON lines: out of any store, also one that is being written.

The first line is a header, then comes one line per record, in the order of collections and keys:

    {"perkd": "0.1.0", "schema": 1, "exported_at": "2026-01-31T12:00:00Z", "counts": {"players": 1}}
    {"collection": "players", "record": {"game": "wos", "fid": "1"}}

ASCII only, so that a name with half a surrogate pair in it gets through.
"""

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import daemon
from actors.giftcodes.model import Record
from daemon.storage.contents import (
    FileRefused,
    count_records,
    open_beside,
    require_known,
    stamp,
    stored_types,
)
from daemon.storage.lagging import refuse_lagging
from daemon.storage.partial import Partial, check_target
from daemon.storage.schema import version

_CHUNK = 1 << 16
"""Characters gathered before they are handed on: a line alone is small."""


def dump(database: Path, at: float) -> Generator[str]:
    """The store as JSON lines, in chunks of many whole lines; all of one moment. `at`: unix seconds.

    Close the iterator where it is not read to its end: it holds the file open.

    Raises:
        FileRefused: there is no store, or it can't be read.
    """
    if not database.exists():
        raise FileRefused(f"there is no store at {database} yet: nothing to export")
    refuse_lagging(database)
    try:
        with open_beside(database) as connection:
            require_known(connection, database)
            yield from _gathered(_lines(connection, at))
    except sqlite3.DatabaseError as error:
        raise FileRefused(f"{database} can't be read: {error}: `perkd storage check` tells more") from error


def dump_to(database: Path, target: Path, at: float, *, replace: bool = False) -> int:
    """Write the store as JSON lines to a file, of mode 0600. Returns how many records.

    Raises:
        FileRefused: it can't be done; nothing was changed.
    """
    check_target(target, database, replace=replace)
    lines = 0
    with closing(dump(database, at)) as chunks, Partial(target) as partial:
        for chunk in chunks:
            partial.write(chunk.encode("ascii"))
            lines += chunk.count("\n")
        partial.keep(replace=replace)
    return lines - 1


def _lines(connection: sqlite3.Connection, at: float) -> Iterator[str]:
    yield _compact(
        {
            "perkd": daemon.__version__,
            "schema": version(connection),
            "exported_at": stamp(at),
            "counts": count_records(connection),
        }
    )
    for type_ in stored_types(connection):
        yield from _collection(connection, type_)


def _collection(connection: sqlite3.Connection, type_: type[Record]) -> Iterator[str]:
    name = type_.collection
    for key, text in connection.execute(f'SELECT key, doc FROM "{name}" ORDER BY key'):  # noqa: S608 - a class's name
        try:
            document = json.loads(text)
        except ValueError as error:
            raise FileRefused(f"{name} {key!r}: its document is no JSON: {error}") from error
        yield _compact({"collection": name, "record": document})


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) + "\n"


def _gathered(lines: Iterator[str]) -> Iterator[str]:
    waiting: list[str] = []
    size = 0
    for line in lines:
        waiting.append(line)
        size += len(line)
        if size >= _CHUNK:
            yield "".join(waiting)
            waiting, size = [], 0
    yield "".join(waiting)
