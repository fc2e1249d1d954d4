"""Trying whether the file takes changes: as durable as a commit, and nothing of it stays."""

from pathlib import Path

import pytest

from actors.giftcodes.model import Player, Redemption
from actors.history import NOWHERE
from actors.ports import Position, Put, StoreUnavailable
from actors.writer import A_LOT
from daemon.storage import SQLiteBackend


def test_nothing_is_changed_by_it_and_the_file_does_not_grow(
    backend: SQLiteBackend, database: Path, pair: Redemption
) -> None:
    backend.commit([Put(pair)])
    before, entries = backend.history(), backend.entries(NOWHERE, 100)
    for size in (1, A_LOT, 1):
        backend.probe(size)
    assert backend.history() == before
    assert backend.entries(NOWHERE, 100) == entries
    pages = backend._open.execute("PRAGMA page_count").fetchone()
    for _ in range(20):
        backend.probe(A_LOT)
    assert backend._open.execute("PRAGMA page_count").fetchone() == pages
    assert backend._open.execute("SELECT count(*) FROM meta WHERE name = 'probe'").fetchone() == (0,)
    assert backend.commit([Put(Player("wos", "1"))]) == Position(1, 2)


@pytest.mark.parametrize("size", [1, A_LOT])
def test_it_is_written_to_the_disk(backend: SQLiteBackend, database: Path, size: int) -> None:
    log = database.with_name(f"{database.name}-wal")
    before = log.stat().st_size
    backend.probe(size)
    assert log.stat().st_size >= before + max(size, 4096)


def test_a_disk_that_is_full_refuses_it_until_there_is_room(small_disk: Path) -> None:
    backend = SQLiteBackend(small_disk / "perkd.db")
    backend.open()
    try:
        filler = small_disk / "filler"
        with pytest.raises(OSError, match="No space"):
            filler.write_bytes(bytes(2 << 20))
        with pytest.raises(StoreUnavailable):
            backend.probe(1)
        with pytest.raises(StoreUnavailable):
            backend.commit([Put(Player("wos", "1"))])
        filler.unlink()
        backend.probe(A_LOT)
        assert backend.commit([Put(Player("wos", "1"))]) == Position(1, 1)
    finally:
        backend.close()


def test_where_a_few_bytes_fit_a_lot_may_not(backend: SQLiteBackend, pair: Redemption) -> None:
    backend._open.execute("PRAGMA max_page_count = 1")  # what there is, and no more
    backend.probe(1)
    with pytest.raises(StoreUnavailable, match="SQLITE_FULL"):
        backend.probe(A_LOT)


def test_what_a_crash_leaves_of_it_is_gone_after_the_next_one(backend: SQLiteBackend) -> None:
    before = backend.history()
    backend._open.execute("INSERT INTO meta VALUES ('probe', zeroblob(10))")
    assert backend.history() == before
    backend.probe(1)
    assert backend._open.execute("SELECT count(*) FROM meta WHERE name = 'probe'").fetchone() == (0,)
