"""Which board a guild's codes are posted to: the terminal's, or Discord's."""

from attrs import define

from actors.giftcodes.model import TERMINAL_GUILD, Channel, Guild
from actors.ports import Announcement, Board, Mention


@define(eq=False)
class RoutedBoard:
    """The `Board` port over two: the terminal is a guild as well, beside those at Discord."""

    terminal: Board
    discord: Board

    def _of(self, guild: Guild) -> Board:
        return self.terminal if guild.id == TERMINAL_GUILD else self.discord

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:
        """Announce the code where the guild is."""
        return await self._of(guild).post(guild, channel, announcement, nonce)

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        """Show the announcement in a message that was posted there."""
        await self._of(guild).edit(guild, channel, message, announcement)

    async def find(
        self, guild: Guild, channel: Channel, announcement: Announcement, since: float
    ) -> str | None:
        """Our message about this code there."""
        return await self._of(guild).find(guild, channel, announcement, since)

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:
        """Tell members there what came of the code."""
        return await self._of(guild).mention(guild, channel, message, news, nonce)

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        """Tell the member there what has gone wrong."""
        await self._of(guild).alert(guild, member, text)
