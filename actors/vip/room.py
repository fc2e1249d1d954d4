"""Telling actors that can't keep up: nothing is lost, and what waits for them is bounded."""

import logging
from collections.abc import Callable

from attrs import define, field

from supervision import ActorDead, ActorRef, MailboxFull

logger = logging.getLogger(__name__)


@define(eq=False)
class Room:
    """Tells at once, or has it wait for room in the mailbox."""

    _start_soon: Callable[..., None]
    _again: Callable[[object], object | None]
    """What makes good for a message and all others of its kind: a look at a history; None: it has to wait."""
    _full: set[ActorRef] = field(factory=set)
    """For these a look at the history waits to be put in."""

    def tell(self, ref: ActorRef, message: object) -> None:
        """Raises `ActorDead`."""
        try:
            ref.tell(message)
        except MailboxFull:
            self._wait(ref, message)

    def _wait(self, ref: ActorRef, message: object) -> None:
        again = self._again(message)
        if again is None:
            self._start_soon(self._send, ref, message)
        elif ref not in self._full:
            logger.warning("%s is full: it reads the histories again", ref.path)
            self._full.add(ref)
            self._start_soon(self._send_again, ref, again)

    async def _send_again(self, ref: ActorRef, message: object) -> None:
        try:
            await self._send(ref, message)
        finally:
            self._full.discard(ref)

    async def _send(self, ref: ActorRef, message: object) -> None:
        try:
            await ref.send(message)
        except ActorDead:
            logger.debug("%s ended before it could be told %s", ref.path, type(message).__name__)
