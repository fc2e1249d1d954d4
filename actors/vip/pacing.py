"""Doing something a few at once, and not too often."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from attrs import define, field


@define(eq=False)
class Pacing:
    """At most `at_once` together, and of those that begin at most `a_second`; a few may begin at once."""

    at_once: int
    a_second: float
    _places: trio.CapacityLimiter = field(init=False)
    _due: float = field(default=float("-inf"), init=False)
    """trio's time: when the last one was allowed to begin."""

    def __attrs_post_init__(self) -> None:
        self._places = trio.CapacityLimiter(self.at_once)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for one's turn, and have it."""
        async with self._places:
            await trio.sleep_until(self._next())
            yield

    def _next(self) -> float:
        apart = 1.0 / self.a_second
        self._due = max(self._due + apart, trio.current_time() - (self.at_once - 1) * apart)
        return self._due
