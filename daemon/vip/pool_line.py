"""The way from the Telegram accounts to the account pool: nothing is lost on it, and the order is kept."""

import logging

import trio
from attrs import define, field

from daemon.telegram.desk import Told
from supervision import ActorDead, ActorRef

logger = logging.getLogger("perkd.telegram")

AGAIN = 1.0
"""Seconds until a pool that had ended is tried again."""


@define(eq=False)
class PoolLine:
    """Tells the pool. While it has no room, or is not there, the accounts wait.

    A pool that is restarted keeps its mailbox. One whose whole half has given up comes back, after minutes
    if need be, and has to be told then what it has to know.
    """

    _pool: ActorRef
    _gone: bool = field(default=False, init=False)

    async def __call__(self, told: Told) -> None:
        """Tell it; returns when the pool's mailbox has it."""
        while True:
            try:
                await self._pool.send(told)
            except ActorDead:
                if not self._gone:
                    logger.warning("%s is gone: what happens at the desk waits for it", self._pool.path)
                self._gone = True
                await trio.sleep(AGAIN)
            else:
                self._gone = False
                return
