"""The waits of a supervisor's children for their next start: told and shown as its core decides them."""

import math

from attrs import define

from supervision.child import End
from supervision.core import SupervisorCore
from supervision.events import BackingOff
from supervision.supervisor_cell import SupervisorCell


@define(eq=False)
class Waits:
    """Keeps the children's records and the core's due times in step."""

    _cell: SupervisorCell
    _core: SupervisorCore

    def note(self, index: int, now: float) -> None:
        """A child that ended waits, waits for longer, or does so no more."""
        cell, due = self._cell.children[index], self._core.due(index)
        waits, comes = cell.state == "backing_off", math.isfinite(due)
        # While the core takes it for alive, its end is still to be told: that may be one for good.
        ended = cell.state == "stopped" and comes and not self._core.children[index].alive
        if ended or (waits and comes and cell.due != due):
            cell.state, cell.due = "backing_off", due
            if due > now:
                self._cell.host.emit(BackingOff(cell.path, round(due - now, 3)))
        elif waits and not comes:
            cell.state, cell.how = "stopped", End.STOPPED.value

    def note_all(self, now: float) -> None:
        """So may all of them."""
        for index in self._cell.children:
            self.note(index, now)

    def note_end(self, index: int, now: float) -> None:
        """A member of a group ended; if that led to the restart, it changes the waits of the others."""
        if self._core.leads_group(index):
            self.note_all(now)
        else:
            self.note(index, now)
