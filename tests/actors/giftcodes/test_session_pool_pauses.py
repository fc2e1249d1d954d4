"""Pauses of a game: what operators are told, and who else hears of them."""

import logging

import pytest
import trio
from trio.testing import MockClock

from actors.giftcodes.session_pool import (
    GamePaused,
    GameResumed,
    Listen,
    ReleaseSlot,
    RequestSlot,
    ResumeGame,
)
from actors.ports import RateHint
from supervision import ActorRef, ActorSpec, Kind
from supervision.testing import Do, Probe, ProbeLog, settle
from tests.worlds.pool_values import BLOCKED, FINE, LOST, THROTTLED, wos
from tests.worlds.session_pool import World, life


async def test_operators_are_told_in_clear_words(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.verdict, world.hint = THROTTLED, RateHint(limit=20, remaining=0, retry_after=17.0)
    async with life(world):
        await world.holders(2)
        await trio.sleep(1)
        world.verdict = FINE
        await world.holder(wos(50))
        world.pool.tell(RequestSlot(await world.holder(wos(51)), wos(51), ()))
        await trio.sleep(60)
        world.verdict = BLOCKED
        world.pool.tell(RequestSlot(await world.holder(wos(52)), wos(52), ()))
        await trio.sleep(100)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("INFO", "wos: its server allows 20 requests per window") in lines
    assert ("WARNING", "⏸️ wos paused for 17 s: RATE_LIMITED") in lines
    assert ("INFO", "▶️ wos resumed") in lines
    (error,) = [text for level, text in lines if level == "ERROR"]
    assert error.startswith("⏸️ wos paused for 60 s: PROTOCOL_CHANGED. ")
    assert "sign key, base_url" in error
    assert "[games.wos]" in error


async def test_a_pause_that_another_call_ends_before_its_time_says_so(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.keep = True
    async with life(world):
        await world.holders(2)
        await trio.sleep(1)
        for grant, verdict in zip(world.grants, (LOST, FINE), strict=True):
            await world.pool.send(ReleaseSlot(grant, called=True, verdict=verdict))
        await trio.sleep(1)
    assert caplog.messages == [
        "⏸️ wos paused for 5 s: NETWORK_ERROR",
        "▶️ wos resumed early: another call got through",
    ]


async def test_a_pause_that_somebody_lifts_is_not_put_down_to_a_call(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(1)
        await world.pool.ask(ResumeGame("wos"))
    assert caplog.messages[1:] == ["▶️ wos resumed"]


async def test_a_listener_hears_of_pauses_even_if_it_comes_later_or_has_no_room(
    autojump_clock: MockClock, world: World
) -> None:
    log = ProbeLog()
    probe = ActorSpec("listener", lambda: Probe("listener", log), mailbox=1)

    def listener() -> ActorRef:
        assert world.tree is not None
        return world.tree.ref("listener")

    async with life(world, extra=(probe,)) as tree:
        world.verdict = BLOCKED
        await world.holders(1)
        await trio.sleep(2)
        world.pool.tell(Listen(tree.ref("listener")))
        await settle()
        (paused,) = log.heard
        assert isinstance(paused, GamePaused)
        assert (paused.game, paused.reason) == ("wos", "PROTOCOL_CHANGED")
        tree.ref("listener").tell(Do(sleep=5))
        await settle()
        tree.ref("listener").tell("no room now")
        world.pool.tell(ResumeGame("wos"))
        await trio.sleep(10)
        assert log.heard[-1] == GameResumed("wos")
        world.verdict = FINE
        world.pool.tell(RequestSlot(await world.holder(wos(7)), wos(7), ()))
        await trio.sleep(2)
        assert world.order == ["0", "7"]


async def test_a_listener_that_ended_is_forgotten(autojump_clock: MockClock, world: World) -> None:
    log = ProbeLog()
    probe = ActorSpec("listener", lambda: Probe("listener", log), kind=Kind.TEMPORARY)
    world.verdict = BLOCKED
    async with life(world, extra=(probe,)) as tree:
        listener = tree.ref("listener")
        world.pool.tell(Listen(listener))
        await listener.ask(Do(stop=True))
        await settle()
        await world.holders(1)
        await trio.sleep(2)
        assert (await world.status()).games[0].reason == "PROTOCOL_CHANGED"
