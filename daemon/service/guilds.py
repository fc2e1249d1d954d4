"""Guilds and their channels."""

from actors.giftcodes.model import TERMINAL_GUILD, Guild
from daemon.service.ports import Service


async def list_guilds(service: Service) -> list[Guild]:
    """All guilds, the highest priority first; before any is set up, the operator's terminal.

    Raises:
        StoreUnavailable: the store can't be asked now.
    """
    guilds = await service.store.find(Guild) or [Guild(TERMINAL_GUILD, "Terminal")]
    return sorted(guilds, key=lambda guild: (-guild.priority, guild.id))
