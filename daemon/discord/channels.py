"""What the bot may do in a guild's channels, asked of Discord at the moment it matters."""

from collections.abc import Mapping, Sequence

import hikari
from attrs import frozen

from daemon.discord.link import DiscordLink
from daemon.discord.permissions import POSTING, WATCHING, Overwrite, missing, permissions_in

_HIDDEN = ("View Channel",)
_UNKNOWN_CHANNEL = 10003


@frozen
class GuildChannels:
    """Asks over the bot's connection. Every method raises `DiscordAway` where Discord can't be asked."""

    link: DiscordLink

    async def lacking_to_post(self, guild: str, channel: str) -> tuple[str, ...]:
        """The permissions, as Discord's settings name them, that posting there still needs."""
        return await self._lacking(guild, channel, POSTING)

    async def lacking_to_watch(self, guild: str, channel: str) -> tuple[str, ...]:
        """The same, for reading codes from a channel."""
        return await self._lacking(guild, channel, WATCHING)

    async def deleted(self, channels: Sequence[str]) -> tuple[str, ...]:
        """Those of the channels that somebody has deleted; one that can't be seen is none."""

        async def ask(rest: hikari.api.RESTClient) -> tuple[str, ...]:
            return tuple([channel for channel in channels if await _is_deleted(rest, channel)])

        return await self.link.rest(ask)

    async def _lacking(
        self, guild: str, channel: str, needed: Mapping[hikari.Permissions, str]
    ) -> tuple[str, ...]:
        async def ask(rest: hikari.api.RESTClient) -> hikari.Permissions | None:
            return await granted(rest, guild, channel)

        found = await self.link.rest(ask)
        return _HIDDEN if found is None else tuple(missing(found, needed))


async def _is_deleted(rest: hikari.api.RESTClient, channel: str) -> bool:
    try:
        await rest.fetch_channel(int(channel))
    except hikari.NotFoundError as error:
        return error.code == _UNKNOWN_CHANNEL
    except hikari.ForbiddenError:
        pass
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
