"""Where requests for the VIP desk are taken in: from the button, from slash and from written commands."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import hikari
from attrs import frozen

from actors.vip.messages import Request
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Threads, Trouble
from daemon.discord.link import DiscordAway, DiscordLink
from daemon.discord.locale import say
from daemon.discord.render import message_of
from daemon.discord.values import Caller, Later, Reply
from daemon.discord.vip.home import Home, NoHome
from daemon.discord.vip.ticket import Voice
from daemon.discord.vip.tickets import Tickets
from daemon.service import Refused
from supervision import ActorDead, ActorRef, MailboxFull

VIPStatusOf = Callable[[], Awaitable[Mapping[str, Any]]]
"""Makes the part `vip` of the daemon's status."""


@frozen
class Reception:
    """What the VIP half's answers work with."""

    link: DiscordLink
    office: ActorRef
    """The VIP desk's actor."""
    tickets: Tickets
    home: Home
    threads: Threads
    policy: Callable[[], VIPPolicy]
    status: VIPStatusOf

    def is_staff(self, roles: frozenset[str]) -> bool:
        """Whether a member with these roles is VIP staff: by their ids, never by names."""
        return not self.policy().staff_roles.isdisjoint(roles)

    async def require_home(self, guild: str, locale: str) -> None:
        """Refuse what comes from another server than the upgrade channel's. Raises `Refused`."""
        try:
            home = await self.home.guild()
        except NoHome as gone:
            raise Refused(say("vip.no_channel", locale, channel=str(gone) or "?")) from gone
        except Trouble as trouble:
            raise DiscordAway(str(trouble)) from trouble
        if guild != home:
            raise Refused(say("vip.elsewhere", locale))

    def hand_in(self, caller: Caller, voice: Voice, make: Callable[[str], Request]) -> Reply | Later:
        """Tell the desk, which answers by a ticket; or say why it can't be told.

        `make` makes the request from the ticket's id.
        """
        assert caller.slip is not None  # noqa: S101 - every interaction has one
        ticket = self.tickets.open(caller.slip, voice, caller.locale)
        try:
            self.office.tell(make(ticket))
        except MailboxFull:
            text = "vip.busy"
        except ActorDead:
            text = "vip.down"
        else:
            return Later()
        self.tickets.forget(ticket)
        return Reply(say(text, caller.locale))

    async def lacking(self, guild: str) -> tuple[str, ...]:
        """The permissions that the bot lacks for threads. Raises `DiscordAway`."""
        try:
            return await self.threads.missing_permissions(guild)
        except Trouble as trouble:
            raise DiscordAway(str(trouble)) from trouble

    async def post(self, channel: str, reply: Reply) -> None:
        """Post a message. Raises `DiscordAway`, `hikari.HTTPResponseError`."""

        async def create(rest: hikari.api.RESTClient) -> None:
            await rest.create_message(int(channel), **message_of(reply))

        await self.link.rest(create)
