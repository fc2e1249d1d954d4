"""Where on Discord VIP threads are, and what is needed to fill them."""

from collections.abc import Awaitable, Callable

from attrs import frozen

OpenFile = Callable[[object], Awaitable[bytes]]
"""A file's `source` → its bytes. Raises a `Trouble` of `actors.vip.ports`."""


@frozen
class VIPPlaces:
    """Channels and the role, as decimal ids; "" where there is none."""

    upgrade_channel: str = ""
    """The threads are below it; its server is the one of everything."""
    log_channel: str = ""
    """Where staff read what happened."""
    vip_role: str = ""
    """What a member gets whose upgrade is complete."""
    auto_archive_minutes: int = 1440
    """Discord archives a thread after so long without a message: 60, 1440, 4320 or 10080."""
