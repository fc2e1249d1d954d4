"""Guilds and their channels, as operators see them and set them up."""

import re

from actors.giftcodes.model import TERMINAL_GUILD, Guild
from daemon.service.audit import By
from daemon.service.guild_settings import remove_channel, set_channel
from daemon.service.ports import Service
from daemon.service.problems import NotFound, Refused
from daemon.service.values import shown

_GUILD = re.compile(r"([a-z0-9_-]{1,32}):[!-~]{1,64}")
_CHANNEL = re.compile(r"[!-~]{1,200}")


async def list_guilds(service: Service) -> list[Guild]:
    """All guilds, the highest priority first; before any is set up, the operator's terminal.

    Raises:
        StoreUnavailable: the store can't be asked now.
    """
    guilds = await service.store.find(Guild) or [Guild(TERMINAL_GUILD, "Terminal")]
    return sorted(guilds, key=lambda guild: (-guild.priority, guild.id))


async def set_board_channel(
    service: Service, *, guild: str, channel: str, name: str = "", games: tuple[str, ...] = ()
) -> Guild:
    """Have codes posted to a channel of a plugged-in board's guild, which is made where it is new.

    Raises:
        Refused: no board of this name is configured, or a value can't be taken.
        StoreUnavailable: the store can't be asked or written now.
    """
    _check(service, guild, channel)
    by = By(guild, name or guild.partition(":")[2], "")
    return await set_channel(service, by, channel=channel, games=games)


async def remove_board_channel(service: Service, *, guild: str, channel: str) -> Guild:
    """Post no more codes to a channel. Raises `Refused`, `NotFound`, `StoreUnavailable`."""
    _check(service, guild, channel)
    try:
        return await remove_channel(service, By(guild, "", ""), channel=channel)
    except NotFound:
        text = f"no codes are posted to {channel} of {guild}: `perkd guilds list` tells to which"
        raise NotFound(text) from None


def _check(service: Service, guild: str, channel: str) -> None:
    boards = sorted(service.boards())
    found = _GUILD.fullmatch(guild)
    if found is None:
        raise Refused(
            f"guild {shown(guild)}: write BOARD:NAME, as matrix:friends; "
            "servers at Discord are set up there, with /manage giftcode setchannel"
        )
    if found[1] not in boards:
        known = ", ".join(boards) or "none"
        raise Refused(
            f"guild {shown(guild)}: there is no [boards.{found[1]}]; the boards are: {known}. "
            "Servers at Discord are set up there, with /manage giftcode setchannel"
        )
    if not _CHANNEL.fullmatch(channel):
        raise Refused(f"channel {shown(channel)}: must be 1 to 200 visible ASCII characters")
