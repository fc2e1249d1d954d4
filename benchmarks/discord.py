"""Answers on Discord: how long until the first sign, with the real libraries at a stand-in of ours.

The stand-in runs in trio, beside what is measured; so what a bare bot needs there is taken off.
"""

import statistics
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import hikari
import trio

from actors.giftcodes.model import Code, Player, Registration
from actors.ports import Put
from benchmarks.timing import Measured
from daemon.aio import open_loop
from tests.worlds.discord import open_discord
from tests.worlds.discord_commands import open_place

TIMES = 100
WARM = 10
CODES, PLAYERS = 1000, 200


def first_answer() -> Measured:
    """Milliseconds from the dispatch of an interaction to its callback, and to the whole answer."""
    return trio.run(_first_answer)


async def _first_answer() -> Measured:
    async with _bare() as (channel, member):
        bare = [(await member.slash(channel, "ping")).first_after for _ in range(WARM + TIMES)][WARM:]
    async with open_place() as place:
        await _fill(place)
        listed, registered, whole = [], [], []
        for number in range(WARM + TIMES):
            began = trio.current_time()
            answer = await place.ann.slash(place.channel, "codes list")
            whole.append(trio.current_time() - began)
            listed.append(answer.first_after)
            answer = await place.ann.slash(
                place.channel, "register", game="wos", fid=str(5000 + number % 5), state="7"
            )
            registered.append(answer.first_after)
        completed = []
        for _ in range(TIMES):
            began = trio.current_time()
            await place.ann.autocomplete(place.channel, "redeem", "code", "CODE9")
            completed.append(trio.current_time() - began)
    base = statistics.median(bare)
    return {
        "bare": 1000 * base,
        "added": 1000 * (statistics.median(listed[WARM:]) - base),
        "added_register": 1000 * (statistics.median(registered[WARM:]) - base),
        "worst": 1000 * max(*listed[WARM:], *registered[WARM:]),
        "whole": 1000 * statistics.median(whole[WARM:]),
        "completion": 1000 * statistics.median(completed),
    }


async def _fill(place: Any) -> None:
    """A thousand codes, and a guild's players."""
    records: list[Any] = [Code("wos", f"CODE{number}", first_seen=float(number)) for number in range(CODES)]
    for number in range(PLAYERS):
        fid = str(1000 + number)
        records += [Player("wos", fid, "7"), Registration(place.guild.id, place.ann.id, "wos", fid)]
    await place.store.commit(*map(Put, records))


@asynccontextmanager
async def _bare() -> AsyncIterator[tuple[Any, Any]]:
    """hikari alone, which answers each interaction at once."""
    async with open_discord() as discord, open_loop("bare bot") as loop:
        guild = discord.add_guild("Snow")
        channel, member = guild.add_channel("codes"), guild.add_member("Ann")
        bot = await loop.sync(_make, discord.token, discord.rest_url)
        await loop.call(bot.start)
        try:
            await loop.call(_add_command, bot)
            yield channel, member
        finally:
            with trio.CancelScope(shield=True):
                await loop.call(bot.close)


def _make(token: str, rest_url: str) -> hikari.GatewayBot:
    bot = hikari.GatewayBot(
        token,
        rest_url=rest_url,
        banner=None,
        logs=None,
        suppress_optimization_warning=True,
        intents=hikari.Intents.GUILDS,
    )

    @bot.listen()
    async def answer(event: hikari.InteractionCreateEvent) -> None:
        assert isinstance(event.interaction, hikari.CommandInteraction)
        await event.interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, "pong")

    return bot


async def _add_command(bot: hikari.GatewayBot) -> None:
    application = await bot.rest.fetch_application()
    await bot.rest.create_slash_command(application, "ping", "Answers at once.")
