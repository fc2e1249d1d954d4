"""The terms of a file, with their writers, and where its journal stands."""

import sqlite3

from actors.history import History, Term
from actors.ports import Position
from daemon.storage import journal


def read_history(connection: sqlite3.Connection) -> History:
    """Where the file stands, and how it came there."""
    rows = connection.execute(
        "SELECT number, writer, after_term, after_sequence FROM terms ORDER BY number"
    ).fetchall()
    terms = tuple(Term(number, writer, Position(term, sequence)) for number, writer, term, sequence in rows)
    last = journal.last_batch(connection)
    if terms and terms[-1].number != last.term:
        last = Position(terms[-1].number, 0)
    leads = bool(journal.read_meta(connection, "leads"))
    return History(terms, last, journal.begins_after(connection), leads=leads)


def write_terms(connection: sqlite3.Connection, old: tuple[Term, ...], new: tuple[Term, ...]) -> None:
    """Bring the table from `old` to `new`, inside a transaction."""
    gone, fresh = set(old) - set(new), set(new) - set(old)
    connection.executemany("DELETE FROM terms WHERE number = ?", [(term.number,) for term in gone])
    connection.executemany(
        "INSERT INTO terms (number, writer, after_term, after_sequence) VALUES (?, ?, ?, ?)",
        [(term.number, term.writer, term.after.term, term.after.sequence) for term in fresh],
    )


def set_lead(connection: sqlite3.Connection, leads: bool) -> None:
    """Remember, or forget, that an operator chose this store's state."""
    journal.write_meta(connection, "leads", int(leads))
