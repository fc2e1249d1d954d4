"""The session pool over restarts, crashes and outages of the store."""

import logging

import pytest
import trio
from trio.testing import MockClock

from actors.giftcodes.model import Call, Circuit
from actors.ports import Put
from supervision.testing import crash, settle
from tests.worlds.pool_values import BLOCKED, wos
from tests.worlds.session_pool import Ask, World, life, pending_timers


async def test_no_life_overruns_the_window_of_the_one_before(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        await world.holders(40)
        await trio.sleep(5.3)
    async with life(world):
        await world.holders(40)
        await trio.sleep(130)
    times = [at for _, at in world.calls]
    assert len(times) >= 60
    assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_no_crash_of_the_pool_overruns_the_window(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        refs = await world.holders(80)
        for _ in range(8):
            await trio.sleep(3.3)
            crash(world.pool)
            await settle()
            for ref in refs:
                ref.tell(Ask())
        await trio.sleep(300)
    times = [at for _, at in world.calls]
    assert {player for player, _ in world.calls} == {wos(number) for number in range(80)}
    assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_nothing_is_granted_before_the_last_calls_are_known(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    now = world.clock.now()
    await world.store.commit(*(Put(Call("wos", "9", str(number), now - 1, now)) for number in range(30)))
    world.store.away = True
    async with life(world):
        await world.holders(3)
        await trio.sleep(50)
        numbers = await world.status()
        assert (numbers.loaded, numbers.waiting, numbers.in_flight) == (False, 3, 0)
        assert caplog.text.count("No slot is granted before the last calls have been read") == 1
        caplog.set_level(logging.INFO)
        world.store.away = False
        await trio.sleep(100)
        assert caplog.text.count("The last calls have been read from the store") == 1
        assert len(world.calls) == 3
        assert min(at for _, at in world.calls) > now + 60


async def test_a_pause_survives_a_restart_and_an_outage_of_the_store(
    autojump_clock: MockClock, world: World
) -> None:
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(0.1)
        world.store.outages = 4
        await trio.sleep(30)
    (circuit,) = world.store.backend.find(Circuit)
    assert (circuit.reason, circuit.failures) == ("PROTOCOL_CHANGED", 1)
    async with life(world):
        await world.holders(2)
        await trio.sleep(29)
        assert len(world.calls) == 1
        await trio.sleep(5)
        assert len(world.calls) == 2  # the canary; it fails, for two minutes this time
        assert (await world.status()).games[0].paused_until == pytest.approx(world.calls[1][1] + 120.5)


async def test_a_pause_that_the_store_did_not_take_is_recorded_at_the_end(
    autojump_clock: MockClock, world: World
) -> None:
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(0.1)
        world.store.away = True
        await trio.sleep(0.5)
        world.store.away = False
    assert [circuit.game for circuit in world.store.backend.find(Circuit)] == ["wos"]


async def test_old_calls_are_cleared_away_in_small_batches(autojump_clock: MockClock, world: World) -> None:
    now = world.clock.now()
    await world.store.commit(*(Put(Call("wos", "9", str(number), now - 4000)) for number in range(450)))
    await world.store.commit(Put(Call("wos", "9", "young", now - 100, now - 99)))
    async with life(world) as tree:
        await trio.sleep(1)
        assert [call.id for call in world.store.backend.find(Call)] == ["young"]
        assert max(len(batch.changes) for batch in world.store.history[2:]) <= 200
        world.store.outages = 1
        await trio.sleep(3700)
        assert world.store.backend.find(Call) == []
        assert pending_timers(tree) == 0


async def test_calls_of_this_life_are_cleared_away_too(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        await world.holders(5)
        await trio.sleep(7300)
        assert world.store.backend.find(Call) == []
