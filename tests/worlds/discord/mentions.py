"""Whom a message notifies: who is named in it and let through by its `allowed_mentions`."""

import re
from typing import TYPE_CHECKING

from tests.worlds.discord.errors import Json

if TYPE_CHECKING:
    from tests.worlds.discord.messages import MessageState
    from tests.worlds.discord.places import ChannelState

USER = re.compile(r"<@!?(\d+)>")
ROLE = re.compile(r"<@&(\d+)>")
EVERYONE = re.compile(r"@(everyone|here)")


def ping(message: "MessageState", body: Json, answered: "MessageState | None" = None) -> None:
    """Note whom a message with this body pings.

    The tokens count wherever they stand, also in code and behind a backslash: that is the stricter reading.
    Embeds ping nobody.
    """
    allowed = body.get("allowed_mentions")
    parse = {"users", "roles", "everyone"} if allowed is None else set(allowed.get("parse") or ())
    allowed = allowed or {}
    named = set(USER.findall(message.content))
    message.pinged = named if "users" in parse else named & set(map(str, allowed.get("users") or ()))
    roles = set(ROLE.findall(message.content))
    if "roles" not in parse:
        roles &= set(map(str, allowed.get("roles") or ()))
    guild = message.channel.guild
    if guild is not None:
        holders = [m.id for m in guild.members.values() if {role.id for role in m.roles} & roles]
        message.pinged |= set(holders)
    message.pinged_roles = roles
    message.pinged_everyone = "everyone" in parse and bool(EVERYONE.search(message.content))
    if answered is not None and allowed.get("replied_user", body.get("allowed_mentions") is None):
        message.pinged.add(answered.author.id)
    message.pinged &= message.channel.world.users.keys()


def join_named(channel: "ChannelState", content: str) -> None:
    """Who is named in a thread joins it, whatever `allowed_mentions` says."""
    if channel.guild is None or not channel.is_thread:
        return
    for user in dict.fromkeys(USER.findall(content)):
        if user in channel.guild.members:
            channel.join(user)
