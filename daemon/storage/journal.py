"""The change sequence: one row per batch, written in the batch's own transaction.

A second store that follows reads it from where it stands. The journal keeps the newest batches only; a
follower that is farther behind needs a full copy, and is told so.
"""

import contextlib
import sqlite3

from actors.history import Entry, handful
from actors.ports import Position
from actors.stores import NeedsCopy

JOURNAL_KEPT = 100_000
"""The newest batches that always stay."""

PRUNE_EVERY = 100
"""Batches between two prunings, so that most commits do not pay for one."""


def last_batch(connection: sqlite3.Connection) -> Position:
    """The last batch's place, also where its row is gone; (0, 0) before the first.

    Asked of the file each time: after a failed commit only the file knows what became of it.
    """
    query = "SELECT term, sequence FROM journal ORDER BY term DESC, sequence DESC LIMIT 1"
    row = connection.execute(query).fetchone()
    return begins_after(connection) if row is None else Position(*row)


def append_next(connection: sqlite3.Connection, term: int, at: float, batch: str) -> Position:
    """Write the row of the term's next batch, inside its transaction."""
    last = last_batch(connection)
    position = Position(term, last.sequence + 1 if last.term == term else 1)
    append(connection, Entry(position, at, batch))
    return position


def append(connection: sqlite3.Connection, entry: Entry) -> None:
    """Write the row of a batch that has its place, and prune now and then."""
    number = connection.execute(
        "INSERT INTO journal (term, sequence, at, batch) VALUES (?, ?, ?, ?)",
        (entry.position.term, entry.position.sequence, entry.at, entry.batch),
    ).lastrowid
    if number and number % PRUNE_EVERY == 0 and number > JOURNAL_KEPT:
        _prune(connection, number - JOURNAL_KEPT)


def read(connection: sqlite3.Connection, after: Position, limit: int) -> list[Entry]:
    """The batches that follow `after`, oldest first: `limit` at most, fewer where they are long.

    Raises:
        NeedsCopy: some of them are gone.
    """
    pruned = begins_after(connection)
    if after < pruned:
        raise NeedsCopy(
            f"the journal begins after {pruned}, asked was what follows {after}: "
            "a store that is so far behind needs a full copy"
        )
    rows = connection.execute(
        "SELECT term, sequence, at, batch FROM journal WHERE (term, sequence) > (?, ?) "
        "ORDER BY term, sequence LIMIT ?",
        (after.term, after.sequence, limit),
    )
    with contextlib.closing(rows):
        return handful(Entry(Position(term, number), at, text) for term, number, at, text in rows)


def begins_after(connection: sqlite3.Connection) -> Position:
    """The last batch whose row is gone; (0, 0) where none is."""
    return Position(read_meta(connection, "pruned_term"), read_meta(connection, "pruned_sequence"))


def begin_after(connection: sqlite3.Connection, position: Position) -> None:
    """Remember that the rows up to `position` are gone."""
    write_meta(connection, "pruned_term", position.term)
    write_meta(connection, "pruned_sequence", position.sequence)


def _prune(connection: sqlite3.Connection, last: int) -> None:
    """Forget the rows up to `last`, and remember that they are gone."""
    query = "SELECT term, sequence FROM journal WHERE id <= ? ORDER BY id DESC LIMIT 1"
    row = connection.execute(query, (last,)).fetchone()
    if row is not None:
        begin_after(connection, Position(*row))
        connection.execute("DELETE FROM journal WHERE id <= ?", (last,))


def read_meta(connection: sqlite3.Connection, name: str) -> int:
    """One of the file's own numbers."""
    return int(connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])


def write_meta(connection: sqlite3.Connection, name: str, value: int) -> None:
    """Change one of the file's own numbers, which is there."""
    connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, name))
