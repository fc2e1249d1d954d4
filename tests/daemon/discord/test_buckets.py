"""Who waits for a rate limit and is cancelled holds nobody up: hikari's own buckets would."""

from collections.abc import AsyncIterator
from typing import Any

import hikari
import pytest
import trio

from daemon.discord.link import DiscordAway, DiscordLink
from tests.worlds.discord_bots import open_bot

PER_WINDOW = 5
"""Messages that one channel takes in five seconds."""


@pytest.fixture
async def link(discord: Any) -> AsyncIterator[DiscordLink]:
    made = DiscordLink()
    async with open_bot(discord, made):
        yield made


@pytest.fixture
def channel(discord: Any) -> Any:
    (guild,) = discord.guilds.values()
    return guild.add_channel("talk")


async def post(link: DiscordLink, channel: Any, text: str, within: float = 30.0) -> None:
    async def create(rest: hikari.api.RESTClient) -> None:
        await rest.create_message(int(channel.id), text)

    await link.rest(create, within=within)


async def test_a_message_that_waits_for_the_limit_and_is_given_up_leaves_the_way_free(
    link: DiscordLink, channel: Any
) -> None:
    for number in range(PER_WINDOW):
        await post(link, channel, f"{number}")
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(_give_up, link, channel, f"given up {number}")
    with trio.fail_after(15):
        await post(link, channel, "after")
    assert [one.text for one in channel.messages] == ["0", "1", "2", "3", "4", "after"]


async def test_a_first_message_that_hangs_and_those_behind_it_can_be_given_up(
    link: DiscordLink, channel: Any, discord: Any
) -> None:
    discord.faults.hang("POST", "/channels/*/messages")
    async with trio.open_nursery() as nursery:
        for number in range(3):
            nursery.start_soon(_give_up, link, channel, f"given up {number}")
    discord.faults.clear()
    with trio.fail_after(15):
        await post(link, channel, "after")
    assert "after" in [one.text for one in channel.messages]


async def test_all_wait_their_turn_and_none_is_lost(link: DiscordLink, channel: Any) -> None:
    count = PER_WINDOW + 3
    async with trio.open_nursery() as nursery:
        for number in range(count):
            nursery.start_soon(post, link, channel, f"{number}")
    assert sorted(one.text for one in channel.messages) == [f"{number}" for number in range(count)]


async def _give_up(link: DiscordLink, channel: Any, text: str) -> None:
    with pytest.raises(DiscordAway):
        await post(link, channel, text, within=0.2)
