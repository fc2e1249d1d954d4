"""Who used a command, a button or a form: from hikari's interaction to a plain value. On asyncio's side."""

import hikari

from daemon.discord.rights import Staff
from daemon.discord.values import Caller, Slip

_THREADS = frozenset(
    {
        hikari.ChannelType.GUILD_NEWS_THREAD,
        hikari.ChannelType.GUILD_PUBLIC_THREAD,
        hikari.ChannelType.GUILD_PRIVATE_THREAD,
    }
)


def caller_of(interaction: hikari.PartialInteraction, staff: Staff) -> Caller:
    """The caller, as the event itself tells: nothing is looked up in a cache but the guild's name."""
    member = interaction.member
    user = str(interaction.user.id)
    guild = str(interaction.guild_id) if _is_in_guild(interaction) else ""
    roles = frozenset[str]() if member is None else frozenset(map(str, member.role_ids))
    return Caller(
        member=user,
        name=member.display_name if member is not None else _name(interaction.user),
        guild=guild,
        guild_name=_guild_name(interaction) if guild else "",
        channel=str(interaction.channel.id),
        right=staff.right_of(
            user,
            guild=guild,
            roles=roles,
            permissions=0 if member is None else int(member.permissions),
        ),
        locale=str(getattr(interaction.locale, "value", interaction.locale)),
        in_thread=interaction.channel.type in _THREADS,
        roles=roles - {guild},  # that of everybody has the server's id
        slip=Slip(str(interaction.application_id), str(interaction.id), interaction.token),
    )


def _is_in_guild(interaction: hikari.PartialInteraction) -> bool:
    """Whether it comes from a guild that the bot was invited to.

    A member who has installed the application for itself alone can use it in any server, also where it is
    the only admin.
    """
    installed = interaction.authorizing_integration_owners
    by_user = hikari.ApplicationIntegrationType.USER_INSTALL in installed
    by_guild = hikari.ApplicationIntegrationType.GUILD_INSTALL in installed
    return interaction.guild_id is not None and interaction.member is not None and (by_guild or not by_user)


def _name(user: hikari.User) -> str:
    return user.global_name or user.username


def _guild_name(interaction: hikari.PartialInteraction) -> str:
    """The guild's name where it is known; it is shown to people, nothing depends on it."""
    guild = interaction.get_guild()
    return "" if guild is None else guild.name
