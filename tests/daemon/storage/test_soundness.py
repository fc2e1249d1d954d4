"""The check on demand finds what is wrong, names it, and changes nothing."""

import os
import sqlite3
from pathlib import Path

import pytest

from actors.giftcodes.model import Code, Player
from actors.ports import Put
from daemon.storage.schema import MIGRATIONS
from daemon.storage.soundness import Finding, check_store
from tests.worlds.stores import fill, some_players, writing


def findings(database: Path) -> dict[str, Finding]:
    return {finding.what: finding for finding in check_store(database)}


def faults(database: Path) -> dict[str, str]:
    return {what: finding.text for what, finding in findings(database).items() if not finding.well}


@pytest.fixture
def store(database: Path) -> Path:
    fill(database, Code("wos", "SNOW"), *some_players(4))
    return database


def change(database: Path, *statements: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_a_sound_store_is_told_in_full(store: Path) -> None:
    found = findings(store)
    assert all(finding.well for finding in found.values())
    assert found["file"].text.startswith(
        f"{store}: schema version {len(MIGRATIONS)}, 5 records, up to batch 5"
    )
    assert [found[name].text for name in ("players", "codes", "posts", "journal")] == [
        "4 documents",
        "1 document",
        "0 documents",
        "5 batches",
    ]


def test_a_store_is_checked_while_it_is_written_and_not_changed(store: Path) -> None:
    with writing(store) as other:
        other.write([Put(Player("wos", "9"))])
        before = store.read_bytes()
        assert findings(store)["players"].text == "5 documents"
        other.write([Put(Player("wos", "10"))])
        assert faults(store) == {}
        assert store.read_bytes() == before


def test_a_store_that_is_not_there_is_not_made(database: Path) -> None:
    assert faults(database) == {"file": f"there is no store at {database} yet: `perkd run` makes it"}
    assert not database.exists()


def test_damaged_pages_are_found(store: Path) -> None:
    with store.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 8))
    assert "damaged" in faults(store)["file"] or "can't be read" in faults(store)["file"]


def test_what_is_no_database_is_told(database: Path) -> None:
    database.parent.mkdir()
    database.write_text("text " * 1000)
    assert "file is not a database" in faults(database)["file"]


def test_a_newer_schema_is_told(store: Path) -> None:
    change(store, "PRAGMA user_version = 99")
    assert "has schema version 99" in faults(store)["file"]


@pytest.mark.parametrize(
    ("statement", "what", "says"),
    [
        (
            """UPDATE players SET doc = '{"game":"wos","fid":"1","colour":"red"}' WHERE key = 'wos/1000'""",
            "players",
            "1 of 4 documents are wrong: players 'wos/1000': extra fields found (colour)",
        ),
        ("UPDATE players SET doc = 'half' WHERE key = 'wos/1000'", "players", "its document is no JSON"),
        ("UPDATE players SET doc = '{}'", "players", "4 of 4 documents are wrong: "),
        ("UPDATE players SET doc = '{}'", "players", "; and 1 more"),
        (
            "UPDATE players SET key = 'wos/7' WHERE key = 'wos/1000'",
            "players",
            "players 'wos/7': its document is that of 'wos/1000'",
        ),
        (
            "UPDATE players SET game = 'ks' WHERE key = 'wos/1000'",
            "players",
            "found by another game than its",
        ),
        (
            'UPDATE journal SET batch = \'[{"put":"x"}]\' WHERE sequence = 2',
            "journal",
            "batch 2 of term 1 can't be read",
        ),
        (
            "UPDATE journal SET batch = 'half' WHERE sequence = 2",
            "journal",
            "batch 2 of term 1 can't be read",
        ),
        ("DELETE FROM journal WHERE sequence = 2", "journal", "batch 3 of term 1 follows batch 1 of term 1"),
    ],
)
def test_what_fits_no_record_is_named(store: Path, statement: str, what: str, says: str) -> None:
    change(store, statement)
    found = faults(store)
    assert list(found) == [what]
    assert says in found[what]
