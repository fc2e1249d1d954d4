"""Which server VIP threads belong to: the one of the upgrade channel."""

from collections.abc import Callable

import hikari
import trio
from attrs import define, field

from actors.vip.ports import Forbidden, Gone
from daemon.discord.link import DiscordLink
from daemon.discord.vip.asking import Asking
from daemon.discord.vip.places import VIPPlaces

BELIEVED = 10.0
"""Seconds until it is asked again whether a channel that was not there is there now."""


class NoHome(Exception):  # noqa: N818 - a condition that somebody can mend
    """The upgrade channel is not there, or hidden from the bot; nothing tells its server."""


@define(eq=False)
class Home:
    """Asks Discord once for each upgrade channel; that it is deleted later does not make it forget."""

    link: DiscordLink
    places: Callable[[], VIPPlaces]
    _known: tuple[str, str] = field(default=("", ""), init=False)
    """A channel and its server."""
    _none: tuple[str, float] = field(default=("", 0.0), init=False)
    """A channel that was not there, and until when that is believed: nobody makes perkd ask on and on."""

    @property
    def known(self) -> str:
        """The server's id; "" while it is not known. May be asked in any thread."""
        channel, guild = self._known
        return guild if channel == self.places().upgrade_channel else ""

    async def guild(self) -> str:
        """The server's id.

        Raises:
            NoHome: there is no such channel in any server, as far as the bot can see.
            Unreachable, FloodWait: Discord did not tell.
        """
        if self.known:
            return self.known
        channel = self.places().upgrade_channel
        if channel == self._none[0] and trio.current_time() < self._none[1]:
            raise NoHome(channel)

        async def ask(rest: hikari.api.RESTClient) -> str:
            found = await rest.fetch_channel(int(channel))
            return str(found.guild_id) if isinstance(found, hikari.GuildChannel) else ""

        try:
            guild = await Asking(self.link)(ask) if channel else ""
        except (Gone, Forbidden):
            guild = ""
        if not guild:
            self._none = (channel, trio.current_time() + BELIEVED)
            raise NoHome(channel)
        self._known = (channel, guild)
        return guild
