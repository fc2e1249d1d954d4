"""Trio and asyncio: `daemon.aio`, and the same on anyio's portal."""

import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from time import perf_counter
from typing import Protocol, TypeVar

import trio

from benchmarks.asyncio_portal import open_portal
from benchmarks.timing import Measured, stopwatch
from daemon.aio import Outlet, open_loop

T = TypeVar("T")
WARM_UP, CALLS = 200, 5_000
VALUES = 20_000
CAPACITY = 64
RESTARTS = 20
BLOCKED = 0.5
"""Seconds for which asyncio code blocks its loop."""
NAP = 0.001


class Bridge(Protocol):
    """What both can do."""

    async def call(self, function: Callable[..., Awaitable[T]], *args: object) -> T: ...


Open = Callable[[str], AbstractAsyncContextManager[Bridge]]


async def _nothing() -> None:
    pass


def call(open_bridge: Open = open_loop) -> Measured:
    """A call of an asyncio function that does nothing: µs, median."""
    return {"us": trio.run(_call, open_bridge)}


call_portal = partial(call, open_portal)


async def _call(open_bridge: Open) -> float:
    async with open_bridge("bench") as loop:
        return await _median(lambda: loop.call(_nothing))


async def _median(ask: Callable[[], Awaitable[None]]) -> float:
    times = []
    for _ in range(WARM_UP + CALLS):
        began = perf_counter()
        await ask()
        times.append(perf_counter() - began)
    return statistics.median(times[WARM_UP:]) * 1e6


def back() -> Measured:
    """A call of a trio function from asyncio: µs, median."""
    return {"us": trio.run(_back)}


async def _back() -> float:
    async with open_loop("bench") as loop:
        return await loop.call(_median, lambda: loop.run_in_trio(trio.lowlevel.checkpoint))


def outlet() -> Measured:
    """Values from asyncio to trio: per second."""
    return {"per_second": trio.run(_outlet)}


async def _outlet() -> float:
    async with open_loop("bench") as loop:
        outlet: Outlet[int] = loop.from_asyncio(CAPACITY)

        async def produce() -> None:
            for number in range(VALUES):
                await outlet.send(number)
            outlet.close()

        with stopwatch() as watch:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(loop.call, produce)
                async for _ in outlet:
                    pass
    return VALUES / watch.seconds


def restart(open_bridge: Open = open_loop) -> Measured:
    """A loop from its start, with one call, to the end of its thread: µs, median of 20."""
    return {"us": trio.run(_restart, open_bridge)}


restart_portal = partial(restart, open_portal)


async def _restart(open_bridge: Open) -> float:
    times = []
    for _ in range(1 + RESTARTS):
        began = perf_counter()
        async with open_bridge("bench") as loop:
            await loop.call(_nothing)
        times.append(perf_counter() - began)
    return statistics.median(times[1:]) * 1e6


def blocked() -> Measured:
    """How late trio's timers are while asyncio code blocks its thread, asleep or computing: ms, the worst."""
    return {"asleep": trio.run(_blocked, _sleep), "busy": trio.run(_blocked, _compute)}


async def _sleep() -> None:
    time.sleep(BLOCKED)  # noqa: ASYNC251 - blocks the loop: what is measured


async def _compute() -> None:
    until = perf_counter() + BLOCKED
    while perf_counter() < until:
        pass


async def _blocked(block: Callable[[], Awaitable[None]]) -> float:
    late = 0.0
    async with open_loop("bench") as loop, trio.open_nursery() as nursery:
        nursery.start_soon(loop.call, block)
        until = perf_counter() + BLOCKED * 0.8
        while (before := perf_counter()) < until:
            await trio.sleep(NAP)
            late = max(late, perf_counter() - before - NAP)
    return late * 1e3
