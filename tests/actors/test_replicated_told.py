"""What operators are told of the two stores: in the log, and when they ask while nothing works."""

import logging
from collections.abc import Sequence

import pytest
import trio

from actors.giftcodes.model import Player
from actors.pair import Mode
from actors.ports import Position, Put, StoreUnavailable
from actors.replicated_storage import ReplicatedStorageActor
from actors.storage import Commit, Find, StorageHealth, StorageStatus, Unavailable
from daemon.storage.memory_local import MemoryDisk
from tests.worlds.memory_host import Host


@pytest.fixture
def host() -> Host:
    return Host()


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    return [(record.levelname, record.getMessage()) for record in caplog.records]


async def test_a_mongodb_that_hangs_while_it_leads_holds_up_one_question_and_no_other(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        host.disk.full = True
        await host.put("1")
        host.replica.hang()
        with pytest.raises(StoreUnavailable, match=r"full.*in time"):
            await host.put("2")
        asked = trio.current_time()
        for _ in range(20):
            with pytest.raises(StoreUnavailable, match=r"full.*in time"):
                await store.find(Player)
        assert trio.current_time() == asked
        host.replica.release()
        await host.until(lambda: store.pair.replica_error is None, within=10.0)
        await host.put("2")
        host.disk.full = False
        await host.until_level()
    assert host.nothing_is_lost()


async def test_what_fails_is_named_also_where_the_file_can_be_read_and_not_written(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        host.disk.full = True
        await host.put("1")
        await trio.sleep(20.0)  # it has been opened since, for reading
        host.replica.away = True
        with pytest.raises(StoreUnavailable, match=r"^the disk is full.*; .*away"):
            await host.put("2")
        file, _ = store.pair.health()
        assert "the disk is full" in (file.last_error or "")


async def test_where_both_fail_neither_is_said_to_carry_on_and_each_is_named_once(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        caplog.clear()
        host.replica.fail_in = 0  # so that MongoDB can't take over
        host.disk.full = True
        actor = ReplicatedStorageActor(store)
        for _ in range(10):
            assert isinstance(await actor.receive(Commit((Put(Player("wos", "2")),))), Unavailable)
            host.replica.away = True
            await trio.sleep(5.0)  # the file is looked at, and can be read
        assert store.pair.mode is Mode.LOCAL
        told = await actor.receive(StorageStatus())
        assert isinstance(told, StorageHealth)
        assert told.stale == ""  # what the file has is all there is
        full, broke = (
            "the disk is full (switched on by the test)",
            "the connection broke (switched on by the test)",
        )
        assert str(told.problems).startswith(f"('nothing can be recorded, and work pauses: {full}; ")
        assert [text for level, text in lines(caplog) if level != "DEBUG"] == [
            f"The file can't be used: {full}",
            f"MongoDB is away as well: {broke}",
            f"Failed to persist state: {full}; {broke}",
        ]
        host.disk.full = host.replica.away = False
        await host.put("2")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_an_empty_disk_that_mongodb_fills_is_no_alarm(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running():
        await host.put("1")
        await host.until_level()
    host.disk = MemoryDisk()
    caplog.set_level(logging.INFO, "actors")
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
    assert lines(caplog) == [
        ("INFO", "The store waits: MongoDB has what the file has not, and fills it"),
        ("INFO", "The store waits no longer: the file leads"),
    ]


async def test_a_damaged_file_is_an_alarm_and_what_is_done_about_it_comes_first(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running():
        await host.put("1")
        await host.until_level()
    host.disk.damaged = True
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
    level, said = lines(caplog)[0]
    assert level == "WARNING"
    assert said.startswith("The store waits: the file is made anew from MongoDB, and the old one set aside: ")


async def test_a_wait_is_told_once_and_so_is_its_end(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "actors")
    store = host.boot()
    host.replica.away = True
    actor = ReplicatedStorageActor(store)
    async with trio.open_nursery() as nursery:
        await store.open()
        nursery.start_soon(store.tend)
        for _ in range(5):
            assert isinstance(await actor.receive(Find(Player)), Unavailable)
            await trio.sleep(10.0)
        told = await actor.receive(StorageStatus())
        assert isinstance(told, StorageHealth)
        assert not told.healthy
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        assert isinstance(await actor.receive(Commit((Put(Player("wos", "1")),))), Position)
        nursery.cancel_scope.cancel()
    waits, over = lines(caplog)
    assert waits[0] == "WARNING"
    assert "The store waits: the file is empty" in waits[1]
    assert over == ("INFO", "The store waits no longer: the file leads")


@pytest.mark.parametrize("put", [("1", "2"), ("1", "2", "3")])
async def test_what_mongodb_lacks_at_the_end_is_counted(
    host: Host, put: Sequence[str], autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    store = host.boot()
    actor = ReplicatedStorageActor(store)
    async with trio.open_nursery() as nursery:
        await store.open()
        nursery.start_soon(store.tend)
        await host.put("0")
        await host.until_level()
        host.replica.away = True
        await host.put(*put)
        await actor.stopped()
        nursery.cancel_scope.cancel()
    [said] = [text for level, text in lines(caplog) if "before the end" in text and level == "WARNING"]
    assert f"(batches it lacks: {len(put)})" in said


async def test_who_wants_to_copy_the_file_is_told_while_it_does_not_lead(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        actor = ReplicatedStorageActor(store)

        async def stale() -> str:
            health = await actor.receive(StorageStatus())
            assert isinstance(health, StorageHealth)
            return health.stale

        await host.put("1")
        await host.until_level()
        assert await stale() == ""
        host.disk.full = True
        await host.put("2")
        assert (await stale()).startswith("the file can't be used, MongoDB alone keeps the state: ")
        host.disk.full = False
        await host.until_level()
        assert await stale() == ""
    assert (await stale()).startswith("the store waits: ")


async def test_how_long_mongodb_lacks_something_is_told_from_its_oldest_batch_on(
    host: Host, autojump_clock: object
) -> None:
    def lag_seconds() -> float | None:
        return host.store.pair.health()[1].lag_seconds

    async with host.running(orderly=False) as store:
        store.pair.outbox.most_entries = 10
        await host.put("1")
        await host.until_level()
        assert lag_seconds() == 0.0
        host.replica.away = True
        await host.put("2")
        await trio.sleep(7200.0)
        await host.put(*map(str, range(3, 40)))  # more than memory holds
        assert (lag_seconds() or 0.0) >= 7200.0
    async with host.running(orderly=False) as store:
        await host.until(lambda: store.pair.pusher is not None)
        host.replica.fail_in = 0  # before the first batches get there
        await trio.sleep(0.0)
        await host.until(lambda: store.pair.lag == 0 or lag_seconds() is not None)
        assert store.pair.lag
        assert (lag_seconds() or 0.0) >= 7200.0
        await host.until_level()
        assert lag_seconds() == 0.0
    assert host.nothing_is_lost()
