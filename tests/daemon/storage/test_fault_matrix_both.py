"""Both stores fail, or the disk is lost: nothing acknowledged is lost that one of them had."""

import contextlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from actors.pair import Mode
from actors.ports import StoreUnavailable
from daemon.storage import journal
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import (
    PATIENCE,
    PATIENT,
    Host,
    Times,
    batches_in_mongodb,
    numbers_in,
    records_in_mongodb,
)


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


@pytest.fixture
def host(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "var" / "perkd.sqlite3", mongo.uri, times=PATIENT)


LARGE = "x" * 10_000
"""More than the file's last page takes."""


async def refused(host: Host) -> str:
    """Ask until nothing is taken any more; return why."""
    with trio.fail_after(PATIENCE):
        while True:
            try:
                await host.put(text=LARGE)
            except StoreUnavailable as error:
                return str(error)


# --- both are down ------------------------------------------------------------------------------


async def test_a_mongodb_that_leads_and_takes_no_writes_is_found_out_by_trying(
    host: Host, mongo: MongoThread
) -> None:
    host.times = Times(deadline=5.0, ttl=0.8)
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        life.shrink_disk()
        await host.put(text=LARGE)
        assert life.pair.mode is Mode.REPLICA
        assert await life.store.probe(1)
        mongo.set(disk_full=True)  # it can be read all the same
        with trio.fail_after(PATIENCE):
            while life.pair.replica_error is None:
                with contextlib.suppress(StoreUnavailable):
                    await life.store.probe(1)
                await trio.sleep(0.05)
        life.enlarge_disk()
        mongo.set(disk_full=False)
        await life.until_level()
    assert host.lost() == []


async def test_with_both_down_work_waits_and_goes_on_with_the_file_when_that_is_back_first(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        await host.put(5)
        life.shrink_disk()
        why = await refused(host)
        assert "full" in why
        assert "MongoDB" in why
        for _ in range(3):
            await refused(host)
        life.enlarge_disk()
        await host.put(5)
        assert life.pair.mode is Mode.LOCAL
        mongo.start()
        await life.until_level()
    assert host.lost() == []


async def test_with_both_down_work_waits_and_goes_on_with_mongodb_when_that_is_back_first(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        await host.put(5)
        life.shrink_disk()
        await refused(host)
        mongo.start()
        await host.put_in_the_end()
        await life.until(lambda: life.pair.pusher is not None or life.pair.mode is Mode.REPLICA)
        await host.put_in_the_end()
        await host.put(5, text=LARGE)
        assert host.led_by_mongodb
        await life.until_level()
    assert host.lost() == []


async def test_mongodb_away_while_it_leads_is_waited_for(host: Host, mongo: MongoThread) -> None:
    directory = host.path.parent
    aside = directory.with_name("aside")
    async with host.running() as life:
        await host.put(5)
        directory.rename(aside)
        directory.write_text("no directory")  # the file can't be had again until the test says so
        life.shrink_disk()
        while life.pair.mode is Mode.LOCAL:
            await host.put(text=LARGE)
        mongo.stop()
        for _ in range(3):
            await refused(host)
        mongo.start()
        await host.put_in_the_end()
        assert life.pair.mode is Mode.REPLICA
        directory.unlink()
        aside.rename(directory)
        await life.until_level()
    assert host.lost() == []


@pytest.mark.parametrize("what", ["deleted", "overwritten"])
async def test_what_memory_holds_of_a_lost_file_waits_for_mongodb(
    host: Host, mongo: MongoThread, what: str
) -> None:
    async with host.running() as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        await host.put(20)
        if what == "deleted":
            shutil.rmtree(host.path.parent)
        else:
            life.damage(lambda path: path.write_bytes(b"no database" * 5000))
        await refused(host)
        await life.until_mongodb_is_away()
        await refused(host)
        mongo.start()
        await host.put_in_the_end()
        await life.until_level()
    assert host.lost() == []


async def test_a_start_with_both_down_waits_and_goes_on_by_itself(host: Host, mongo: MongoThread) -> None:
    async with host.running():
        await host.put(5)
    directory = host.path.parent
    aside = directory.with_name("aside")
    directory.rename(aside)
    directory.write_text("no directory")  # the file can't be had
    mongo.stop()
    host.times = Times()
    async with host.running() as life:
        with pytest.raises(StoreUnavailable):
            await host.put()
        directory.unlink()
        aside.rename(directory)
        await life.until_file_leads()
        await host.put(5)
        mongo.start()
        await life.until_level()
    assert host.lost() == []


# --- the disk is empty, or lost -----------------------------------------------------------------


async def test_an_empty_disk_is_filled_from_mongodb(host: Host) -> None:
    async with host.running():
        await host.put(50)
    shutil.rmtree(host.path.parent)
    async with host.running() as life:
        await life.until_file_leads()
        await host.put(5)
    assert host.lost() == []


@pytest.mark.parametrize("empty", ["no directory", "a file of no bytes"])
async def test_an_empty_disk_waits_while_mongodb_is_away(host: Host, mongo: MongoThread, empty: str) -> None:
    async with host.running():
        await host.put(50)
    shutil.rmtree(host.path.parent)
    if empty == "a file of no bytes":
        host.path.parent.mkdir()
        host.path.touch()
    mongo.stop()
    host.times = Times()
    async with host.running() as life:
        await life.until(lambda: life.pair.mode is Mode.WAITING)
        with pytest.raises(StoreUnavailable, match="the file is empty, the state may be in MongoDB"):
            await host.put()
        mongo.start()
        await life.until_file_leads()
        await host.put(5)
    assert host.lost() == []


async def test_a_disk_destroyed_before_mongodb_had_everything_loses_exactly_the_lag(
    host: Host, mongo: MongoThread
) -> None:
    host.times = Times(ttl=0.8)
    async with host.running(orderly=False) as life:
        await host.put(20)
        await life.until_level()
        mongo.stop()
        await host.put(7)
        await life.until_mongodb_is_away()
        lag = life.pair.lag
        last = life.pair.position
    shutil.rmtree(host.path.parent)
    mongo.start()
    async with host.running() as life:
        await life.until_file_leads()
        await host.put(5)
    assert host.lost() == list(range(21, 28))
    assert lag == 7
    had = max(at for at in batches_in_mongodb(host.uri) if at.term == last.term)
    assert last.sequence - had.sequence == lag  # by position: what comes after the last one MongoDB had


async def test_an_ordered_end_before_the_disk_is_destroyed_loses_nothing(
    host: Host, mongo: MongoThread
) -> None:
    async with host.running() as life:
        await life.until_level()
        mongo.set(slow=0.05)
        await host.put(50)
    mongo.set(slow=0.0)
    shutil.rmtree(host.path.parent)
    async with host.running() as life:
        await life.until_file_leads()
    assert host.lost() == []


async def test_a_disk_destroyed_in_the_middle_of_a_full_copy_is_left_to_a_person(
    host: Host, mongo: MongoThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MongoDB holds parts of two states then, and perkd does not make a third of it by itself."""
    monkeypatch.setattr(journal, "JOURNAL_KEPT", 20)
    monkeypatch.setattr(journal, "PRUNE_EVERY", 10)
    host.times = Times(ttl=0.5)
    async with host.running(orderly=False) as life:
        await host.put(5)
        await life.until_level()
        mongo.stop()
        life.pair.outbox.most_entries = 5
        await host.put(60)
        await life.until_mongodb_is_away()
        mongo.refuse("delete", 14031, times=1_000)  # the copy can't come to its end
        mongo.start()
        await life.until(lambda: "code 14031" in (life.pair.replica_error or ""))
    mongo.set(refusals=[])
    before = records_in_mongodb(host.uri)
    saved = host.path.read_bytes()
    shutil.rmtree(host.path.parent)
    async with host.running() as life:
        await life.until(lambda: "a copy of another file that was never finished" in life.pair.reason)
        with pytest.raises(StoreUnavailable, match="perkd restore"):
            await host.put()
    assert records_in_mongodb(host.uri) == before
    host.path.write_bytes(saved)  # it was only lent
    async with host.running() as life:
        await life.until_level()
        await host.put(5)
    assert host.lost() == []


# --- the clock ----------------------------------------------------------------------------------


async def test_a_clock_that_steps_back_changes_nothing(host: Host, mongo: MongoThread) -> None:
    ahead = 0.0
    host.clock = lambda: time.time() + ahead
    host.times = Times()
    async with host.running() as life:
        for step in (0.0, -86_400.0, 3600.0, -1_000_000_000.0):
            ahead += step
            await host.put(10)
            mongo.stop()
            ahead -= 600.0
            await host.put(10)
            await life.until_mongodb_is_away()
            told = life.pair.health()[1].lag_seconds
            assert told is not None
            assert 0.0 <= told < 60.0
            mongo.start()
            await life.until_level()
    ahead = -1_500_000_000.0
    async with host.running() as life:
        await host.put(10)
        await life.until_level()
    assert host.lost() == []
    assert numbers_in(records_in_mongodb(host.uri)) == set(range(1, 91))
