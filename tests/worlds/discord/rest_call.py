"""What a route is asked, and how routes are declared."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from tests.worlds.discord.body import Upload
from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.guild import GuildState
from tests.worlds.discord.messages import MessageState
from tests.worlds.discord.permissions import Permission, in_channel
from tests.worlds.discord.places import ChannelState
from tests.worlds.discord.state import World

Json = dict[str, Any]


@frozen
class Call:
    """One request."""

    world: World
    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    files: Mapping[str, Upload]

    def guild(self) -> GuildState:
        """The one the path names. Refuses 10004, and 503 while it is not available."""
        guild = self.world.guilds.get(self.params["guild"])
        if guild is None or not guild.has_bot:
            raise Refusal(10004)
        return available(guild)

    def channel(self, *needed: Permission) -> ChannelState:
        """The one the path names, in which the bot has these permissions.

        Refuses 10003 (there is none), 50001 (the bot can't see it), 50013 (one of `needed` is missing).
        """
        channel = self.world.channels.get(self.params["channel"])
        if channel is None:
            raise Refusal(10003)
        require(channel, *needed)
        return channel

    def message(self, channel: ChannelState) -> MessageState:
        """The one the path names. Refuses 10008."""
        message = channel.message(self.params["message"])
        if message is None:
            raise Refusal(10008)
        return message

    def number(self, name: str, default: int, most: int) -> int:
        """A count of the query, from 1 to `most`. Refuses 50035."""
        text = self.query.get(name, str(default))
        if not text.isdecimal() or not 1 <= int(text) <= most:
            form = Form()
            form.wrong("NUMBER_TYPE_MAX", f"int value should be between 1 and {most}.", name)
            form.refuse()
        return int(text)


def available(guild: GuildState) -> GuildState:
    """The guild; refused with 503 in an outage of it."""
    if not guild.available:
        raise Refusal(0, "Service Unavailable", status=503)
    return guild


def require(channel: ChannelState, *needed: Permission) -> None:
    """Refuse what the bot may not do in a channel: 50001, 50013."""
    if channel.guild is None:
        return
    if not channel.guild.has_bot:
        raise Refusal(50001)
    bot = available(channel.guild).bot
    found = in_channel(bot, channel)
    if not channel.visible_to_bot():
        raise Refusal(50001)
    if any(permission not in found for permission in needed):
        raise Refusal(50013)


Handler = Callable[[Call], Awaitable[Any]]


@frozen
class Entry:
    """A route. Without `token` it needs no authorization, without `limited` it has no rate limit."""

    method: str
    path: str
    handler: Handler
    token: bool = True
    limited: bool = True


@define(eq=False)
class Routes:
    """Those of one file. What a handler returns is the answer's JSON; None is 204."""

    entries: list[Entry] = field(factory=list)

    def on(
        self, method: str, path: str, *, token: bool = True, limited: bool = True
    ) -> Callable[[Handler], Handler]:
        """Declare a handler."""

        def keep(handler: Handler) -> Handler:
            self.entries.append(Entry(method, path, handler, token, limited))
            return handler

        return keep
