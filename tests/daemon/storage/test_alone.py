"""A file that an operator chose, when perkd runs without MongoDB for a while."""

import io
from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.history import History
from actors.leading import Step, decide
from actors.ports import Put, StoreUnavailable
from daemon.storage import SQLiteBackend, SQLiteStore
from daemon.storage.alone import LoneBackend
from daemon.storage.backup import back_up
from daemon.storage.contents import FileRefused
from daemon.storage.dump import dump
from daemon.storage.load import load
from daemon.storage.restore import keep_file, restore


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


def test_a_file_that_lags_does_not_go_on_alone(tmp_path: Path) -> None:
    database = tmp_path / "perkd.sqlite3"
    put(LoneBackend(database), "1")
    SQLiteStore(database).mark_behind(True)
    with pytest.raises(StoreUnavailable, match=r"lacks newer changes that MongoDB has.*keep file"):
        put(LoneBackend(database), "2")
    keep_file(database)
    put(LoneBackend(database), "2")
    assert not SQLiteStore(database).is_marked_behind()


def test_a_file_that_lags_is_neither_copied_nor_exported_nor_added_to(tmp_path: Path) -> None:
    database, target = tmp_path / "perkd.sqlite3", tmp_path / "target"
    put(LoneBackend(database), "1")
    lines = "".join(dump(database, 0.0)).encode()
    SQLiteStore(database).mark_behind(True)
    with pytest.raises(FileRefused, match="lacks newer changes"):
        back_up(database, target)
    with pytest.raises(FileRefused, match="lacks newer changes"):
        "".join(dump(database, 0.0))
    with pytest.raises(FileRefused, match="lacks newer changes"):
        load(io.BytesIO(lines), "lines", database, merge=True)
    assert not target.exists()


def test_a_restored_file_does_not_lag(tmp_path: Path) -> None:
    database, backup = tmp_path / "perkd.sqlite3", tmp_path / "backup"
    put(LoneBackend(database), "1")
    back_up(database, backup)
    SQLiteStore(database).mark_behind(True)
    restore(backup, database, force=True)
    assert not SQLiteStore(database).is_marked_behind()


def test_a_disk_that_does_not_say_whether_the_file_lags_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="name too long"):
        SQLiteStore(tmp_path / ("x" * 250)).is_marked_behind()


def test_a_command_without_a_daemon_leaves_the_operator_s_word_alone(database: Path) -> None:
    put(SQLiteBackend(database), "3")
    assert stands_at(database).leads
