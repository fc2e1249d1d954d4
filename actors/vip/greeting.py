"""Answering members who press the button while they have an open session."""

from collections.abc import Awaitable, Callable

import trio
from attrs import define, field

from actors.vip.checking import judge_existing
from actors.vip.model import EndReason
from actors.vip.parts import SessionParts


@define(eq=False)
class Greeting:
    """Asks Discord whether the thread still lives, while the relay goes on; one question for all presses."""

    _parts: SessionParts
    _end: Callable[[EndReason], None]
    """Wish the session's end: its thread is of no more use."""
    _nursery: trio.Nursery | None = field(default=None, init=False)
    """While the session is open."""
    _busy: bool = field(default=False, init=False)

    async def beside(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run the open session, and answer meanwhile."""
        try:
            async with trio.open_nursery() as self._nursery:
                self._busy = False
                self.soon()
                await run()
        finally:
            self._nursery = None

    def soon(self) -> None:
        """Somebody has pressed the button."""
        if self._nursery is not None and not self._busy and self._parts.clicks:
            self._busy = True
            self._nursery.start_soon(self._greet)

    async def _greet(self) -> None:
        while self._parts.clicks:
            fault = await judge_existing(self._parts)
            if fault is not None:
                self._end(fault)
                await trio.sleep_forever()
        self._busy = False
