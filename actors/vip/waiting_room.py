"""What is written in the thread while the session waits for an account."""

from collections.abc import Awaitable, Callable

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip.marks import Marks
from actors.vip.model import Side
from actors.vip.ports import Mark, ThreadMessage, Trouble
from actors.vip.way import Message

_SHOWN_AFTER = 2.0
"""Seconds. Most sessions have an account, or get one at once: then nothing has to be shown."""


@define(eq=False)
class WaitingRoom:
    """Shows that it waits, for nobody can tell when it is read."""

    _marks: Marks
    _messages: list[str] = field(factory=list)
    _waits: bool = False

    def enter(self, message: Message) -> None:
        """Somebody wrote."""
        if self._waits and isinstance(message, ThreadMessage):
            self._messages.append(message.id)

    async def during(self, wait: Callable[[], Awaitable[None]]) -> None:
        """Show it until `wait` is over. Raises what that raises."""
        trouble: Exception | None = None
        self._waits = True
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._show)
                try:
                    await wait()
                except (Trouble, StoreUnavailable) as error:
                    trouble = error
                nursery.cancel_scope.cancel()
        finally:
            self._waits = False
            self._messages.clear()
        if trouble is not None:
            raise trouble

    async def _show(self) -> None:
        while True:
            await trio.sleep(_SHOWN_AFTER)
            while self._messages:
                self._marks.show(Side.THREAD, self._messages.pop(0), Mark.WAITING)
            await self._marks.run()
