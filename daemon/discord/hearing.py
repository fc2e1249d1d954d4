"""What is said in watched channels, on asyncio's side: from hikari's messages to plain values."""

import asyncio
from collections.abc import Callable

import hikari
from attrs import define, field, frozen

from actors.giftcodes.spotting import Part
from daemon.aio import Outlet, OutletClosed
from daemon.discord.rights import Staff, may
from daemon.discord.values import Right

MOST_MESSAGES = 100
"""Messages of a channel that are read after downtime."""

_SAID = frozenset({hikari.MessageType.DEFAULT, hikari.MessageType.REPLY})
"""What somebody wrote. Others are Discord's own, such as that a channel is followed now."""


@frozen
class Heard:
    """A message in a watched channel, that is not perkd's own."""

    channel: str
    message: str
    at: float
    """When it was sent, Unix seconds by Discord's clock."""
    content: str
    parts: tuple[Part, ...] = ()
    """Its embeds and their fields."""
    by_admin: bool = False
    """Its author may set perkd up here; unknown of messages that are read later."""
    noted: bool = False
    """perkd has reacted to it before."""


def heard_in(message: hikari.Message, own: int, *, by_admin: bool = False) -> Heard | None:
    """The message as a value; None for perkd's own (`own` is its id) and for Discord's.

    Messages of webhooks count: that is how those of a channel that is followed arrive.
    """
    if message.author.id == own or message.type not in _SAID:
        return None
    parts = [Part(embed.title or "", embed.description or "") for embed in message.embeds]
    parts += [Part(one.name or "", one.value or "") for embed in message.embeds for one in embed.fields]
    return Heard(
        channel=str(message.channel_id),
        message=str(message.id),
        at=message.created_at.timestamp(),
        content=message.content or "",
        parts=tuple(parts),
        by_admin=by_admin,
        noted=any(reaction.is_me for reaction in message.reactions),
    )


async def heard_since(rest: hikari.api.RESTClient, channel: str, own: int, since: float) -> list[Heard]:
    """The newest messages of the channel, sent at or after `since`, that perkd has not reacted to.

    Oldest first, out of `MOST_MESSAGES`. Raises `hikari.HTTPError`.
    """
    found = []
    async for message in rest.fetch_messages(int(channel)).limit(MOST_MESSAGES):
        if message.created_at.timestamp() < since:
            break
        heard = heard_in(message, own)
        if heard is not None and not heard.noted:
            found.append(heard)
    return found[::-1]


@define(eq=False)
class Ear:
    """Listens to one bot. All of it belongs to the loop's thread, but `missed`."""

    _bot: hikari.GatewayBot
    _outlet: Outlet[Heard | None]
    """What is heard; None where there is nothing but `missed` to look at."""
    _staff: Staff
    _channels: Callable[[], frozenset[str]]
    """The ids of those that are watched; asked in this thread for every message."""
    missed: bool = field(default=False, init=False)
    """Messages may have been passed over since this was last set to False, by trio."""

    def listen(self) -> None:
        """Begin."""
        self._bot.subscribe(hikari.GuildMessageCreateEvent, self._on_message)
        self._bot.subscribe(hikari.ShardReadyEvent, self._on_ready)

    def leave(self) -> None:
        """Listen no more."""
        self._bot.unsubscribe(hikari.GuildMessageCreateEvent, self._on_message)
        self._bot.unsubscribe(hikari.ShardReadyEvent, self._on_ready)

    async def _on_message(self, event: hikari.GuildMessageCreateEvent) -> None:
        me = self._bot.get_me()
        if me is None or str(event.channel_id) not in self._channels():
            return
        heard = heard_in(event.message, me.id, by_admin=self._by_admin(event))
        if heard is not None:
            self._send(heard)

    async def _on_ready(self, _: hikari.ShardReadyEvent) -> None:
        """A new session, not a resumed one: what was sent in between is not told again."""
        self.missed = True
        self._send(None)

    def _send(self, value: Heard | None) -> None:
        try:
            self._outlet.send_nowait(value)
        except asyncio.QueueFull:
            self.missed = True
        except OutletClosed:  # who listened has crashed, and the next one has an ear of its own
            self.leave()

    def _by_admin(self, event: hikari.GuildMessageCreateEvent) -> bool:
        """As of a command, from the member's roles; those are in memory."""
        member = event.member
        if member is None:
            return False
        guild = self._bot.cache.get_guild(event.guild_id)
        if guild is not None and guild.owner_id == member.id:
            return True
        roles = [self._bot.cache.get_role(role) for role in (*member.role_ids, event.guild_id)]
        permissions = hikari.Permissions.NONE
        for role in roles:
            permissions |= role.permissions if role is not None else hikari.Permissions.NONE
        right = self._staff.right_of(
            str(member.id),
            guild=str(event.guild_id),
            roles=[str(role) for role in member.role_ids],
            permissions=int(permissions),
        )
        return may(right, Right.ADMIN)
