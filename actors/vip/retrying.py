"""Doing something again that met an outage."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio

from actors.vip.policy import VIPPolicy
from actors.vip.ports import FloodWait, Unreachable

T = TypeVar("T")


async def patiently(
    policy: VIPPolicy,
    do: Callable[[], Awaitable[T]],
    *,
    tries: int | None = None,
    longest_flood: float = float("inf"),
) -> T:
    """Call `do` until it is not met by an outage: `tries` times (None: for ever), waits growing.

    Flood waits are waited for, up to `longest_flood` seconds together; they cost no try. Raises the last
    `Unreachable`, or the `FloodWait` that is too long.
    """
    pause, flooded = policy.pause_min, 0.0
    while True:
        try:
            return await do()
        except FloodWait as wait:
            flooded += wait.seconds
            if flooded > longest_flood:
                raise
            await trio.sleep(wait.seconds)
        except Unreachable:
            if tries is not None:
                tries -= 1
                if tries <= 0:
                    raise
            await trio.sleep(pause)
            pause = min(2 * pause, policy.pause_max)
