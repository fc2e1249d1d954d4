"""A new file beside the present one, filled by a full copy, until it takes its place."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

from actors.history import Document, History
from actors.ports import Put
from daemon.storage import journal
from daemon.storage.files import make_private, sync_file
from daemon.storage.lookups import to_write
from daemon.storage.records import record_in
from daemon.storage.schema import Migration, migrate
from daemon.storage.terms import read_history, write_terms

SUFFIX = ".filling"
CACHE = 32 * 1024
"""KiB of memory for the pages of the indexes, which are filled in no order."""


class Filling:
    """The new file. What an attempt that was cut short has left is dropped first."""

    def __init__(self, database: Path, migrations: Sequence[Migration]) -> None:
        self.path = database.with_name(database.name + SUFFIX)
        self.path.unlink(missing_ok=True)
        make_private(self.path)
        self._connection = sqlite3.connect(self.path, isolation_level=None, check_same_thread=False)
        try:
            # Nobody else uses it, and after a crash it is begun anew: only the end must be durable.
            self._connection.execute("PRAGMA journal_mode = MEMORY")
            self._connection.execute("PRAGMA synchronous = OFF")
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._connection.execute(f"PRAGMA cache_size = -{CACHE}")
            migrate(self._connection, migrations)
        except BaseException:
            self.close()
            raise

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """Write documents, all or none. Raises `Unreadable` for one that does not fit its class."""
        writes = [to_write(Put(record_in(collection, document))) for document in documents]
        with self._connection:
            self._connection.execute("BEGIN")
            for statement, values in writes:
                self._connection.execute(statement, values)

    def complete(self, history: History) -> None:
        """Note where it stands, with an empty journal, and wait until all of it is on the disk."""
        with self._connection:
            self._connection.execute("BEGIN")
            write_terms(self._connection, read_history(self._connection).terms, history.terms)
            journal.begin_after(self._connection, history.end)
        self.close()
        sync_file(self.path)

    def close(self) -> None:
        """Let go of the file; it stays where it is."""
        self._connection.close()
