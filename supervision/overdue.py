"""Children that were cancelled and do not end: there is no kill, so they are reported, again and again."""

import math
from collections.abc import Callable

import trio
from attrs import define, field

from supervision.cell import AnyCell
from supervision.events import AnyEvent, StopOverdue

FIRST_REPORT = 5.0
"""Seconds after the cancellation until the first report; each further one comes after twice as long."""


async def wait_until(bell: trio.Event, due: float) -> None:
    """Wait for `bell`, until `due` at most. A cancel scope costs more than the wait: none without need."""
    if due == math.inf:
        await bell.wait()
    else:
        with trio.move_on_at(due):
            await bell.wait()


@define
class _Watch:
    cancelled_at: float
    report_at: float


@define
class Overdue:
    """Watches children that are being stopped."""

    _emit: Callable[[AnyEvent], None]
    _watched: dict[AnyCell, _Watch] = field(factory=dict)

    def watch(self, cell: AnyCell, cancelled_at: float) -> None:
        """Expect `cell` to end soon after `cancelled_at`. Of several times the first counts."""
        if cell not in self._watched or cancelled_at < self._watched[cell].cancelled_at:
            self._watched[cell] = _Watch(cancelled_at, cancelled_at + FIRST_REPORT)

    def over(self, cell: AnyCell) -> None:
        """It ended."""
        self._watched.pop(cell, None)

    def next_due(self) -> float:
        """When `tick` should be called (inf: no need)."""
        if not self._watched:
            return math.inf
        return min(watch.report_at for watch in self._watched.values())

    def tick(self, now: float) -> None:
        """Report those that are overdue."""
        for cell, watch in self._watched.items():
            if watch.report_at <= now:
                waited = now - watch.cancelled_at
                cell.state = "overdue"
                watch.report_at = now + max(FIRST_REPORT, waited)
                self._emit(StopOverdue(cell.path, round(waited, 3)))
