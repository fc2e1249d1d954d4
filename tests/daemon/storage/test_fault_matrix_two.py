"""Two perkd on one MongoDB: one writes, the other waits; who was taken for dead does no harm."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trio
from pymongo import MongoClient

from actors.pair import Mode
from actors.ports import StoreUnavailable
from actors.replicated import NeedsDecision
from daemon.storage.holder import holder_id
from tests.worlds.committers import Committer
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import (
    PATIENCE,
    PATIENT,
    Host,
    Times,
    numbers_in,
    records_in_file,
    records_in_mongodb,
)

TTL = 2.0
"""Seconds: half of it is the longest that one who waits may be held up between two looks."""


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


@pytest.fixture
def first(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "first" / "perkd.sqlite3", mongo.uri, times=Times(deadline=5.0, ttl=TTL))


@pytest.fixture
def second(tmp_path: Path, first: Host) -> Host:
    """Its batches have numbers of their own, and count together with the first one's."""
    return Host(
        tmp_path / "second" / "perkd.sqlite3",
        first.uri,
        times=first.times,
        number=10_000,
        acknowledged=first.acknowledged,
    )


@pytest.fixture
def committer(first: Host) -> Iterator[Committer]:
    """The first one as a process of its own."""
    with Committer(first) as process:
        yield process


async def until_level(committer: Committer) -> None:
    await trio.to_thread.run_sync(committer.until, "level", PATIENCE)


# --- one after the other ------------------------------------------------------------------------


async def test_the_second_waits_and_takes_over_when_the_first_ends(first: Host, second: Host) -> None:
    first.times = second.times = PATIENT
    async with second.running() as life:  # nobody else is there: it leads
        await life.until_file_leads()
    first_has_ended = trio.Event()
    second_waits = trio.Event()

    async def wait_its_turn() -> None:
        async with second.running() as life:
            for _ in range(3):
                with pytest.raises(StoreUnavailable, match="another perkd writes to MongoDB"):
                    await second.put()
            second_waits.set()
            await first_has_ended.wait()
            await life.until_file_leads()
            await second.put(10)

    async with trio.open_nursery() as nursery:
        async with first.running():
            await first.put(10)
            nursery.start_soon(wait_its_turn)
            await second_waits.wait()
            await first.put(10)
        first_has_ended.set()
    assert second.lost() == []
    assert len(second.acknowledged) == 30


async def test_the_second_takes_over_when_the_first_was_killed_and_its_lease_has_run_out(
    first: Host, second: Host, committer: Committer
) -> None:
    committer.begin(count=10, times={"ttl": TTL})
    await until_level(committer)
    began = trio.current_time()
    async with second.running() as life:
        with pytest.raises(StoreUnavailable, match="another perkd writes to MongoDB"):
            await second.put()
        committer.kill()
        await life.until_file_leads()
        assert trio.current_time() - began >= TTL
        await second.put(10)
    assert second.lost() == []
    assert len(second.acknowledged) == 20


async def test_after_kill_9_the_same_host_goes_on_at_once(first: Host, committer: Committer) -> None:
    committer.begin(count=10)
    await until_level(committer)
    committer.kill()
    first.times = Times(ttl=3600.0)
    async with first.running() as life:
        await life.until_level()
        await first.put(10)
    assert first.lost() == []


# --- one that was taken for dead ----------------------------------------------------------------


async def test_who_was_stopped_and_comes_back_is_fenced_and_what_it_wrote_since_is_named_by_its_refusal(
    first: Host, second: Host, committer: Committer
) -> None:
    """What the first says is durable after it was taken for dead is in its own file, and nowhere else."""
    committer.begin(count=10, times={"ttl": TTL})
    await until_level(committer)
    os.kill(committer.pid, signal.SIGSTOP)
    async with second.running() as life:
        await life.until_file_leads()
        await second.put(10)
        await life.until_level()
        agreed = set(first.acknowledged)
        os.kill(committer.pid, signal.SIGUSR2)  # it has more to write, as soon as it can, until it is refused
        os.kill(committer.pid, signal.SIGCONT)
        refusal = await trio.to_thread.run_sync(committer.until, "unavailable waiting", PATIENCE)
        assert "another perkd" in refusal
        before_it_was_refused = set(first.acknowledged)
        for _ in range(5):
            await trio.to_thread.run_sync(committer.until, "unavailable waiting", PATIENCE)
        assert first.acknowledged == before_it_was_refused
        committer.kill()
        await second.put(10)
        await life.until_level()
    only_there = first.acknowledged - agreed - set(range(10_001, 11_000))
    assert second.lost() == sorted(only_there)
    assert only_there <= numbers_in(records_in_file(first.path))
    assert not only_there & numbers_in(records_in_mongodb(first.uri))
    if only_there:
        with pytest.RaisesGroup(NeedsDecision):
            async with first.running():
                pass


async def test_who_was_taken_for_dead_stops_leading_also_where_it_has_nothing_to_write(
    first: Host, second: Host, mongo: MongoThread
) -> None:
    first.times = second.times = Times(deadline=5.0, ttl=4.0)
    heir = {"$set": {"holder": holder_id(second.path.parent)}}
    async with first.running() as taken_for_dead:
        await first.put(5)
        await taken_for_dead.until_level()
        with MongoClient[dict[str, Any]](mongo.uri) as client:  # as if it had run out
            client.get_default_database("perkd")["lease"].update_one({}, heir)
        async with second.running() as life:
            await life.until_file_leads()
            await second.put(5)
            await taken_for_dead.until(lambda: taken_for_dead.pair.mode is Mode.WAITING)
            with pytest.raises(StoreUnavailable, match="another perkd"):
                await first.put()
    assert second.lost() == []
    assert len(second.acknowledged) == 10


# --- two that wrote without knowing of each other -----------------------------------------------


async def test_two_histories_that_diverged_are_refused_and_left_as_they_are(
    first: Host, second: Host, mongo: MongoThread
) -> None:
    async with first.running():
        await first.put(10)
    async with second.running() as life:
        await life.until_file_leads()
        await second.put(10)
    mongo.stop()
    first.times = Times(flush_within=1.0)
    async with first.running():
        await first.put(10)
    mongo.start()
    first.times = PATIENT
    before = records_in_file(first.path), records_in_mongodb(first.uri)
    with pytest.RaisesGroup(pytest.RaisesExc(NeedsDecision, match="perkd storage keep file")):
        async with first.running():
            pass
    assert (records_in_file(first.path), records_in_mongodb(first.uri)) == before
    assert first.acknowledged == numbers_in(before[0]) | numbers_in(before[1])


# --- two on one host ----------------------------------------------------------------------------


async def test_a_copy_of_the_data_directory_waits_like_any_other(first: Host, second: Host) -> None:
    first.times = second.times = PATIENT
    async with first.running():
        await first.put(5)
    shutil.copytree(first.path.parent, second.path.parent)
    async with first.running() as life:
        await life.until_level()
        async with second.running():
            with pytest.raises(StoreUnavailable, match="another perkd writes to MongoDB"):
                await second.put()
            await first.put(5)
    assert first.lost() == []


# --- two in one directory -----------------------------------------------------------------------


async def test_a_second_one_in_the_same_directory_waits_and_disturbs_nothing(
    first: Host, committer: Committer
) -> None:
    committer.begin(count=10, times={"ttl": TTL})
    await until_level(committer)
    twin = Host(first.path, first.uri, times=first.times, number=10_000, acknowledged=first.acknowledged)
    async with twin.running() as life:
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match=f"in use by another perkd .process {committer.pid}"):
                await twin.put()
        os.kill(committer.pid, signal.SIGUSR1)
        await until_level(committer)
    os.kill(committer.pid, signal.SIGUSR1)
    await until_level(committer)
    committer.kill()
    async with twin.running() as life:
        await life.until_level()
        await twin.put(5)
    assert twin.lost() == []
    assert len(twin.acknowledged) == 35
