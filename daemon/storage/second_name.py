"""The present store put aside: renamed, never deleted, and never away before its successor is there."""

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from daemon.storage.contents import FileRefused, compact_stamp, open_beside
from daemon.storage.files import sync_directory
from daemon.storage.partial import refused


def set_aside(database: Path, at: float, *, leave: bool = False) -> Path:
    """Give the store a second name with the time in it, and take away the first.

    The caller has the writer's lock.

    Args:
        database: a file that exists, damaged or not.
        at: unix seconds, for the name.
        leave: keep the first name as well: a file that is ready to take it is about to.

    Returns:
        The new name.

    Raises:
        FileRefused: it can't be done; the store is as it was.
    """
    _settle(database)
    with refused(database):
        drop_second_names(database)
        aside = free_name(database, at)
        try:
            os.link(database, aside)
        except OSError:  # a file system without hard links
            shutil.copy2(database, aside)
        move_logs(database, aside)
        if not leave:
            database.unlink()
        sync_directory(database.parent)
    return aside


def _settle(database: Path) -> None:
    """Bring the newest commits from the -wal file into the database itself, where it can be read.

    SQLite would delete the log of one that can't, so that one is not opened for writing.
    """
    try:
        with open_beside(database):
            pass
        with contextlib.closing(sqlite3.connect(database, timeout=1.0, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise FileRefused(
                f"another program has {database} open: end it first (it may be an sqlite3 shell)"
            ) from error
        raise FileRefused(f"{database} can't be set aside: {error}; it was left as it was") from error
    except sqlite3.DatabaseError:
        pass  # damaged: its log can't be brought in, and goes aside together with it


def drop_second_names(database: Path) -> None:
    """What an attempt that was killed between link and rename has left: another name of this very file."""
    for other in database.parent.glob(f"{database.name}.aside-*"):
        if other.samefile(database):
            other.unlink()


def free_name(database: Path, at: float) -> Path:
    """A name for what is set aside at this moment, not yet taken."""
    name = f"{database.name}.aside-{compact_stamp(at)}"
    number = 1
    while os.path.lexists(found := database.with_name(name if number == 1 else f"{name}.{number}")):
        number += 1
    return found


def move_logs(database: Path, aside: Path) -> None:
    """Rename what belongs to the database as well: SQLite would take it for that of the next one."""
    for end in ("-wal", "-journal"):
        with contextlib.suppress(FileNotFoundError):
            database.with_name(database.name + end).rename(aside.with_name(aside.name + end))
    with contextlib.suppress(FileNotFoundError):
        database.with_name(f"{database.name}-shm").unlink()
