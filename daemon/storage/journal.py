"""The change sequence: one row per batch, written in the batch's own transaction.

A second store that follows reads it from where it stands. The journal keeps the newest batches only; a
follower that is farther behind needs a full copy, and is told so.
"""

import sqlite3

from actors.ports import Position
from actors.storage import Batch
from daemon.storage import codec
from daemon.storage.errors import JournalPruned

JOURNAL_KEPT = 10_000
"""The newest batches that always stay."""

PRUNE_EVERY = 100
"""Batches between two prunings, so that most commits do not pay for one."""


def take_term(connection: sqlite3.Connection) -> int:
    """Begin the term of a new writer: one more than any before."""
    connection.execute("UPDATE meta SET value = value + 1 WHERE name = 'term'")
    return _meta(connection, "term")


def last_sequence(connection: sqlite3.Connection, term: int) -> int:
    """The number of the term's last batch; 0 before the first.

    Asked of the file each time: after a failed commit only the file knows what became of it.
    """
    query = "SELECT coalesce(max(sequence), 0) FROM journal WHERE term = ?"
    return int(connection.execute(query, (term,)).fetchone()[0])


def append(connection: sqlite3.Connection, term: int, at: float, batch: str) -> Position:
    """Write the batch's row, inside its transaction, and prune now and then."""
    sequence = last_sequence(connection, term) + 1
    number = connection.execute(
        "INSERT INTO journal (term, sequence, at, batch) VALUES (?, ?, ?, ?)", (term, sequence, at, batch)
    ).lastrowid
    if number and number % PRUNE_EVERY == 0 and number > JOURNAL_KEPT:
        _prune(connection, number - JOURNAL_KEPT)
    return Position(term, sequence)


def read(connection: sqlite3.Connection, after: Position, limit: int) -> list[Batch]:
    """The batches that follow `after`, oldest first, at most `limit`.

    Raises:
        JournalPruned: some of them are gone.
    """
    pruned = Position(_meta(connection, "pruned_term"), _meta(connection, "pruned_sequence"))
    if after < pruned:
        raise JournalPruned(
            f"the journal begins after {_words(pruned)}, asked was what follows {_words(after)}: "
            "a store that is so far behind needs a full copy"
        )
    rows = connection.execute(
        "SELECT term, sequence, at, batch FROM journal WHERE (term, sequence) > (?, ?) "
        "ORDER BY term, sequence LIMIT ?",
        (after.term, after.sequence, limit),
    ).fetchall()
    return [Batch(Position(term, number), at, codec.decode_batch(text)) for term, number, at, text in rows]


def _prune(connection: sqlite3.Connection, last: int) -> None:
    """Forget the rows up to `last`, and remember that they are gone."""
    term, sequence = connection.execute("SELECT term, sequence FROM journal WHERE id = ?", (last,)).fetchone()
    connection.execute("UPDATE meta SET value = ? WHERE name = 'pruned_term'", (term,))
    connection.execute("UPDATE meta SET value = ? WHERE name = 'pruned_sequence'", (sequence,))
    connection.execute("DELETE FROM journal WHERE id <= ?", (last,))


def _meta(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])


def _words(position: Position) -> str:
    return f"batch {position.sequence} of term {position.term}"
