"""Notices a loop that does not answer."""

import logging
from time import monotonic

import trio
from attrs import define, field

from daemon.aio.errors import LoopEnded
from daemon.aio.thread import LoopThread

logger = logging.getLogger("perkd.asyncio")

_LOOKS = 4
"""Looks in the time after which a loop counts as stuck."""


@define(eq=False)
class Ping:
    """Asked in trio, answered in the loop's thread."""

    asked: float = field(factory=monotonic)
    answered: float | None = None

    def answer(self) -> None:
        """The loop is alive."""
        self.answered = monotonic()

    @property
    def waited(self) -> float:
        """Seconds until the answer, or until now."""
        return (monotonic() if self.answered is None else self.answered) - self.asked


async def watch(thread: LoopThread, stuck_after: float) -> None:
    """Ping the loop; report once what it does when it does not answer for so long, and when it is back.

    The clock is the machine's: a thread knows no other.
    """
    while not thread.ending:
        ping = Ping()
        try:
            thread.post(ping.answer)
        except LoopEnded:
            return
        reported = False
        while True:
            await trio.sleep(stuck_after / _LOOKS)
            if ping.answered is not None or thread.ending:
                break
            if ping.waited >= stuck_after and not reported:
                logger.error(
                    "asyncio loop %s: stuck, no answer for %.3g s; %s",
                    thread.name,
                    ping.waited,
                    thread.describe(),
                )
                reported = True
        if reported and not thread.ending:
            logger.warning("asyncio loop %s: is back, it was stuck for %.3g s", thread.name, ping.waited)
