"""JSON lines into a store: all of them, or none."""

import contextlib
import json
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from attrs import define, evolve, field, frozen

from actors.giftcodes.model import Record
from actors.history import Entry, next_term
from actors.ports import Change, Position, Put
from daemon.storage import codec, journal
from daemon.storage.contents import FileRefused, count_records, counted
from daemon.storage.errors import Unreadable, Unstorable
from daemon.storage.schema import MIGRATIONS
from daemon.storage.sqlite import SQLiteStore
from daemon.storage.statements import statements

BATCH = 500
"""Records in one row of the journal."""

LONGEST = 16 * 1024 * 1024
"""Bytes of a line; what is longer is no record."""

NOTHING = "nothing was imported"


@frozen
class Imported:
    """What an import has done."""

    added: int
    updated: int
    unchanged: int
    position: Position


@frozen
class Header:
    """The first line."""

    counts: dict[str, int] | None
    """Collection → records that follow; None where it does not tell."""


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
    reader = _Reader(lines, name)
    header = reader.header()
    store = SQLiteStore(database, clock=clock)
    try:
        term = next_term(uuid.uuid4().hex, store.attach())
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


def _load(connection: sqlite3.Connection, reader: "_Reader", header: Header, loading: "_Loading") -> Imported:
    # Which keys came already: on the disk, since there may be millions.
    connection.execute(
        "CREATE TEMP TABLE seen (collection, key, PRIMARY KEY (collection, key)) WITHOUT ROWID"
    )
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


# --- reading ------------------------------------------------------------------------------------


class _Twice(Exception):  # noqa: N818 - a fact
    """A record came before."""


@define
class _Reader:
    """The file, line by line."""

    _lines: IO[bytes]
    _name: str
    _number: int = 0
    _counts: dict[str, int] = field(factory=dict)

    def fault(self, number: int, text: str) -> FileRefused:
        """The error for a line."""
        return FileRefused(f"{self._name}: line {number}: {text}; {NOTHING}")

    def header(self) -> Header:
        """The first line. Raises `FileRefused` where it is none, or that of a newer perkd."""
        document = next(self._documents(), None)
        if document is None or "perkd" not in document or type(document.get("schema")) is not int:
            raise self.fault(1, "no header of `perkd export`: name a file that it wrote")
        if document["schema"] > len(MIGRATIONS):
            raise self.fault(
                1,
                f"written by perkd {document['perkd']} with schema version {document['schema']}, this perkd "
                f"knows {len(MIGRATIONS)} at most: import it with the newer perkd",
            )
        counts = document.get("counts")
        return Header(counts if isinstance(counts, dict) else None)

    def records(self) -> Iterator[tuple[int, Record]]:
        """Line numbers and records. Raises `FileRefused` for the first line that is wrong."""
        for document in self._documents():
            record = self._record(document)
            self._counts[record.collection] = self._counts.get(record.collection, 0) + 1
            yield self._number, record

    def check_counts(self, header: Header) -> None:
        """Raise `FileRefused` where the file holds less, or more, than its header says: it was cut off."""
        for name, count in (header.counts or {}).items():
            found = self._counts.get(name, 0)
            if found != count:
                raise FileRefused(
                    f"{self._name}: line 1 tells of {count} {name}, but there are {found}: the file is cut "
                    f"off, or was edited; then correct `counts` in line 1, or leave it out; {NOTHING}"
                )

    def _record(self, document: dict[str, Any]) -> Record:
        if set(document) != {"collection", "record"}:
            found = ", ".join(map(repr, document)) or "nothing"
            raise self.fault(self._number, f"must have 'collection' and 'record', but has {found}")
        name = document["collection"]
        type_ = codec.COLLECTIONS.get(name) if isinstance(name, str) else None
        if type_ is None:
            known = ", ".join(sorted(codec.COLLECTIONS))
            raise self.fault(
                self._number,
                f"unknown collection {name!r}: this perkd knows {known}; if a newer one wrote it, use that",
            )
        try:
            return codec.from_document(type_, "", document["record"])
        except Unreadable as error:
            text = str(error).removeprefix(f"{name} '': ")
            raise self.fault(self._number, f"{name}: {text}") from error

    def _documents(self) -> Iterator[dict[str, Any]]:
        while line := self._lines.readline(LONGEST + 1):
            self._number += 1
            if len(line) > LONGEST:
                raise self.fault(self._number, f"longer than {LONGEST:,} bytes")
            if line.strip():
                yield self._parsed(line)

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            document = json.loads(line.decode("utf-8-sig" if self._number == 1 else "utf-8"))
        except UnicodeDecodeError:
            raise self.fault(self._number, "no UTF-8 text") from None
        except (ValueError, RecursionError) as error:
            raise self.fault(self._number, f"no JSON: {error}") from None
        if not isinstance(document, dict):
            raise self.fault(self._number, "no JSON object")
        return document


# --- writing ------------------------------------------------------------------------------------


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
