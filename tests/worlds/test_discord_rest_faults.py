"""What can be made to go wrong with requests, as hikari lives through it."""

import aiohttp
import hikari
import pytest
import trio

from tests.worlds.discord import open_discord
from tests.worlds.discord.faults import Faults
from tests.worlds.discord_rest import open_rest

MESSAGES = "/channels/*/messages"


async def test_a_5xx_is_answered_so_many_times_and_nothing_is_done():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.answer("POST", MESSAGES, status=502, times=2)
        for _ in range(2):
            with pytest.raises(hikari.InternalServerError):
                await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert channel.messages == []
        await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert discord.asked("POST", MESSAGES) == [502, 502, 200]


async def test_what_hikari_repeats_after_a_dropped_reply_is_one_message_by_its_nonce():
    async with open_discord() as discord, open_rest(discord, retries=1) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.drop_reply("POST", MESSAGES)
        sent = await ask(lambda rest: rest.create_message(int(channel.id), "x", nonce="n1"))
        assert discord.asked("POST", MESSAGES) == [0, 200]
        assert [message.id for message in channel.messages] == [str(sent.id)]


async def test_without_a_nonce_a_dropped_reply_doubles_the_message():
    async with open_discord() as discord, open_rest(discord, retries=1) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.drop_reply("POST", MESSAGES)
        await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert len(channel.messages) == 2


async def test_a_reply_is_cut_in_the_middle_of_its_body_after_it_was_done():
    async with open_discord() as discord, open_rest(discord, retries=1) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.cut_reply("POST", MESSAGES)
        with pytest.raises(aiohttp.ClientPayloadError):
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert discord.asked("POST", MESSAGES) == [200]
        assert len(channel.messages) == 1


async def test_a_request_can_be_cut_off_before_it_was_done():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.drop_reply("POST", MESSAGES, done=False)
        with pytest.raises(hikari.HTTPError):
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert channel.messages == []


@pytest.mark.parametrize("done", [False, True])
async def test_a_request_hangs_until_it_is_released(done):
    async with open_discord() as discord, open_rest(discord) as ask, trio.open_nursery() as nursery:
        channel = discord.add_guild("Snow").add_channel("codes")
        hang = discord.faults.hang("POST", MESSAGES, done=done)
        answered = trio.Event()

        async def post() -> None:
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
            answered.set()

        nursery.start_soon(post)
        with trio.fail_after(60):
            await hang.reached.wait()
            assert len(channel.messages) == (1 if done else 0)
            assert not answered.is_set()
            hang.release()
            await answered.wait()
        assert len(channel.messages) == 1


async def test_a_hang_that_is_released_holds_nothing_more():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        discord.faults.hang("POST", MESSAGES).release()
        with trio.fail_after(60):
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert len(channel.messages) == 1


async def test_an_answer_that_is_no_json_is_an_error_of_http():
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.faults.answer("GET", "/users/@me", status=200, body="<html>")
        with pytest.raises(hikari.HTTPError):
            await ask(lambda rest: rest.fetch_my_user())
        assert discord.asked("GET", "/users/@me") == [200]


async def test_a_file_can_be_refused_and_then_be_had():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        file = hikari.Bytes(b"fid", "a.csv")
        sent = await ask(lambda rest: rest.create_message(int(channel.id), attachment=file))
        discord.faults.answer("GET", "/attachments/*/*/a.csv", status=500)
        with pytest.raises(hikari.InternalServerError):
            await ask(lambda _: sent.attachments[0].read())
        assert await ask(lambda _: sent.attachments[0].read()) == b"fid"


def test_a_pattern_meets_one_part_of_a_path_a_star_and_only_its_method():
    faults = Faults()
    faults.answer("POST", "/channels/*/messages", times=None)
    assert faults.meet("POST", "/channels/1/messages") is not None
    assert faults.meet("POST", "/channels/1/messages/2") is None
    assert faults.meet("PATCH", "/channels/1/messages") is None
    faults.clear()
    assert faults.meet("POST", "/channels/1/messages") is None
    faults.answer("*", "/guilds/1", times=1)
    assert faults.meet("GET", "/guilds/1") is not None
    assert faults.meet("GET", "/guilds/1") is None
