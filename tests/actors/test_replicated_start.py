"""The file and MongoDB as one store: who leads at the start, and where there are two perkd."""

import math

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Player
from actors.pair import Mode, Pair
from actors.ports import StoreUnavailable
from actors.replicated import PROBE_EVERY, NeedsDecision, ReplicatedStore
from daemon.storage.memory_local import MemoryDisk, MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica, MemoryServer
from tests.worlds.memory_host import Host, at_once


@pytest.fixture
def host() -> Host:
    return Host()


# --- at the start -------------------------------------------------------------------------------


async def test_an_empty_disk_is_filled_from_mongodb(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2", "3")
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        assert [player.fid for player in await store.find(Player)] == ["1", "2", "3"]
    assert host.nothing_is_lost()


async def test_an_empty_disk_is_filled_by_a_full_copy_where_the_journal_is_too_short(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put(*map(str, range(30)))
    host.server.chain.prune(keep=2)
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("more")
    assert host.nothing_is_lost()


@pytest.mark.parametrize("left", [0, 2])
async def test_an_empty_disk_is_filled_by_a_full_copy_where_batches_are_gone_and_their_terms_are_not(
    host: Host, left: int, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1", "2", "3")
    async with host.running():
        pass
    del host.server.chain.log[left:]
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("more")
    assert host.nothing_is_lost()


async def test_a_mongodb_that_takes_long_to_open_does_not_hold_up_the_file(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
    store = host.boot()
    host.replica.timeout, host.replica.delay = math.inf, 90.0
    began = trio.current_time()
    await store.open()
    assert store.pair.mode is Mode.LOCAL
    assert trio.current_time() - began <= 20.0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await host.put("2")
        await host.until(lambda: host.in_mongodb() == ["1", "2"], within=600.0)
        nursery.cancel_scope.cancel()


async def test_an_empty_disk_waits_while_mongodb_is_away(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    host.disk = MemoryDisk()
    store = host.boot()
    host.replica.away = True
    await store.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await trio.sleep(600.0)
        with pytest.raises(StoreUnavailable, match="the file is empty, the state may be in MongoDB"):
            await store.find(Player)
        with pytest.raises(StoreUnavailable):
            await host.put("2")
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("2")
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_after_a_kill_the_file_leads_with_all_that_was_acknowledged(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        host.replica.delay = 2.0
        await host.put("1", "2", "3")
    assert host.in_mongodb() == []
    async with host.running():
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_disk_destroyed_before_mongodb_had_it_loses_just_that(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        await host.put("1", "2")
        await host.until_level()
        host.replica.hang()
        await host.put("3")
    host.disk = MemoryDisk()
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        assert host.in_file() == ["1", "2"]


@pytest.mark.parametrize("lag", [0, 2])
async def test_a_file_that_could_not_be_read_at_the_start_is_not_given_up_for_what_mongodb_has(
    host: Host, lag: int, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        await host.put("1")
        await host.until_level()
        host.replica.away = lag > 0
        await host.put(*map(str, range(2, 2 + lag)))
    host.disk.unreadable = True
    async with host.running() as store:
        await host.put("9")
        assert store.pair.mode is Mode.REPLICA
        host.disk.unreadable = False
        if lag:
            await host.until(lambda: store.pair.mode is Mode.WAITING)
            await trio.sleep(60.0)
            assert "diverged" in store.pair.reason
        else:
            await host.until_level()
    if lag:
        assert (host.in_file(), host.in_mongodb()) == (["1", "2", "3"], ["1", "9"])
        with pytest.raises(NeedsDecision):
            await host.boot().open()
    else:
        assert host.nothing_is_lost()


async def test_a_start_on_a_full_disk_while_mongodb_is_away_waits_for_either(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
    host.disk.full = True
    store = host.boot()
    host.replica.away = True
    await store.open()
    with pytest.raises(StoreUnavailable, match=r"full.*away"):
        await host.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        host.disk.full = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("2")
        host.replica.away = False
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_a_second_perkd_on_the_same_disk_waits_and_does_not_ask_mongodb(
    host: Host, autojump_clock: object
) -> None:
    twin = Host(server=host.server, disk=host.disk)
    async with host.running() as store:
        await host.put("1")
        twin.replica = MemoryReplica(host.server, timeout=5.0)
        local = MemoryLocalStore(host.disk, trio.current_time)
        other = ReplicatedStore(Pair(local, twin.replica, at_once, trio.current_time))
        await other.open()
        assert "in use by another perkd" in other.pair.reason
        await other.close()
        await host.put("2")
        await host.until_level()
        assert store.pair.mode is Mode.LOCAL
    assert host.nothing_is_lost()


async def test_a_damaged_file_is_set_aside_and_made_anew(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2")
    host.disk.damaged = True
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
    assert host.nothing_is_lost()
    assert list(host.disk.aside) == ["aside-1"]


async def test_a_damaged_file_with_an_empty_mongodb_is_refused(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    host.server = MemoryServer()
    host.disk.damaged = True
    store = host.boot()
    with pytest.raises(NeedsDecision, match="damaged"):
        await store.open()


async def test_a_file_that_fails_and_an_empty_mongodb_wait(host: Host, autojump_clock: object) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put("1")
    host.disk.unreadable = True
    host.server = MemoryServer()
    async with host.running() as store:
        await trio.sleep(60.0)
        assert store.pair.mode is Mode.WAITING
        host.disk.unreadable = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_full_copy_that_was_interrupted_is_made_anew(host: Host, autojump_clock: object) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put(*map(str, range(30)))
        assert host.disk.chain is not None
        host.disk.chain.prune(keep=1)
    store = host.boot()
    await store.open()
    history = host.disk.chain.history
    await host.replica.begin_copy(history.terms[-1], history)  # and there it was killed
    host.server.expire()
    async with host.running():
        await host.put("more")
        await host.until_level()
    assert host.nothing_is_lost()


# --- two daemons --------------------------------------------------------------------------------


async def test_a_second_perkd_waits_until_the_first_one_ends(host: Host, autojump_clock: object) -> None:
    second = Host(server=host.server)
    async with host.running():
        await host.put("1")
        store = second.boot()
        await store.open()
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await second.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await second.until(lambda: store.pair.mode is Mode.LOCAL)
        await second.put("2")
        await second.until_level()
        nursery.cancel_scope.cancel()
    assert second.in_file() == ["1", "2"]


async def test_who_was_taken_over_stops_writing(
    host: Host, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.usurp()
        await host.put("2")
        await host.until(lambda: store.pair.mode is Mode.WAITING)
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await host.put("3")
    assert host.in_mongodb() == ["1"]
    assert "Another perkd has taken over" in caplog.text


async def test_who_was_taken_over_stops_leading_also_where_it_has_nothing_to_write(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.usurp()
        await host.until(lambda: store.pair.mode is Mode.WAITING, within=2 * PROBE_EVERY)
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await host.put("2")
    assert host.in_file() == ["1"]


async def test_who_was_taken_over_while_mongodb_led_stops_also_where_it_has_nothing_to_write(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        host.disk.full = True
        await host.put("2")
        assert store.pair.mode is Mode.REPLICA
        other = host.replica.usurp()
        await host.until(lambda: store.pair.mode is Mode.WAITING, within=2 * PROBE_EVERY)
        with pytest.raises(StoreUnavailable, match="another perkd"):
            await host.put("3")
        host.disk.full = False
        await other.close()
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.put("4")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_two_that_wrote_without_knowing_of_each_other_are_refused(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
    second = Host(server=host.server)
    async with second.running() as store:
        await second.until(lambda: store.pair.mode is Mode.LOCAL)
        await second.put("2")
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("3")
    await store.close()
    with pytest.raises(NeedsDecision, match="perkd storage keep"):
        await host.boot().open()
    assert host.in_file() == ["1", "3"]
    assert host.in_mongodb() == ["1", "2"]


async def test_two_that_have_diverged_stop_when_they_meet(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    second = Host(server=host.server)
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("3")
    async with second.running() as other:
        await second.until(lambda: other.pair.mode is Mode.LOCAL)
        await second.put("2")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        host.replica.away = False
        await host.until(lambda: store.pair.mode is Mode.WAITING)
        nursery.cancel_scope.cancel()
    assert "diverged" in store.pair.reason


async def test_the_file_an_operator_chose_replaces_what_mongodb_has(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1", "2")
    assert host.disk.chain is not None
    backup = evolve(host.disk.chain, log=list(host.disk.chain.log))
    async with host.running():
        await host.put("3")
        await host.until_level()
    restored = MemoryDisk()
    restored.chain = backup
    backup.records.apply([])
    backup.set_lead(True)
    host.disk = restored
    async with host.running():
        await host.put("4")
        await host.until_level()
    assert host.in_mongodb() == host.in_file()
    assert "4" in host.in_mongodb()
    assert restored.chain is not None
    assert not restored.chain.history.leads
