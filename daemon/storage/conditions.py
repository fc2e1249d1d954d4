"""Which of SQLite's errors speak of the machine, which of the file, and which of the program."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from actors.ports import StoreUnavailable
from daemon.storage.errors import StoreDamaged

_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Result codes that speak of the machine, and may pass."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})

_PRIMARY = 0xFF
"""The low byte of a result code is the code; the rest are details."""


_UNDECODABLE = "Could not decode to UTF-8"
"""How the words begin when the bytes of a text are damaged; there is no code for it."""


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Raise errors of the machine as `StoreUnavailable`, those of the file as `StoreDamaged`.

    All others (a wrong statement, a broken constraint) are the program's, and propagate.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if code in _DAMAGED or str(error).startswith(_UNDECODABLE):
            raise damaged(path, str(error)) from error
        if code not in _PASSING:
            raise
        raise StoreUnavailable(f"{path}: {error} ({error.sqlite_errorname})") from error
    except OSError as error:
        raise StoreUnavailable(f"{error.filename or path}: {error.strerror}") from error


def damaged(path: Path, finding: str) -> StoreDamaged:
    """The error for a file that can't be read, with the way out."""
    return StoreDamaged(
        f"{path} is damaged: {finding}. Nothing was deleted. Keep a copy of it with its -wal file; then "
        f"restore a backup, or try `sqlite3 {path} .recover`. Moved aside, perkd starts with an empty store"
    )
