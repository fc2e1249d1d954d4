"""The actors of sessions that have an account of the pool, or wait for one."""

import logging
from collections.abc import Callable

from attrs import define, field, frozen

from actors.vip import pool_messages as m
from actors.vip.room import Room
from supervision import ActorDead, ActorRef

logger = logging.getLogger(__name__)


@frozen
class HolderEnded:
    """A session's actor has ended for good."""

    session: str


@define(eq=False)
class Holders:
    """By session: who is told of its account. The pool is told when one ends."""

    _pool: ActorRef
    _start_soon: Callable[..., None]
    _by_session: dict[str, ActorRef] = field(factory=dict, init=False)
    _room: Room = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._room = Room(self._start_soon, _again)

    def keep(self, session: str, holder: ActorRef) -> None:
        """This is the session's actor now."""
        if session not in self._by_session:
            holder.monitor(self._pool, HolderEnded(session))
        self._by_session[session] = holder

    def drop(self, session: str) -> None:
        """It has no account any more."""
        self._by_session.pop(session, None)

    def tell(self, session: str, message: object) -> None:
        """Never waits. Who has ended, or not asked yet in this life of the pool, reads it at its start."""
        holder = self._by_session.get(session)
        if holder is None:
            return
        try:
            self._room.tell(holder, message)
        except ActorDead:
            logger.debug("%s ended before it could be told %s", holder.path, type(message).__name__)


def _again(message: object) -> m.FromDesk | None:
    """What the chat's history tells as well."""
    if isinstance(message, m.FromDesk):
        return m.FromDesk(message.lease, m.DeskResync(message.lease.account))
    return None
