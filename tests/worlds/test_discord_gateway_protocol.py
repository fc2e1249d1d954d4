"""The gateway's protocol, spoken by hand: what clients get for what they send."""

import json
import zlib
from contextlib import asynccontextmanager

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st
from trio_websocket import ConnectionClosed, wrap_client_stream

from tests.worlds.discord import open_discord
from tests.worlds.discord.gateway_intents import MESSAGE_CONTENT, as_seen
from tests.worlds.discord.zlib_stream import ZlibStream

INTENTS = 1 << 0 | 1 << 1 | 1 << 9 | 1 << 10 | 1 << 12


class Talk:
    """One connection; events are kept while something else is waited for."""

    def __init__(self, socket):
        self.socket = socket

    async def send(self, op, data=None):
        await self.socket.send_message(json.dumps({"op": op, "d": data}))

    async def receive(self, op):
        with trio.fail_after(60):
            while True:
                payload = json.loads(await self.socket.get_message())
                if payload["op"] == op:
                    return payload

    async def event(self, name):
        while True:
            payload = await self.receive(0)
            if payload["t"] == name:
                return payload

    async def identify(self, discord, **fields):
        data = {"token": discord.token, "intents": INTENTS, "shard": [0, 1], "properties": {}}
        await self.send(2, data | fields)

    async def close_code(self):
        with trio.fail_after(60):
            try:
                while True:
                    await self.socket.get_message()
            except ConnectionClosed as closed:
                return closed.reason.code


@asynccontextmanager
async def talking(discord, query="?v=10&encoding=json"):
    host, port = discord.gateway_url.removeprefix("ws://").split(":")
    # The stream is ours: the library leaves it open where the server was first to close.
    async with await trio.open_tcp_stream(host, int(port)) as stream, trio.open_nursery() as nursery:
        socket = await wrap_client_stream(nursery, stream, f"{host}:{port}", f"/{query}")
        yield Talk(socket)
        with trio.move_on_after(5):
            await socket.aclose()


@pytest.fixture
async def discord():
    async with open_discord() as discord:
        yield discord


async def test_hello_tells_the_interval_and_a_heartbeat_is_answered(discord):
    async with talking(discord) as talk:
        assert (await talk.receive(10))["d"] == {"heartbeat_interval": 41250}
        await talk.send(1)
        assert await talk.receive(11) == {"op": 11}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"op": 42, "d": None}, 4001),
        ("no JSON", 4002),
        ([], 4002),
        ({"op": 1, "d": "x" * 5000}, 4002),
        ({"op": 8, "d": {}}, 4003),
        ({"op": 2, "d": {"token": "wrong", "intents": 1}}, 4004),
        ({"op": 6, "d": {"token": "wrong", "session_id": "", "seq": 1}}, 4004),
    ],
)
async def test_what_breaks_the_protocol_is_closed_with_its_code(discord, sent, code):
    async with talking(discord) as talk:
        await talk.socket.send_message(sent if isinstance(sent, str) else json.dumps(sent))
        assert await talk.close_code() == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"shard": [2, 2]}, 4010), ({"intents": 1 << 18}, 4013), ({"intents": 1 << 8}, 4014)],
)
async def test_identifying_with_what_is_not_allowed_is_closed_with_its_code(discord, fields, code):
    async with talking(discord) as talk:
        await talk.identify(discord, **fields)
        assert await talk.close_code() == code


async def test_identifying_twice_is_closed_with_4005(discord):
    async with talking(discord) as talk:
        await talk.identify(discord)
        await talk.event("READY")
        await talk.identify(discord)
        assert await talk.close_code() == 4005


async def test_another_version_is_closed_with_4012(discord):
    async with talking(discord, "?v=6") as talk:
        assert await talk.close_code() == 4012


async def test_a_session_that_nobody_knows_is_invalid(discord):
    async with talking(discord) as talk:
        await talk.send(6, {"token": discord.token, "session_id": "unknown", "seq": 3})
        assert (await talk.receive(9))["d"] is False


async def leave_after_ready(discord, code):
    async with talking(discord) as talk:
        await talk.identify(discord)
        ready = await talk.event("READY")
        await talk.socket.aclose(code)
    return {"token": discord.token, "session_id": ready["d"]["session_id"], "seq": ready["s"]}


@pytest.mark.parametrize(("code", "resumes"), [(3000, True), (4000, True), (1000, False), (1001, False)])
async def test_a_client_that_says_goodbye_ends_its_session(discord, code, resumes):
    resume = await leave_after_ready(discord, code)
    async with talking(discord) as talk:
        await talk.send(6, resume)
        if resumes:
            assert (await talk.event("RESUMED"))["s"] == 2
        else:
            await talk.receive(9)


async def test_a_resume_from_the_future_is_closed_with_4007(discord):
    resume = await leave_after_ready(discord, 3000)
    async with talking(discord) as talk:
        await talk.send(6, resume | {"seq": 100})
        assert await talk.close_code() == 4007


async def test_members_are_found_by_id_and_by_the_start_of_their_name(discord):
    guild = discord.add_guild("Snow")
    ann, _ = guild.add_member("Ann"), guild.add_member("Bob")
    async with talking(discord) as talk:
        await talk.identify(discord)
        await talk.send(8, {"guild_id": guild.id, "user_ids": [ann.id, "1"], "nonce": "n"})
        by_id = (await talk.event("GUILD_MEMBERS_CHUNK"))["d"]
        await talk.send(8, {"guild_id": guild.id, "query": "bo", "limit": 5})
        by_name = (await talk.event("GUILD_MEMBERS_CHUNK"))["d"]
    assert [member["user"]["id"] for member in by_id["members"]] == [ann.id]
    assert (by_id["not_found"], by_id["nonce"], by_id["chunk_count"]) == (["1"], "n", 1)
    assert [member["user"]["global_name"] for member in by_name["members"]] == ["Bob"]


async def test_events_come_by_the_shard_of_their_guild(discord):
    guilds = [discord.add_guild(f"Guild {number}") for number in range(6)]
    seen = {}
    for shard in range(2):
        async with talking(discord) as talk:
            await talk.identify(discord, shard=[shard, 2])
            ready = (await talk.event("READY"))["d"]
            seen[shard] = {guild["id"] for guild in ready["guilds"]}
    assert seen == {shard: {g.id for g in guilds if (int(g.id) >> 22) % 2 == shard} for shard in range(2)}


async def test_a_bot_hears_nothing_of_a_channel_that_it_cannot_see(discord):
    guild = discord.add_guild("Snow")
    hidden, open_ = guild.add_channel("hidden", deny=("VIEW_CHANNEL",)), guild.add_channel("open")
    ann = guild.add_member("Ann")
    async with talking(discord) as talk:
        await talk.identify(discord)
        await talk.event("GUILD_CREATE")
        await ann.say(hidden, "unheard")
        await ann.say(open_, "heard")
        assert (await talk.event("MESSAGE_CREATE"))["d"]["channel_id"] == open_.id


async def test_a_stalled_client_that_leaves_is_let_go(discord):
    stall = discord.gateway.stall("ready")
    async with talking(discord) as talk:
        await talk.identify(discord)
        await stall.reached.wait()
    with trio.fail_after(60):
        await discord.gateway.wait_until(lambda: not discord.gateway.connections)
    assert discord.gateway.identifies == 0


json_values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@settings(max_examples=30)
@given(payloads=st.lists(st.dictionaries(st.text(), json_values), min_size=1))
def test_a_compressed_stream_is_read_message_by_message(payloads):
    packer, inflate = ZlibStream(), zlib.decompressobj()
    read = [json.loads(inflate.decompress(packer.pack(payload))) for payload in payloads]
    assert read == payloads


@given(
    intents=st.integers(0, 1 << 26),
    author=st.sampled_from(["bot", "ann"]),
    mentions=st.lists(st.sampled_from(["bot", "bob"])),
    guild=st.booleans(),
)
def test_content_is_seen_with_the_intent_or_where_it_is_meant_for_the_bot(intents, author, mentions, guild):
    message = {"content": "secret", "embeds": [1], "author": {"id": author}}
    message |= {"mentions": [{"id": user} for user in mentions]} | ({"guild_id": "1"} if guild else {})
    need = 1 << 9 if guild else 1 << 12
    seen = as_seen("MESSAGE_CREATE", message, intents, "bot")
    if not intents & need:
        assert seen is None
        return
    meant = author == "bot" or "bot" in mentions or not guild or intents & MESSAGE_CONTENT
    assert (seen["content"], seen["embeds"]) == (("secret", [1]) if meant else ("", []))
