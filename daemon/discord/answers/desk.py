"""What the answers work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from attrs import frozen

from daemon.discord.rights import Staff
from daemon.discord.vip.reception import Reception
from daemon.service import Service

StatusOf = Callable[[], Awaitable[Mapping[str, Any]]]
"""Makes the daemon's status as `perkd status --json` shows it."""


class Channels(Protocol):
    """What the bot may do in a guild's channels."""

    async def lacking_to_post(self, guild: str, channel: str) -> tuple[str, ...]:
        """The permissions, as Discord's settings name them, that posting there still needs.

        Raises `DiscordAway` where Discord can't be asked.
        """
        ...

    async def lacking_to_watch(self, guild: str, channel: str) -> tuple[str, ...]:
        """The same, for reading codes from a channel."""
        ...

    async def deleted(self, guild: str, channels: Sequence[str]) -> tuple[str, ...]:
        """Those of the guild's channels that somebody has surely deleted; none where that can't be told."""
        ...


@frozen
class Upload:
    """A file that a member attached; it stays at Discord until it is read."""

    name: str
    size: int
    """Bytes, as Discord says."""
    read: Callable[[int], Awaitable[bytes]]
    """Fetch it, at most so many bytes. Raises `BadFile`."""


@frozen
class Desk:
    """The parts of perkd that answers need. It is the same for every incarnation of the bot."""

    service: Service
    staff: Staff
    status: StatusOf
    channels: Channels
    vip: Reception | None = None
    """None where VIP threads are switched off."""
