"""The loop's thread: one fresh `asyncio.Runner`, from its start to its end."""

import asyncio
import contextvars
import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import trio

from daemon.aio.errors import LoopEnded
from daemon.aio.stacks import describe_task, describe_tasks, describe_thread

logger = logging.getLogger("perkd.asyncio")

_JOIN = 1.0
"""Seconds for a thread that has said its last word to be gone."""


class LoopThread:
    """Runs the loop, and passes callbacks between it and the trio that made it.

    Args:
        name: what the loop is for; in the thread's name and in log lines.
        tasks_within: seconds that asyncio tasks get to end when the loop ends; then it ends without them.
        on_end: called in trio when the thread has ended.
    """

    def __init__(self, name: str, tasks_within: float, on_end: Callable[[], None]) -> None:
        self.name = name
        self.started = trio.Event()
        self.ended = trio.Event()
        self.ending = False
        """Asked to end, or dying: what is cancelled from now on is cancelled because of it."""
        self.failure: BaseException | None = None
        """What ended the loop without being asked."""
        self._tasks_within = tasks_within
        self._on_end = on_end
        self._token = trio.lowlevel.current_trio_token()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"asyncio {name}", daemon=True)

    # --- from any thread --------------------------------------------------------------------------

    def post(
        self, callback: Callable[..., object], *args: object, context: contextvars.Context | None = None
    ) -> None:
        """Have the loop call this soon; one that ends at this moment may never do so. Raises `LoopEnded`."""
        if self._loop is None:
            raise self.has_ended()
        try:
            self._loop.call_soon_threadsafe(callback, *args, context=context)
        except RuntimeError:  # the loop is closed
            raise self.has_ended() from self.failure

    def tell_trio(self, callback: Callable[..., object], *args: object) -> None:
        """Have trio call this soon, in the order of the calls."""
        with suppress(trio.RunFinishedError):  # trio is over: nobody is left to be told
            self._token.run_sync_soon(self._guarded, callback, args)

    def _guarded(self, callback: Callable[..., object], args: tuple[object, ...]) -> None:
        try:
            callback(*args)
        except BaseException:  # what is raised in here would end all of trio
            logger.exception("asyncio loop %s: a callback into trio failed", self.name)

    def has_ended(self) -> LoopEnded:
        """The error for who comes too late."""
        return LoopEnded(self.name, self.failure)

    def describe(self) -> str:
        """What it is doing."""
        tasks = "none" if self._loop is None else describe_tasks(self._loop)
        return f"stack: {describe_thread(self._thread)}; tasks: {tasks}"

    # --- in trio ----------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start the thread, and wait until its loop runs. Raises what prevented it."""
        self._thread.start()
        with trio.CancelScope(shield=True):  # takes a moment, and then there is something to end
            await self.started.wait()
        if self._loop is None and self.failure is not None:
            self._thread.join(_JOIN)
            raise self.failure

    async def end(self, within: float) -> None:
        """End loop and thread; what does not end within so many seconds is reported and left behind."""
        self.ending = True
        with suppress(LoopEnded):
            self.post(self._stop.set)
        with trio.move_on_after(within, shield=True):
            await self.ended.wait()
        if self.ended.is_set():
            self._thread.join(_JOIN)
        else:
            logger.error(
                "asyncio loop %s: did not end within %g s, left behind; %s",
                self.name,
                within,
                self.describe(),
            )

    def _note_end(self) -> None:
        self.started.set()
        self.ended.set()
        self._on_end()

    # --- in the loop's thread ---------------------------------------------------------------------

    def _run(self) -> None:
        try:
            with asyncio.Runner() as runner:
                try:
                    runner.run(self._serve())
                except BaseException as error:
                    self.failure = error
                    raise
                finally:
                    self.ending = True
                    runner.run(self._end_tasks())
        except BaseException as error:  # noqa: BLE001 - told to everybody who waits
            self.failure = self.failure or error
        self.tell_trio(self._note_end)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._log_background_error)
        self._loop = loop
        self.tell_trio(self.started.set)
        await self._stop.wait()

    async def _end_tasks(self) -> None:
        """Cancel and await every task. One that swallows it is cancelled again at half time, then left."""
        clock = asyncio.get_running_loop().time
        for _ in range(2):
            until = clock() + self._tasks_within / 2
            while (left := until - clock()) > 0 and (tasks := self._others()):
                for task in tasks:
                    task.cancel()
                await asyncio.wait(tasks, timeout=left)
        for task in self._others():
            logger.error(
                "asyncio loop %s: a task would not end, left behind: %s", self.name, describe_task(task)
            )
            # Or the runner would wait for it for ever. Documented, under "Extending".
            asyncio._unregister_task(task)  # noqa: SLF001

    def _others(self) -> "set[asyncio.Task[Any]]":
        return {task for task in asyncio.all_tasks() if task is not asyncio.current_task()}

    def _log_background_error(self, _loop: asyncio.AbstractEventLoop, context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        logger.error("asyncio loop %s: %s", self.name, context.get("message"), exc_info=error)
