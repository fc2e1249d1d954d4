"""What the bot may do in a guild's channels, asked of Discord at the moment it matters."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress

import hikari
from attrs import frozen

from daemon.discord.board import snowflake
from daemon.discord.link import DiscordAway, DiscordLink
from daemon.discord.permissions import POSTING, WATCHING, Overwrite, missing, permissions_in
from daemon.discord.post_failures import NETWORK, Asked, available

logger = logging.getLogger("perkd.discord")

_HIDDEN = ("View Channel",)
_UNKNOWN_CHANNEL = 10003


@frozen
class GuildChannels:
    """Asks over the bot's connection."""

    link: DiscordLink
    one_within: float = 2.0
    all_within: float = 10.0
    """Seconds that one channel, and all of them, may take to be told as deleted: a person waits for that."""

    async def lacking_to_post(self, guild: str, channel: str) -> tuple[str, ...]:
        """The permissions, as Discord's settings name them, that posting there still needs.

        Raises `DiscordAway` where Discord can't be asked.
        """
        return await self._lacking(guild, channel, POSTING)

    async def lacking_to_watch(self, guild: str, channel: str) -> tuple[str, ...]:
        """The same, for reading codes from a channel. Raises `DiscordAway`."""
        return await self._lacking(guild, channel, WATCHING)

    async def deleted(self, guild: str, channels: Sequence[str]) -> tuple[str, ...]:
        """Those of the guild's channels that somebody has surely deleted.

        Of what Discord can't tell in time, or of a server that is out of order, nothing is believed.
        """

        async def ask(rest: hikari.api.RESTClient) -> tuple[str, ...]:
            gone: list[str] = []
            if await available(Asked(rest, cache), int(guild)):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.all_within):
                        # One by one: hikari lets no two through while it does not know a route's limit.
                        for channel in channels:
                            gone += [channel] if await _is_deleted(rest, channel, self.one_within) else []
            return tuple(gone)

        try:
            cache = self.link.connection().bot.cache
            return await self.link.rest(ask)
        except (DiscordAway, hikari.HTTPError) as error:
            logger.debug("Which channels of server %s are deleted is not known now: %s", guild, error)
            return ()

    async def _lacking(
        self, guild: str, channel: str, needed: Mapping[hikari.Permissions, str]
    ) -> tuple[str, ...]:
        async def ask(rest: hikari.api.RESTClient) -> hikari.Permissions | None:
            return await granted(rest, guild, channel)

        found = await self.link.rest(ask)
        return _HIDDEN if found is None else tuple(missing(found, needed))


async def _is_deleted(rest: hikari.api.RESTClient, channel: str, within: float) -> bool:
    """Whether Discord says so in as many words: one that can't be seen, or asked about now, is not."""
    if (number := snowflake(channel)) is None:
        return False
    try:
        async with asyncio.timeout(within):
            await rest.fetch_channel(number)
    except hikari.NotFoundError as error:
        return error.code == _UNKNOWN_CHANNEL
    except NETWORK as error:
        logger.debug("Whether channel %s is deleted is not known now: %s", channel, error)
    return False


async def granted(rest: hikari.api.RESTClient, guild: str, channel: str) -> hikari.Permissions | None:
    """What the bot may do there; None where it can't see the channel, or it is none of the guild's."""
    try:
        found = await rest.fetch_channel(int(channel))
    except (hikari.NotFoundError, hikari.ForbiddenError):
        return None
    if not isinstance(found, hikari.PermissibleGuildChannel) or str(found.guild_id) != guild:
        return None
    user = await rest.fetch_my_user()
    me = await rest.fetch_member(int(guild), user.id)
    return permissions_in(
        guild=guild,
        member=str(me.id),
        roles={str(role.id): role.permissions for role in await rest.fetch_roles(int(guild))},
        held=[str(role) for role in me.role_ids],
        overwrites={
            str(key): Overwrite(one.allow, one.deny) for key, one in found.permission_overwrites.items()
        },
    )
