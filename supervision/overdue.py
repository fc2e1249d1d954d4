"""Children that were cancelled and do not end: there is no kill, so they are reported, again and again."""

import math
from collections.abc import Callable

from attrs import define, field

from supervision.cell import AnyCell
from supervision.events import Event, StopOverdue

FIRST_REPORT = 5.0
"""Seconds after the cancellation until the first report; each further one comes after twice as long."""


@define
class _Watch:
    cell: AnyCell
    cancelled_at: float
    report_at: float


@define
class Overdue:
    """Watches children that are being stopped."""

    _emit: Callable[[Event], None]
    _watched: list[_Watch] = field(factory=list)

    def watch(self, cell: AnyCell, cancelled_at: float) -> None:
        """Expect `cell` to end soon after `cancelled_at`."""
        self._watched.append(_Watch(cell, cancelled_at, cancelled_at + FIRST_REPORT))

    def over(self, cell: AnyCell) -> None:
        """It ended."""
        self._watched = [watch for watch in self._watched if watch.cell is not cell]

    def next_due(self) -> float:
        """When `tick` should be called (inf: no need)."""
        return min((watch.report_at for watch in self._watched), default=math.inf)

    def tick(self, now: float) -> None:
        """Report those that are overdue."""
        for watch in self._watched:
            if watch.report_at <= now:
                waited = now - watch.cancelled_at
                watch.cell.state = "overdue"
                watch.report_at = now + max(FIRST_REPORT, waited)
                self._emit(StopOverdue(watch.cell.path, round(waited, 3)))
