"""DiscordLink: the way of trio code to Discord, and what it raises."""

from collections.abc import Callable
from typing import Any

import aiohttp
import hikari
import pytest
import trio

from daemon.discord.link import Connection, DiscordAway, DiscordLink
from tests.daemon.discord.conftest import open_actor


async def hello(rest: hikari.api.RESTClient) -> str:
    return (await rest.fetch_my_user()).username


async def test_without_a_connection_it_says_why_discord_is_away() -> None:
    link = DiscordLink()
    with pytest.raises(DiscordAway, match="has not connected yet"):
        await link.rest(hello)
    link.close("the token is wrong")
    with pytest.raises(DiscordAway, match="the token is wrong"):
        await link.rest(hello)


async def test_who_waits_is_woken_when_it_opens(discord: Any) -> None:
    async with open_actor(discord) as running, trio.open_nursery() as nursery:
        woken = trio.Event()

        async def wait() -> None:
            await running.link.wait_open()
            woken.set()

        nursery.start_soon(wait)
        await woken.wait()
        assert running.link.is_open


async def test_what_discord_answers_comes_as_it_is(discord: Any) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        assert await running.link.rest(hello) == "perkd"
        with pytest.raises(hikari.NotFoundError) as caught:
            await running.link.rest(lambda rest: rest.fetch_channel(1))
        assert caught.value.code == 10003


async def test_an_answer_that_does_not_come_in_time_is_discord_being_away(discord: Any) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        held = discord.faults.hang("GET", "/users/@me")
        with pytest.raises(DiscordAway, match=r"did not answer within 0\.2 s"):
            await running.link.rest(hello, within=0.2)
        held.release()


@pytest.mark.parametrize(
    "error",
    [
        lambda: hikari.HTTPError("Connection refused"),
        lambda: aiohttp.ClientPayloadError("cut"),
        TimeoutError,
        lambda: ConnectionResetError("reset"),
    ],
)
async def test_a_network_that_fails_is_discord_being_away(
    discord: Any, error: Callable[[], Exception]
) -> None:
    async def fail(_rest: hikari.api.RESTClient) -> None:
        raise error()

    async with open_actor(discord) as running:
        await running.link.wait_open()
        with pytest.raises(DiscordAway, match="can't be reached"):
            await running.link.rest(fail)


async def test_an_error_of_ours_is_not_called_discord_being_away(discord: Any) -> None:
    async def fail(_rest: hikari.api.RESTClient) -> None:
        raise ZeroDivisionError("ours")

    async with open_actor(discord) as running:
        await running.link.wait_open()
        with pytest.raises(ZeroDivisionError):
            await running.link.rest(fail)


async def test_a_call_under_which_the_bot_is_replaced_hears_that_discord_is_away(discord: Any) -> None:
    errors: list[BaseException] = []
    async with open_actor(discord) as running, trio.open_nursery() as nursery:
        await running.link.wait_open()
        held = discord.faults.hang("GET", "/users/@me")

        async def ask() -> None:
            try:
                await running.link.rest(hello)
            except DiscordAway as away:
                errors.append(away)

        nursery.start_soon(ask)
        await trio.sleep(0.1)
        await discord.gateway.close(4004)
        await running.until_state("away")
        held.release()
    assert len(errors) == 1


async def test_a_link_that_opens_again_gives_the_new_connection(discord: Any) -> None:
    link = DiscordLink()
    async with open_actor(discord) as running:
        await running.link.wait_open()
        connection = running.link.connection()
        link.open(Connection(connection.loop, connection.bot))
        link.close("gone")
        assert not link.is_open
        link.open(connection)
        assert link.connection() is connection
