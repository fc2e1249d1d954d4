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
        """Whether it is over by now. One that is not will be, if the desk could be told.

        Raises `StoreUnavailable`.
        """
        who, told = Member(guild, member), False
        with trio.move_on_after(self.within):
            while True:
                told = told or self._tell(who)
                if told and await self._is_over(who):
                    return True
                await trio.sleep(_EVERY)
        return False

    def _tell(self, who: Member) -> bool:
        try:
            self.desk.tell(ForgetSession(who, f"forget-{uuid.uuid4().hex}"))
        except (MailboxFull, ActorDead):
            return False
        return True

    async def _is_over(self, who: Member) -> bool:
        if await self.store.get(VIPSession, who.key) is not None:
            return False
        return not await self.store.find(ClosedVIPSession, guild=who.guild, member=who.id)
