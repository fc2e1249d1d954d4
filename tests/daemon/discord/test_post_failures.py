"""What Discord's refusals of a message mean."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import hikari
import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Channel, Guild
from actors.ports import ChannelGone, MessageRefused, PostError
from daemon.discord.post_failures import Place, in_short
from tests.worlds.discord_board import MESSAGES, NEW, Setting, open_board


@pytest.fixture
async def setting(discord: Any) -> AsyncIterator[Setting]:
    async with open_board(discord, retries=0) as setting:
        yield setting


async def refusal(setting: Setting, room: Any = None) -> PostError:
    channel = Channel((room or setting.room).id, 0.0)
    with pytest.raises(PostError) as raised:
        await setting.board.post(setting.guild, channel, NEW, "nonce")
    return raised.value


@pytest.mark.parametrize("code", [50008, 50024, 50083])
async def test_a_channel_that_takes_no_messages_is_for_a_person_to_mend(setting, code):
    setting.discord.faults.answer("POST", MESSAGES, status=400, code=code)
    error = await refusal(setting)
    assert isinstance(error, ChannelGone)
    assert "choose another channel" in str(error)


async def test_a_message_that_discord_does_not_like_is_no_channel_gone(setting):
    setting.discord.faults.answer(
        "POST",
        MESSAGES,
        status=400,
        body={"message": "Invalid Form Body", "code": 50035, "errors": {"x": {}}},
    )
    error = await refusal(setting)
    assert isinstance(error, MessageRefused)
    assert str(error).endswith('Discord answered HTTP 400 (50035): Invalid Form Body {"x": {}}')


async def test_a_connection_that_is_cut_is_an_error_that_passes(setting):
    setting.discord.faults.drop_reply("POST", MESSAGES, done=False)
    error = await refusal(setting)
    assert not isinstance(error, ChannelGone)
    assert "Discord can't be reached" in str(error)
    assert setting.room.messages == []


async def test_a_refusal_whose_reason_cannot_be_asked_for_now_is_an_error_that_passes(setting):
    setting.room.deny("send_messages")
    setting.discord.faults.answer("GET", "/channels/*", status=503)
    error = await refusal(setting)
    assert not isinstance(error, ChannelGone)
    assert "why is not known yet" in str(error)
    assert "lacks Send Messages" in str(await refusal(setting))


async def test_a_missing_permission_that_cannot_be_told_is_said_to_be_one(setting):
    setting.discord.faults.answer("POST", MESSAGES, status=403, code=50013)
    error = await refusal(setting)
    assert isinstance(error, ChannelGone)
    assert "lacks a permission to post there" in str(error)


async def test_a_channel_that_can_no_longer_be_seen_lacks_just_that(setting):
    setting.room.deny("view_channel", "send_messages")
    setting.discord.faults.answer("POST", MESSAGES, status=403, code=50013)
    assert "lacks View Channel there" in str(await refusal(setting))


async def test_a_server_that_went_away_meanwhile_loses_nothing(setting):
    hang = setting.discord.faults.hang("POST", MESSAGES, times=1)
    errors: list[PostError] = []

    async def post() -> None:
        errors.append(await refusal(setting))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(post)
        while not hang.waiting:  # noqa: ASYNC110 - the stand-in tells nobody
            await trio.sleep(0.01)
        setting.room.delete()
        setting.server.set_available(False)
        await setting.until_cached(available=False)
        hang.release()
    assert not isinstance(errors[0], ChannelGone)
    assert "unavailable" in str(errors[0])


async def test_a_bot_that_is_in_no_server_at_all_says_so(setting):
    for guild in list(setting.discord.guilds.values()):
        guild.remove_bot()
    assert "not in that server any more" in str(await refusal(setting))


def test_a_place_is_named_with_nothing_that_drives_a_terminal():
    place = Place(1, "Snow\x1b[2J\u202e", 2)
    assert str(place) == r"channel 2 of Snow\x1b[2J\u202e (1)"
    assert str(evolve(place, guild_name="")) == "channel 2 of server (1)"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (hikari.HTTPError("no route"), "Discord can't be reached: no route"),
        (aiohttp.ClientPayloadError("cut"), "Discord can't be reached: cut"),
        (TimeoutError(), "Discord can't be reached: TimeoutError"),
        (
            hikari.HTTPError("Expected JSON [real_url='https://discord.com/webhooks/1/secret/messages']"),
            "Discord can't be reached: Expected JSON [real_url='…']",
        ),
        (
            hikari.ForbiddenError("http://secret", {}, b"", "Missing Access", 50001),
            "Discord answered HTTP 403 (50001): Missing Access",
        ),
    ],
)
def test_errors_are_told_without_addresses(error, said):
    assert in_short(error) == said


async def test_a_server_of_which_nothing_is_known_is_no_server_of_ours(setting):
    with pytest.raises(ChannelGone, match="not in that server"):
        await setting.board.post(Guild("999999999999999999", "x"), Channel("1", 0.0), NEW, "nonce")
