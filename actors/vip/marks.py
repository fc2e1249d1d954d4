"""The state shown on messages, by reactions: after the messages themselves, and never in their way."""

from collections.abc import Awaitable, Callable

import trio
from attrs import define, field

from actors.vip.model import Side
from actors.vip.parts import SessionParts
from actors.vip.ports import FloodWait, Mark, Trouble, Unreachable


@define(eq=False)
class Marks:
    """What is to be shown; of two marks of one message the later one counts."""

    _parts: SessionParts
    _wake: Callable[[], None]
    """Told that there is something to be shown."""
    _wanted: dict[tuple[Side, str], Mark] = field(factory=dict)
    _shown: dict[tuple[Side, str], Mark] = field(factory=dict)

    @property
    def has_work(self) -> bool:
        """There is something to be shown."""
        return bool(self._wanted)

    def show(self, side: Side, message: str, mark: Mark) -> None:
        """To be shown on a message of that side."""
        if self._shown.get((side, message)) is not mark:
            self._wanted[side, message] = mark
            self._wake()

    async def run(self) -> None:
        """Show them, one after another, until all are shown."""
        pause = self._parts.policy.pause_min
        while self._wanted:
            (side, message), mark = next(iter(self._wanted.items()))
            try:
                await self._call(side, message, mark)()
            except FloodWait as wait:
                await trio.sleep(wait.seconds)
                continue
            except Unreachable:
                await trio.sleep(pause)
                pause = min(2 * pause, self._parts.policy.pause_max)
                continue
            except Trouble:
                pass  # the message, or the right to mark it, is gone: there is nothing to be shown
            pause = self._parts.policy.pause_min
            if self._wanted.get((side, message)) is mark:
                del self._wanted[side, message]
                self._shown[side, message] = mark
        self._shown.clear()

    def _call(self, side: Side, message: str, mark: Mark) -> Callable[[], Awaitable[None]]:
        ports, session = self._parts.ports, self._parts.book.live
        if side is Side.THREAD:
            return lambda: ports.threads.mark(session.thread, message, mark)
        return lambda: ports.desk.mark(self._parts.lease, message, mark)
