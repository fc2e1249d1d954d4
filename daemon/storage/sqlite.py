"""The local file as a store: one SQLite file, one writer, durable commits.

Blocking, and used by one thread at a time: the actor that leads it sees to both.
"""

import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from attrs import evolve

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term, begun, followed, next_term
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Batch, Value
from actors.stores import NeedsCopy
from daemon.storage import codec, journal, lagging, lookups, terms
from daemon.storage.database import Database
from daemon.storage.errors import JournalPruned, StoreDamaged
from daemon.storage.lookups import to_write
from daemon.storage.replacement import Replacement
from daemon.storage.schema import MIGRATIONS, Migration

R = TypeVar("R", bound=Record)


class SQLiteStore:
    """A `LocalStore` in one file.

    Args:
        path: the database; `-wal`, `-shm`, `.lock`, `.behind` and `.filling` files stand beside it. Its
            directory is made.
        clock: unix seconds, for the journal, and for the names of what is set aside.
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
        self._database = Database(path, migrations, clock)
        self._replacement = Replacement(self._database, migrations, clock)
        self._begun: Term | None = None

    # --- its life -------------------------------------------------------------------------------

    def attach(self) -> History:
        """Take the lock, check the file, bring its schema up to date. Begins no term.

        Raises:
            StoreBusy: another process is the writer.
            StoreUnavailable: the directory or the file can't be used now.
            StoreDamaged, SchemaTooNew: a person has to look; nothing was changed.
        """
        self.close()
        self._database.open()
        return self.history()

    def close(self) -> None:
        """Close the file and let go of the lock. Twice, or without `attach`: nothing happens."""
        self._begun = None
        try:
            self._replacement.drop()
        finally:
            self._database.close()

    def set_aside(self) -> str:
        """See `LocalStore.set_aside`. Raises `StoreBusy` while another process is the writer."""
        self.close()
        return self._replacement.set_aside()

    def mark_behind(self, behind: bool) -> None:
        """See `LocalStore.mark_behind`."""
        lagging.set_mark(self.path, behind)

    def is_marked_behind(self) -> bool:
        """See `LocalStore.is_marked_behind`."""
        return lagging.is_marked(self.path)

    # --- writing --------------------------------------------------------------------------------

    def begin(self, term: Term) -> None:
        """See `LocalStore.begin`."""
        with self._database.transaction() as connection:
            own = terms.read_history(connection)
            terms.write_terms(connection, own.terms, begun(own, term).terms)
        self._begun = term

    def write(self, changes: Sequence[Change]) -> Entry:
        """See `LocalStore.write`. On the disk when it returns: a power cut does not undo it."""
        term = self._term
        writes = [to_write(change) for change in changes]
        batch = codec.encode_batch(changes)
        with self._database.transaction() as connection:
            for statement, values in writes:
                connection.execute(statement, values)
            at = self._clock()
            position = journal.append_next(connection, term, at, batch)
        return Entry(position, at, batch)

    def probe(self, size: int) -> None:
        """See `LocalStore.probe`."""
        # Not in one transaction: pages that it frees again would not be written.
        with self._database.transaction() as connection:
            journal.last_batch(connection)
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('probe', zeroblob(?))", (size,))
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM meta WHERE name = 'probe'")

    @property
    def _term(self) -> int:
        self._database.require_open()
        if self._begun is None:
            raise RuntimeError(f"{self.path}: no term was begun to write in")
        return self._begun.number

    def follow(self, terms_: Sequence[Term], entries: Sequence[Entry]) -> None:
        """See `LocalStore.follow`. Raises `actors.history.Unfit` where they do not go on from here."""
        with self._database.transaction() as connection:
            own = terms.read_history(connection)
            news = followed(own, terms_, [entry.position for entry in entries])
            terms.write_terms(connection, own.terms, news.terms)
            for entry in entries:
                if entry.position > own.end:
                    _take_over(connection, entry)
        if self._begun not in news.terms[-1:]:
            self._begun = None

    def set_lead(self) -> None:
        """An operator says that this store's state shall replace the other's."""
        with self._database.transaction() as connection:
            terms.set_lead(connection, True)

    def clear_lead(self) -> None:
        """See `LocalStore.clear_lead`."""
        with self._database.transaction() as connection:
            terms.set_lead(connection, False)

    # --- reading --------------------------------------------------------------------------------

    def history(self) -> History:
        """See `LocalStore.history`. After a replacement that failed it tries to open what is there."""
        if self._database.is_cut_off:
            self._reopen()
        with self._database.use() as connection:
            return terms.read_history(connection)

    def _reopen(self) -> None:
        try:
            self._database.connect()
        except StoreDamaged as error:
            raise StoreUnavailable(str(error)) from error

    def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `LocalStore.entries`."""
        with self._database.use() as connection:
            return journal.read(connection, after, limit)

    def get(self, type_: type[R], key: str) -> R | None:
        """See `LocalStore.get`."""
        codec.check_key(type_, key)
        with self._database.use() as connection:
            text = lookups.get(connection, type_, key)
        return None if text is None else codec.decode(type_, key, text)

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `LocalStore.find`."""
        values = codec.query_values(type_, equal)
        with self._database.use() as connection:
            rows = lookups.find(connection, type_, values)
        return [codec.decode(type_, key, text) for key, text in rows]

    def count(self, type_: type[Record], **equal: Value) -> int:
        """How many records `find` would return."""
        values = codec.query_values(type_, equal)
        with self._database.use() as connection:
            return lookups.count(connection, type_, values)

    def collections(self) -> tuple[str, ...]:
        """See `LocalStore.collections`."""
        return tuple(codec.COLLECTIONS)

    def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `LocalStore.page`."""
        with self._database.use() as connection:
            return lookups.page(connection, codec.COLLECTIONS[collection], after, limit)

    # --- a full copy ----------------------------------------------------------------------------

    def begin_copy(self) -> None:
        """See `LocalStore.begin_copy`. Takes the lock where `attach` could not: of a damaged file."""
        self._replacement.begin()

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `LocalStore.copy`."""
        self._replacement.copy(collection, documents)

    def end_copy(self, history: History) -> str | None:
        """See `LocalStore.end_copy`."""
        self._begun = None
        return self._replacement.end(history)


def _take_over(connection: sqlite3.Connection, entry: Entry) -> None:
    """Write a batch of the replica's as it is there, and what it changes."""
    changes = codec.decode_batch(entry.batch)
    for statement, values in map(to_write, changes):
        connection.execute(statement, values)
    journal.append(connection, evolve(entry, batch=codec.encode_batch(changes)))


class SQLiteBackend(SQLiteStore):
    """The file alone, without a replica: a `Backend`."""

    def open(self) -> Position:
        """Attach the file and begin a new term. See `Backend.open`."""
        try:
            term = next_term(uuid.uuid4().hex, self.attach())
            self.begin(term)
        except BaseException:
            self.close()
            raise
        return Position(term.number, 0)

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`."""
        return self.write(changes).position if changes else self.history().last

    def changes(self, after: Position, limit: int) -> list[Batch]:
        """See `Backend.changes`."""
        try:
            entries = self.entries(after, limit)
        except NeedsCopy as error:
            raise JournalPruned(str(error)) from error
        return [Batch(entry.position, entry.at, codec.decode_batch(entry.batch)) for entry in entries]

    @property
    def _open(self) -> sqlite3.Connection:
        return self._database.connection
