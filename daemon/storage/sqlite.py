"""The embedded store: one SQLite file, one writer, durable commits.

Blocking, and used by one thread at a time: `actors.storage.StorageActor` sees to both.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from actors.giftcodes.model import Record
from actors.ports import Change, Delete, Position, Put, StoreUnavailable
from actors.storage import Batch, Value
from daemon.storage import codec, journal
from daemon.storage.conditions import damaged, translated
from daemon.storage.files import WriterLock, make_private
from daemon.storage.schema import MIGRATIONS, Migration, migrate, refuse_newer
from daemon.storage.statements import Statements, statements

R = TypeVar("R", bound=Record)

BUSY_TIMEOUT = 1.0
"""Seconds a statement waits for somebody who looks into the file with another program."""


class SQLiteBackend:
    """A `Backend` in one file.

    Args:
        path: the database; `-wal`, `-shm` and `.lock` files stand beside it. Its directory is made.
        clock: unix seconds, for the journal.
        migrations: the schema's history; another one only in tests.
    """

    def __init__(
        self,
        path: Path,
        *,
        clock: Callable[[], float] = time.time,
        migrations: Sequence[Migration] = MIGRATIONS,
    ) -> None:
        self.path = path
        self._clock = clock
        self._migrations = migrations
        self._lock = WriterLock(path)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._term = 0

    # --- its life -------------------------------------------------------------------------------

    def open(self) -> Position:
        """Take the lock, check the file, bring its schema up to date, begin a new term.

        Raises:
            StoreBusy: another process is the writer.
            StoreUnavailable: the directory or the file can't be used now.
            StoreDamaged, SchemaTooNew: a person has to look; nothing was changed.
        """
        try:
            with translated(self.path):
                make_private(self.path)
                self._lock.acquire()
                self._connect()
                with self._transaction() as connection:
                    self._term = journal.take_term(connection)
                return Position(self._term, 0)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file and let go of the lock. Twice, or without `open`: nothing happens."""
        try:
            if self._connection is not None:
                self._connection.close()
        finally:
            self._connection = None
            self._lock.release()

    def _connect(self) -> None:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT, isolation_level=None, check_same_thread=False
        )
        self._connection = connection
        refuse_newer(connection, self.path, self._migrations)
        self._check(connection)
        mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise StoreUnavailable(
                f"{self.path}: its file system can't do write-ahead logging: put data_dir on a local disk"
            )
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, self._migrations)
        self._identity = _identity(self.path)

    def _check(self, connection: sqlite3.Connection) -> None:
        findings = [str(row[0]) for row in connection.execute("PRAGMA quick_check(3)")]
        if findings != ["ok"]:
            raise damaged(self.path, "; ".join(findings))

    # --- writing --------------------------------------------------------------------------------

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`. On the disk when it returns: a power cut does not undo it."""
        writes = [_write(change) for change in changes]
        batch = codec.encode_batch(changes)
        with translated(self.path):
            self._require_same_file()
            if not changes:
                return Position(self._term, journal.last_sequence(self._open, self._term))
            with self._transaction() as connection:
                for statement, values in writes:
                    connection.execute(statement, values)
                return journal.append(connection, self._term, self._clock(), batch)

    # --- reading --------------------------------------------------------------------------------

    def get(self, type_: type[R], key: str) -> R | None:
        """See `Backend.get`."""
        codec.check_key(type_, key)
        with translated(self.path):
            row = self._open.execute(statements(type_).get, (key,)).fetchone()
        return None if row is None else codec.decode(type_, key, row[0])

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Backend.find`."""
        values = codec.query_values(type_, equal)
        sql = statements(type_)
        with translated(self.path):
            query = sql.select(values, self._narrowest(sql, values))
            rows = self._open.execute(query, tuple(values.values())).fetchall()
        return [codec.decode(type_, key, document) for key, document in rows]

    def count(self, type_: type[Record], **equal: Value) -> int:
        """See `Backend.count`."""
        values = codec.query_values(type_, equal)
        sql = statements(type_)
        with translated(self.path):
            query = sql.count(values, self._narrowest(sql, values))
            return int(self._open.execute(query, tuple(values.values())).fetchone()[0])

    def changes(self, after: Position, limit: int) -> list[Batch]:
        """See `Backend.changes`."""
        with translated(self.path):
            return journal.read(self._open, after, limit)

    def _narrowest(self, sql: Statements, values: Mapping[str, Value]) -> str | None:
        """The attribute whose value the fewest documents have: its index is the one to use.

        SQLite would guess from averages, and walk half a million documents of a game for the one of a
        player. Each value is counted, up to a limit that grows until one stays below it; so the counting
        costs no more than the look-up itself.
        """
        if len(values) <= 1:
            return next(iter(values), None)
        limit = 32
        while True:
            counts = {
                name: self._open.execute(sql.probe(name), (value, limit)).fetchone()[0]
                for name, value in values.items()
            }
            name = min(counts, key=lambda name: int(counts[name]))
            if counts[name] < limit:
                return name
            limit *= 32

    # --- the connection -------------------------------------------------------------------------

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise RuntimeError(f"{self.path} is not open")
        return self._connection

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        connection = self._open
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:  # SQLite itself has rolled back after some errors
                with contextlib.suppress(sqlite3.OperationalError):
                    connection.execute("ROLLBACK")
            raise

    def _require_same_file(self) -> None:
        """SQLite would go on writing, without a word, to a file that has lost its name."""
        try:
            same = _identity(self.path) == self._identity
        except FileNotFoundError:
            same = False
        if not same:
            raise StoreUnavailable(
                f"{self.path} was removed or replaced under perkd: put it back, or restart perkd"
            )


def _write(change: Change) -> tuple[str, tuple[Value, ...]]:
    """The statement of one change; refuses what can't be stored before the database is touched."""
    match change:
        case Put(record):
            document = codec.encode(record)
            return statements(type(record)).put, (record.key, document, *codec.index_values(record))
        case Delete(type_, key):
            codec.check_key(type_, key)
            return statements(type_).delete, (key,)


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - the hot path of every commit
    return found.st_dev, found.st_ino
