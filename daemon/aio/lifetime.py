"""A loop's life as trio sees it: its start, who waits for it, its end or death."""

import contextvars
import logging
from contextlib import suppress
from typing import Any, TypeVar
from weakref import WeakSet

import trio

from daemon.aio.call import Call
from daemon.aio.errand import Errand
from daemon.aio.errors import LoopEnded
from daemon.aio.outcome import Raised
from daemon.aio.outlet import Outlet
from daemon.aio.thread import LoopThread
from daemon.aio.watchdog import watch

logger = logging.getLogger("perkd.asyncio")

T = TypeVar("T")
_TASKS_SHARE = 0.8
"""Of the time a loop has to end, what its tasks may use."""


class Lifetime:
    """From `start` to `end`; what runs in trio for the loop's sake runs in `nursery`.

    Args:
        name: what the loop is for.
        nursery: outlives the loop.
        cancel_within: seconds that a cancelled call may take to end.
        end_within: seconds that the loop may take to end.
    """

    def __init__(self, name: str, nursery: trio.Nursery, *, cancel_within: float, end_within: float) -> None:
        self.thread = LoopThread(name, end_within * _TASKS_SHARE, self._note_end)
        self.died = trio.CancelScope()
        """Cancelled when the loop ends without being asked."""
        self._nursery = nursery
        self._cancel_within = cancel_within
        self._end_within = end_within
        self._calls: set[Call[Any]] = set()
        self._outlets: WeakSet[Outlet[Any]] = WeakSet()
        self._asked = False
        self._over = False

    async def start(self, stuck_after: float) -> None:
        """Start the thread and its watchdog."""
        await self.thread.start()
        self._nursery.start_soon(watch, self.thread, stuck_after)

    async def end(self) -> None:
        """End the loop; afterwards nobody waits for it, whether it ended or not."""
        self._asked = True
        await self.thread.end(self._end_within)
        self._leave()

    def cause_of_death(self) -> BaseException | None:
        """What to raise where the loop died: `LoopEnded`, or what is to end everything, as it is."""
        if not self.died.cancel_called:
            return None
        if isinstance(self.thread.failure, (KeyboardInterrupt, SystemExit)):
            return self.thread.failure
        return self.thread.has_ended()

    async def make(self, call: Call[T]) -> T:
        """Make the call and wait for it; cancelled, it is cancelled on the other side too."""
        await trio.lowlevel.checkpoint_if_cancelled()
        if self.thread.ending:
            raise self.thread.has_ended()
        self.thread.post(call.begin, context=contextvars.copy_context())
        self._calls.add(call)
        try:
            await call.settled.wait()
        except trio.Cancelled:
            if call.withdraw():
                raise
            await self._cancel(call)
            if call.was_cancelled:
                raise
        except BaseException:  # a KeyboardInterrupt
            self._post_cancel(call)
            raise
        finally:
            self._calls.discard(call)
        return call.result()

    async def _cancel(self, call: Call[T]) -> None:
        self._post_cancel(call)
        with trio.move_on_after(self._cancel_within, shield=True):
            await call.settled.wait()
        if not call.settled.is_set():
            call.abandon(self._cancel_within)

    def _post_cancel(self, call: Call[T]) -> None:
        with suppress(LoopEnded):
            self.thread.post(call.cancel)

    def add(self, outlet: Outlet[Any]) -> None:
        """Have an outlet hear of the end."""
        self._outlets.add(outlet)
        if self._over:
            outlet.loop_has_ended()

    def begin(self, errand: Errand[Any]) -> None:
        """Start what asyncio code asks of trio."""
        if self._over:
            errand.refuse()
        else:
            errand.begin(self._nursery)

    def _note_end(self) -> None:
        if self._over:
            logger.warning("asyncio loop %s: has ended after all", self.thread.name)
        self._leave()
        if not self._asked:
            logger.error("asyncio loop %s: its thread died", self.thread.name, exc_info=self.thread.failure)
            self.died.cancel()

    def _leave(self) -> None:
        self._over = True
        for call in self._calls:
            call.settle(Raised(self.thread.has_ended()))
        for outlet in self._outlets:
            outlet.loop_has_ended()
