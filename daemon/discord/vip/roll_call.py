"""Whether the owners of live threads are still in them: Discord tells of that only who listens."""

import logging

import hikari
import trio
from attrs import define, field

from actors.vip.live_threads import LiveThreads
from actors.vip.messages import Member, MemberLeft, ThreadEnded
from actors.vip.model import EndReason
from actors.vip.ports import Gone, Trouble
from daemon.discord.link import DiscordLink
from daemon.discord.vip.asking import Asking
from supervision import ActorDead, ActorRef

logger = logging.getLogger("perkd.discord")

ROLL_EVERY = 600.0
"""Seconds between two roll calls."""
BETWEEN = 0.5
"""Seconds between two questions."""
YOUNG = 900.0
"""Seconds in which an owner may not have been let in yet; its thread has just been made."""
_UNKNOWN_MEMBER, _UNKNOWN_USER = 10007, 10013


@define(eq=False)
class RollCall:
    """Asks for each owner now and then. Leaving was missed while perkd was away, or is not told to it."""

    _link: DiscordLink
    _live: LiveThreads
    _office: ActorRef
    _seen: dict[str, bool] = field(factory=dict, init=False)
    """Live threads, and whether the owner was seen in each."""
    _since: dict[str, float] = field(factory=dict, init=False)
    """Since when each thread is known, by trio's clock."""

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._call()
            await trio.sleep(ROLL_EVERY)

    async def _call(self) -> None:
        now, threads = trio.current_time(), self._live.all()
        self._seen = {thread: self._seen.get(thread, False) for thread in threads}
        self._since = {thread: self._since.get(thread, now) for thread in threads}
        for thread, owner in threads.items():
            if self._live.owner(thread) != owner:
                continue
            await self._link.wait_open()
            try:
                await self._look(thread, owner)
            except (Trouble, hikari.HTTPResponseError) as error:
                logger.debug("Whether user %s is in thread %s can't be told: %s", owner.id, thread, error)
            await trio.sleep(BETWEEN)

    async def _look(self, thread: str, owner: Member) -> None:
        if await self._is_in(thread, owner):
            self._seen[thread] = True
        elif self._seen[thread] or trio.current_time() - self._since[thread] >= YOUNG:
            end: MemberLeft | ThreadEnded = ThreadEnded(thread, EndReason.LEFT_THREAD)
            if not await self._is_member(owner):
                end = MemberLeft(owner)
            try:
                await self._office.send(end)
            except ActorDead:
                logger.debug("The VIP desk has ended")

    async def _is_in(self, thread: str, owner: Member) -> bool:
        """The thread. Raises `Gone` where there is none; in an outage of the server other troubles."""
        code = 0

        async def ask(rest: hikari.api.RESTClient) -> object:
            nonlocal code
            try:
                return await rest.fetch_thread_member(int(thread), int(owner.id))
            except hikari.NotFoundError as error:
                code = error.code
                raise

        try:
            await Asking(self._link)(ask, guild=owner.guild)
        except Gone:
            if code in {_UNKNOWN_MEMBER, _UNKNOWN_USER}:
                return False
            raise
        return True

    async def _is_member(self, owner: Member) -> bool:
        """Of the server; an outage of it is none of its end."""

        async def ask(rest: hikari.api.RESTClient) -> object:
            return await rest.fetch_member(int(owner.guild), int(owner.id))

        try:
            await Asking(self._link)(ask, guild=owner.guild)
        except Gone:
            return False
        return True
