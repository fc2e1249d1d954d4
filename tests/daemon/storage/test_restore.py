"""A restore leaves the old store or the new one, deletes nothing, and says which of two stores counts."""

import os
import sqlite3
from pathlib import Path

import pytest

from actors.giftcodes.model import Player
from actors.ports import Put
from daemon.storage import StoreBusy
from daemon.storage.backup import back_up
from daemon.storage.contents import FileRefused
from daemon.storage.restore import keep_file, keep_other, restore
from daemon.storage.schema import MIGRATIONS, migrate, version
from tests.worlds.stores import contents, fill, leads, some_players, writing

NOW = 1_795_256_285.0  # 2026-11-21T10:18:05Z
ASIDE = "perkd.db.aside-20261121T101805Z"


@pytest.fixture
def backup(database: Path, tmp_path: Path) -> Path:
    """Of three players; the store has a fourth by now."""
    fill(database, *some_players(3))
    back_up(database, file := tmp_path / "backup.sqlite3")
    fill(database, Player("wos", "4"))
    return file


def put_back(file: Path, database: Path, *, force: bool = True) -> Path | None:
    return restore(file, database, force=force, now=lambda: NOW).aside


def files(database: Path) -> set[str]:
    return {path.name for path in database.parent.iterdir()} - {"perkd.db.lock"}


def test_a_backup_becomes_the_store_and_the_old_one_is_kept(backup: Path, database: Path) -> None:
    restored = restore(backup, database, force=True, now=lambda: NOW)
    assert restored.contents.records["players"] == 3
    assert restored.aside == database.with_name(ASIDE)
    assert files(database) == {"perkd.db", ASIDE}
    assert database.stat().st_mode & 0o777 == 0o600
    assert contents(database) == some_players(3)
    assert len(contents(restored.aside)) == 4
    assert len(contents(backup)) == 3


def test_what_was_set_aside_can_be_restored(backup: Path, database: Path) -> None:
    aside = put_back(backup, database)
    assert aside is not None
    assert put_back(aside, database) == database.with_name(f"{ASIDE}.2")
    assert len(contents(database)) == 4


def test_a_restored_store_leads_and_goes_on_in_a_new_term(backup: Path, database: Path) -> None:
    assert not leads(database)
    put_back(backup, database)
    assert leads(database)
    with writing(database) as store:
        assert store.history().last.term > 1


def test_a_store_that_is_there_stays_unless_force_is_given(backup: Path, database: Path) -> None:
    with pytest.raises(FileRefused, match="with --force it is set aside"):
        put_back(backup, database, force=False)
    assert len(contents(database)) == 4
    database.unlink()
    assert put_back(backup, database, force=False) is None
    assert len(contents(database)) == 3


def test_a_fresh_disk_gets_its_directory(backup: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "new" / "var" / "perkd.db"
    assert put_back(backup, fresh, force=False) is None
    assert fresh.parent.stat().st_mode & 0o777 == 0o700
    assert len(contents(fresh)) == 3


def test_a_running_daemons_store_is_left_alone(backup: Path, database: Path) -> None:
    with writing(database):
        for act in (lambda: put_back(backup, database), lambda: keep_file(database)):
            with pytest.raises(StoreBusy, match=f"process {os.getpid()}"):
                act()
        with pytest.raises(StoreBusy):
            keep_other(database)
    assert len(contents(database)) == 4


def test_a_store_that_another_program_has_open_is_left_alone(backup: Path, database: Path) -> None:
    other = sqlite3.connect(database)
    other.execute("SELECT count(*) FROM players").fetchone()
    try:
        with pytest.raises(FileRefused, match=r"another program has .* open: end it first"):
            put_back(backup, database)
    finally:
        other.close()
    assert "perkd.db.partial" not in files(database)
    assert len(contents(database)) == 4


def _overwrite(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.seek(4096 * 3)
        opened.write(os.urandom(4096 * 8))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda file: file.unlink(), "no such file"),
        (lambda file: file.write_bytes(b""), "is a database, but none of perkd's"),
        (lambda file: file.write_text("text " * 1000), "is no database"),
        (lambda file: os.truncate(file, 20_000), "damaged"),
        (_overwrite, "damaged"),
    ],
)
def test_what_is_no_sound_backup_changes_nothing(
    backup: Path, database: Path, spoil: object, says: str
) -> None:
    before = database.read_bytes()
    spoil(backup)  # type: ignore[operator]
    with pytest.raises(FileRefused, match=says):
        put_back(backup, database)
    assert database.read_bytes() == before
    assert files(database) <= {"perkd.db", "perkd.db-wal", "perkd.db-shm"}


def test_the_store_itself_is_no_backup(backup: Path, database: Path) -> None:
    with pytest.raises(FileRefused, match="is the store itself"):
        put_back(database, database)


def test_the_backup_of_a_newer_perkd_is_refused(backup: Path, database: Path) -> None:
    with sqlite3.connect(backup) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(FileRefused, match="use the newer perkd that wrote it"):
        put_back(backup, database)
    assert len(contents(database)) == 4


@pytest.mark.parametrize("schema", range(1, len(MIGRATIONS) + 1))
def test_a_backup_of_every_earlier_schema_is_brought_up_to_date(
    database: Path, tmp_path: Path, schema: int
) -> None:
    connection = sqlite3.connect(tmp_path / "old.db", isolation_level=None)
    migrate(connection, MIGRATIONS[:schema])
    document = '{"game":"wos","fid":"1"}'
    connection.execute("INSERT INTO players (key, doc, game) VALUES ('wos/1', ?, 'wos')", (document,))
    connection.close()
    told = restore(tmp_path / "old.db", database)
    assert told.contents.schema == len(MIGRATIONS)
    assert contents(database) == [Player("wos", "1")]
    assert leads(database)
    connection = sqlite3.connect(tmp_path / "old.db")
    assert version(connection) == schema
    connection.close()


def test_the_newest_commits_in_the_log_go_aside_as_well(backup: Path, database: Path, tmp_path: Path) -> None:
    """A killed daemon leaves them in the -wal file."""
    with writing(database) as store:
        store.write([])
        crashed = {end: Path(f"{database}{end}").read_bytes() for end in ("", "-wal")}
    for end, data in crashed.items():
        Path(f"{database}{end}").write_bytes(data)
    aside = put_back(backup, database)
    assert aside is not None
    assert files(database) == {"perkd.db", ASIDE}
    assert len(contents(aside)) == 4


def test_a_log_without_its_database_does_not_garble_the_restored_one(backup: Path, database: Path) -> None:
    with writing(database) as store:
        for n in range(20):
            store.write([Put(Player("ks", str(n)))])
        log = database.with_name("perkd.db-wal").read_bytes()
    database.unlink()
    database.with_name("perkd.db-wal").write_bytes(log)
    assert put_back(backup, database) is None
    assert contents(database) == some_players(3)
    assert database.with_name(f"{ASIDE}-wal").read_bytes() == log


@pytest.mark.parametrize("is_whole", [False, True])
def test_a_damaged_store_goes_aside_with_its_log(backup: Path, database: Path, is_whole: bool) -> None:
    log = b"its log"
    if is_whole:
        with writing(database) as store:
            store.write([Put(Player("ks", "1"))])
            log = database.with_name("perkd.db-wal").read_bytes()
    database.write_bytes(b"damaged " * 5000)
    database.with_name("perkd.db-wal").write_bytes(log)
    aside = put_back(backup, database)
    assert aside is not None
    assert aside.read_bytes() == b"damaged " * 5000
    assert aside.with_name(f"{aside.name}-wal").read_bytes() == log
    assert contents(database) == some_players(3)


class Killed(BaseException):
    """Stands for the end of the process: nothing that follows is done."""


@pytest.mark.parametrize("step", ["link", "replace", "fsync"])
def test_a_crash_at_any_step_leaves_the_old_store_or_the_new_one(
    backup: Path, database: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def kill(*_: object, **__: object) -> None:
        raise Killed

    where = {"link": (os, "link"), "replace": (Path, "replace"), "fsync": (os, "fsync")}[step]
    monkeypatch.setattr(*where, kill)
    with pytest.raises(Killed):
        put_back(backup, database)
    monkeypatch.undo()
    assert len(contents(database)) == 4
    assert put_back(backup, database) == database.with_name(ASIDE)
    assert len(contents(database)) == 3
    assert files(database) == {"perkd.db", ASIDE}
    assert len(contents(database.with_name(ASIDE))) == 4


def test_without_hard_links_the_old_store_is_copied(
    backup: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "link", refuse)
    aside = put_back(backup, database)
    assert aside is not None
    assert len(contents(aside)) == 4
    assert len(contents(database)) == 3


# --- which store counts -------------------------------------------------------------------------


def test_the_file_can_be_made_to_lead(backup: Path, database: Path) -> None:
    assert keep_file(database).records["players"] == 4
    assert leads(database)


def test_a_file_that_is_missing_or_damaged_can_not_lead(database: Path) -> None:
    with pytest.raises(FileRefused, match="nothing to keep"):
        keep_file(database)
    fill(database, *some_players(200))
    _overwrite(database)
    with pytest.raises(FileRefused, match=r"damaged|malformed"):
        keep_file(database)


def test_the_file_can_be_set_aside_for_mongodb(backup: Path, database: Path) -> None:
    aside = keep_other(database, now=lambda: NOW)
    assert aside == database.with_name(ASIDE)
    assert files(database) == {ASIDE}
    assert len(contents(aside)) == 4
    assert keep_other(database, now=lambda: NOW) is None
