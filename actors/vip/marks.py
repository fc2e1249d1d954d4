"""The state shown on messages, by reactions: after the messages themselves, and never in their way."""

from collections.abc import Callable

import trio
from attrs import define, field, frozen

from actors.vip.model import Side
from actors.vip.parts import SessionParts
from actors.vip.ports import FloodWait, Lease, Mark, Trouble, Unreachable


@define(eq=False)
class Marks:
    """What is to be shown; of two marks of one message the later one counts."""

    _parts: SessionParts
    _wake: Callable[[], None]
    """Told that there is something to be shown."""
    _wanted: dict["_Place", Mark] = field(factory=dict)
    _shown: dict["_Place", Mark] = field(factory=dict)

    @property
    def has_work(self) -> bool:
        """There is something to be shown."""
        return bool(self._wanted)

    def show(self, side: Side, message: str, mark: Mark) -> None:
        """To be shown on a message of that side."""
        place = _Place(side, message, self._parts.lease if side is Side.DESK else None)
        if self._shown.get(place) is not mark:
            self._wanted[place] = mark
            self._wake()

    async def run(self) -> None:
        """Show them, one after another, until all are shown."""
        pause = self._parts.policy.pause_min
        while self._wanted:
            place, mark = next(iter(self._wanted.items()))
            try:
                await self._show(place, mark)
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
            if self._wanted.get(place) is mark:
                del self._wanted[place]
                self._shown[place] = mark
        self._shown.clear()

    async def _show(self, place: "_Place", mark: Mark) -> None:
        ports, session = self._parts.ports, self._parts.book.live
        if place.lease is None:
            await ports.threads.mark(session.thread, place.message, mark)
        elif place.lease == self._parts.lease:
            await ports.desk.mark(place.lease, place.message, mark)


@frozen
class _Place:
    """A message that carries a mark; its number at the desk is one of its lease's account alone."""

    side: Side
    message: str
    lease: Lease | None
