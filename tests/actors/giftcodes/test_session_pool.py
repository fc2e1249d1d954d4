import logging

import pytest
import trio
from trio.testing import MockClock

from actors.giftcodes.session_pool import (
    PoolPolicy,
    ReleaseSlot,
    Reload,
    RequestSlot,
    WithdrawSlot,
)
from supervision.testing import Do, crash, settle
from tests.worlds.pool_values import BLOCKED, wos
from tests.worlds.session_pool import World, life, pending_timers

# --- slots ------------------------------------------------------------------------------------------


async def test_holders_are_served_in_order_two_at_a_time_and_within_the_window(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world):
        await world.holders(65)
        await trio.sleep(200)
        assert world.order == [str(number) for number in range(65)]
        assert world.most_in_flight == 2
        times = [at for _, at in world.calls]
        assert times[29] - times[0] < 10
        assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_nothing_is_armed_while_nobody_waits_and_no_call_was_made(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world) as tree:
        (holder,) = await world.holders(1)
        world.keep = True
        await settle()
        world.pool.tell(ReleaseSlot(world.grants[0], called=False))
        holder.tell(Do(stop=True))
        await settle()
        assert pending_timers(tree) == 0


async def test_a_spent_window_arms_one_timer_however_many_ask(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world, PoolPolicy(requests_per_minute=2)) as tree:
        await world.holders(500)
        await trio.sleep(10)
        assert (await world.status()).waiting == 498
        assert pending_timers(tree) == 1


async def test_who_dies_waiting_waits_no_more(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        refs = await world.holders(4)
        await settle()
        refs[2].tell(Do(stop=True))
        await settle()
        assert (await world.status()).waiting == 1


async def test_a_slot_whose_holder_died_comes_back_and_counts_as_a_call(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        refs = await world.holders(3)
        await settle()
        refs[0].tell(Do(stop=True))
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting, numbers.games[0].used) == (2, 0, 3)


async def test_a_holder_that_crashes_in_its_call_gives_the_slot_back_once(
    autojump_clock: MockClock, world: World
) -> None:
    world.latency = 5.0
    async with life(world):
        (ref,) = await world.holders(1)
        await trio.sleep(1)
        crash(ref)
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.games[0].used) == (0, 1)


async def test_who_withdraws_is_passed_over(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        await world.holders(3)
        await settle()
        world.pool.tell(WithdrawSlot(wos(2)))
        assert (await world.status()).waiting == 0


async def test_a_slot_from_an_earlier_life_of_the_pool_is_not_released_again(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        await world.holders(2)
        await settle()
        earlier = list(world.grants)
        crash(world.pool)
        await settle()
        await world.holder(wos(7))
        world.pool.tell(RequestSlot((await world.holder(wos(8))), wos(8), ()))
        await settle()
        for grant in earlier:
            world.pool.tell(ReleaseSlot(grant, called=True, verdict=BLOCKED))
        numbers = await world.status()
        assert len(set(world.grants)) == 3
        assert (numbers.in_flight, numbers.games[0].reason) == (1, "")


async def test_a_holder_whose_mailbox_is_full_is_offered_its_slot_again(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world, mailbox=1):
        ref = await world.holder(wos(1))
        ref.tell(Do(sleep=10))
        await settle()
        ref.tell(Do())  # its mailbox is full now
        world.pool.tell(RequestSlot(ref, wos(1), ()))
        await trio.sleep(5)
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting) == (0, 1)
        await trio.sleep(10)
        assert world.order == ["1"]


async def test_asking_for_the_dead_gives_nobody_a_slot(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        ref = await world.holder(wos(1))
        await ref.ask(Do(stop=True))
        await settle()
        world.pool.tell(RequestSlot(ref, wos(1), ()))
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting, numbers.games[0].used) == (0, 0, 0)


async def test_a_slot_held_far_too_long_is_reported_and_stays_held(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.keep = True
    async with life(world) as tree:
        (ref,) = await world.holders(1)
        await trio.sleep(95)
        (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert "t/holders/0 holds its slot for wos/0 since 90 s" in record.getMessage()
        assert pending_timers(tree) == 0
        assert (await world.status()).in_flight == 1
        ref.tell(Do(stop=True))
        await settle()
        assert (await world.status()).in_flight == 0


# --- operators --------------------------------------------------------------------------------------


async def test_a_new_policy_holds_at_once(autojump_clock: MockClock, world: World) -> None:
    async with life(world, PoolPolicy(concurrency=1, requests_per_minute=1)):
        await world.holders(10)
        await trio.sleep(5)
        assert len(world.calls) == 1
        world.pool.tell(Reload(PoolPolicy(concurrency=4, requests_per_minute=20)))
        await trio.sleep(5)
        assert len(world.calls) == 10
        assert world.most_in_flight == 4


async def test_the_status_tells_how_each_game_stands(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        await world.holders(5)
        numbers = await world.status()
        (game,) = numbers.games
        assert (numbers.loaded, numbers.in_flight, numbers.waiting) == (True, 2, 3)
        assert (game.game, game.waiting, game.in_flight, game.used, game.limit) == ("wos", 3, 2, 2, 30)
        assert (game.paused_until, game.reason) == (None, "")


async def test_what_it_does_not_know_crashes_it(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        world.pool.tell("nonsense")
        await settle()
        assert (await world.status()).loaded


async def test_two_holders_that_ask_for_one_player_get_a_slot_each(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world):
        one, other = await world.holder(wos(1)), await world.holder(wos(2))
        for holder, rank in ((one, ()), (other, (-1.0,)), (one, (5.0,))):
            world.pool.tell(RequestSlot(holder, wos(0), rank))
        await trio.sleep(20)
        assert world.order == ["1", "2", "1"]
        assert (await world.status()).waiting == 0


async def test_who_withdraws_or_ends_takes_nobody_elses_request_along(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        await world.holders(2)
        await settle()
        one, other = await world.holder(wos(7)), await world.holder(wos(8))
        for holder in (one, other):
            world.pool.tell(RequestSlot(holder, wos(5), ()))
        world.pool.tell(WithdrawSlot(wos(5), one))
        assert (await world.status()).waiting == 1
        world.pool.tell(RequestSlot(one, wos(5), ()))
        other.tell(Do(stop=True))
        await settle()
        assert (await world.status()).waiting == 1
        world.pool.tell(WithdrawSlot(wos(5), one))
        assert (await world.status()).waiting == 0
