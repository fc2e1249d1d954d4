import json
import sqlite3
from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.ports import Put
from actors.records import RECORDS
from daemon.storage import SchemaTooNew, SQLiteBackend, schema

KNOWN = len(schema.MIGRATIONS)


def test_the_tables_have_a_column_and_an_index_for_each_indexed_attribute(backend: SQLiteBackend) -> None:
    """When this fails, a record class has changed: add a migration at the end of `schema.MIGRATIONS`."""
    connection = backend._open
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    assert tables == {type_.collection for type_ in RECORDS} | {"meta", "journal", "terms"}
    for type_ in RECORDS:
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{type_.collection}")')]
        assert columns == ["key", "doc", *type_.indexed]
        indexes = {row[1] for row in connection.execute(f'PRAGMA index_list("{type_.collection}")')}
        assert indexes >= {schema.index_name(type_.collection, name) for name in type_.indexed}


def test_the_version_is_the_number_of_migrations(backend: SQLiteBackend) -> None:
    assert schema.version(backend._open) == len(schema.MIGRATIONS)


def test_an_older_file_is_migrated_step_by_step_with_its_data(database: Path) -> None:
    steps: list[int] = []

    def next_(connection: sqlite3.Connection) -> None:
        steps.append(1)
        schema.add_indexed(connection, "players", "name")

    def next_but_one(connection: sqlite3.Connection) -> None:
        steps.append(2)
        schema.create_collection(connection, "threads", "member")

    old = SQLiteBackend(database)
    old.open()
    old.commit([Put(Player("wos", "1", name="Ann"))])
    old.close()
    for _ in range(2):  # the second time there is nothing left to do
        new = SQLiteBackend(database, migrations=(*schema.MIGRATIONS, next_, next_but_one))
        new.open()
        assert new._open.execute("SELECT name FROM players").fetchall() == [("Ann",)]
        assert new._open.execute("SELECT count(*) FROM threads").fetchone() == (0,)
        assert schema.version(new._open) == KNOWN + 2
        assert new.get(Player, "wos/1") == Player("wos", "1", name="Ann")
        new.close()
    assert steps == [1, 2]


def test_a_migration_that_fails_leaves_the_file_as_it_was(database: Path) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        schema.create_collection(connection, "threads")
        raise RuntimeError("a bug")

    old = SQLiteBackend(database)
    old.open()
    old.close()
    with pytest.raises(RuntimeError, match="a bug"):
        SQLiteBackend(database, migrations=(*schema.MIGRATIONS, broken)).open()
    again = SQLiteBackend(database)
    again.open()
    assert schema.version(again._open) == KNOWN
    assert again._open.execute("SELECT 1 FROM sqlite_schema WHERE name = 'threads'").fetchall() == []
    again.close()


def test_a_newer_schema_is_refused_and_the_file_untouched(database: Path) -> None:
    newer = SQLiteBackend(database, migrations=(*schema.MIGRATIONS, lambda _: None))
    newer.open()
    newer.commit([Put(Player("wos", "1"))])
    newer.close()
    before = database.read_bytes()
    with pytest.raises(SchemaTooNew) as caught:
        SQLiteBackend(database).open()
    assert f"{database} has schema version {KNOWN + 1}, this perkd knows {KNOWN} at most" in str(caught.value)
    assert "run the newer perkd" in str(caught.value)
    assert database.read_bytes() == before
    newer.open()
    assert newer.get(Player, "wos/1") == Player("wos", "1")
    newer.close()


def test_documents_can_be_read_with_any_sqlite_tool(backend: SQLiteBackend, database: Path) -> None:
    backend.commit([Put(Player("wos", "1", name="Ann"))])
    connection = sqlite3.connect(database)
    (text,) = connection.execute("SELECT doc FROM players").fetchone()
    connection.close()
    assert json.loads(text)["name"] == "Ann"
