"""VIPWatchActor: tells the VIP desk what happens on Discord, and takes written commands."""

import logging
from collections.abc import Callable

import trio
from attrs import define, evolve, field, frozen

from actors.vip.live_threads import LiveThreads
from actors.vip.messages import ClearSession, Member, Staff, ThreadsResync
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Trouble
from actors.vip.refusals import Refusals
from actors.vip.words import Notice, Word
from daemon.aio import Outlet
from daemon.discord.link import Connection, DiscordLink
from daemon.discord.locale import DEFAULT, say
from daemon.discord.vip.asking import Asking
from daemon.discord.vip.authors import Authors
from daemon.discord.vip.ear import Heard, Unsigned, VIPEar, Written
from daemon.discord.vip.home import Home, NoHome
from daemon.discord.vip.roll_call import RollCall
from daemon.discord.vip.ticket import Spot, Voice
from daemon.discord.vip.tickets import Tickets
from supervision import Actor, ActorDead, ActorRef, MailboxFull

logger = logging.getLogger("perkd.discord")

RESYNC_EVERY = 5.0
"""Seconds between two readings of all histories, however often something was missed."""
LOOK_EVERY = 1.0
"""Seconds between two looks at whether something was missed, if nothing happens."""
_WAITING = 1000
"""Events that may wait; of more, the threads' histories are read afterwards."""


@frozen
class VIPWatchPorts:
    """What the actor is given."""

    link: DiscordLink
    office: ActorRef
    """The VIP desk's actor."""
    tickets: Tickets
    live: LiveThreads
    home: Home
    policy: Callable[[], VIPPolicy]


@define(eq=False)
class VIPWatchActor(Actor):
    """Listens while the bot is connected. Whatever it may have missed is read from the threads' histories."""

    _ports: VIPWatchPorts
    _authors: Authors = field(init=False)
    _refusals: Refusals = field(factory=Refusals, init=False)

    async def started(self) -> None:
        """Acknowledge at once: the bot may be away for hours."""
        ports = self._ports
        self._authors = Authors(Asking(ports.link))
        self.start_soon(ports.tickets.serve)
        self.start_soon(RollCall(ports.link, ports.live, ports.office).run)
        self.start_soon(ports.link.keep, self._listen, "No VIP thread is watched")

    # --- as long as there is a bot --------------------------------------------------------------

    async def _listen(self, connection: Connection) -> None:
        ports, loop = self._ports, connection.loop
        outlet: Outlet[Heard | None] = loop.from_asyncio(_WAITING)
        with outlet:
            ear = VIPEar(connection.bot, outlet, ports.live, lambda: ports.home.places().upgrade_channel)
            await loop.sync(ear.listen)
            received, not_before = 0, trio.current_time()
            while True:
                for one in ear.due(received):
                    await self._take(one)
                if ear.missed and trio.current_time() >= not_before:
                    ear.missed = False
                    not_before = trio.current_time() + RESYNC_EVERY
                    await ports.office.send(ThreadsResync())
                heard = None
                with trio.move_on_after(LOOK_EVERY):
                    heard = await outlet.receive()
                    received += 1
                if heard is not None:
                    await self._take(heard)

    async def _take(self, heard: Heard) -> None:
        match heard:
            case Written():
                self.start_soon(self._obey, heard)
            case Unsigned():
                self.start_soon(self._sign, heard)
            case _:
                await self._ports.office.send(heard)

    async def _sign(self, unsigned: Unsigned) -> None:
        """Ask for the roles of who edited; what came in between is newer, and counts."""
        message = unsigned.edited.message
        try:
            author = await self._authors.author(unsigned.guild, message.author)
        except Trouble as error:
            logger.debug("Who edited message %s can't be told: %s", message.id, error)
            await self._ports.office.send(ThreadsResync())
        else:
            name = author.name or message.author_name
            signed = evolve(message, roles=author.roles, author_name=name)
            await self._ports.office.send(evolve(unsigned.edited, message=signed))

    # --- written commands -----------------------------------------------------------------------

    async def _obey(self, written: Written) -> None:
        """`!clear_vip_session @user`."""
        message, ports = written.message, self._ports
        staff = not ports.policy().staff_roles.isdisjoint(message.roles)
        if not await self._is_home(written.guild, staff=staff):
            return
        if not staff:
            if self._refusals.may_refuse(message.author):
                await ports.tickets.answer(self._ticket(written), Notice.of(Word.REFUSED_COMMAND))
            return
        ticket = self._ticket(written)
        if not message.argument:
            ports.tickets.tell(ticket, say("vip.written_how"))
            return
        by = Staff(message.author, message.author_name, message.roles)
        try:
            ports.office.tell(ClearSession(Member(written.guild, message.argument), ticket, by))
        except MailboxFull:
            ports.tickets.tell(ticket, say("vip.busy"))
        except ActorDead:
            ports.tickets.tell(ticket, say("vip.down"))

    def _ticket(self, written: Written) -> str:
        spot = Spot(written.channel, written.message.id)
        return self._ports.tickets.open(spot, Voice.STAFF, DEFAULT)

    async def _is_home(self, guild: str, *, staff: bool) -> bool:
        """Whether it is the server of VIP threads. Where that can't be told, it is that of staff's roles."""
        try:
            return await self._ports.home.guild() == guild
        except (NoHome, Trouble):
            return staff
