"""A DiscordBoard over a real bot that is connected to the stand-in Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import hikari
import trio
from attrs import frozen
from hikari.impl import CacheSettings

from actors.giftcodes.model import Channel, Code, Guild, Status
from actors.ports import Announcement, Progress
from daemon.aio import Loop, open_loop
from daemon.discord.board import DiscordBoard
from daemon.discord.bot import CACHED
from daemon.discord.link import Connection, DiscordLink

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
    loop: Loop
    bot: hikari.GatewayBot

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
        cache = self.bot.cache
        get = cache.get_available_guild if available else cache.get_unavailable_guild
        while await self.loop.sync(get, hikari.Snowflake(self.server.id)) is None:  # noqa: ASYNC110 - hikari tells nobody
            await trio.sleep(0.01)


@asynccontextmanager
async def open_board(discord: Any, *, retries: int = 1) -> AsyncIterator[Setting]:
    """With a new guild and channel, of which the bot knows. `retries`: how often hikari asks again."""
    server = discord.add_guild("Snow & Ice")
    room = server.add_channel("codes")
    async with open_loop("test") as loop:
        bot = await loop.sync(_bot, discord, retries)
        link = DiscordLink()
        try:
            await loop.call(_start, bot)
            link.open(Connection(loop, bot))
            setting = Setting(discord, server, room, DiscordBoard(link, within=5.0), loop, bot)
            await setting.until_cached(available=True)
            yield setting
        finally:
            await loop.call(bot.close)


def _bot(discord: Any, retries: int) -> hikari.GatewayBot:
    return hikari.GatewayBot(
        discord.token,
        banner=None,
        suppress_optimization_warning=True,
        logs=None,
        intents=hikari.Intents.GUILDS,
        auto_chunk_members=False,
        cache_settings=CacheSettings(components=CACHED),
        max_retries=retries,
        rest_url=discord.rest_url,
    )


async def _start(bot: hikari.GatewayBot) -> None:
    await bot.start(check_for_updates=False)
