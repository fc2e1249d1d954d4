"""A full copy takes the file's place: whenever that is cut short, one of the two is whole and in place."""

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from actors.giftcodes.model import Code, Player
from actors.history import NOWHERE, Document, History, Term
from actors.ports import Position, Put, StoreUnavailable
from daemon.storage import SQLiteStore, StoreBusy, StoreDamaged, Unreadable, codec

NEW = History((Term(1, "x"), Term(4, "y", Position(1, 9))), Position(4, 2), Position(4, 2))
BOB = Player("wos", "2", name="Bob")
ANN = Player("wos", "1", name="Ann")
NOON = 1_700_000_000.0


def at_noon(path: Path) -> SQLiteStore:
    return SQLiteStore(path, clock=lambda: NOON)


@pytest.fixture
def store(database: Path) -> Iterator[SQLiteStore]:
    """A file with Ann in it, attached."""
    opened = at_noon(database)
    opened.attach()
    opened.begin(Term(1, "w"))
    opened._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.write([Put(ANN)])  # it is in the log, the tables are in the file
    yield opened
    opened.close()


def fill(store: SQLiteStore) -> None:
    store.begin_copy()
    store.copy("players", [Document(BOB.key, codec.encode(BOB))])


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"Certainly no database. " * (path.stat().st_size // 23))


def names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_the_copy_has_the_place_afterwards_and_the_old_one_is_whole_under_its_new_name(
    store: SQLiteStore, database: Path
) -> None:
    fill(store)
    assert store.get(Player, ANN.key) == ANN  # until the end the old one is read
    aside = store.end_copy(NEW)
    assert aside == str(database.with_name("perkd.db.aside-20231114T221320Z"))
    assert store.history() == NEW
    assert store.find(Player) == [BOB]
    assert store.entries(Position(4, 2), 10) == []
    store.begin(Term(5, "z", Position(4, 2)))
    assert store.write([Put(ANN)]).position == Position(5, 1)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    old = SQLiteStore(Path(aside))
    assert old.attach().end == Position(1, 1)
    assert old.find(Player) == [ANN]
    old.close()


def test_what_was_set_aside_is_never_overwritten(store: SQLiteStore, database: Path) -> None:
    asides = set()
    for _ in range(3):
        fill(store)
        asides.add(store.end_copy(NEW))
    store.close()
    asides.add(store.set_aside())
    assert len(asides) == 4
    assert {Path(str(name)).name for name in asides} <= names(database.parent)
    assert not database.exists()


def test_an_empty_file_is_simply_replaced(database: Path) -> None:
    store = at_noon(database)
    store.attach()
    fill(store)
    assert store.end_copy(NEW) is None
    store.close()
    assert names(database.parent) == {"perkd.db", "perkd.db.lock"}


def test_a_damaged_file_is_replaced_by_who_could_not_attach_it(store: SQLiteStore, database: Path) -> None:
    store.close()
    damage(database)
    before = database.read_bytes()
    with pytest.raises(StoreDamaged):
        store.attach()
    fill(store)
    with pytest.raises(StoreBusy):  # being replaced, it is nobody else's
        SQLiteStore(database).attach()
    aside = store.end_copy(NEW)
    assert aside is not None
    assert Path(aside).read_bytes() == before
    assert (store.history(), store.find(Player)) == (NEW, [BOB])


def test_a_damaged_file_is_set_aside_with_its_log_and_a_new_one_begins_empty(
    store: SQLiteStore, database: Path, tmp_path: Path
) -> None:
    shutil.copytree(database.parent, tmp_path / "copy")  # as after a kill, with its -wal
    path = tmp_path / "copy" / "perkd.db"
    log = path.with_name("perkd.db-wal").read_bytes()
    damage(path)
    other = at_noon(path)
    aside = Path(other.set_aside())
    assert aside.with_name(aside.name + "-wal").read_bytes() == log
    assert other.attach().empty
    other.close()


def test_the_log_of_a_file_that_is_gone_is_kept(store: SQLiteStore, database: Path, tmp_path: Path) -> None:
    shutil.copytree(database.parent, tmp_path / "copy")
    path = tmp_path / "copy" / "perkd.db"
    log = path.with_name("perkd.db-wal").read_bytes()
    path.unlink()
    other = at_noon(path)
    assert other.attach().empty
    other.close()
    assert path.with_name("perkd.db.aside-20231114T221320Z-wal").read_bytes() == log


def test_setting_aside_what_is_not_there_does_nothing(database: Path) -> None:
    assert SQLiteStore(database).set_aside() == ""
    assert not database.exists()


def test_a_copy_that_was_given_up_is_dropped_by_the_next(store: SQLiteStore, database: Path) -> None:
    store.begin_copy()
    store.copy("players", [Document(ANN.key, codec.encode(ANN))])
    store.copy("codes", [Document("wos/A", codec.encode(Code("wos", "A")))])
    store.close()
    assert database.with_name("perkd.db.filling").exists()
    store.attach()
    fill(store)
    store.end_copy(NEW)
    assert (store.find(Player), store.find(Code)) == ([BOB], [])


@pytest.mark.parametrize(
    ("collection", "document", "words"),
    [
        ("players", Document("wos/7", codec.encode(BOB)), "has the key 'wos/2'"),
        ("players", Document("wos/2", "{"), "no JSON"),
        ("threads", Document("1", "{}"), "no collection of this perkd"),
    ],
)
def test_a_document_that_does_not_fit_is_refused_and_none_of_its_page_is_written(
    store: SQLiteStore, collection: str, document: Document, words: str
) -> None:
    store.begin_copy()
    with pytest.raises(Unreadable, match=words):
        store.copy(collection, [Document(ANN.key, codec.encode(ANN)), document])
    store.copy("players", [Document(BOB.key, codec.encode(BOB))])
    store.end_copy(NEW)
    assert store.find(Player) == [BOB]


def test_copying_without_a_beginning_is_a_fault_of_the_program(store: SQLiteStore) -> None:
    with pytest.raises(RuntimeError, match="no copy was begun"):
        store.copy("players", [])
    with pytest.raises(RuntimeError, match="no copy was begun"):
        store.end_copy(NEW)


# --- cut short ----------------------------------------------------------------------------------


def whole(path: Path) -> str:
    """Which of the two files has the name; fails where it is neither."""
    store = SQLiteStore(path)
    try:
        history = store.attach()
    except StoreDamaged:
        return "damaged"
    found = (history.end, store.find(Player))
    store.close()
    assert found in [(Position(1, 1), [ANN]), (NEW.end, [BOB]), (NOWHERE, [])]
    return {0: "empty", 1: "old", 4: "new"}[history.end.term]


def moments_of(monkeypatch: pytest.MonkeyPatch, directory: Path) -> list[Path]:
    """From now on a copy of the directory is made before each step: what a kill there would leave."""
    moments: list[Path] = []

    def watched(step: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            moments.append(directory.with_name(f"moment {len(moments)}"))
            shutil.copytree(directory, moments[-1])
            return step(*args, **options)

        return call

    for name in ("link", "rename", "replace", "unlink", "fsync"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    return moments


@pytest.mark.parametrize("old", ["old", "damaged"])
@pytest.mark.parametrize("log", ["with a log", "settled"])
def test_killed_at_any_step_the_old_or_the_new_file_is_there(
    store: SQLiteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, log: str
) -> None:
    directory = tmp_path / "here"
    if log == "settled":
        store.close()
    shutil.copytree(store.path.parent, directory)
    database = directory / "perkd.db"
    store = at_noon(database)
    if old == "damaged":
        damage(database)
    else:
        store.attach()
    fill(store)
    with monkeypatch.context() as patches:
        moments = moments_of(patches, directory)
        store.end_copy(NEW)
    store.close()
    found = [whole(moment / "perkd.db") for moment in moments]
    turn = found.index("new")
    assert found == [old] * turn + ["new"] * (len(found) - turn)
    assert turn > 2
    assert whole(database) == "new"
    for moment in moments:
        assert all(path.stat().st_nlink == 1 for path in moment.glob("perkd.db*"))
        again = at_noon(moment / "perkd.db")  # and the next attempt succeeds
        fill(again)
        assert again.end_copy(NEW) is not None
        again.close()
        assert whole(moment / "perkd.db") == "new"


@pytest.mark.parametrize("step", ["link", "replace", "fsync"])
def test_when_a_step_fails_the_store_is_unavailable_and_the_next_attempt_succeeds(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fails(*args: object, **options: object) -> object:
        raise OSError(errno.EIO, "Input/output error", "perkd.db")

    fill(store)
    with monkeypatch.context() as patches:
        patches.setattr(os, step, fails)
        patches.setattr(shutil, "copy2", fails)
        with pytest.raises(StoreUnavailable, match=r"(?i)input/output error"):
            store.end_copy(NEW)
    assert store.history().end == Position(1, 1)
    assert store.find(Player) == [ANN]
    fill(store)
    store.end_copy(NEW)
    assert store.find(Player) == [BOB]


def test_a_disk_that_is_full_while_copying_is_unavailable_and_the_old_file_is_as_it_was(
    store: SQLiteStore,
) -> None:
    store.begin_copy()
    filling = store._replacement._begun
    filling._connection.execute("PRAGMA max_page_count = 60")
    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        store.copy(
            "players",
            [Document(f"wos/{n}", codec.encode(Player("wos", str(n), name="x" * 500))) for n in range(500)],
        )
    assert store.write([Put(BOB)]).position == Position(1, 2)
    assert store.find(Player) == [ANN, BOB]


def test_while_somebody_reads_the_old_file_it_can_not_be_set_aside(
    store: SQLiteStore, database: Path
) -> None:
    reader = sqlite3.connect(database, isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM players").fetchone()
    fill(store)
    with pytest.raises(StoreUnavailable, match="another program has"):
        store.end_copy(NEW)
    reader.close()
    assert store.history().end == Position(1, 1)
    fill(store)
    assert store.end_copy(NEW) is not None
