"""One call from asyncio into trio."""

import asyncio
import contextvars
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Generic, TypeVar, cast

import trio

from daemon.aio.call import name_of
from daemon.aio.errors import LoopEnded
from daemon.aio.outcome import Outcome, Raised, Returned
from daemon.aio.thread import LoopThread

T = TypeVar("T")
logger = logging.getLogger("perkd.asyncio")


class Errand(Generic[T]):
    """A trio function that asyncio code awaits."""

    def __init__(
        self, thread: LoopThread, function: Callable[..., Awaitable[T]], args: tuple[object, ...]
    ) -> None:
        self._thread = thread
        self._function = function
        self._args = args
        self._context = contextvars.copy_context()
        self._answer: asyncio.Future[Outcome[T]] = asyncio.get_running_loop().create_future()
        self._scope = trio.CancelScope()

    # --- in the loop's thread ---------------------------------------------------------------------

    async def wait(self, cancel_within: float) -> T:
        """Wait for the outcome. Cancelled, it cancels the trio function and waits for its end."""
        try:
            await asyncio.wait([self._answer])
        except asyncio.CancelledError:
            self._thread.tell_trio(self._scope.cancel)
            await asyncio.wait([self._answer], timeout=cancel_within)
            if not self._answer.done():
                self._report(cancel_within)
            elif isinstance(outcome := self._answer.result(), Raised):
                outcome.unwrap()
            raise  # also where it returned: asyncio forgets a cancellation that is swallowed
        return cast("T", self._answer.result().unwrap())

    def _report(self, seconds: float) -> None:
        logger.error(
            "%s, asked for by asyncio loop %s: goes on %g s after it was cancelled, left behind",
            name_of(self._function),
            self._thread.name,
            seconds,
        )

    def _take(self, outcome: "Outcome[T]") -> None:
        if not self._answer.done():
            self._answer.set_result(outcome)

    # --- in trio ----------------------------------------------------------------------------------

    def begin(self, nursery: trio.Nursery) -> None:
        """Start the function."""
        self._context.run(nursery.start_soon, self._run)

    def refuse(self) -> None:
        """Answer that it is too late."""
        self._post(Raised(self._thread.has_ended()))

    async def _run(self) -> None:
        # An end that is neither a value nor an error is a cancellation, of this errand or of everything.
        outcome: Outcome[T] = Raised(asyncio.CancelledError())
        try:
            with self._scope:
                outcome = Returned(await self._function(*self._args))
        except Exception as error:  # noqa: BLE001 - raised again in asyncio
            outcome = Raised(error)
        finally:
            self._post(outcome)

    def _post(self, outcome: "Outcome[T]") -> None:
        with suppress(LoopEnded):  # then nobody waits for the answer
            self._thread.post(self._take, outcome)
