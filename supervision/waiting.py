"""Dynamic children that wait for their start, by the time that is due."""

import heapq
from itertools import count
from math import inf

from attrs import define, field

from supervision.dynamic import Member

_COMPACT_FROM = 256


@define(eq=False)
class Waiting:
    """Those that were stopped meanwhile are dropped when they come up, or when they are the larger half."""

    _heap: "list[tuple[float, int, Member]]" = field(factory=list, init=False)
    _order: "count[int]" = field(factory=count, init=False)
    _compact_at: int = field(default=_COMPACT_FROM, init=False)

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, due: float, member: Member) -> None:
        """Have it started at `due`."""
        heapq.heappush(self._heap, (due, next(self._order), member))
        if len(self._heap) > self._compact_at:
            self._heap = [entry for entry in self._heap if not entry[2].dead]
            heapq.heapify(self._heap)
            self._compact_at = max(_COMPACT_FROM, 2 * len(self._heap))

    def next_due(self) -> float:
        """When the next should be taken (inf: none waits)."""
        return self._heap[0][0] if self._heap else inf

    def take(self, now: float) -> Member | None:
        """The next that is due, if there is one."""
        while self._heap and self._heap[0][0] <= now:
            member = heapq.heappop(self._heap)[2]
            if not member.dead:
                return member
        return None

    def clear(self) -> None:
        """Nobody is started any more."""
        self._heap.clear()
