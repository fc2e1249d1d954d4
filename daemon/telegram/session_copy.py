"""What a session file holds that is worth keeping: out of the file, and into a new one.

Key and data centre, how far updates were heard, and the addresses of those the account has met. Names and
phone numbers are left out.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, frozen

KEY_BYTES = 256
"""Of an authorisation key of Telegram's."""
MOST_STATES = 100
MOST_PEOPLE = 200

T = TypeVar("T")
Row = tuple[Any, ...]


class SessionDamaged(Exception):  # noqa: N818 - a state of the file
    """The file is there, and is no session file, or a corrupt one."""


@frozen(repr=False)
class SessionCopy:
    """A session. Whoever has it has the account."""

    centre: int
    address: str
    port: int
    key: bytes
    states: tuple[Row, ...] = ()
    """(id, pts, qts, date, seq); the account's own has the id 0."""
    people: tuple[Row, ...] = ()
    """(id, access hash, username)."""

    def to_bytes(self) -> bytes:
        """As JSON; at most about 25,000 bytes."""
        document = {
            "centre": [self.centre, self.address, self.port],
            "key": self.key.hex(),
            "states": self.states,
            "people": self.people,
        }
        return json.dumps(document, separators=(",", ":")).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> "SessionCopy":
        """Raises `ValueError` for what `to_bytes` did not write."""
        try:
            document = json.loads(data)
            centre, address, port = document["centre"]
            states = tuple(tuple(row) for row in document["states"])
            people = tuple(tuple(row) for row in document["people"])
            return cls(centre, address, port, bytes.fromhex(document["key"]), states, people)
        except (KeyError, TypeError, ValueError):
            raise ValueError("it holds no session") from None  # the cause would carry it

    @property
    def substance(self) -> bytes:
        """The same as long as nothing has changed but times."""
        return evolve(self, states=tuple((*row[:3], row[4]) for row in self.states)).to_bytes()


def has_session(path: Path) -> bool:
    """Whether there is a file with a session in it. Raises as `read_session`."""
    return _in(path, lambda connection: _key(connection) is not None) is True


def read_session(path: Path) -> SessionCopy | None:
    """What the file holds; None where there is none, or no session in it.

    It may be in use: what is committed is read.

    Raises:
        SessionDamaged: it is no session file.
        OSError: it can't be read now.
    """
    return _in(path, _copy)


def _in(path: Path, read: Callable[[sqlite3.Connection], T | None]) -> T | None:
    if not path.exists() or path.stat().st_size == 0:
        return None
    try:
        # Not read-only: what a process that was killed left behind has to be rolled back.
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)
        ) as connection:
            return read(connection)
    except sqlite3.OperationalError as error:
        raise OSError(f"{path} can't be read: {error}") from error
    except sqlite3.DatabaseError as error:
        raise SessionDamaged(f"{path} is damaged: {error}") from error


def _key(connection: sqlite3.Connection) -> Row | None:
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sessions'").fetchone():
        raise sqlite3.DatabaseError("it holds something else than a session")
    row: Row | None = connection.execute(
        "SELECT dc_id, server_address, port, auth_key FROM sessions"
    ).fetchone()
    return None if row is None or len(row[3] or b"") != KEY_BYTES else row


def _copy(connection: sqlite3.Connection) -> SessionCopy | None:
    session = _key(connection)
    if session is None:
        return None
    states = connection.execute(
        "SELECT id, pts, qts, date, seq FROM update_state ORDER BY id LIMIT ?", (MOST_STATES,)
    )
    people = connection.execute(
        "SELECT id, hash, username FROM entities ORDER BY id = 0 DESC, date DESC LIMIT ?", (MOST_PEOPLE,)
    )
    centre, address, port, key = session
    return SessionCopy(centre, address, port, key, tuple(states), tuple(sorted(people)))


def write_session(path: Path, copy: SessionCopy) -> None:
    """Make the file from a copy: whole or not at all, for its owner alone. One that is there is replaced.

    Raises `OSError`: of the disk, also what SQLite says of it.
    """
    try:
        _write(path, copy)
    except sqlite3.Error as error:
        raise OSError(f"{path} can't be written: {error}") from error


def _write(path: Path, copy: SessionCopy) -> None:
    from telethon.crypto import AuthKey  # type: ignore[import-untyped]  # noqa: PLC0415 - for this alone
    from telethon.sessions import SQLiteSession  # type: ignore[import-untyped]  # noqa: PLC0415

    new = path.with_name(f"{path.name}.new.session")
    for left in (new, _journal(new)):
        left.unlink(missing_ok=True)
    os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    session = SQLiteSession(str(new))
    try:
        session.set_dc(copy.centre, copy.address, copy.port)
        session.auth_key = AuthKey(copy.key)
        session.save()
    finally:
        session.close()
    with contextlib.closing(sqlite3.connect(new)) as connection, connection:
        connection.executemany("INSERT INTO update_state VALUES (?, ?, ?, ?, ?)", copy.states)
        connection.executemany("INSERT INTO entities (id, hash, username) VALUES (?, ?, ?)", copy.people)
    with new.open("rb") as file:
        os.fsync(file.fileno())
    _journal(path).unlink(missing_ok=True)
    new.replace(path)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def set_aside(path: Path) -> Path:
    """Rename a damaged file, with what SQLite keeps beside it; nothing is deleted."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    with contextlib.suppress(FileNotFoundError):
        _journal(path).replace(_journal(aside))
    path.replace(aside)
    return aside


def _journal(path: Path) -> Path:
    return path.with_name(f"{path.name}-journal")
