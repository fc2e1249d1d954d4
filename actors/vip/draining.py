"""The last messages of a session that ends."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import trio
from attrs import define, field

from actors.ports import StoreUnavailable
from actors.vip.catching_up import CatchingUp
from actors.vip.marks import Marks
from actors.vip.model import Side
from actors.vip.parts import SessionParts
from actors.vip.ports import Trouble
from actors.vip.pump import Pump
from actors.vip.recording import Recorder

logger = logging.getLogger(__name__)

MARKED_WITHIN = 3.0
"""Seconds that showing what has arrived may hold up an end."""


@define(eq=False)
class Draining:
    """Reads what was written before the end and is not recorded yet, and sends all that waits."""

    _parts: SessionParts
    _recorder: Recorder
    _pumps: Mapping[Side, Pump]
    _marks: Marks
    _fault: StoreUnavailable | None = field(default=None, init=False)

    async def run(self, seconds: float) -> None:
        """For so long at most. Raises `StoreUnavailable`: to be run again."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                for side in Side:
                    nursery.start_soon(self._drain, side)
            with trio.move_on_after(MARKED_WITHIN):
                await self._marks.run()
        if self._fault is not None:
            raise self._fault

    async def _drain(self, side: Side) -> None:
        steps: list[Callable[[], Awaitable[None]]] = [partial(self._read, side)]
        if (
            side is Side.DESK or self._parts.book.live.desk_from
        ):  # the desk reads nobody who was not introduced
            steps.append(self._pumps[side].run)
        for do in steps:
            try:
                await do()
            except StoreUnavailable as error:
                self._fault = error
            except Trouble as error:
                logger.info("What waited for user %s stays: %s", self._parts.member.id, error)

    async def _read(self, side: Side) -> None:
        """It was held while histories were read, or on its way to the session."""
        if side is Side.THREAD or self._parts.book.live.desk_from:
            await CatchingUp(self._parts, self._recorder).run(side)
