"""What a supervisor has heard and not dealt with yet, and its sleep until there is something."""

import math
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

import trio
from attrs import define, field

from supervision.actions import Action
from supervision.overdue import wait_until

FIRST, LAST = -1, math.inf
"""Ranks of what is no child's end: what has happened comes before all ends, what is ordered by hand after."""

Step = Callable[[float], list[Action]]
"""Tells the core what was heard, with the time; returns what is to be done."""


@define(eq=False)
class Agenda:
    """Steps by rank, then as they came. Ends of children are ranked by the children's order.

    Of children that ended at the same moment the first in order is dealt with first: its group takes the
    others in, at the price of one restart.
    """

    resting: bool = field(default=False, init=False)
    """The supervisor's task sleeps, and nothing has been added since."""
    rests_until: float = field(default=math.inf, init=False)
    _steps: "list[tuple[float, int, Step]]" = field(factory=list, init=False)
    _count: "count[int]" = field(factory=count, init=False)
    _bell: trio.Event = field(factory=trio.Event, init=False)

    def __bool__(self) -> bool:
        return bool(self._steps)

    def add(self, step: Step, rank: float) -> None:
        """Have `step` taken soon."""
        heappush(self._steps, (rank, next(self._count), step))
        self.wake()

    def take(self) -> Step:
        """The next step; there must be one."""
        return heappop(self._steps)[2]

    def wake(self) -> None:
        """End the supervisor's sleep."""
        self.resting = False
        self._bell.set()

    async def wait(self, due: float) -> None:
        """Sleep until there is a step to take, or `wake` is called, or until `due`."""
        if self._steps:
            return
        self._bell, self.rests_until, self.resting = trio.Event(), due, True
        try:
            await wait_until(self._bell, due)
        finally:
            self.resting = False
