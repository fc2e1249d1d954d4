"""Who used a command, a button or a form: from hikari's interaction to a plain value. On asyncio's side."""

import hikari

from daemon.discord.rights import Staff
from daemon.discord.values import Caller


def caller_of(interaction: hikari.PartialInteraction, staff: Staff) -> Caller:
    """The caller, as the event itself tells: nothing is looked up in a cache but the guild's name."""
    member = interaction.member
    user = str(interaction.user.id)
    guild = str(interaction.guild_id) if interaction.guild_id is not None and member is not None else ""
    return Caller(
        member=user,
        name=member.display_name if member is not None else _name(interaction.user),
        guild=guild,
        guild_name=_guild_name(interaction) if guild else "",
        channel=str(interaction.channel.id),
        right=staff.right_of(
            user,
            guild=guild,
            roles=[] if member is None else [str(role) for role in member.role_ids],
            permissions=0 if member is None else int(member.permissions),
        ),
        locale=str(getattr(interaction.locale, "value", interaction.locale)),
    )


def _name(user: hikari.User) -> str:
    return user.global_name or user.username


def _guild_name(interaction: hikari.PartialInteraction) -> str:
    """The guild's name where it is known; it is shown to people, nothing depends on it."""
    guild = interaction.get_guild()
    return "" if guild is None else guild.name
