"""A file that an operator chose, when perkd runs without MongoDB for a while."""

from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.history import History
from actors.leading import Step, decide
from actors.ports import Put
from daemon.storage import SQLiteBackend, SQLiteStore
from daemon.storage.alone import LoneBackend


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A restored file: marked as the one that counts."""
    path = tmp_path / "perkd.sqlite3"
    put(SQLiteBackend(path), "1")
    store = SQLiteStore(path)
    store.attach()
    store.set_lead()
    store.close()
    return path


def put(backend: SQLiteBackend, *names: str) -> None:
    backend.open()
    for name in names:
        backend.commit([Put(Player("wos", name))])
    backend.close()


def stands_at(database: Path) -> History:
    store = SQLiteStore(database)
    try:
        return store.attach()
    finally:
        store.close()


def newer_than(database: Path, tmp_path: Path) -> History:
    """A MongoDB that had more than the file when that was restored."""
    copy = tmp_path / "mongodb.sqlite3"
    copy.write_bytes(database.read_bytes())
    put(SQLiteBackend(copy), "2")
    other = SQLiteStore(copy)
    other.attach()
    other.clear_lead()
    other.close()
    return stands_at(copy)


def test_until_something_is_written_the_operator_s_word_counts(database: Path, tmp_path: Path) -> None:
    mongodb = newer_than(database, tmp_path)
    put(LoneBackend(database))
    assert stands_at(database).leads
    assert decide(stands_at(database), mongodb).step is Step.REPLACE_REPLICA


def test_once_perkd_has_gone_on_without_mongodb_a_person_is_asked_again(
    database: Path, tmp_path: Path
) -> None:
    mongodb = newer_than(database, tmp_path)
    put(LoneBackend(database), "3", "4")
    assert not stands_at(database).leads
    assert decide(stands_at(database), mongodb).step is Step.REFUSE


def test_a_command_without_a_daemon_leaves_the_operator_s_word_alone(database: Path) -> None:
    put(SQLiteBackend(database), "3")
    assert stands_at(database).leads
