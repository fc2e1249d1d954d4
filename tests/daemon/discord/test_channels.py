"""Which channels are believed to be deleted: the real hikari against the stand-in."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from attrs import define

from daemon.discord.channels import GuildChannels
from daemon.discord.link import Connection, DiscordLink
from tests.worlds.discord_bots import open_bot, until

TRIED_AGAIN = (1.5, 25.0)
"""Seconds for one channel and for all, where hikari would try for ten."""


@define
class Place:
    discord: Any
    guild: Any
    link: DiscordLink
    connection: Connection

    def is_available(self) -> bool:
        return self.connection.bot.cache.get_available_guild(int(self.guild.id)) is not None

    async def deleted(self, *channels: Any, within: tuple[float, float] = (20.0, 25.0)) -> list[Any]:
        """Those that are believed to be; `within`: seconds for one and for all."""
        ids = [channel if isinstance(channel, str) else channel.id for channel in channels]
        found = await GuildChannels(self.link, *within).deleted(self.guild.id, ids)
        return [channel for channel, id_ in zip(channels, ids, strict=True) if id_ in found]


@pytest.fixture
async def place(discord: Any) -> AsyncIterator[Place]:
    link = DiscordLink()
    async with open_bot(discord, link) as connection:
        place = Place(discord, discord.add_guild("Rain"), link, connection)
        await until(place.is_available)
        yield place


async def test_a_channel_that_is_deleted_is_told_from_those_that_can_not_be_seen(place: Place) -> None:
    gone, hidden, there = [place.guild.add_channel(name) for name in ("gone", "hidden", "there")]
    gone.delete()
    hidden.deny("VIEW_CHANNEL")
    assert await place.deleted(gone, hidden, there, "terminal", "") == [gone]
    assert await place.deleted() == []


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 0), (404, 10004), (503, 0), (500, 10003)])
async def test_no_other_answer_of_discord_means_a_deleted_channel(
    place: Place, status: int, code: int
) -> None:
    gone, odd = place.guild.add_channel("gone"), place.guild.add_channel("odd")
    gone.delete()
    place.discord.faults.answer("GET", f"/channels/{odd.id}", status=status, code=code, times=None)
    assert await place.deleted(odd, gone, within=TRIED_AGAIN) == [gone]


async def test_a_reply_that_is_cut_off_means_no_deleted_channel(place: Place) -> None:
    gone, odd = place.guild.add_channel("gone"), place.guild.add_channel("odd")
    gone.delete()
    place.discord.faults.drop_reply("GET", f"/channels/{odd.id}", times=None)
    assert await place.deleted(odd, gone, within=TRIED_AGAIN) == [gone]


async def test_an_answer_that_takes_too_long_holds_up_nobody(place: Place) -> None:
    gone, slow = place.guild.add_channel("gone"), place.guild.add_channel("slow")
    gone.delete()
    place.discord.faults.hang("GET", f"/channels/{slow.id}")
    with trio.fail_after(20.0):
        assert await place.deleted(slow, gone, within=(2.0, 25.0)) == [gone]
    place.discord.faults.clear()


async def test_a_discord_that_is_slow_altogether_is_asked_for_so_long_only(place: Place) -> None:
    rooms = [place.guild.add_channel(str(number)) for number in range(3)]
    rooms[0].delete()
    for room in rooms[1:]:
        place.discord.faults.hang("GET", f"/channels/{room.id}")
    with trio.fail_after(20.0):
        assert await place.deleted(*rooms, within=(60.0, 1.5)) == rooms[:1]
    place.discord.faults.clear()


async def test_of_a_server_that_is_unavailable_nothing_is_believed_to_be_deleted(place: Place) -> None:
    channel = place.guild.add_channel("codes")
    channel.delete()
    place.guild.set_available(False)
    await until(lambda: not place.is_available())
    assert await place.deleted(channel) == []
    place.guild.set_available(True)
    await until(place.is_available)
    assert await place.deleted(channel) == [channel]


async def test_without_discord_nothing_is_believed_to_be_deleted() -> None:
    assert await GuildChannels(DiscordLink()).deleted("1", ["2"]) == ()
