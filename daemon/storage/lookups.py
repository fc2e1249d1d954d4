"""What is asked of a file's collections, and how a change is written into them."""

import sqlite3
from collections.abc import Mapping
from typing import TypeVar

from actors.giftcodes.model import Record
from actors.history import Document
from actors.ports import Change, Delete, Put
from actors.storage import Value
from daemon.storage import codec
from daemon.storage.statements import Statements, statements

R = TypeVar("R", bound=Record)

Write = tuple[str, tuple[Value, ...]]
"""A statement and what it binds."""


def to_write(change: Change) -> Write:
    """The statement of one change; refuses what can't be stored before the database is touched."""
    match change:
        case Put(record):
            document = codec.encode(record)
            return statements(type(record)).put, (record.key, document, *codec.index_values(record))
        case Delete(type_, key):
            codec.check_key(type_, key)
            return statements(type_).delete, (key,)


def get(connection: sqlite3.Connection, type_: type[R], key: str) -> str | None:
    """The text of the document with this key."""
    row = connection.execute(statements(type_).get, (key,)).fetchone()
    return None if row is None else str(row[0])


def find(
    connection: sqlite3.Connection, type_: type[Record], values: Mapping[str, Value]
) -> list[tuple[str, str]]:
    """Keys and texts of the documents whose columns have these values, ordered by key."""
    sql = statements(type_)
    query = sql.select(values, _narrowest(connection, sql, values))
    return connection.execute(query, tuple(values.values())).fetchall()


def count(connection: sqlite3.Connection, type_: type[Record], values: Mapping[str, Value]) -> int:
    """How many documents `find` would return."""
    sql = statements(type_)
    query = sql.count(values, _narrowest(connection, sql, values))
    return int(connection.execute(query, tuple(values.values())).fetchone()[0])


def page(connection: sqlite3.Connection, type_: type[Record], after: str, limit: int) -> list[Document]:
    """The next documents in the order of keys."""
    rows = connection.execute(statements(type_).page, (after, limit)).fetchall()
    return [Document(key, text) for key, text in rows]


def _narrowest(connection: sqlite3.Connection, sql: Statements, values: Mapping[str, Value]) -> str | None:
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
            name: connection.execute(sql.probe(name), (value, limit)).fetchone()[0]
            for name, value in values.items()
        }
        name = min(counts, key=lambda name: int(counts[name]))
        if counts[name] < limit:
            return name
        limit *= 32
