"""Values from asyncio to trio, with bounded back-pressure."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Generic, Self, TypeVar

import trio

from daemon.aio.errors import LoopEnded, OutletClosed
from daemon.aio.thread import LoopThread

T = TypeVar("T")
logger = logging.getLogger("perkd.asyncio")


class Outlet(Generic[T]):
    """A stream: asyncio code sends, trio iterates, at most `capacity` values lie between them.

    Asyncio code uses `send`, `send_nowait` and `close`; trio uses `receive`, `async for` and, to say that it
    wants no more, `refuse` (done at the end of a `with` block as well).
    """

    def __init__(self, thread: LoopThread, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity = {capacity}: must be 1 or more")
        self._thread = thread
        self._sender, self._receiver = trio.open_memory_channel[T](capacity)
        self._places = Places(capacity)
        self._closed_by_asyncio = False

    # --- in the loop's thread ---------------------------------------------------------------------

    async def send(self, value: T) -> None:
        """Hand over a value; waits while trio has as many as fit.

        Raises `OutletClosed` when trio wants no more.
        """
        await self._places.take()
        self._thread.tell_trio(self._put, value)

    def send_nowait(self, value: T) -> None:
        """Hand over a value from a synchronous callback.

        Raises `asyncio.QueueFull` where it does not fit, `OutletClosed` when trio wants no more.
        """
        self._places.take_nowait()
        self._thread.tell_trio(self._put, value)

    def close(self) -> None:
        """End the stream: trio's iteration ends behind the last value."""
        self._places.close()
        self._thread.tell_trio(self._end, True)

    # --- in trio ----------------------------------------------------------------------------------

    async def receive(self) -> T:
        """The next value.

        Raises `trio.EndOfChannel` when asyncio code has closed the stream, `LoopEnded` when the loop has
        ended without doing so, both behind the last value; `trio.ClosedResourceError` after `refuse`.
        """
        try:
            value = await self._receiver.receive()
        except trio.EndOfChannel:
            if self._closed_by_asyncio:
                raise
            raise self._thread.has_ended() from self._thread.failure
        self._post(self._places.give_back)
        return value

    def refuse(self) -> None:
        """Want no more: what lies between is dropped, who sends gets `OutletClosed`."""
        self._receiver.close()
        self._post(self._places.close)

    def loop_has_ended(self) -> None:
        """No more values will come. Called by the loop."""
        self._end(closed=False)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.refuse()

    def _put(self, value: T) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):  # nobody wants it any more
            self._sender.send_nowait(value)

    def _end(self, closed: bool) -> None:
        self._closed_by_asyncio = self._closed_by_asyncio or closed
        self._sender.close()

    def _post(self, callback: Callable[[], None]) -> None:
        with suppress(LoopEnded):  # then nobody waits for a place
            self._thread.post(callback)


class Places:
    """The places between the two sides; who waits for one gets it in turn. For the loop's thread only."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    def take_nowait(self) -> None:
        """Take a place. Raises `asyncio.QueueFull` or `OutletClosed`."""
        if self._closed:
            raise OutletClosed("trio takes no more values from this outlet")
        if not self._free:
            raise asyncio.QueueFull
        self._free -= 1

    async def take(self) -> None:
        """Take a place, wait for one if need be. Raises `OutletClosed`."""
        with suppress(asyncio.QueueFull):
            self.take_nowait()
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                with suppress(ValueError):  # passed over already
                    self._waiting.remove(turn)
            elif turn.exception() is None:  # given at the moment of the cancellation: for somebody else
                self.give_back()
            raise

    def give_back(self) -> None:
        """A value was taken out: its place goes to who waits longest."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def close(self) -> None:
        """Nobody gets a place any more."""
        self._closed = True
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_exception(OutletClosed("trio takes no more values from this outlet"))
