"""JSON lines into a store: all of them, or none."""

import contextlib
import sqlite3
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import IO

from attrs import define, evolve, field, frozen

from actors.giftcodes.model import Record
from actors.history import Entry, next_term
from actors.ports import Change, Position, Put
from daemon.storage import codec, journal
from daemon.storage.contents import FileRefused, count_records, counted
from daemon.storage.dump_reader import NOTHING, DumpReader, Header
from daemon.storage.errors import Unstorable
from daemon.storage.lagging import refuse_lagging
from daemon.storage.sqlite import SQLiteStore
from daemon.storage.statements import statements

BATCH = 500
"""Records in one row of the journal."""


@frozen
class Imported:
    """What an import has done."""

    added: int
    updated: int
    unchanged: int
    position: Position


def load(
    lines: IO[bytes],
    name: str,
    database: Path,
    *,
    merge: bool = False,
    clock: Callable[[], float] = time.time,
) -> Imported:
    """Import an export, in one transaction. The store is made where there is none.

    Args:
        lines: the export, read from where it stands.
        name: what errors call it.
        database: the store of a stopped daemon.
        merge: put the records beside and over those that are there; else there must be none.
        clock: unix seconds, for the journal.

    Raises:
        FileRefused: a line is wrong, or the store is not empty; nothing was imported.
        StoreBusy, StoreUnavailable, StoreDamaged, SchemaTooNew: see `SQLiteStore.attach`.
    """
    reader = DumpReader(lines, name)
    header = reader.header()
    store = SQLiteStore(database, clock=clock)
    try:
        history = store.attach()
        refuse_lagging(database)  # what is written into it would be set aside when perkd fills it
        term = next_term(uuid.uuid4().hex, history)
        store.begin(term)
        with contextlib.closing(_connect(database)) as connection:
            return _load(connection, reader, header, _Loading(connection, term.number, clock, merge=merge))
    except sqlite3.OperationalError as error:
        raise FileRefused(f"{database}: {error}; {NOTHING}") from error
    finally:
        store.close()


def _connect(database: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=1.0, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _load(
    connection: sqlite3.Connection, reader: DumpReader, header: Header, loading: "_Loading"
) -> Imported:
    # Which keys came already: on the disk, since there may be millions.
    connection.execute(_SEEN)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if not loading.merge:
            _require_empty(connection)
        for number, record in reader.records():
            try:
                loading.put(record)
            except (Unstorable, _Twice) as error:
                raise reader.fault(number, str(error)) from error
        reader.check_counts(header)
        imported = loading.end()
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return imported


_SEEN = "CREATE TEMP TABLE seen (collection, key, PRIMARY KEY (collection, key)) WITHOUT ROWID"


def _require_empty(connection: sqlite3.Connection) -> None:
    found = sum(count_records(connection).values())
    if found:
        raise FileRefused(
            f"the store holds {counted(found, 'record')} already: with --merge those of the file are put "
            f"beside and over them; {NOTHING}"
        )


class _Twice(Exception):  # noqa: N818 - a fact
    """A record came before."""


@define
class _Loading:
    """The transaction: what is put in it, and the journal's rows that tell of it."""

    _connection: sqlite3.Connection
    _term: int
    _clock: Callable[[], float]
    merge: bool = field(kw_only=True)
    _batch: list[Change] = field(factory=list)
    _position: Position = field(init=False)
    _added: int = 0
    _updated: int = 0
    _unchanged: int = 0

    def __attrs_post_init__(self) -> None:
        self._position = Position(self._term, 0)

    def put(self, record: Record) -> None:
        """Raises `Unstorable`, or `_Twice`."""
        text, values = codec.encode(record), codec.index_values(record)
        self._require_first(record)
        sql = statements(type(record))
        found = self._connection.execute(sql.get, (record.key,)).fetchone() if self.merge else None
        if found is not None and found[0] == text:
            self._unchanged += 1
            return
        self._connection.execute(sql.put, (record.key, text, *values))
        if found is None:
            self._added += 1
        else:
            self._updated += 1
        self._batch.append(Put(record))
        if len(self._batch) >= BATCH:
            self._write_batch()

    def end(self) -> Imported:
        """Write what is left to write."""
        if self._batch:
            self._write_batch()
        return Imported(self._added, self._updated, self._unchanged, self._position)

    def _require_first(self, record: Record) -> None:
        marked = self._connection.execute(
            "INSERT OR IGNORE INTO seen VALUES (?, ?)", (record.collection, record.key)
        )
        if not marked.rowcount:
            raise _Twice(f"{record.collection} {record.key!r} is there twice")

    def _write_batch(self) -> None:
        self._position = evolve(self._position, sequence=self._position.sequence + 1)
        entry = Entry(self._position, self._clock(), codec.encode_batch(self._batch))
        journal.append(self._connection, entry)
        self._batch.clear()
