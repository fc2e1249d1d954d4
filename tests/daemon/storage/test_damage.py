"""What the file as one of two stores makes of damage, a lost file, and a disk that takes nothing."""

import logging
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from actors.giftcodes.model import Player, Redemption
from actors.history import NOWHERE, Entry, Term, Unfit
from actors.ports import Change, Position, Put, StoreUnavailable
from actors.stores import LocalDamaged, NeedsCopy
from daemon.storage import SQLiteStore, Unreadable, codec, journal, lagging

TERM = Term(1, "w")


@pytest.fixture
def store(database: Path) -> Iterator[SQLiteStore]:
    opened = SQLiteStore(database, clock=lambda: 5.0)
    opened.attach()
    opened.begin(TERM)
    yield opened
    opened.close()


def many(first: int = 0) -> list[Change]:
    return [Put(Player("wos", str(number), name="x" * 200)) for number in range(first, first + 500)]


def entry(sequence: int, *changes: Change) -> Entry:
    return Entry(Position(1, sequence), 6.0, codec.encode_batch(changes))


def damage_pages(path: Path) -> None:
    with path.open("r+b") as file:
        for page in range(4, path.stat().st_size // 4096, 2):
            file.seek(page * 4096)
            file.write(b"\x55" * 4096)


# --- damage -------------------------------------------------------------------------------------


def test_damage_met_after_the_start_is_unavailable_and_the_next_attach_says_that_it_is_damage(
    store: SQLiteStore, database: Path
) -> None:
    store.write(many())
    store._database.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._database.connection.execute("PRAGMA cache_size = 1")
    damage_pages(database)
    with pytest.raises(StoreUnavailable, match=r"perkd\.db is damaged: .*malformed"):
        store.find(Player)
    with pytest.raises(StoreUnavailable, match=r"perkd\.db is damaged"):
        store.write(many(500))
    with pytest.raises(LocalDamaged, match=r"perkd\.db is damaged"):
        store.attach()
    store.set_aside()
    assert store.attach().empty


def test_after_damage_was_met_the_next_attach_looks_thoroughly(store: SQLiteStore) -> None:
    """An index without its rows is nothing that a quick check sees."""
    store.write(many())
    connection = store._database.connection
    connection.execute("CREATE TABLE spare (x)")
    connection.execute("CREATE INDEX spare_by_x ON spare (x)")
    connection.execute("PRAGMA writable_schema = ON")
    swap = (
        "UPDATE sqlite_schema SET rootpage = (SELECT sum(rootpage) FROM sqlite_schema WHERE name IN "
        "('spare_by_x', 'players_by_game')) - rootpage WHERE name IN ('spare_by_x', 'players_by_game')"
    )
    connection.execute(swap)
    connection.execute("PRAGMA writable_schema = OFF")
    store.attach()
    store._database._found_damaged = True  # as after SQLITE_CORRUPT
    with pytest.raises(LocalDamaged, match="missing from index players_by_game"):
        store.attach()


def test_bytes_that_are_no_text_are_damage(store: SQLiteStore) -> None:
    store.write([Put(Player("wos", "1"))])
    store._database.connection.execute("UPDATE players SET doc = CAST(x'7bff' AS TEXT)")
    with pytest.raises(StoreUnavailable, match="is damaged: Could not decode"):
        store.get(Player, "wos/1")


# --- a lost file, a disk that takes nothing -----------------------------------------------------


def test_a_file_that_was_deleted_is_still_read_but_not_written_and_made_anew_by_attach(
    store: SQLiteStore, database: Path
) -> None:
    store.write([Put(Player("wos", "1"))])
    database.unlink()
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        store.write([Put(Player("wos", "2"))])
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        store.follow([TERM], [entry(2)])
    assert store.entries(NOWHERE, 10)[0].position == Position(1, 1)
    assert store.find(Player) == [Player("wos", "1")]
    assert store.attach().empty


def test_a_mark_outlives_the_process_and_the_file(store: SQLiteStore, database: Path) -> None:
    assert not store.is_marked_behind()
    store.mark_behind(True)
    store.close()
    other = SQLiteStore(database)
    assert other.is_marked_behind()
    other.set_aside()
    other.attach()
    assert other.is_marked_behind()
    other.mark_behind(False)
    other.mark_behind(False)
    assert not other.is_marked_behind()
    other.close()


def test_a_mark_is_on_the_disk_once_it_is_made_and_gone_from_it_once_it_is_removed(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[Path, bool]] = []
    mark = database.with_name(f"{database.name}.behind")
    monkeypatch.setattr(lagging, "sync_directory", lambda path: synced.append((path, mark.exists())))
    database.parent.mkdir(exist_ok=True)
    for behind in (True, True, False, False):
        lagging.set_mark(database, behind)
    assert synced == [(database.parent, True), (database.parent, False)]


def test_a_mark_that_can_not_be_made_is_logged_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = SQLiteStore(tmp_path / "nowhere" / "perkd.db")
    with caplog.at_level(logging.WARNING):
        store.mark_behind(True)
    assert not store.is_marked_behind()
    assert "perkd.db.behind can't be made: No such file or directory" in caplog.text


def test_the_lock_is_kept_while_the_file_is_attached_again(store: SQLiteStore, database: Path) -> None:
    store.attach()
    store.attach()
    with pytest.raises(StoreUnavailable, match=f"process {os.getpid()}"):
        SQLiteStore(database).attach()


# --- following ----------------------------------------------------------------------------------


def test_batches_that_are_taken_over_keep_their_places_and_times(store: SQLiteStore) -> None:
    store.write([Put(Player("wos", "1"))])
    ann = Put(Player("wos", "1", name="Ann"))
    news = [entry(1), entry(2, ann), entry(3)]
    for _ in range(2):
        store.follow([TERM], news)
    assert store.entries(Position(1, 1), 10) == news[1:]
    assert store.get(Player, "wos/1") == ann.record
    assert store.write([ann]).position == Position(1, 4)


def test_all_that_is_taken_over_is_there_or_none_of_it(store: SQLiteStore) -> None:
    ann = entry(1, Put(Player("wos", "1", name="Ann")))
    unknown = Entry(Position(1, 2), 6.0, '[{"put":"threads","doc":{}}]')
    with pytest.raises(Unreadable, match="unknown collection"):
        store.follow([TERM, Term(2, "v", Position(1, 2))], [ann, unknown])
    with pytest.raises(Unfit, match="does not follow"):
        store.follow([TERM, Term(2, "v", Position(1, 1))], [ann, entry(3)])
    assert store.find(Player) == []
    assert store.history().terms == (TERM,)
    assert store.entries(NOWHERE, 10) == []


def test_half_a_character_in_a_batch_of_the_replica_is_kept(store: SQLiteStore) -> None:
    text = '[{"put":"players","doc":{"game":"wos","fid":"1","name":"\ud83c"}}]'
    store.follow([TERM], [Entry(Position(1, 1), 6.0, text)])
    assert store.get(Player, "wos/1") == Player("wos", "1", name="\ud83c")
    assert codec.decode_batch(store.entries(NOWHERE, 1)[0].batch) == (Put(Player("wos", "1", name="\ud83c")),)


def test_a_follower_prunes_its_journal_too_and_tells_who_is_too_far_behind(
    store: SQLiteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    store.follow([TERM], [entry(number) for number in range(1, 46)])
    assert store.history().oldest == Position(1, 20)
    assert [found.position.sequence for found in store.entries(Position(1, 20), 2)] == [21, 22]
    with pytest.raises(NeedsCopy, match="begins after batch 20 of term 1"):
        store.entries(Position(1, 19), 1)


def test_entries_are_not_looked_into(store: SQLiteStore, pair: Redemption) -> None:
    store.write([Put(pair)])
    store._database.connection.execute("UPDATE journal SET batch = 'from a newer perkd'")
    assert store.entries(NOWHERE, 1) == [Entry(Position(1, 1), 5.0, "from a newer perkd")]


def test_writing_without_a_term_is_a_fault_of_the_program(database: Path) -> None:
    store = SQLiteStore(database)
    store.attach()
    with pytest.raises(RuntimeError, match="no term was begun"):
        store.write([Put(Player("wos", "1"))])
    store.close()


def test_a_wrong_statement_is_no_damage(store: SQLiteStore) -> None:
    store._database.connection.execute("DROP TABLE players")
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.find(Player)
