"""Copies on a disk that is full: a small file system of its own. Needs the right to mount one."""

import os
import subprocess
from pathlib import Path

import pytest

from actors.ports import Put
from daemon.storage.backup import back_up
from daemon.storage.contents import FileRefused
from daemon.storage.dump import dump_to
from daemon.storage.load import load
from daemon.storage.restore import restore
from tests.worlds.stores import AT, contents, some_players, some_redemptions, writing


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A store that does not fit."""
    database = tmp_path / "big" / "perkd.db"
    with writing(database) as store:
        store.write([Put(record) for record in some_redemptions(4000)])
    assert database.stat().st_size > 2 << 20
    return database


def test_a_backup_that_does_not_fit_leaves_the_old_one(small_disk: Path, big: Path) -> None:
    target = small_disk / "backup.sqlite3"
    target.write_text("the old one")
    with pytest.raises(
        FileRefused, match=r"backup\.sqlite3.*no space left .* make room, or write it elsewhere"
    ):
        back_up(big, target, replace=True)
    assert {path.name: path.read_text() for path in small_disk.iterdir()} == {"backup.sqlite3": "the old one"}


def test_an_export_that_does_not_fit_leaves_nothing(small_disk: Path, big: Path) -> None:
    with pytest.raises(FileRefused, match="no space left on device: make room"):
        dump_to(big, small_disk / "out.jsonl", AT)
    assert list(small_disk.iterdir()) == []


def test_a_restore_that_does_not_fit_leaves_the_store(small_disk: Path, big: Path) -> None:
    database = small_disk / "perkd.db"
    with writing(database) as store:
        store.write([Put(record) for record in some_players(3)])
    with pytest.raises(FileRefused, match="no space left"):
        restore(big, database, force=True)
    assert contents(database) == some_players(3)
    assert {path.name for path in small_disk.iterdir()} == {"perkd.db", "perkd.db.lock"}


def test_an_import_that_does_not_fit_leaves_the_store(small_disk: Path, big: Path, tmp_path: Path) -> None:
    database = small_disk / "perkd.db"
    with writing(database) as store:
        store.write([Put(record) for record in some_players(3)])
    dump_to(big, tmp_path / "big.jsonl", AT)
    with (
        (tmp_path / "big.jsonl").open("rb") as lines,
        pytest.raises(FileRefused, match="nothing was imported"),
    ):
        load(lines, "big.jsonl", database, merge=True)
    assert contents(database) == some_players(3)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file system read-only")
def test_a_disk_that_can_not_be_written_can_be_restored_from_but_not_written_to(
    small_disk: Path, tmp_path: Path
) -> None:
    source = tmp_path / "small" / "perkd.db"
    with writing(source) as store:
        store.write([Put(record) for record in some_players(3)])
    back_up(source, small_disk / "backup.sqlite3")
    (small_disk / "raw.db").write_bytes(source.read_bytes())  # still says that it has a log
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)  # noqa: S603, S607 - as above
    for name in ("backup.sqlite3", "raw.db"):
        restore(small_disk / name, tmp_path / name / "perkd.db")
        assert contents(tmp_path / name / "perkd.db") == some_players(3)
    with pytest.raises(FileRefused, match=r"read-only file system: .* write it elsewhere"):
        back_up(source, small_disk / "other.sqlite3")
