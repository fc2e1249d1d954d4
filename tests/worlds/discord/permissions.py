"""Permissions by name, and what a member has in a guild and in a channel.

See https://discord.com/developers/docs/topics/permissions.
"""

from enum import IntFlag
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.worlds.discord.people import MemberState
    from tests.worlds.discord.places import ChannelState


class Permission(IntFlag):
    """Those that this stand-in knows."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    ADD_REACTIONS = 1 << 6
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    MANAGE_ROLES = 1 << 28
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    CREATE_PUBLIC_THREADS = 1 << 35
    CREATE_PRIVATE_THREADS = 1 << 36
    SEND_MESSAGES_IN_THREADS = 1 << 38


ALL = ~Permission(0)
EVERYONE = (
    Permission.ADD_REACTIONS
    | Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
)
"""What the role @everyone gives in a new guild."""
BOT = ALL & ~Permission.ADMINISTRATOR
"""What an invitation gives the bot's own role, unless a test says otherwise."""


def named(*names: str) -> Permission:
    """The permissions of these names, in any case."""
    found = Permission(0)
    for name in names:
        found |= Permission[name.upper()]
    return found


def in_guild(member: "MemberState") -> Permission:
    """Before overwrites of channels."""
    guild = member.guild
    if member.id == guild.owner_id:
        return ALL
    found = Permission(guild.everyone.permissions)
    for role in member.roles:
        found |= Permission(role.permissions)
    return ALL if Permission.ADMINISTRATOR in found else found


def in_channel(member: "MemberState", channel: "ChannelState") -> Permission:
    """With the overwrites of the channel, or of a thread's parent. Nothing is left without VIEW_CHANNEL."""
    found = in_guild(member)
    if found == ALL:
        return found
    place = channel.parent or channel
    for role in (member.guild.everyone, *member.roles):
        found &= ~place.denied.get(role.id, Permission(0))
    for role in (member.guild.everyone, *member.roles):
        found |= place.allowed.get(role.id, Permission(0))
    found &= ~place.denied.get(member.id, Permission(0))
    found |= place.allowed.get(member.id, Permission(0))
    if Permission.VIEW_CHANNEL not in found:
        return Permission(0)
    if Permission.SEND_MESSAGES not in found and not channel.is_thread:
        found &= ~(Permission.EMBED_LINKS | Permission.ATTACH_FILES | Permission.MENTION_EVERYONE)
    return found
