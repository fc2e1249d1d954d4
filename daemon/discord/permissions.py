"""What the bot may do in a channel, by Discord's own arithmetic; and what perkd needs. Pure."""

from collections.abc import Iterable, Mapping

from attrs import frozen
from hikari import Permissions

POSTING = {
    Permissions.VIEW_CHANNEL: "View Channel",
    Permissions.SEND_MESSAGES: "Send Messages",
    Permissions.EMBED_LINKS: "Embed Links",
    Permissions.READ_MESSAGE_HISTORY: "Read Message History",
}
"""To post codes to a channel: the history is searched after a crash, so that nothing is posted twice."""
WATCHING = {
    Permissions.VIEW_CHANNEL: "View Channel",
    Permissions.READ_MESSAGE_HISTORY: "Read Message History",
    Permissions.ADD_REACTIONS: "Add Reactions",
}
"""To read codes from a channel, and to answer with a reaction."""
CAPTCHAS = {**POSTING, Permissions.ATTACH_FILES: "Attach Files"}
"""To show captchas in a channel."""
RELAYING = {
    Permissions.VIEW_CHANNEL: "View Channel",
    Permissions.CREATE_PRIVATE_THREADS: "Create Private Threads",
    Permissions.SEND_MESSAGES_IN_THREADS: "Send Messages in Threads",
    Permissions.MANAGE_THREADS: "Manage Threads",
    Permissions.READ_MESSAGE_HISTORY: "Read Message History",
    Permissions.ATTACH_FILES: "Attach Files",
    Permissions.ADD_REACTIONS: "Add Reactions",
}
"""To relay through private threads below a channel."""


@frozen
class Overwrite:
    """A channel's exception for one role or member."""

    allow: Permissions
    deny: Permissions


def all_needed(*, vip: bool = False) -> Permissions:
    """Every permission that perkd asks for when it is invited; `vip`: with those for VIP threads."""
    needed = Permissions.MANAGE_ROLES if vip else Permissions.NONE
    for permission in (*POSTING, *WATCHING, *CAPTCHAS, *(RELAYING if vip else ())):
        needed |= permission
    return needed


def invite_link(application: str, *, vip: bool = False) -> str:
    """The page on which somebody with Manage Server adds the bot to a server."""
    wanted = int(all_needed(vip=vip))
    return (
        f"https://discord.com/oauth2/authorize?client_id={application}"
        f"&scope=bot+applications.commands&permissions={wanted}"
    )


def permissions_in(
    *,
    guild: str,
    member: str,
    roles: Mapping[str, Permissions],
    held: Iterable[str],
    overwrites: Mapping[str, Overwrite],
) -> Permissions:
    """What a member may do in a channel.

    Args:
        guild: its id, which is also that of the role everybody has.
        member: the member's id.
        roles: the guild's roles, by id.
        held: the ids of the member's roles, without everybody's.
        overwrites: the channel's, by the id of the role or the member.
    """
    mine = [role for role in held if role in roles]
    base = roles.get(guild, Permissions.NONE)
    for role in mine:
        base |= roles[role]
    if base & Permissions.ADMINISTRATOR:
        return Permissions.all_permissions()
    if everybody := overwrites.get(guild):
        base = (base & ~everybody.deny) | everybody.allow
    allow = deny = Permissions.NONE
    for role in mine:
        if one := overwrites.get(role):
            allow, deny = allow | one.allow, deny | one.deny
    base = (base & ~deny) | allow
    if own := overwrites.get(member):
        base = (base & ~own.deny) | own.allow
    if not base & Permissions.VIEW_CHANNEL:
        return Permissions.NONE  # what can't be seen can't be used
    return base


def missing(granted: Permissions, needed: Mapping[Permissions, str]) -> list[str]:
    """The names, as Discord's settings show them, of what is needed and not granted."""
    return [name for permission, name in needed.items() if not granted & permission]
