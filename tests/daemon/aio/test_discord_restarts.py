"""hikari's bot, cancelled in every phase of its start, again and again: nothing of it is left."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import trio
import trio.testing

from daemon.aio import Loop, open_loop
from tests.worlds.discord import Discord, open_discord
from tests.worlds.discord_clients import make_bot, start

TIMES = 20
PATIENCE = 60.0

Prepare = Callable[[Discord], Callable[[], Awaitable[object]]]
"""Holds the next bot up in a phase; returns how to wait until it is there."""


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate())


def asyncio_objects() -> int:
    gc.collect()
    kinds = (asyncio.Task, asyncio.BaseEventLoop, asyncio.BaseTransport)
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


def descriptors() -> set[str]:
    return {path.name for path in Path("/dev/fd").iterdir()}


@pytest.fixture
async def discord() -> AsyncIterator[Discord]:
    async with open_discord() as discord:
        discord.add_guild("Snow").add_channel("codes")
        yield discord


async def run_bot(loop: Loop, discord: Discord) -> None:
    bot = await loop.sync(make_bot, discord)
    try:
        await loop.call(start, bot)
    finally:
        with trio.CancelScope(shield=True):
            await loop.call(bot.close)


async def start_and_cancel(discord: Discord, prepare: Prepare) -> None:
    reached = prepare(discord)

    async def cancel_there(scope: trio.CancelScope) -> None:
        await reached()
        scope.cancel()

    async with open_loop("bot") as loop, trio.open_nursery() as nursery:
        nursery.start_soon(cancel_there, nursery.cancel_scope)
        await run_bot(loop, discord)
        pytest.fail("it started")


async def assert_nothing_is_left(discord: Discord, times: Callable[[int], Awaitable[object]]) -> None:
    """Whatever `times(number)` starts is gone after it; the first time may open what all share."""
    await times(0)
    await settle(discord, 0)
    before = threads(), asyncio_objects(), descriptors()
    with trio.fail_after(PATIENCE):
        for number in range(TIMES):
            await times(number)
            assert threads() == before[0]
        await settle(discord, len(before[2]))
    # One may be held by a log record, or by what an earlier test left; a leak would be there twenty times.
    assert asyncio_objects() <= before[1] + 1
    assert descriptors() == before[2]


async def settle(discord: Discord, most: int) -> None:
    """The stand-in, in this process as well, closes its ends after the bot."""
    discord.faults.clear()
    await discord.gateway.wait_until(lambda: not discord.gateway.connections)
    with trio.fail_after(PATIENCE):
        while most and len(descriptors()) > most:  # noqa: ASYNC110 - nothing tells of a closed socket
            await trio.sleep(0.01)
    await trio.testing.wait_all_tasks_blocked(0.05)


def in_rest(discord: Discord) -> Callable[[], Awaitable[object]]:
    discord.faults.clear()
    fault = discord.faults.hang("GET", "/gateway/bot")

    async def reached() -> None:
        while not fault.waiting:  # noqa: ASYNC110 - the fault has no event
            await trio.sleep(0.001)

    return reached


def between_attempts(discord: Discord) -> Callable[[], Awaitable[object]]:
    discord.gateway.refuse(True)

    async def reached() -> None:
        while not discord.requests or discord.requests[-1][1] != "/gateway/bot":  # noqa: ASYNC110 - see above
            await trio.sleep(0.001)
        discord.requests.clear()
        await trio.sleep(0.05)

    return reached


def stalled(phase: str) -> Prepare:
    return lambda discord: discord.gateway.stall(phase).reached.wait


# hikari 2.6.0 does not close the session of a WebSocket handshake that is cancelled. It has no connection.
@pytest.mark.filterwarnings("ignore:Unclosed client session:ResourceWarning")
@pytest.mark.parametrize(
    "prepare",
    [in_rest, between_attempts, stalled("connect"), stalled("hello"), stalled("ready")],
    ids=["before it connects", "refused", "handshake", "before HELLO", "before READY"],
)
async def test_a_bot_that_is_cancelled_while_it_starts_leaves_nothing(discord, prepare, caplog):
    await assert_nothing_is_left(discord, lambda _: start_and_cancel(discord, prepare))
    told = {record.getMessage() for record in caplog.records}
    refused = {text for text in told if text.startswith("failed to communicate with server")}  # hikari's own
    assert told - refused <= {"asyncio loop bot: Unclosed client session"}
    assert not refused or prepare is between_attempts


@pytest.mark.filterwarnings("ignore:Unclosed client session:ResourceWarning")
async def test_a_bot_that_is_cancelled_at_any_moment_leaves_nothing(discord):
    started = 0

    async def cancelled_after(seconds: float) -> None:
        nonlocal started
        with trio.move_on_after(seconds):
            async with open_loop("bot") as loop:
                await run_bot(loop, discord)
                started += 1

    await assert_nothing_is_left(discord, lambda number: cancelled_after(number * 0.001))
    assert started < TIMES


async def test_a_bot_that_started_leaves_nothing_when_its_loop_ends_without_a_close(discord):
    async def start_and_leave(_number: int) -> None:
        async with open_loop("bot") as loop:
            bot = await loop.sync(make_bot, discord)
            await loop.call(start, bot)
            await loop.call(bot.rest.close)

    await assert_nothing_is_left(discord, start_and_leave)
    assert discord.gateway.identifies == TIMES + 1
