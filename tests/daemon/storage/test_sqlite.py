import sqlite3
import stat
import time
from pathlib import Path

import pytest
from attrs import evolve

from actors.giftcodes.model import Code, Outcome, Player, Redemption
from actors.history import NOWHERE
from actors.ports import Delete, Position, Put, StoreUnavailable
from actors.records import RECORDS
from daemon.storage import SQLiteBackend, StoreBusy, Unreadable, journal
from daemon.storage.errors import JournalPruned


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_directory_and_the_files_are_for_their_owner_only(backend: SQLiteBackend, database: Path) -> None:
    backend.commit([Put(Player("wos", "1"))])
    assert mode(database.parent) == 0o700
    assert {path.name for path in database.parent.iterdir()} == {
        "perkd.db",
        "perkd.db-wal",
        "perkd.db-shm",
        "perkd.db.lock",
    }
    assert {mode(path) for path in database.parent.iterdir()} == {0o600}


def test_a_commit_waits_for_the_disk(backend: SQLiteBackend) -> None:
    assert backend._open.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert backend._open.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_directory_that_exists_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    backend = SQLiteBackend(tmp_path / "perkd.db")
    backend.open()
    backend.close()
    assert mode(tmp_path) == 0o750


def test_each_writer_takes_a_new_term_and_numbers_its_batches_from_one(
    database: Path, pair: Redemption
) -> None:
    positions = []
    for _ in range(2):
        backend = SQLiteBackend(database)
        positions.append(backend.open())
        positions += [backend.commit([Put(pair)]), backend.commit([Delete(Redemption, pair.key)])]
        backend.close()
    assert positions == [Position(term, sequence) for term in (1, 2) for sequence in (0, 1, 2)]
    assert positions == sorted(positions)


def test_a_batch_without_changes_is_no_batch(backend: SQLiteBackend, pair: Redemption) -> None:
    assert backend.commit([]) == Position(1, 0)
    assert backend.commit([Put(pair)]) == Position(1, 1)
    assert backend.commit([]) == Position(1, 1)
    assert len(backend.changes(Position(0, 0), 10)) == 1


def test_deleting_what_is_not_there_is_fine(backend: SQLiteBackend) -> None:
    backend.commit([Delete(Player, "wos/1")])
    assert backend.get(Player, "wos/1") is None


def test_the_last_change_to_a_key_within_a_batch_counts(backend: SQLiteBackend, pair: Redemption) -> None:
    done = evolve(pair, outcome=Outcome.REDEEMED)
    backend.commit([Put(pair), Delete(Redemption, pair.key), Put(done)])
    assert backend.find(Redemption, outcome=Outcome.REDEEMED) == [done]
    assert backend.find(Redemption, outcome=Outcome.PENDING) == []


def test_when_one_change_fails_none_of_the_batch_is_there(backend: SQLiteBackend, pair: Redemption) -> None:
    backend._open.execute(
        "CREATE TRIGGER forbid BEFORE INSERT ON players BEGIN SELECT raise(ABORT, 'no players today'); END"
    )
    with pytest.raises(sqlite3.IntegrityError, match="no players today"):
        backend.commit([Put(pair), Put(Player("wos", "1"))])
    assert backend.get(Redemption, pair.key) is None
    assert backend.changes(Position(0, 0), 10) == []
    assert backend.commit([Put(pair)]) == Position(1, 1)


def test_a_batch_in_the_journal_says_when_and_what(backend: SQLiteBackend, pair: Redemption) -> None:
    backend.commit([Put(pair), Delete(Player, "wos/1")])
    (batch,) = backend.changes(Position(0, 0), 10)
    assert batch.position == Position(1, 1)
    assert batch.at == 1_700_000_000.0
    assert batch.changes == (Put(pair), Delete(Player, "wos/1"))


def test_long_batches_are_read_a_few_at_a_time(backend: SQLiteBackend) -> None:
    for number in (1, 2, 3):
        backend.commit([Put(Redemption("wos", str(number), "GIFT", status="x" * 3_000_000))])
    first = backend.entries(NOWHERE, 9)
    assert [entry.position.sequence for entry in first] == [1, 2]
    assert [entry.position.sequence for entry in backend.entries(first[-1].position, 9)] == [3]
    backend.commit([Put(Redemption("wos", "4", "GIFT"))])  # nothing is left open that reads


def test_the_journal_keeps_the_newest_batches_and_says_when_it_begins_too_late(
    backend: SQLiteBackend, pair: Redemption, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    for _ in range(40):
        backend.commit([Put(pair)])
    kept = backend.changes(Position(1, 20), 100)
    assert [batch.position.sequence for batch in kept] == list(range(21, 41))
    with pytest.raises(
        JournalPruned, match=r"begins after batch 20 of term 1, asked .* batch 19 of term 1.* full copy"
    ):
        backend.changes(Position(1, 19), 100)
    assert backend.commit([Put(pair)]) == Position(1, 41)


def test_a_second_writer_in_the_same_process_is_refused(backend: SQLiteBackend, database: Path) -> None:
    other = SQLiteBackend(database)
    with pytest.raises(StoreBusy):
        other.open()
    other.close()
    with pytest.raises(StoreBusy):  # closing the refused one did not take the lock from the first
        SQLiteBackend(database).open()
    backend.close()
    other.open()
    other.close()


def test_closing_twice_or_unopened_does_nothing(backend: SQLiteBackend, database: Path) -> None:
    backend.close()
    backend.close()
    SQLiteBackend(database).close()
    assert backend.open().sequence == 0  # it can be had again, in a new term


def test_using_a_closed_backend_is_a_fault_of_the_program(backend: SQLiteBackend, pair: Redemption) -> None:
    backend.close()
    with pytest.raises(RuntimeError, match="not open"):
        backend.commit([Put(pair)])


def test_a_document_from_a_newer_program_is_refused_and_the_rest_is_read(
    backend: SQLiteBackend, pair: Redemption
) -> None:
    backend.commit([Put(pair), Put(evolve(pair, fid="2"))])
    backend._open.execute(
        "UPDATE redemptions SET doc = json_set(doc, '$.mood', 'good') WHERE key = ?", (pair.key,)
    )
    with pytest.raises(Unreadable, match=r"redemptions 'wos/GIFT/1/123': .*mood"):
        backend.get(Redemption, pair.key)
    with pytest.raises(Unreadable, match="mood"):
        backend.find(Redemption)
    assert backend.find(Redemption, fid="2") == [evolve(pair, fid="2")]


def test_every_look_up_goes_through_an_index(backend: SQLiteBackend, pair: Redemption) -> None:
    plans: list[str] = []
    backend.commit([Put(pair)])
    for type_ in RECORDS:
        for name in type_.indexed:
            query = f'EXPLAIN QUERY PLAN SELECT doc FROM "{type_.collection}" WHERE "{name}" IS ?'  # noqa: S608 - names of ours
            plans += [row[3] for row in backend._open.execute(query, (None,))]
    assert plans
    assert all("USING INDEX" in plan for plan in plans)


def test_a_players_pairs_are_found_among_many_thousands_by_their_index(
    backend: SQLiteBackend, pair: Redemption
) -> None:
    backend.commit(
        [
            Put(evolve(pair, fid=str(n // 5), code=f"C{n % 5}", outcome=Outcome.REDEEMED))
            for n in range(20_000)
        ]
    )
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    backend._open.set_progress_handler(count, 100)
    found = backend.find(Redemption, game="wos", fid="77", outcome="redeemed")
    assert len(found) == 5
    assert backend.find(Redemption, game="wos", outcome="pending") == []
    assert steps < 100  # hundreds of the engine's steps; walking the game would take some thousands


def test_values_are_told_apart_as_python_tells_them(backend: SQLiteBackend) -> None:
    backend.commit(
        [Put(Player("1", "1")), Put(Player("1.0", "1")), Put(Player("A", "1")), Put(Player("a", "1"))]
    )
    assert [player.game for player in backend.find(Player, game="1")] == ["1"]
    assert [player.game for player in backend.find(Player, game="A")] == ["A"]
    assert backend.find(Player, game=1) == []
    assert backend.find(Player, game=None) == []


def test_records_come_ordered_by_key(backend: SQLiteBackend) -> None:
    codes = [Code("wos", word) for word in ("b", "A", "é", "😀", "￿", "a")]
    backend.commit([Put(code) for code in codes])
    assert backend.find(Code, game="wos") == sorted(codes, key=lambda code: code.key)
    assert backend.find(Code) == sorted(codes, key=lambda code: code.key)


def test_the_clock_is_the_hosts_by_default(tmp_path: Path, pair: Redemption) -> None:
    backend = SQLiteBackend(tmp_path / "perkd.db")
    backend.open()
    before = time.time()
    backend.commit([Put(pair)])
    assert before <= backend.changes(Position(0, 0), 1)[0].at <= time.time()
    backend.close()


def test_a_file_that_was_removed_under_the_daemon_is_noticed_at_the_next_commit(
    backend: SQLiteBackend, database: Path, pair: Redemption
) -> None:
    aside = database.with_name("aside")
    database.rename(aside)
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        backend.commit([Put(pair)])
    database.touch()
    with pytest.raises(StoreUnavailable, match="removed or replaced"):
        backend.commit([Put(pair)])
    aside.replace(database)
    assert backend.commit([Put(pair)]) == Position(1, 1)
