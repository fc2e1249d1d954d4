"""What guilds are called today: told by the bot, written where something is set up for them."""

import logging
from collections.abc import Awaitable, Callable, Mapping

import trio
from attrs import define, field

from actors.ports import StoreUnavailable

logger = logging.getLogger("perkd.discord")

AGAIN = 30.0
"""Seconds until names that the store did not take are written again."""


@define(eq=False)
class GuildNames:
    """The names that are still to be written. In trio."""

    write: Callable[[Mapping[str, str]], Awaitable[None]]
    """Writes names by guild. Raises `StoreUnavailable`."""
    _names: dict[str, str] = field(factory=dict, init=False)
    _noted: trio.Event = field(factory=trio.Event, init=False)

    def note(self, guild: str, name: str) -> None:
        """The guild is called so now."""
        self._names[guild] = name
        self._noted.set()

    async def keep(self) -> None:
        """Write them as they come, for ever. While the bot connects they come by the hundred."""
        while True:
            await self._noted.wait()
            self._noted = trio.Event()
            names, self._names = self._names, {}
            try:
                await self.write(names)
            except StoreUnavailable:
                logger.debug("The names of %d servers wait for the store", len(names))
                self._names = names | self._names
                self._noted.set()
                await trio.sleep(AGAIN)
