"""A bot as perkd makes it, connected to a stand-in Discord; the actor around it is left out."""

import inspect
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from daemon.aio import open_loop
from daemon.discord.bot import Account, Register, ask_admission, make_bot
from daemon.discord.link import Connection, DiscordLink
from daemon.discord.observer import Observer
from daemon.secrets import Secret

PATIENCE = 60.0


class WallClock:
    def now(self) -> float:
        return time.time()


async def until(look: Callable[[], Any]) -> Any:
    """What `look` returns, once that is true; bounded. It may be an async function."""
    with trio.fail_after(PATIENCE):
        while True:
            found = look()
            found = await found if inspect.isawaitable(found) else found
            if found:
                return found
            await trio.sleep(0.01)  # what changes it is a bot in a thread of its own


@asynccontextmanager
async def open_bot(
    discord: Any, link: DiscordLink, *register: Register, vip: bool = False
) -> AsyncIterator[Connection]:
    """A bot that has connected, and the link to it; both end with the block. `vip`: as with VIP threads."""
    account = Account(Secret(discord.token), "DISCORD_TOKEN", discord.rest_url, vip=vip)
    async with open_loop("discord") as loop:
        with trio.fail_after(PATIENCE):
            admission = await loop.call(ask_admission, account)
            bot = await loop.sync(make_bot, account, admission, register, loop, Observer(time.time))
            await loop.call(bot.start)
        connection = Connection(loop, bot.gateway)
        link.open(connection)
        try:
            yield connection
        finally:
            link.close("the test has closed it")
            with trio.move_on_after(PATIENCE) as scope:
                scope.shield = True
                await loop.call(bot.close)
