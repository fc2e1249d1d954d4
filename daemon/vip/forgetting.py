"""Ending the VIP session of a member who wants to be forgotten. Whether it is over is read from the store."""

import uuid

import trio
from attrs import frozen

from actors.ports import Store
from actors.vip.messages import ForgetSession, Member
from actors.vip.model import ClosedVIPSession, VIPSession
from supervision import ActorDead, ActorRef, MailboxFull

WITHIN = 60.0
"""Seconds that somebody waits for a session to end: messages that are under way have half of it."""
_EVERY = 0.25


@frozen
class EndForgotten:
    """Tells the desk, which ends the session as any other, and keeps nothing of it."""

    desk: ActorRef
    store: Store
    within: float = WITHIN

    async def __call__(self, guild: str, member: str) -> bool:
        """Whether it is over by now. One that is not will be: its end is recorded.

        Raises `StoreUnavailable`.
        """
        who = Member(guild, member)
        try:
            self.desk.tell(ForgetSession(who, f"forget-{uuid.uuid4().hex}"))
        except (MailboxFull, ActorDead):
            return False
        with trio.move_on_after(self.within):
            while not await self._is_over(who):  # noqa: ASYNC110 - what is recorded counts, not what is said
                await trio.sleep(_EVERY)
            return True
        return False

    async def _is_over(self, who: Member) -> bool:
        if await self.store.get(VIPSession, who.key) is not None:
            return False
        return not await self.store.find(ClosedVIPSession, guild=who.guild, member=who.id)
