"""When the next request of the board may go: what hikari does not pace itself.

hikari keeps the limits of the buckets it knows. Two things it leaves to us:

- Requests to channels that it does not know yet share one bucket, and wait for each other by the limits of
  the first channel that is answered: a hundred first posts at once would take minutes. One after another
  each channel gets a bucket of its own. A bucket that is idle is forgotten after some ten seconds.
- The limit over all routes it learns from a 429 only.
"""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from attrs import define, field

PER_SECOND = 40.0
"""Requests a second of the board; Discord allows a bot 50 over everything but answers to interactions."""
KNOWN_FOR = 8.0
"""Seconds after a request in which hikari knows the channel for sure."""
HELD_FOR = 2.0
"""Seconds after which others go on beside a first request that is not answered."""


@define(eq=False)
class Pace:
    """One for a board."""

    per_second: float = PER_SECOND
    _known: dict[tuple[str, int], float] = field(factory=dict, init=False)
    """(kind of request, channel) → when it was last answered."""
    _queues: "dict[str, _Queue]" = field(factory=dict, init=False)
    _next_at: float = field(default=0.0, init=False)

    @asynccontextmanager
    async def turn(self, kind: str, channel: int) -> AsyncIterator[None]:
        """Wait for the turn of a request of this kind to a channel; the request is made in the block."""
        if self._is_known(kind, channel):
            await self._wait_for_all()
            yield
        else:
            queue = self._queues.setdefault(kind, _Queue())
            ticket = await queue.take()
            try:
                await self._wait_for_all()
                yield
            finally:
                queue.free(ticket)
        self._known[kind, channel] = trio.current_time()

    def _is_known(self, kind: str, channel: int) -> bool:
        last = self._known.get((kind, channel))
        if last is None:
            return False
        if trio.current_time() - last <= KNOWN_FOR:
            return True
        del self._known[kind, channel]
        return False

    async def _wait_for_all(self) -> None:
        """The limit over all routes: requests leave evenly."""
        at = max(self._next_at, trio.current_time())
        self._next_at = at + 1.0 / self.per_second
        await trio.sleep_until(at)


@define(eq=False)
class _Queue:
    """Whose turn it is, in the order they came; who takes too long is not waited for."""

    _waiting: deque[object] = field(factory=deque, init=False)
    _until: float = field(default=0.0, init=False)
    """When the one whose turn it is has had it long enough."""
    _holder: object = field(default=None, init=False)
    _changed: trio.Event = field(factory=trio.Event, init=False)

    async def take(self) -> object:
        """Wait for the turn; what is returned ends it."""
        ticket = object()
        self._waiting.append(ticket)
        try:
            while self._waiting[0] is not ticket or trio.current_time() < self._until:
                with trio.move_on_at(self._until if self._waiting[0] is ticket else float("inf")):
                    await self._changed.wait()
            self._until, self._holder = trio.current_time() + HELD_FOR, ticket
        finally:
            self._waiting.remove(ticket)
            self._pulse()
        return ticket

    def free(self, ticket: object) -> None:
        """The turn is over; nothing happens where it was given away already."""
        if self._holder is ticket:
            self._until = 0.0
            self._pulse()

    def _pulse(self) -> None:
        self._changed.set()
        self._changed = trio.Event()
