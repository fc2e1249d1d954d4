"""An asyncio loop, as who uses it sees it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from daemon.aio.call import QuickCall, TaskCall
from daemon.aio.errand import Errand
from daemon.aio.errors import LoopEnded
from daemon.aio.lifetime import Lifetime
from daemon.aio.outlet import Outlet

T = TypeVar("T")


class Loop:
    """One asyncio loop in its thread, made by `open_loop`. All but `run_in_trio` is for trio's side."""

    def __init__(self, lifetime: Lifetime, cancel_within: float) -> None:
        self._lifetime = lifetime
        self._thread = lifetime.thread
        self._cancel_within = cancel_within

    @property
    def name(self) -> str:
        """What it is for."""
        return self._thread.name

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
        return await self._lifetime.make(TaskCall(self._thread, function, args))

    async def sync(self, function: Callable[..., T], *args: object) -> T:
        """Run a quick synchronous function in the loop's thread. Errors as of `call`."""
        return await self._lifetime.make(QuickCall(self._thread, function, args))

    def from_asyncio(self, capacity: int) -> Outlet[T]:
        """A stream by which asyncio code hands values to trio; at most `capacity` (≥ 1) lie between."""
        outlet: Outlet[T] = Outlet(self._thread, capacity)
        self._lifetime.add(outlet)
        return outlet

    async def run_in_trio(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        """Run a trio function and wait for it: for asyncio code, in the loop's thread.

        The function sees a copy of the caller's context variables. When the caller is cancelled the function
        is, too, and its end is waited for, at most `cancel_within` seconds.

        Raises:
            LoopEnded: the block of `open_loop` is over.
            Exception: what the function raised, as it is.
        """
        errand = Errand(self._thread, function, args)
        self._thread.tell_trio(self._lifetime.begin, errand)
        return await errand.wait(self._cancel_within)


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
            life = Lifetime(name, nursery, cancel_within=cancel_within, end_within=end_within)
            try:
                await life.start(stuck_after)
                with life.died:
                    yield Loop(life, cancel_within)
            except BaseException as error:  # noqa: BLE001 - raised below, so that it is in no group
                failure = error
            await life.end()
            nursery.cancel_scope.cancel()
        death = life.cause_of_death()
        if death is not None and (failure is None or not isinstance(death, LoopEnded)):
            failure = death
        if failure is not None:
            raise failure
    finally:
        del failure  # no cycle of the error, its traceback and this frame
