"""Who changes something, as the audit log names it."""

from daemon.discord.values import Caller
from daemon.service.audit import By


def by(caller: Caller) -> By:
    """The caller as the one who changes something."""
    return By(guild=caller.guild, guild_name=caller.guild_name, member=caller.member)
