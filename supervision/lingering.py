"""What a cancelled tree still waits for: its supervisors are gone, and can't report that any more."""

import math
from collections.abc import Iterator

import trio
from attrs import define, field

from supervision.cell import Cell
from supervision.overdue import Overdue
from supervision.supervisor_cell import ChildCell, SupervisorCell


@define(eq=False)
class Lingering:
    """Reports the actors that do not end when their tree is cancelled at once."""

    _root: SupervisorCell
    _cancelled: trio.Event = field(factory=trio.Event, init=False)

    @trio.lowlevel.enable_ki_protection
    async def notice(self) -> None:
        """Run where the cancellation is felt."""
        try:
            await trio.sleep_forever()
        finally:
            self._cancelled.set()

    @trio.lowlevel.enable_ki_protection
    async def report(self) -> None:
        """Run where it is not felt; to be cancelled when all have ended."""
        await self._cancelled.wait()
        overdue, now = Overdue(self._root.host.emit), trio.current_time()
        actors = [*_actors(self._root)]
        for cell in actors:
            if cell.scope is not None:
                overdue.watch(cell, now)
        while (due := overdue.next_due()) < math.inf:
            await trio.sleep_until(due)
            for cell in actors:
                if cell.scope is None:
                    cell.state = "stopped"
                    overdue.over(cell)
            overdue.tick(trio.current_time())


def _actors(cell: ChildCell) -> Iterator[Cell]:
    if isinstance(cell, Cell):
        yield cell
        return
    for child in cell.children.values():
        yield from _actors(child)
