import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from attrs import evolve

from actors.giftcodes.model import Player, Redemption
from actors.ports import Position, Put, StoreUnavailable
from daemon.storage import SQLiteBackend, StoreBusy, StoreDamaged

unless_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def filled(database: Path) -> None:
    backend = SQLiteBackend(database)
    backend.open()
    backend.commit([Put(Player("wos", str(number), name="x" * 200)) for number in range(500)])
    backend.close()


def test_a_file_that_is_no_database_is_refused_by_name_and_left_alone(database: Path) -> None:
    database.parent.mkdir()
    database.write_text("perkd wrote this? Certainly not. " * 50)
    before = database.read_bytes()
    with pytest.raises(StoreDamaged) as caught:
        SQLiteBackend(database).open()
    assert str(caught.value).startswith(f"{database} is damaged: file is not a database")
    for way_out in ("Nothing was deleted", "backup", ".recover", "Moved aside"):
        assert way_out in str(caught.value)
    assert database.read_bytes() == before


def test_a_database_with_a_damaged_page_is_refused_at_start(database: Path) -> None:
    filled(database)
    with database.open("r+b") as file:
        for page in range(2, database.stat().st_size // 4096, 3):
            file.seek(page * 4096)
            file.write(b"\x55" * 512)
    before = database.read_bytes()
    with pytest.raises(StoreDamaged, match="is damaged"):
        SQLiteBackend(database).open()
    assert database.read_bytes() == before


def test_a_database_cut_short_is_refused_at_start(database: Path) -> None:
    filled(database)
    os.truncate(database, database.stat().st_size // 2)
    with pytest.raises(StoreDamaged):
        SQLiteBackend(database).open()


def test_a_refused_file_is_unlocked_so_that_it_can_be_repaired_and_opened(database: Path) -> None:
    database.parent.mkdir()
    database.write_text("x" * 5000)
    backend = SQLiteBackend(database)
    with pytest.raises(StoreDamaged):
        backend.open()
    database.unlink()
    assert backend.open() == Position(1, 0)
    backend.close()


def test_a_full_disk_is_unavailable_keeps_what_was_committed_and_goes_on_when_there_is_room(
    backend: SQLiteBackend, pair: Redemption
) -> None:
    backend.commit([Put(pair)])
    pages = backend._open.execute("PRAGMA page_count").fetchone()[0]
    backend._open.execute(f"PRAGMA max_page_count = {pages + 2}")
    large = [Put(evolve(pair, fid=str(number), status="x" * 3000)) for number in range(50)]
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match=r"perkd\.db: database or disk is full \(SQLITE_FULL\)"):
            backend.commit(large)
    assert backend.find(Redemption) == [pair]
    assert backend.commit([Put(evolve(pair, attempts=1))]) == Position(1, 2)  # small ones still fit
    backend._open.execute("PRAGMA max_page_count = 100000")
    assert backend.commit(large) == Position(1, 3)
    assert backend.count(Redemption) == 51


def test_somebody_else_writing_into_the_file_makes_a_commit_unavailable_only_for_as_long(
    backend: SQLiteBackend, database: Path, pair: Redemption
) -> None:
    backend._open.execute("PRAGMA busy_timeout = 1")
    intruder = sqlite3.connect(database, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"database is locked \(SQLITE_BUSY\)"):
        backend.commit([Put(pair)])
    assert backend.get(Redemption, pair.key) is None  # reading goes on
    intruder.execute("ROLLBACK")
    intruder.close()
    assert backend.commit([Put(pair)]) == Position(1, 1)


def test_a_statement_that_is_wrong_is_a_fault_of_the_program(
    backend: SQLiteBackend, pair: Redemption
) -> None:
    backend._open.execute("DROP TABLE redemptions")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        backend.commit([Put(pair)])


def test_a_database_that_may_only_be_read_is_unavailable(backend: SQLiteBackend, pair: Redemption) -> None:
    backend._open.execute("PRAGMA query_only = 1")
    with pytest.raises(StoreUnavailable, match="SQLITE_READONLY"):
        backend.commit([Put(pair)])


@unless_root
def test_a_directory_without_permission_is_unavailable_by_name(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(StoreUnavailable, match="Permission denied"):
        SQLiteBackend(tmp_path / "perkd.db").open()


def test_a_path_that_can_not_be_is_unavailable_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match=r"file.*: (Not a directory|File exists)"):
        SQLiteBackend(tmp_path / "file" / "perkd.db").open()
    (tmp_path / "perkd.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"perkd\.db"):
        SQLiteBackend(tmp_path / "perkd.db").open()


def test_the_refusal_of_a_second_writer_names_the_file_and_the_process(
    backend: SQLiteBackend, database: Path
) -> None:
    with pytest.raises(StoreBusy) as caught:
        SQLiteBackend(database).open()
    assert f"{database} is in use by another perkd (process {os.getpid()})" in str(caught.value)
    assert "stop that one first" in str(caught.value)


def test_a_copy_taken_of_a_running_store_with_its_log_is_a_whole_store(
    backend: SQLiteBackend, database: Path, tmp_path: Path, pair: Redemption
) -> None:
    backend.commit([Put(pair)])
    copy = tmp_path / "copy" / "perkd.db"
    copy.parent.mkdir()
    for suffix in ("", "-wal"):
        shutil.copy(f"{database}{suffix}", f"{copy}{suffix}")
    other = SQLiteBackend(copy)
    assert other.open() == Position(2, 0)
    assert other.find(Redemption) == [pair]
    other.close()
