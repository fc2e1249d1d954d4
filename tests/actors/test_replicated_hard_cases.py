"""The file and MongoDB as one store, where two things go wrong at once, or an operator has had his say."""

from collections.abc import Sequence
from contextlib import suppress

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Player
from actors.history import Entry
from actors.pair import Mode
from actors.ports import Position, Put, StoreUnavailable
from actors.replicated import ReplicatedStore
from actors.storage import Refusal
from daemon.storage.memory_chain import MemoryChain
from daemon.storage.memory_replica import MemoryServer
from tests.worlds.memory_host import Host


@pytest.fixture
def host() -> Host:
    return Host()


def chain_of(host: Host) -> MemoryChain:
    assert host.disk.chain is not None
    return host.disk.chain


def away(host: Host) -> ReplicatedStore:
    """A new process that can't reach MongoDB."""
    store = host.boot()
    host.replica.away = True
    return store


# --- an operator's word ends when it is done ----------------------------------------------------


@pytest.mark.parametrize("away_at_first", [False, True])
async def test_an_operator_s_word_that_needed_no_copy_does_not_count_for_ever(
    host: Host, away_at_first: bool, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        await host.until_level()
    chain_of(host).set_lead(True)
    async with host.running() as store:
        host.replica.away = away_at_first
        await host.put("2")
        host.replica.away = False
        await host.until_level()
        host.disk.full = True
        await host.put("3")
        assert store.pair.mode is Mode.REPLICA
    host.disk.full = False
    async with host.running() as store:
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_an_operator_s_word_is_over_when_mongodb_has_taken_over_since(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        host.disk.full = True
        await host.put("2")
    assert host.disk.behind
    host.disk.full = False
    chain_of(host).set_lead(True)  # as where the full disk did not let it be cleared
    store = away(host)
    await store.open()
    assert store.pair.mode is Mode.WAITING
    async with host.running():
        await host.until(lambda: host.store.pair.mode is Mode.LOCAL)
        await host.put("3")
        await host.until_level()
    assert host.nothing_is_lost()


# --- at the start -------------------------------------------------------------------------------


async def test_a_mongodb_that_goes_away_during_the_start_is_waited_for(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        await host.until_level()
    host.disk.unreadable = True
    store = host.boot()
    host.replica.fail_in = 1
    await store.open()
    assert store.pair.mode is Mode.WAITING
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await host.until(lambda: store.pair.mode is Mode.REPLICA)
        nursery.cancel_scope.cancel()


async def test_a_read_only_file_with_more_than_its_journal_holds_waits_for_the_disk(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put("1", "2", "3")
    chain_of(host).prune(keep=1)
    host.server, host.disk.full = MemoryServer(), True
    async with host.running() as store:
        await trio.sleep(60.0)
        assert store.pair.mode is Mode.WAITING
        host.disk.full = False
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


# --- while it runs ------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["the same", "an older one", "none"])
async def test_whatever_file_is_there_after_a_damaged_one_memory_does_not_forget(
    host: Host, what: str, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        older = MemoryChain(evolve(chain_of(host).history), list(chain_of(host).log))
        older.records.apply([Put(Player("wos", "1"))])
        host.replica.away = True
        await host.put("2", "3")
        host.disk.damaged = True
        await store.pair.detach()  # as it is after MongoDB went away in the middle of taking over
        host.disk.damaged = False
        if what != "the same":
            host.disk.chain = older if what == "an older one" else None
        await trio.sleep(10.0)
        host.replica.away = False
        await trio.sleep(10.0)
        await host.until(lambda: store.pair.mode is not Mode.WAITING)
        with suppress(StoreUnavailable):
            await host.put("4")
        await host.until(lambda: store.pair.mode is Mode.LOCAL and store.pair.lag == 0)
    assert {"1", "2", "3"} <= set(host.in_mongodb())
    assert {"1", "2", "3"} <= set(host.in_file())


async def test_a_journal_that_moves_on_faster_than_the_file_is_filled_is_no_crash(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        host.disk.full = True
        await host.put("2")
        host.replica.delay = 1.0
        host.disk.damaged, host.disk.full = True, False
        await host.until(lambda: "page" in host.replica.calls)
        await host.put("3", "4")
        host.server.chain.prune(keep=1)
        await host.until(lambda: store.pair.mode is Mode.LOCAL)
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_mongodb_that_lost_everything_while_it_led_is_asked_about(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.disk.full = True
        await host.put("2")
        host.server.chain = MemoryChain()
        host.disk.full = False
        await host.until(lambda: "perkd storage keep file" in store.pair.reason)
        with pytest.raises(StoreUnavailable, match="MongoDB holds nothing"):
            await host.put("3")
    assert host.in_file() == ["1"]
    host.disk.behind = False  # as `perkd storage keep file` does
    chain_of(host).set_lead(True)
    async with host.running():
        await host.put("3")
        await host.until_level()
    assert host.in_mongodb() == host.in_file() == ["1", "3"]


async def test_a_batch_that_mongodb_refuses_is_not_the_fault_of_who_writes_next(
    host: Host, monkeypatch: pytest.MonkeyPatch, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()

        append = host.replica.append

        async def refuse(entries: Sequence[Entry]) -> Position:
            if not entries:  # only the lease is asked for
                return await append(entries)
            raise Refusal(f"{entries[0].position} is too large")

        with monkeypatch.context() as patched:
            patched.setattr(host.replica, "append", refuse)
            host.disk.lose_answers = 1
            with pytest.raises(StoreUnavailable, match="too large"):
                await host.put("2")
            await host.put("2")
        await host.until_level()
        assert store.pair.mode is Mode.LOCAL
    assert host.nothing_is_lost()


async def test_a_full_copy_to_mongodb_does_not_hold_up_who_asks_while_the_disk_is_full(
    host: Host, autojump_clock: object
) -> None:
    async with host.running(orderly=False):
        host.replica.away = True
        await host.put("1", "2", "3")
    chain_of(host).prune(keep=1)
    store = host.boot()
    host.replica.delay = 4.0
    await store.open()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await host.until(lambda: "begin_copy" in host.replica.calls)
        host.disk.full = True
        with trio.fail_after(1.0), pytest.raises(StoreUnavailable, match="disk is full"):
            await host.put("4")
        assert await store.get(Player, Player("wos", "1").key) is not None
        host.replica.delay = 0.0
        await host.until(lambda: "end_copy" in host.replica.calls)
        await host.put("4")
        assert store.pair.mode is Mode.REPLICA
        nursery.cancel_scope.cancel()
    assert host.in_mongodb() == ["1", "2", "3", "4"]


async def test_an_end_waits_only_a_moment_for_a_mongodb_that_hangs(
    host: Host, autojump_clock: object
) -> None:
    store = host.boot()
    host.replica.timeout = 20.0
    await store.open()
    await host.put("1")
    host.replica.hang()
    started = trio.current_time()
    await store.close()
    assert trio.current_time() - started <= 3.0
    assert host.disk.holder is None
