"""An asyncio loop as trio sees it."""

import contextvars
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar
from weakref import WeakSet

import trio

from daemon.aio.call import Call, QuickCall, TaskCall
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


class Loop:
    """One asyncio loop in its thread, made by `open_loop`. All but `run_in_trio` is for trio's side."""

    def __init__(self, name: str, nursery: trio.Nursery, *, cancel_within: float, end_within: float) -> None:
        self.name = name
        self._nursery = nursery
        self._cancel_within = cancel_within
        self._end_within = end_within
        self._thread = LoopThread(name, end_within * _TASKS_SHARE, self._note_end)
        self._calls: set[Call[Any]] = set()
        self._outlets: WeakSet[Outlet[Any]] = WeakSet()
        self._asked = False
        self._over = False
        self.died = trio.CancelScope()
        """Cancelled when the loop ends without being asked: the block of `open_loop` runs in it."""

    async def call(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        """Run `function(*args)` as an asyncio task and wait for it.

        The task sees a copy of the caller's context variables. When the caller is cancelled the task is, too,
        and its end is waited for, at most `cancel_within` seconds; a result that comes in spite of it is
        returned.

        Raises:
            LoopEnded: the loop has ended, or did so during the call.
            TaskCancelled: asyncio code cancelled the task by itself.
            BaseException: what the function raised, as it is.
        """
        return await self._make(TaskCall(self._thread, function, args))

    async def sync(self, function: Callable[..., T], *args: object) -> T:
        """Run a quick synchronous function in the loop's thread. Errors as of `call`."""
        return await self._make(QuickCall(self._thread, function, args))

    def from_asyncio(self, capacity: int) -> Outlet[T]:
        """A stream by which asyncio code hands values to trio; at most `capacity` (≥ 1) lie between."""
        outlet: Outlet[T] = Outlet(self._thread, capacity)
        self._outlets.add(outlet)
        if self._over:
            outlet.loop_has_ended()
        return outlet

    async def run_in_trio(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        """Run a trio function and wait for it: for asyncio code, in the loop's thread.

        Cancelled, it cancels the trio function and waits for its end, at most `cancel_within` seconds.

        Raises:
            LoopEnded: the block of `open_loop` is over.
            Exception: what the function raised, as it is.
        """
        errand = Errand(self._thread, function, args)
        self._thread.tell_trio(self._begin_errand, errand)
        return await errand.wait(self._cancel_within)

    def _begin_errand(self, errand: Errand[object]) -> None:
        if self._over:
            errand.refuse()
        else:
            errand.begin(self._nursery)

    async def _make(self, call: Call[T]) -> T:
        await trio.lowlevel.checkpoint_if_cancelled()
        if self._thread.ending:
            raise self._thread.has_ended()
        self._thread.post(call.begin, context=contextvars.copy_context())
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
            with suppress(LoopEnded):
                self._thread.post(call.cancel)
            raise
        finally:
            self._calls.discard(call)
        return call.result()

    async def _cancel(self, call: Call[T]) -> None:
        with suppress(LoopEnded):
            self._thread.post(call.cancel)
        with trio.move_on_after(self._cancel_within, shield=True):
            await call.settled.wait()
        if not call.settled.is_set():
            call.abandon(self._cancel_within)

    async def start(self, stuck_after: float) -> None:
        """Start thread and watchdog."""
        await self._thread.start()
        self._nursery.start_soon(watch, self._thread, stuck_after)

    async def end(self) -> None:
        """End the loop; afterwards nobody waits for it, whether it ended or not."""
        self._asked = True
        await self._thread.end(self._end_within)
        self._leave()

    def _note_end(self) -> None:
        if self._asked and self._over:
            logger.warning("asyncio loop %s: has ended after all", self.name)
        self._leave()
        if not self._asked:
            logger.error("asyncio loop %s: its thread died", self.name, exc_info=self.failure)
            self.died.cancel()

    def _leave(self) -> None:
        self._over = True
        for call in self._calls:
            call.settle(Raised(self._thread.has_ended()))
        for outlet in self._outlets:
            outlet.loop_has_ended()

    @property
    def failure(self) -> BaseException | None:
        """What killed the thread."""
        return self._thread.failure

    def reason(self) -> BaseException:
        """What to raise where the loop died: `LoopEnded`, or what is to end everything, as it is."""
        if isinstance(self.failure, (KeyboardInterrupt, SystemExit)):
            return self.failure
        return self._thread.has_ended()


@asynccontextmanager
async def open_loop(
    name: str, *, cancel_within: float = 5.0, end_within: float = 10.0, stuck_after: float = 5.0
) -> AsyncIterator[Loop]:
    """Run a fresh asyncio loop in a thread of its own, ended with the block.

    At the end every asyncio task is cancelled and awaited, and asynchronous generators and the default
    executor are shut down. What does not end in time is reported and left behind. A thread that dies cancels
    the block.

    Args:
        name: what it is for; in log lines and in the thread's name.
        cancel_within: seconds that a cancelled call may take to end; then it is reported and left behind.
        end_within: seconds that the whole loop may take to end.
        stuck_after: seconds without a sign of life after which the loop is reported as stuck.

    Raises:
        LoopEnded: the thread died; its cause says of what. `SystemExit` and `KeyboardInterrupt` as they are.
        BaseException: what the block raised, as it is.
    """
    await trio.lowlevel.checkpoint()
    failure: BaseException | None = None
    try:
        async with trio.open_nursery() as nursery:
            loop = Loop(name, nursery, cancel_within=cancel_within, end_within=end_within)
            try:
                await loop.start(stuck_after)
                with loop.died:
                    yield loop
            except BaseException as error:  # noqa: BLE001 - raised below, outside of the nursery, so not in a group
                failure = error
            await loop.end()
            nursery.cancel_scope.cancel()
        if loop.died.cancel_called and (failure is None or isinstance(failure, LoopEnded)):
            failure = loop.reason()
        if failure is not None:
            raise failure
    finally:
        del failure  # no cycle of the error, its traceback and this frame
