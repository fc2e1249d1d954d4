"""A stand-in for Discord: REST and gateway on 127.0.0.1 that unmodified libraries talk to."""

from tests.worlds.discord.world import Discord, open_discord

__all__ = ["Discord", "open_discord"]
