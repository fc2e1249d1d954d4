"""One deadline task for a whole tree: the timeouts of asks and the timers of actors.

A cancel scope around each ask would cost more than the ask itself. Entries that are done are dropped
when they come up, or when they are the larger half.
"""

import heapq
from collections.abc import Callable
from itertools import count
from math import inf

import trio
from attrs import define, field

_COMPACT_FROM = 256


@define(eq=False)
class Deadline:
    """A function to be called at a time of trio's clock, unless it is cancelled before."""

    at: float
    _fire: Callable[[], None] | None

    def cancel(self) -> None:
        """Never call it. Cancelling twice, or after it was called, does nothing."""
        self._fire = None

    @property
    def pending(self) -> bool:
        """It has neither been called nor cancelled."""
        return self._fire is not None

    def expire(self) -> None:
        """Call it now, once."""
        fire, self._fire = self._fire, None
        if fire is not None:
            fire()


@define(eq=False)
class Wheel:
    """Calls functions at their deadlines. `add` works before and while `run` does."""

    _heap: list[tuple[float, int, Deadline]] = field(factory=list)
    _order: "count[int]" = field(factory=count)
    _scope: trio.CancelScope | None = None
    _compact_at: int = _COMPACT_FROM

    def add(self, at: float, fire: Callable[[], None]) -> Deadline:
        """Have `fire()` called at `at` (trio's clock). It must not raise."""
        entry = Deadline(at, fire)
        heap = self._heap
        heapq.heappush(heap, (at, next(self._order), entry))
        if heap[0][2] is entry and self._scope is not None:
            self._scope.deadline = at
        if len(heap) > self._compact_at:
            self._compact()
        return entry

    def _compact(self) -> None:
        self._heap = [item for item in self._heap if item[2].pending]
        heapq.heapify(self._heap)
        self._compact_at = max(_COMPACT_FROM, 2 * len(self._heap))

    @property
    def turns(self) -> bool:
        """Somebody serves it: what is added will be called in time."""
        return self._scope is not None

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        """Serve until cancelled. Sleeps without a deadline while nothing is pending."""
        try:
            while True:
                with trio.CancelScope() as self._scope:
                    self._scope.deadline = self._expire(trio.current_time())
                    await trio.sleep_forever()
        finally:
            self._scope = None

    def _expire(self, now: float) -> float:
        heap = self._heap
        while heap and (heap[0][0] <= now or not heap[0][2].pending):
            heapq.heappop(heap)[2].expire()
            heap = self._heap  # what was called may have compacted it
        return heap[0][0] if heap else inf
