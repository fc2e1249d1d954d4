"""When each message is to be looked at again. Pure; time is an argument."""

import heapq
import math

from attrs import define, field

from actors.giftcodes.model import CodeKey


@define(eq=False)
class Turns:
    """Codes by the time their turn comes; each has one turn, the earliest that was asked for."""

    _at: dict[CodeKey, float] = field(factory=dict)
    _heap: list[tuple[float, CodeKey]] = field(factory=list)

    def add(self, key: CodeKey, at: float) -> None:
        """The code's turn comes at `at`, or earlier if that was said before."""
        if at < self._at.get(key, math.inf):
            self._at[key] = at
            heapq.heappush(self._heap, (at, key))

    @property
    def next_at(self) -> float:
        """When the first turn comes; `inf`: never."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)  # it was overtaken by an earlier one, or had its turn
        return self._heap[0][0] if self._heap else math.inf

    def take(self, now: float) -> CodeKey | None:
        """The first code whose turn has come; it has no turn any more. None: no turn has come."""
        if self.next_at > now:
            return None
        _, key = heapq.heappop(self._heap)
        del self._at[key]
        return key
