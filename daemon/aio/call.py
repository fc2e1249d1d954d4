"""One call from trio into asyncio: its state on both sides."""

import asyncio
import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar, cast

import trio

from daemon.aio.errors import TaskCancelled
from daemon.aio.outcome import Outcome, Raised, Returned
from daemon.aio.stacks import describe_task
from daemon.aio.thread import LoopThread

logger = logging.getLogger("perkd.asyncio")

T = TypeVar("T")


class Call(ABC, Generic[T]):
    """Something that the loop is to do. Not begun yet, it can be withdrawn."""

    def __init__(self, thread: LoopThread, name: str) -> None:
        self.settled = trio.Event()
        self.name = f"{name} in asyncio loop {thread.name}"
        self._thread = thread
        self._outcome: Outcome[T] | None = None
        self._abandoned = False
        self._first = threading.Lock()
        """Taken, and kept, by who comes first: the loop, to begin, or trio, to withdraw."""

    # --- in trio ----------------------------------------------------------------------------------

    def withdraw(self) -> bool:
        """Whether it will never begin."""
        return self._first.acquire(blocking=False)

    def settle(self, outcome: Outcome[T]) -> None:
        """Take the outcome; the first one counts."""
        if self._outcome is None:
            self._outcome = outcome
            self.settled.set()
        elif self._abandoned:
            told = repr(outcome.error) if isinstance(outcome, Raised) else "returned"
            logger.warning("%s: has ended after all: %s", self.name, told)

    def abandon(self, seconds: float) -> None:
        """Report that it was cancelled so many seconds ago and goes on."""
        logger.error(
            "%s: goes on %g s after it was cancelled, left behind: %s", self.name, seconds, self.where()
        )
        self.settle(Raised(asyncio.CancelledError()))
        self._abandoned = True

    @property
    def was_cancelled(self) -> bool:
        """Whether it ended by asyncio's cancellation."""
        return isinstance(self._outcome, Raised) and isinstance(self._outcome.error, asyncio.CancelledError)

    def result(self) -> T:
        """What the function returned; what it raised is raised as it is."""
        outcome = cast("Outcome[T]", self._outcome)
        if not self.was_cancelled:
            return cast("T", outcome.unwrap())
        if self._thread.ending:
            raise self._thread.has_ended()
        raise TaskCancelled(f"{self.name}: asyncio code cancelled it") from cast("Raised", outcome).error

    # --- in the loop's thread ---------------------------------------------------------------------

    def begin(self) -> None:
        """Start it, unless it was withdrawn."""
        if self._first.acquire(blocking=False):
            self._begin()

    @abstractmethod
    def _begin(self) -> None: ...

    @abstractmethod
    def cancel(self) -> None:
        """Ask it to end."""

    @abstractmethod
    def where(self) -> str:
        """What it is doing; may be asked from any thread."""


class TaskCall(Call[T]):
    """Runs an asyncio function as a task."""

    def __init__(
        self, thread: LoopThread, function: Callable[..., Awaitable[T]], args: tuple[object, ...]
    ) -> None:
        super().__init__(thread, name_of(function))
        self._function = function
        self._args = args
        self._task: asyncio.Task[Outcome[T]] | None = None

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._done)

    async def _run(self) -> Outcome[T]:
        try:
            return Returned(await self._function(*self._args))
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - raised again in trio; SystemExit would end the loop
            return Raised(error)

    def _done(self, task: "asyncio.Task[Outcome[T]]") -> None:
        self._task = None
        try:
            outcome = task.result()
        except asyncio.CancelledError as error:
            outcome = Raised(error)
        self._thread.tell_trio(self.settle, outcome)

    def cancel(self) -> None:
        """Cancel the task."""
        if (task := self._task) is not None:
            task.cancel()

    def where(self) -> str:
        """Where the task waits."""
        task = self._task
        return "has ended" if task is None else describe_task(task)


class QuickCall(Call[T]):
    """Runs a synchronous function, between two turns of the loop."""

    def __init__(self, thread: LoopThread, function: Callable[..., T], args: tuple[object, ...]) -> None:
        super().__init__(thread, name_of(function))
        self._function = function
        self._args = args

    def _begin(self) -> None:
        outcome: Outcome[T]
        try:
            outcome = Returned(self._function(*self._args))
        except BaseException as error:  # noqa: BLE001 - raised again in trio
            outcome = Raised(error)
        self._thread.tell_trio(self.settle, outcome)

    def cancel(self) -> None:
        """Do nothing: what runs, runs."""

    def where(self) -> str:
        """Where the thread is."""
        return self._thread.describe()


def name_of(function: Callable[..., object]) -> str:
    """What a function is called in log lines, without its arguments: they may be secret."""
    return getattr(function, "__qualname__", None) or type(function).__qualname__
