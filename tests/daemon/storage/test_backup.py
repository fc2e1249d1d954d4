"""A backup is whole, private and of one moment, or it is not there."""

import errno
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.ports import Put
from daemon.storage.backup import back_up, copy_store
from daemon.storage.contents import FileRefused, in_bytes
from daemon.storage.partial import Partial
from tests.worlds.stores import contents, fill, some_players, some_redemptions, writing


@pytest.fixture
def store(database: Path) -> Path:
    fill(database, *some_players(3))
    return database


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backup.sqlite3"


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.is_file())


def test_a_backup_holds_what_the_store_holds_in_one_private_file(store: Path, target: Path) -> None:
    told = back_up(store, target)
    assert (told.records["players"], told.total, told.position.sequence) == (3, 3, 3)
    assert told.size == target.stat().st_size
    assert str(told) == f"3 records, up to batch 3 of term 1 (2023-11-14T22:13:20Z), {in_bytes(told.size)}"
    assert target.stat().st_mode & 0o777 == 0o600
    assert left(target.parent) == ["backup.sqlite3"]
    assert target.read_bytes()[18:20] == b"\x01\x01"  # no -wal file belongs to it
    assert contents(target) == contents(store)


def test_a_backup_is_of_one_moment_while_the_store_is_written(database: Path, target: Path) -> None:
    with writing(database) as store:
        store.write([Put(record) for record in some_redemptions(8000)])
        batches: list[int] = []

        def write_on() -> None:
            batches.append(store.write([Put(Player("wos", f"n{n}")) for n in range(3)]).position.sequence)

        told = copy_store(database, _empty(target), write_on)
    assert len(batches) > 3  # between the pages, and during the check
    assert told.records == {**told.records, "players": 0, "redemptions": 8000}
    assert contents(target) == some_redemptions(8000)


def _empty(path: Path) -> Path:
    path.touch()
    return path


def test_the_writer_is_not_held_up_by_a_backup(store: Path, target: Path) -> None:
    copying, written = threading.Event(), threading.Event()

    def tick() -> None:
        copying.set()
        assert written.wait(60)

    thread = threading.Thread(target=back_up, args=(store, target), kwargs={"tick": tick})
    with writing(store) as other:
        thread.start()
        assert copying.wait(60)
        other.write([Put(Player("wos", "7"))])
        written.set()
        thread.join(60)
    assert len(contents(target)) == 3
    assert len(contents(store)) == 4


def test_a_file_that_is_there_is_replaced_only_when_that_is_said(store: Path, target: Path) -> None:
    target.write_text("precious")
    with pytest.raises(FileRefused, match="is there already: name another file, or replace it with --force"):
        back_up(store, target)
    assert target.read_text() == "precious"
    back_up(store, target, replace=True)
    assert len(contents(target)) == 3


def test_a_file_that_appears_meanwhile_is_not_replaced(store: Path, target: Path) -> None:
    def tick() -> None:
        target.write_text("precious")

    with pytest.raises(FileRefused, match="is there already"):
        back_up(store, target, tick=tick)
    assert target.read_text() == "precious"
    assert left(target.parent) == ["backup.sqlite3"]


@pytest.mark.parametrize("name", ["perkd.db", "perkd.db-wal", "perkd.db-shm", "perkd.db.lock"])
def test_what_belongs_to_the_store_is_never_replaced(store: Path, name: str) -> None:
    before = store.read_bytes()
    with pytest.raises(FileRefused, match="belongs to the store itself"):
        back_up(store, store.with_name(name), replace=True)
    assert store.read_bytes() == before


def test_another_name_of_the_store_is_the_store(store: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(store)
    os.link(store, tmp_path / "hard")
    for name in ("link", "hard"):
        with pytest.raises(FileRefused, match="belongs to the store itself"):
            back_up(store, tmp_path / name, replace=True)
    assert len(contents(store)) == 3


def test_a_link_is_replaced_and_not_what_it_names(store: Path, target: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text("precious")
    target.symlink_to(tmp_path / "elsewhere")
    back_up(store, target, replace=True)
    assert not target.is_symlink()
    assert (tmp_path / "elsewhere").read_text() == "precious"


def test_what_is_no_file_is_refused(store: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "var"):
        with pytest.raises(FileRefused, match="is no file"):
            back_up(store, tmp_path / name, replace=True)
    with pytest.raises(FileRefused, match=r"there is no directory .*none: make it first"):
        back_up(store, tmp_path / "none" / "b")
    with pytest.raises(FileRefused, match="file name too long"):
        back_up(store, tmp_path / ("n" * 300))


def test_no_store_is_made_where_there_is_none(database: Path, target: Path) -> None:
    with pytest.raises(FileRefused, match=r"there is no store at .*perkd.db yet"):
        back_up(database, target)
    assert not database.exists()
    assert not target.exists()


def test_a_damaged_store_gives_no_backup(store: Path, target: Path) -> None:
    with store.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 8))
    with pytest.raises(FileRefused, match="damaged"):
        back_up(store, target)
    assert left(target.parent) == []


def test_what_is_no_store_of_perkds_gives_no_backup(tmp_path: Path, target: Path) -> None:
    foreign = tmp_path / "var" / "foreign.db"
    foreign.parent.mkdir()
    foreign.write_text("no database at all, but long enough to be looked at closely" * 20)
    with pytest.raises(FileRefused, match="is no database"):
        back_up(foreign, target)
    foreign.unlink()
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE things (x)")
    connection.close()
    with pytest.raises(FileRefused, match="a database, but none of perkd's"):
        back_up(foreign, target)
    assert left(target.parent) == []


class GivenUpError(Exception):
    """Somebody has asked to stop."""


def test_a_copying_that_is_given_up_leaves_nothing(store: Path, target: Path) -> None:
    def tick() -> None:
        raise GivenUpError

    with pytest.raises(GivenUpError):
        back_up(store, target, tick=tick)
    assert left(target.parent) == []


def test_a_check_that_is_given_up_leaves_nothing(database: Path, target: Path) -> None:
    with writing(database) as store:
        store.write([Put(record) for record in some_redemptions(8000)])
    copied = threading.Event()

    def tick() -> None:
        if target.with_name("backup.sqlite3.partial").stat().st_size == database.stat().st_size:
            if copied.is_set():
                raise GivenUpError
            copied.set()

    with pytest.raises(GivenUpError):
        back_up(database, target, tick=tick)
    assert left(target.parent) == []


def test_two_backups_to_one_file_at_once_are_refused(store: Path, target: Path) -> None:
    with Partial(target), pytest.raises(FileRefused, match="is being written by another perkd"):
        back_up(store, target)
    assert left(target.parent) == []
    back_up(store, target)
    assert len(contents(target)) == 3


COPYING = """
import sys, time
from pathlib import Path
from daemon.storage.backup import back_up

def tick():
    print("copying", flush=True)
    time.sleep(60)

back_up(Path(sys.argv[1]), Path(sys.argv[2]), tick=tick, replace=True)
"""


def test_a_kill_leaves_the_old_backup_and_the_next_one_clears_up(store: Path, target: Path) -> None:
    back_up(store, target)
    old = target.read_bytes()
    copying = [sys.executable, "-c", COPYING, store, target]
    with subprocess.Popen(copying, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own program
        assert process.stdout is not None
        assert process.stdout.readline() == b"copying\n"
        process.send_signal(signal.SIGKILL)
    assert target.read_bytes() == old
    assert left(target.parent) == ["backup.sqlite3", "backup.sqlite3.partial"]
    fill(store, Player("wos", "9"))
    back_up(store, target, replace=True)
    assert left(target.parent) == ["backup.sqlite3"]
    assert len(contents(target)) == 4


def test_a_directory_that_can_not_be_written_is_named(
    store: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(
        FileRefused, match=r"backup\.sqlite3\.partial: permission denied: run this as the user"
    ):
        back_up(store, target)


def test_sizes_are_told_in_the_unit_that_fits() -> None:
    assert [in_bytes(n) for n in (0, 1023, 1024, 1_572_864, 5 * 1024**4)] == [
        "0 bytes",
        "1,023 bytes",
        "1.0 KiB",
        "1.5 MiB",
        "5.0 TiB",
    ]
