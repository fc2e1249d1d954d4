"""The unmodified hikari and lightbulb as clients of the stand-in Discord, each in a loop of its own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import hikari
import lightbulb
import trio
from attrs import define, field
from hikari.impl import CacheSettings

from daemon.aio import Loop, open_loop
from daemon.discord.bot import CACHED
from daemon.discord.link import Connection, DiscordLink
from tests.worlds.discord import Discord

PATIENCE = 60.0
INTENTS = hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT | hikari.Intents.GUILD_MEMBERS

Prepare = Callable[[hikari.GatewayBot, lightbulb.GatewayEnabledClient], None]


@define(eq=False)
class Client:
    """A bot that has started, and what it hears."""

    loop: Loop
    bot: hikari.GatewayBot
    heard: list[Any] = field(factory=list)
    """The events, oldest first; written in the loop's thread."""
    _changed: trio.Event = field(factory=trio.Event)

    def kinds(self) -> list[str]:
        """The events' names, without those of lightbulb and of raw payloads."""
        return [type(event).__name__ for event in self.heard]

    def texts(self) -> list[str | None]:
        """The content of the messages heard."""
        return [e.content for e in self.heard if isinstance(e, hikari.MessageCreateEvent)]

    async def hears(self, like: Callable[[list[Any]], Any]) -> Any:
        """Wait until `like(events)` is true, and return that."""
        with trio.fail_after(PATIENCE):
            while not (found := like(list(self.heard))):
                await self._changed.wait()
        return found

    async def hears_kind(self, kind: type, times: int = 1) -> Any:
        """Wait for so many events of the kind, and return the last of them."""
        found = await self.hears(
            lambda heard: len(same := [e for e in heard if isinstance(e, kind)]) >= times and same
        )
        return found[times - 1]

    async def pulse(self) -> None:
        """Something new was heard."""
        self._changed.set()
        self._changed = trio.Event()


def make_bot(discord: Discord, **options: Any) -> hikari.GatewayBot:
    """As the library makes it; in a loop's thread."""
    options = {"intents": INTENTS, "token": discord.token} | options
    quiet: dict[str, Any] = {"banner": None, "logs": None, "suppress_optimization_warning": True}
    return hikari.GatewayBot(rest_url=discord.rest_url, **quiet, **options)


def _nothing(_bot: hikari.GatewayBot, _client: lightbulb.GatewayEnabledClient) -> None:
    """No commands."""


async def start(bot: hikari.GatewayBot) -> None:
    """Start it, without asking the Internet for news of the library."""
    await bot.start(check_for_updates=False)


@asynccontextmanager
async def open_client(discord: Discord, prepare: Prepare = _nothing, **options: Any) -> AsyncIterator[Client]:
    """A connected bot with the commands and listeners that `prepare` gives it."""
    async with open_loop("bot") as loop:
        client = Client(loop, await loop.sync(lambda: make_bot(discord, **options)))

        async def listen(event: hikari.Event) -> None:
            if not isinstance(event, hikari.ShardPayloadEvent):
                client.heard.append(event)  # at once: what is started in trio later runs in any order
                await loop.run_in_trio(client.pulse)

        def wire() -> None:
            commands = lightbulb.client_from_app(client.bot)
            prepare(client.bot, commands)
            client.bot.subscribe(hikari.StartingEvent, commands.start)
            client.bot.subscribe(hikari.Event, listen)

        await loop.sync(wire)
        with trio.fail_after(PATIENCE):
            await loop.call(start, client.bot)
        try:
            yield client
        finally:
            with trio.move_on_after(PATIENCE) as scope:
                scope.shield = True
                await loop.call(client.bot.close)


@asynccontextmanager
async def open_link(discord: Discord, *, retries: int) -> AsyncIterator[tuple[DiscordLink, Connection]]:
    """A link to a bot that keeps of servers what perkd's keeps. `retries`: how often hikari asks again."""
    options = {
        "intents": hikari.Intents.GUILDS,
        "auto_chunk_members": False,
        "cache_settings": CacheSettings(components=CACHED),
        "max_retries": retries,
    }
    async with open_loop("test") as loop:
        bot = await loop.sync(lambda: make_bot(discord, **options))
        link, connection = DiscordLink(), Connection(loop, bot)
        try:
            await loop.call(start, bot)
            link.open(connection)
            yield link, connection
        finally:
            link.close("the test has closed it")
            await loop.call(bot.close)


async def until_cached(connection: Connection, server: Any, *, available: bool) -> None:
    """Wait until the bot has heard of the server what is the case."""
    cache = connection.bot.cache
    get = cache.get_available_guild if available else cache.get_unavailable_guild
    while await connection.loop.sync(get, hikari.Snowflake(server.id)) is None:  # noqa: ASYNC110 - hikari tells nobody
        await trio.sleep(0.01)
