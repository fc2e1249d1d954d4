"""One SQLite file, opened for the one writer: its lock, its check, its schema, its transactions."""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from actors.ports import StoreUnavailable
from daemon.storage.conditions import damaged, translated
from daemon.storage.contents import connect_beside
from daemon.storage.errors import StoreDamaged
from daemon.storage.files import WriterLock, make_directory, make_private, read_ahead
from daemon.storage.schema import Migration, migrate, refuse_newer, version
from daemon.storage.second_name import drop_second_names, free_name, move_logs

BUSY_TIMEOUT = 1.0
"""Seconds a statement waits for somebody who looks into the file with another program."""

SMALL = 32 * 1024 * 1024
"""Bytes up to which a file is not worth it."""

READ_AHEAD = 1024 * 1024 * 1024
"""Bytes of a file that are read in one go before it is checked: the check itself jumps to and fro."""


class Database:
    """The file. Blocking, and used by one thread at a time."""

    def __init__(self, path: Path, migrations: Sequence[Migration], clock: Callable[[], float]) -> None:
        self.path = path
        self._migrations = migrations
        self._clock = clock
        self._lock = WriterLock(path)
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None
        self._found_damaged = False

    # --- its life -------------------------------------------------------------------------------

    def open(self) -> None:
        """Take the lock, check the file, bring its schema up to date. Where there is none: a new one.

        Raises:
            StoreBusy: another process is the writer.
            StoreUnavailable: the directory or the file can't be used now.
            StoreDamaged, SchemaTooNew: nothing was changed.
        """
        try:
            self.take()
            self.connect()
        except BaseException:
            self.close()
            raise

    def take(self) -> None:
        """Take the lock of the one writer; held already, nothing happens."""
        with translated(self.path):
            make_directory(self.path.parent)
            self._lock.acquire()

    def connect(self) -> None:
        """As `open`, for who has the lock, and keeps it whatever happens."""
        self.disconnect()
        try:
            with translated(self.path):
                if self.path.exists():
                    drop_second_names(self.path)
                else:  # SQLite would drop the log that an older file has left
                    move_logs(self.path, free_name(self.path, self._clock()))
                make_private(self.path)
                self._connect()
        except BaseException:
            self.disconnect()
            raise

    def disconnect(self) -> None:
        """Close the file, and go on holding the lock."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def close(self) -> None:
        """Close the file and let go of the lock. Twice, or without `open`: nothing happens."""
        try:
            self.disconnect()
        finally:
            self._lock.release()

    def _connect(self) -> None:
        if not os.access(self.path, os.W_OK):
            self._connect_to_read()
            return
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

    def _connect_to_read(self) -> None:
        """On a disk that has become read-only: what the file has can still be told to the other store."""
        self._connection = connection = connect_beside(self.path)
        refuse_newer(connection, self.path, self._migrations)
        self._check(connection)
        if version(connection) < len(self._migrations):
            raise StoreUnavailable(f"{self.path} can't be written, and an older perkd wrote it")
        self._identity = _identity(self.path)

    def _check(self, connection: sqlite3.Connection) -> None:
        """A quick check; a thorough one where damage was met before, which a quick one may not see."""
        if self.path.stat().st_size > SMALL:
            read_ahead(self.path, READ_AHEAD)
        pragma = "integrity_check" if self._found_damaged else "quick_check"
        findings = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}(3)")]
        if findings != ["ok"]:
            raise damaged(self.path, "; ".join(findings))
        self._found_damaged = False

    # --- using it -------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether it has a connection."""
        return self._connection is not None

    @property
    def is_cut_off(self) -> bool:
        """The lock is held without a connection: replacing the file has failed, or goes on."""
        return self._connection is None and self._lock.held

    @property
    def connection(self) -> sqlite3.Connection:
        """The open file; a fault of the program where it is not."""
        if self.is_cut_off:
            raise StoreUnavailable(f"{self.path} is being replaced")
        if self._connection is None:
            raise RuntimeError(f"{self.path} is not open")
        return self._connection

    def require_open(self) -> None:
        """Raise where there is no connection to be had."""
        _ = self.connection

    @contextlib.contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """For statements that read. Damage met now is `StoreUnavailable`: the next `open` says more."""
        connection = self.connection
        try:
            with translated(self.path):
                yield connection
        except StoreDamaged as error:
            self._found_damaged = True
            raise StoreUnavailable(str(error)) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """For statements that write: all of them, or none, and on the disk when the block is left."""
        with self.use() as connection:
            self._require_same_file()
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


def _identity(path: Path) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - the hot path of every commit
    return found.st_dev, found.st_ino
