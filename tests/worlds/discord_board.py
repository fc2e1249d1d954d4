"""A DiscordBoard over a real bot that is connected to the stand-in Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from attrs import frozen

from actors.giftcodes.model import Channel, Code, Guild, Status
from actors.ports import Announcement, Progress
from daemon.discord.board import DiscordBoard
from daemon.discord.link import Connection
from tests.worlds.discord_clients import open_link, until_cached

MESSAGES = "/channels/*/messages"
MESSAGE = "/channels/*/messages/*"
CODE = Code("wos", "SNOW2026", source="kingshot.net")
NEW = Announcement(CODE, Progress(total=2, waiting=2))
DONE = Announcement(CODE, Progress(total=2, redeemed=1, failed=((Status.WRONG_STATE, 1),)))


@frozen
class Setting:
    """A board whose bot is connected to a Discord with a guild and a channel."""

    discord: Any
    server: Any
    room: Any
    board: DiscordBoard
    connection: Connection

    @property
    def guild(self) -> Guild:
        return Guild(self.server.id, self.server.name)

    @property
    def channel(self) -> Channel:
        return Channel(self.room.id, 0.0)

    async def post(self, announcement: Announcement = NEW, nonce: str = "nonce") -> str:
        return await self.board.post(self.guild, self.channel, announcement, nonce)

    async def until_cached(self, *, available: bool) -> None:
        """Wait until the bot has heard of the guild what is the case."""
        await until_cached(self.connection, self.server, available=available)


@asynccontextmanager
async def open_board(discord: Any, *, retries: int = 1) -> AsyncIterator[Setting]:
    """With a new guild and channel, of which the bot knows. `retries`: how often hikari asks again."""
    server = discord.add_guild("Snow & Ice")
    room = server.add_channel("codes")
    async with open_link(discord, retries=retries) as (link, connection):
        setting = Setting(discord, server, room, DiscordBoard(link, within=5.0), connection)
        await setting.until_cached(available=True)
        yield setting
