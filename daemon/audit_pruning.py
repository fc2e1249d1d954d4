"""Entries of the audit log don't stay for ever: an actor that deletes the old ones, once a day."""

import logging

import trio
from attrs import define

from actors.ports import StoreUnavailable
from actors.storage import Refusal
from daemon.service import Service
from daemon.service.audit import prune
from supervision import Actor

logger = logging.getLogger("perkd")

DAY = 86_400.0
AGAIN_AFTER = 600.0
"""Seconds until a store that was away is asked again."""


@define(eq=False)
class AuditActor(Actor):
    """Deletes what is older than `days`, at its start and every day."""

    service: Service
    days: float

    async def started(self) -> None:
        """Begin; nobody waits for it."""
        self.start_soon(self._prune_daily)

    async def _prune_daily(self) -> None:
        while True:
            gone = 0
            try:
                gone = await prune(self.service, self.service.clock.now() - self.days * DAY)
            except Refusal as error:  # a crash, repeated, would take the control socket and the page down
                logger.error("The audit log can't be pruned: %s", error)  # noqa: TRY400 - all there is
            except StoreUnavailable as error:
                logger.debug("The audit log could not be pruned, and is asked again: %s", error)
                await trio.sleep(AGAIN_AFTER)
                continue
            if gone:
                logger.info("Entries of the audit log older than %g days deleted: %d", self.days, gone)
            await trio.sleep(DAY)
