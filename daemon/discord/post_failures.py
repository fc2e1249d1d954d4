"""Why Discord took no message: gone for a person to mend, or to be tried again. On asyncio's side.

Of a server that is unavailable (an outage of Discord's) nothing is believed to be gone.
"""

import json
import re

import aiohttp
import hikari
from attrs import frozen

from actors.ports import ChannelGone, MessageGone, MessageRefused, PostError
from daemon.discord.permissions import POSTING, Overwrite, missing, permissions_in
from daemon.safe_text import neutralised

_UNKNOWN_CHANNEL, _UNKNOWN_GUILD, _UNKNOWN_MESSAGE = 10003, 10004, 10008
_MISSING_ACCESS, _NOT_OUR_MESSAGE, _MISSING_PERMISSIONS = 50001, 50005, 50013
_NOT_FOR_MESSAGES = frozenset({50008, 50024, 50083, 160005})
"""A channel of another kind, or a closed thread."""
_LONGEST = 300
_ADDRESS = re.compile(r"https?://[^\s'\"]+")

NETWORK = (hikari.HikariError, aiohttp.ClientError, json.JSONDecodeError, TimeoutError)
"""What may come instead of an answer. hikari lets some errors of its own libraries through, as when a
connection is cut within an answer."""


@frozen
class Place:
    """Where a message goes."""

    guild: int
    guild_name: str
    channel: int

    def __str__(self) -> str:
        return f"channel {self.channel} of {neutralised(self.guild_name) or 'server'} ({self.guild})"


@frozen
class Asked:
    """With what Discord was asked."""

    rest: hikari.api.RESTClient
    cache: hikari.api.Cache


async def post_error(asked: Asked, place: Place, error: Exception) -> PostError:
    """The error of `NETWORK` as what it means for this place. Asks Discord more where that tells more."""
    match error:
        case hikari.NotFoundError(code=code) | hikari.ForbiddenError(code=code):
            if code in {_UNKNOWN_MESSAGE, _NOT_OUR_MESSAGE}:
                return MessageGone(f"{place}: the message is not there any more")
            if code in {_UNKNOWN_CHANNEL, _UNKNOWN_GUILD, _MISSING_ACCESS, _MISSING_PERMISSIONS}:
                return await _gone(asked, place, code)
        case hikari.BadRequestError(code=code) if code in _NOT_FOR_MESSAGES:
            return ChannelGone(
                f"{place} takes no messages from perkd: {error.message}; choose another channel"
            )
        case hikari.BadRequestError():
            return MessageRefused(f"{place}: {in_short(error)}")
    return PostError(f"{place}: {in_short(error)}")


def in_short(error: Exception) -> str:
    """The error without its address and headers, for a log or a person."""
    match error:
        case hikari.HTTPResponseError():
            code = f" ({error.code})" if error.code else ""
            text = f"Discord answered HTTP {int(error.status)}{code}"
            text += f": {error.message}" if error.message else ""
            if isinstance(error, hikari.BadRequestError) and error.errors:
                text += f" {json.dumps(error.errors)}"
        case hikari.HTTPError(message=message):
            text = f"Discord can't be reached: {message or type(error.__cause__).__name__}"
        case _:
            text = f"Discord can't be reached: {str(error) or type(error).__name__}"
    return neutralised(without_addresses(text)[:_LONGEST])


def without_addresses(text: str) -> str:
    """The text, with "…" for each web address: one of Discord's can hold an interaction's token."""
    return _ADDRESS.sub("…", text)


async def available(asked: Asked, guild: int) -> bool | None:
    """Whether the bot is in the server and the server is there; None: it is out of order for now.

    A server that no event has told of is looked for in the list of those that the bot is in: an outage does
    not take it off that.
    """
    if asked.cache.get_available_guild(guild) is not None:
        return True
    if asked.cache.get_unavailable_guild(guild) is not None:
        return None
    async for one in asked.rest.fetch_my_guilds(start_at=guild - 1):
        if one.id >= guild:  # they come in the order of their ids
            return None if one.id == guild else False
    return False


async def _gone(asked: Asked, place: Place, code: int) -> PostError:
    try:
        there = await available(asked, place.guild)
        if there is None:
            return PostError(f"{place}: Discord says that the server is unavailable for now")
        if not there:
            return ChannelGone(f"{place}: perkd is not in that server any more; invite it again")
        if code in {_UNKNOWN_CHANNEL, _UNKNOWN_GUILD}:
            return ChannelGone(f"{place} was deleted: choose another with /manage giftcode setchannel")
        lacking = ["View Channel"] if code == _MISSING_ACCESS else await missing_permissions(asked, place)
    except NETWORK as error:
        return PostError(f"{place}: refused, and why is not known yet: {in_short(error)}")
    names = " and ".join(lacking) or "a permission to post"
    return ChannelGone(
        f"{place}: perkd lacks {names} there; grant it in the channel's settings, then repeat "
        "/manage giftcode setchannel"
    )


async def missing_permissions(asked: Asked, place: Place) -> list[str]:
    """The names of what perkd lacks there; empty where it has all, or that can't be told (a thread).

    Raises an error of `NETWORK`.
    """
    try:
        channel = await asked.rest.fetch_channel(place.channel)
    except hikari.ForbiddenError:
        return ["View Channel"]
    if not isinstance(channel, hikari.PermissibleGuildChannel):
        return []
    me = asked.cache.get_me() or await asked.rest.fetch_my_user()
    member = await asked.rest.fetch_member(place.guild, me.id)  # one's own route is not for bots
    roles = await asked.rest.fetch_roles(place.guild)
    granted = permissions_in(
        guild=str(place.guild),
        member=str(member.id),
        roles={str(role.id): role.permissions for role in roles},
        held=[str(role) for role in member.role_ids],
        overwrites={
            str(key): Overwrite(one.allow, one.deny) for key, one in channel.permission_overwrites.items()
        },
    )
    return missing(granted, POSTING)
