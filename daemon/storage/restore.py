"""A backup becomes the store again; and which of two stores counts. Only while perkd is stopped."""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attrs import frozen

from daemon.storage.backup import copy_store, open_alone
from daemon.storage.conditions import translated
from daemon.storage.contents import (
    Contents,
    FileRefused,
    integrity_findings,
    read_contents,
    require_known,
)
from daemon.storage.files import WriterLock
from daemon.storage.lagging import set_mark
from daemon.storage.partial import Partial, refused
from daemon.storage.schema import MIGRATIONS, migrate
from daemon.storage.second_name import free_name, move_logs, set_aside


@frozen
class Restored:
    """What a restore has done."""

    contents: Contents
    aside: Path | None
    """What the store that was there is called now."""


def restore(
    file: Path, database: Path, *, force: bool = False, now: Callable[[], float] = time.time
) -> Restored:
    """Put a copy of the backup `file` in the place of `database`, marked as the leading store.

    Ended at any moment, the old store is there, or the new one.

    Args:
        file: a backup, or any copy of a store with its -wal file.
        database: where perkd keeps its store; its directory is made.
        force: a store that is there may be set aside.
        now: unix seconds.

    Raises:
        FileRefused: the file is no sound store, or one is there and `force` is not given; nothing changed.
        StoreBusy: perkd runs.
    """
    _check_backup(file, database)
    with writer_lock(database):
        if os.path.lexists(database) and not force:
            raise FileRefused(
                f"there is a store at {database} already: with --force it is set aside (not deleted), "
                "and the backup takes its place"
            )
        with Partial(database) as partial:
            copy_store(file, partial.path)
            contents = _make_ready(partial.path)
            partial.sync()
            aside = _make_room(database, now())
            partial.keep(replace=True)
        set_mark(database, False)  # whatever MongoDB has, this one counts
    return Restored(contents, aside)


def keep_file(database: Path) -> Contents:
    """Mark the store as the leading one: MongoDB becomes a copy of it at the next start.

    Raises:
        FileRefused: there is no sound store.
        StoreBusy: perkd runs.
    """
    if not database.exists():
        raise FileRefused(f"there is no store at {database}: nothing to keep")
    with writer_lock(database), _explained(database):
        connection = sqlite3.connect(database, timeout=1.0, isolation_level=None)
        with contextlib.closing(connection):
            require_known(connection, database)
            if findings := integrity_findings(connection):
                raise FileRefused(f"{database} is damaged: {'; '.join(findings)}: restore a backup instead")
            connection.execute("PRAGMA synchronous = FULL")
            migrate(connection, MIGRATIONS)
            mark_leading(connection)
            kept = read_contents(connection)
        set_mark(database, False)  # whatever MongoDB has, this one counts
        return kept


def keep_other(database: Path, *, now: Callable[[], float] = time.time) -> Path | None:
    """Set the store aside: it is filled from MongoDB at the next start.

    Returns:
        What it is called now; None where there was none.

    Raises:
        FileRefused: it can't be renamed.
        StoreBusy: perkd runs.
    """
    with writer_lock(database):
        return set_aside(database, now()) if database.exists() else None


@contextlib.contextmanager
def writer_lock(database: Path) -> Iterator[None]:
    """Be the one writer for a while; the database's directory is made. Raises `StoreBusy`."""
    lock = WriterLock(database)
    with translated(database):
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def mark_leading(connection: sqlite3.Connection) -> None:
    """An operator has said that this store's state replaces the other's."""
    connection.execute(
        "INSERT INTO meta (name, value) VALUES ('leads', 1) ON CONFLICT (name) DO UPDATE SET value = 1"
    )


def _check_backup(file: Path, database: Path) -> None:
    if not file.exists():
        raise FileRefused(f"{file}: no such file")
    if not file.is_file():
        raise FileRefused(f"{file} is no file: name a backup")
    if database.exists() and file.samefile(database):
        raise FileRefused(f"{file} is the store itself: name a backup")


def _make_ready(path: Path) -> Contents:
    """Bring the copy's schema up to date, where a fault in that can still harm nobody; mark it as leading."""
    with _explained(path), open_alone(path) as connection:
        connection.execute("PRAGMA journal_mode = MEMORY")  # a file of its own could outlive a kill
        migrate(connection, MIGRATIONS)
        mark_leading(connection)
        return read_contents(connection)


def _make_room(database: Path, at: float) -> Path | None:
    """Set aside what is there, but leave it its name until the new file takes that."""
    if database.exists():
        return set_aside(database, at, leave=True)
    with refused(database):
        move_logs(database, free_name(database, at))
    return None


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise FileRefused(f"{path}: {error}; nothing was changed") from error
