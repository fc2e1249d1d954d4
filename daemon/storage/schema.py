"""The tables, and how they came to be.

The version in `PRAGMA user_version` is the number of migrations a file has seen. A migration is never
changed once released: a new collection or a new indexed attribute is a new one at the end.
"""

import sqlite3
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from daemon.storage.errors import SchemaTooNew

Migration = Callable[[sqlite3.Connection], None]
"""Runs inside the transaction that also raises the version."""


def create_collection(connection: sqlite3.Connection, name: str, *indexed: str) -> None:
    """A table for a collection: the document, and a real column with an index per indexed attribute.

    The columns have no type, so that SQLite compares values as Python does and converts nothing.
    """
    columns = "".join(f', "{column}"' for column in indexed)
    connection.execute(f'CREATE TABLE "{name}" (key TEXT NOT NULL PRIMARY KEY, doc TEXT NOT NULL{columns})')
    for column in indexed:
        create_index(connection, name, column)


def add_indexed(connection: sqlite3.Connection, name: str, column: str) -> None:
    """A new indexed attribute of a collection that has documents: filled in from them."""
    connection.execute(f'ALTER TABLE "{name}" ADD COLUMN "{column}"')
    connection.execute(f'UPDATE "{name}" SET "{column}" = json_extract(doc, ?)', (f"$.{column}",))  # noqa: S608 - names from migrations
    create_index(connection, name, column)


def create_index(connection: sqlite3.Connection, name: str, column: str) -> None:
    """The index of one column; `find` forces it by this name."""
    connection.execute(f'CREATE INDEX "{index_name(name, column)}" ON "{name}" ("{column}")')


def index_name(collection: str, column: str) -> str:
    """What the index of a collection's column is called."""
    return f"{collection}_by_{column}"


def _first(connection: sqlite3.Connection) -> None:
    """Version 1: bookkeeping, the journal, the gift-code half's collections."""
    connection.execute("CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID")
    connection.execute("INSERT INTO meta VALUES ('term', 0), ('pruned_term', 0), ('pruned_sequence', 0)")
    connection.execute(
        "CREATE TABLE journal (id INTEGER PRIMARY KEY, term INTEGER NOT NULL, sequence INTEGER NOT NULL, "
        "at REAL NOT NULL, batch TEXT NOT NULL, UNIQUE (term, sequence))"
    )
    create_collection(connection, "guilds")
    create_collection(connection, "players", "game")
    create_collection(connection, "registrations", "guild", "game")
    create_collection(connection, "codes", "game", "state")
    create_collection(connection, "redemptions", "game", "fid", "code", "outcome")
    create_collection(connection, "calls", "game", "at")
    create_collection(connection, "circuits")
    create_collection(connection, "game_setups")
    create_collection(connection, "posts", "game", "guild")


def _second(connection: sqlite3.Connection) -> None:
    """Version 2: terms know their writers, so that two stores can be compared.

    A term that an older perkd began gets a writer now: no other store has heard of it yet.
    """
    connection.execute(
        "CREATE TABLE terms (number INTEGER PRIMARY KEY, writer TEXT NOT NULL, "
        "after_term INTEGER NOT NULL, after_sequence INTEGER NOT NULL)"
    )
    values = dict(connection.execute("SELECT name, value FROM meta").fetchall())
    after = pruned = (values["pruned_term"], values["pruned_sequence"])
    ends = dict(connection.execute("SELECT term, max(sequence) FROM journal GROUP BY term").fetchall())
    for number in sorted({pruned[0], values["term"], *ends} - {0}):
        writer = uuid.uuid4().hex
        start = after if after[0] < number else (0, 0)  # of a term pruned in part: what came before is gone
        connection.execute("INSERT INTO terms VALUES (?, ?, ?, ?)", (number, writer, *start))
        if number in ends:
            after = (number, ends[number])
    connection.execute("DELETE FROM meta WHERE name = 'term'")
    connection.execute("INSERT INTO meta VALUES ('leads', 0)")


def _third(connection: sqlite3.Connection) -> None:
    """Version 3: what members and admins of a guild ask for, and VIP threads."""
    add_indexed(connection, "registrations", "member")
    add_indexed(connection, "registrations", "fid")
    add_indexed(connection, "posts", "code")
    create_collection(connection, "wishes", "game", "fid", "code", "member")
    create_collection(connection, "channel_troubles", "guild")
    create_collection(connection, "audits", "guild", "member", "at")
    create_collection(connection, "vip_sessions", "guild", "member", "state", "thread")
    create_collection(connection, "vip_closed", "guild", "member", "closed_at")
    create_collection(connection, "vip_crossings", "session", "state")
    create_collection(connection, "vip_accounts", "state")
    create_collection(connection, "vip_blocks", "guild")
    create_collection(connection, "telegram_leases")
    create_collection(connection, "telegram_beats")
    create_collection(connection, "telegram_sessions")


def _fourth(connection: sqlite3.Connection) -> None:
    """Version 4: the few posts that mention members are found among the many that do not."""
    add_indexed(connection, "posts", "kind")
    # Before version 3 there was no other kind, and documents of that time do not name it.
    connection.execute("UPDATE posts SET kind = 'code' WHERE kind IS NULL")


MIGRATIONS: tuple[Migration, ...] = (_first, _second, _third, _fourth)


def version(connection: sqlite3.Connection) -> int:
    """How many migrations the file has seen; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration]) -> None:
    """Raise `SchemaTooNew` for a file that a newer program has migrated."""
    found = version(connection)
    if found > len(migrations):
        raise SchemaTooNew(
            f"{path} has schema version {found}, this perkd knows {len(migrations)} at most: "
            "run the newer perkd again, or move the file aside to start with an empty store"
        )


def migrate(connection: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Bring the file up to the newest version, each step in one transaction of its own."""
    for number, migration in enumerate(migrations, start=1):
        if number <= version(connection):
            continue
        connection.execute("BEGIN IMMEDIATE")
        try:
            migration(connection)
            connection.execute(f"PRAGMA user_version = {number}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
