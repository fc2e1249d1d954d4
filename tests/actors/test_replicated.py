"""The file and MongoDB as one store, MongoDB well or failing: the file leads, and nothing is lost."""

import pytest
import trio

from actors.giftcodes.model import Player
from actors.pair import Mode
from daemon.storage.memory_replica import MemoryServer
from tests.worlds.memory_host import Host


@pytest.fixture
def host() -> Host:
    return Host()


# --- both are well ------------------------------------------------------------------------------


async def test_every_change_goes_to_the_file_and_to_mongodb(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1", "2", "3")
        assert store.pair.mode is Mode.LOCAL
        await host.until_level()
    assert host.nothing_is_lost()


async def test_an_ordered_end_brings_mongodb_up_to_date(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.delay = 1.0
        await host.put("1", "2", "3")
    assert host.nothing_is_lost()


@pytest.mark.parametrize("seen_away", [True, False])
async def test_an_ordered_end_waits_a_moment_for_a_mongodb_that_comes_back(
    host: Host, seen_away: bool, autojump_clock: object
) -> None:
    async def come_back() -> None:
        await trio.sleep(3.0)
        host.replica.away = False

    async with trio.open_nursery() as nursery, host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put("2", "3")
        if seen_away:
            await host.until(lambda: store.pair.pusher is None)
        nursery.start_soon(come_back)
    assert host.nothing_is_lost()


async def test_an_end_while_mongodb_is_away_leaves_the_rest_to_the_next_start(
    host: Host, autojump_clock: object
) -> None:
    async with host.running():
        await host.put("1")
        host.replica.away = True
        await host.put("2", "3")
    host.server.expire()
    async with host.running():
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_record_is_read_back_from_the_store_that_leads(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        await host.put("1")
        assert await store.get(Player, Player("wos", "1").key) == Player("wos", "1")
        assert await store.find(Player, game="wos") == [Player("wos", "1")]
        host.disk.full = True
        await host.put("2")
        assert store.pair.mode is Mode.REPLICA
        assert await store.get(Player, Player("wos", "1").key) == Player("wos", "1")
        assert len(await store.find(Player)) == 2


# --- MongoDB fails ------------------------------------------------------------------------------


async def test_without_mongodb_the_file_carries_on_and_mongodb_catches_up(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put("2", "3")
        await host.until(lambda: store.pair.replica_error is not None)
        assert store.pair.lag == 2
        assert store.pair.mode is Mode.LOCAL
        host.replica.away = False
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_slow_mongodb_delays_nobody(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.delay = 4.9
        began = trio.current_time()
        await host.put(*map(str, range(50)))
        assert trio.current_time() - began < 0.01
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_mongodb_that_hangs_is_away_and_catches_up(host: Host, autojump_clock: object) -> None:
    async with host.running() as store:
        host.replica.hang()
        await host.put("1", "2")
        await host.until(lambda: store.pair.replica_error is not None)
        host.replica.release()
        await host.until_level()
    assert host.nothing_is_lost()


@pytest.mark.parametrize("dropped_after", [0, 1, 2, 3])
async def test_a_connection_that_drops_in_the_middle_of_batches_loses_and_doubles_nothing(
    host: Host, dropped_after: int, autojump_clock: object
) -> None:
    async with host.running():
        host.replica.drop_after = dropped_after
        await host.put("1", "2", "3")
        await host.until_level()
    assert host.nothing_is_lost()
    assert [entry.position.sequence for entry in host.server.chain.log] == [1, 2, 3]


async def test_an_answer_that_is_lost_does_no_harm(host: Host, autojump_clock: object) -> None:
    async with host.running():
        host.replica.lose_answers = 2
        await host.put("1", "2", "3")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_start_without_mongodb_goes_on_with_the_file(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1")
    store = host.boot()
    host.replica.away = True
    await store.open()
    await host.put("2")
    assert store.pair.mode is Mode.LOCAL
    host.replica.away = False
    async with trio.open_nursery() as nursery:
        nursery.start_soon(store.tend)
        await host.until_level()
        nursery.cancel_scope.cancel()
    assert host.nothing_is_lost()


async def test_a_mongodb_that_lost_everything_is_filled_again(host: Host, autojump_clock: object) -> None:
    async with host.running():
        await host.put("1", "2")
    host.server = MemoryServer()
    async with host.running():
        await host.put("3")
        await host.until_level()
    assert host.nothing_is_lost()


async def test_a_mongodb_too_far_behind_for_the_journal_gets_a_full_copy(
    host: Host, autojump_clock: object
) -> None:
    async with host.running() as store:
        await host.put("1")
        await host.until_level()
        host.replica.away = True
        await host.put(*map(str, range(2, 40)))
        store.pair.outbox.restart(store.pair.position)  # more than memory holds
        assert host.disk.chain is not None
        host.disk.chain.prune(keep=3)
        host.replica.away = False
        await host.until_level()
        await host.put("more")
        await host.until_level()
    assert host.nothing_is_lost()
