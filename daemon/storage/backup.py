"""Copies of the store: made while perkd runs, checked, and complete or not there.

A backup is an ordinary SQLite file, without a -wal file beside it.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from daemon.storage.contents import (
    Contents,
    FileRefused,
    Tick,
    integrity_findings,
    open_beside,
    read_contents,
    require_known,
)
from daemon.storage.lagging import refuse_lagging
from daemon.storage.partial import Partial, check_target

PAGES = 1024
"""Pages copied at a time, 4 MiB: between two of these the copy can be given up."""


def back_up(source: Path, target: Path, *, replace: bool = False, tick: Tick = lambda: None) -> Contents:
    """Copy the store in `source` as it is now to `target`. Its writer may go on writing.

    Args:
        source: the database.
        target: a file in a directory that exists.
        replace: whether a file of that name may be replaced.
        tick: called every few milliseconds; what it raises ends the copying, and nothing is left of it.

    Returns:
        What is in the copy.

    Raises:
        FileRefused: it can't be done; the text says why, and nothing was changed.
    """
    if not source.exists():
        raise FileRefused(f"there is no store at {source} yet: nothing to back up")
    refuse_lagging(source)
    check_target(target, source, replace=replace)
    with Partial(target) as partial:
        contents = copy_store(source, partial.path, tick)
        partial.keep(replace=replace)
    return contents


def copy_store(source: Path, target: Path, tick: Tick = lambda: None) -> Contents:
    """Copy a store into the empty file `target`, which nobody else uses, and check the copy.

    Not yet synchronised with the disk. Raises `FileRefused`.
    """
    with _explained(source, target), open_beside(source) as reading:
        require_known(reading, source)
        with open_alone(target) as writing:
            # Nothing is gained by a journal for a file that is dropped when this fails.
            writing.execute("PRAGMA journal_mode = OFF")
            writing.execute("PRAGMA synchronous = OFF")
            reading.backup(writing, pages=PAGES, progress=lambda *_: tick())
            writing.execute("PRAGMA journal_mode = DELETE")  # one file, wherever it is taken
            if findings := integrity_findings(writing, tick):
                raise FileRefused(f"{source} is damaged, and its copy was dropped: {'; '.join(findings)}")
            return read_contents(writing)


@contextlib.contextmanager
def open_alone(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a file that nobody else uses: without locks, which not every file system has."""
    address = path.absolute().as_uri() + "?mode=rw&vfs=unix-none"
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    with contextlib.closing(connection):
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        yield connection


@contextlib.contextmanager
def _explained(source: Path, target: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise FileRefused(_explain(source, target, error)) from error


def _explain(source: Path, target: Path, error: sqlite3.DatabaseError) -> str:
    match getattr(error, "sqlite_errorcode", 0) & 0xFF:
        case sqlite3.SQLITE_FULL:
            size = source.stat().st_size if source.exists() else 0
            return (
                f"{target}: no space left on the disk, the copy needs about {size:,} bytes: "
                "make room, or write it elsewhere; nothing of it was left"
            )
        case sqlite3.SQLITE_NOTADB:
            return f"{source} is no database: name another file"
        case sqlite3.SQLITE_CORRUPT:
            return f"{source} is damaged: {error}"
        case _:
            return f"{source} could not be copied to {target}: {error}; nothing of the copy was left"
