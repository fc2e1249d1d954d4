"""The gateway of the stand-in: sessions, resumes, closes, intents, as the real hikari meets them."""

import hikari
import pytest
import trio

from daemon.aio import open_loop
from tests.worlds.discord import open_discord
from tests.worlds.discord_clients import INTENTS, PATIENCE, make_bot, open_client, start


@pytest.fixture
async def discord():
    async with open_discord() as discord:
        yield discord


@pytest.fixture
def guild(discord):
    return discord.add_guild("Snow")


@pytest.fixture
def channel(guild):
    return guild.add_channel("codes")


@pytest.fixture
def ann(guild):
    return guild.add_member("Ann")


async def test_a_bot_is_ready_with_its_guilds(discord, guild, channel, ann):
    away = discord.add_guild("Away", available=False)
    async with open_client(discord) as client:
        ready = await client.hears_kind(hikari.ShardReadyEvent)
        event = await client.hears_kind(hikari.GuildAvailableEvent)
        assert discord.gateway.sessions == discord.gateway.identifies == 1
    assert {str(found) for found in ready.unavailable_guilds} == {guild.id, away.id}
    assert (str(ready.my_user.id), ready.my_user.username) == (discord.bot_id, "perkd")
    assert str(event.guild_id) == guild.id
    assert [str(found) for found in event.channels] == [channel.id]
    assert int(ann.id) in event.members
    assert client.kinds().count("GuildAvailableEvent") == 1
    assert discord.gateway.sessions == 0


async def test_heartbeats_are_answered(discord):
    discord.gateway.heartbeat = 0.5  # seconds within which each has to be answered
    async with open_client(discord) as client:
        with trio.fail_after(PATIENCE):
            await discord.gateway.wait_until(lambda: discord.gateway.heartbeats >= 3)
        assert 0 < client.bot.heartbeat_latency < PATIENCE
        assert discord.gateway.sessions == 1


async def test_a_client_whose_heartbeats_get_no_answer_connects_anew_and_resumes(discord):
    discord.gateway.heartbeat = 0.5
    async with open_client(discord) as client:
        discord.gateway.acks = False
        await client.hears_kind(hikari.ShardDisconnectedEvent)
        discord.gateway.acks = True
        await client.hears_kind(hikari.ShardResumedEvent)
    assert discord.gateway.identifies == 1


async def op7(gateway):
    await gateway.op7()


async def op9(gateway):
    await gateway.op9(resumable=True)


async def cut(gateway):
    await gateway.close(1006)


async def close(gateway):
    await gateway.close(4000)


@pytest.mark.parametrize("leave", [op7, op9, cut, close])
async def test_events_missed_while_away_come_at_the_resume_in_their_order(discord, channel, ann, leave):
    async with open_client(discord) as client:
        await ann.say(channel, "first")
        await client.hears_kind(hikari.MessageCreateEvent)
        await leave(discord.gateway)
        for number in range(3):
            await ann.say(channel, f"missed {number}")
        await client.hears_kind(hikari.ShardResumedEvent)
        await ann.say(channel, "last")
        await client.hears_kind(hikari.MessageCreateEvent, times=5)
    assert client.texts() == ["first", "missed 0", "missed 1", "missed 2", "last"]
    assert (discord.gateway.identifies, discord.gateway.resumes) == (1, 1)
    assert client.kinds().count("ShardReadyEvent") == 1


async def test_an_invalid_session_is_followed_by_a_new_one_without_what_was_missed(discord, channel, ann):
    async with open_client(discord) as client:
        await discord.gateway.op9(resumable=False)
        await ann.say(channel, "nobody hears it")
        await client.hears_kind(hikari.ShardReadyEvent, times=2)
        await client.hears_kind(hikari.GuildAvailableEvent, times=2)
        await ann.say(channel, "heard")
        await client.hears_kind(hikari.MessageCreateEvent)
    assert client.texts() == ["heard"]
    assert (discord.gateway.identifies, discord.gateway.resumes) == (2, 0)


async def test_who_missed_more_than_is_kept_gets_a_new_session(discord, channel, ann):
    discord.gateway.keep = 10
    async with open_client(discord) as client:
        await discord.gateway.close(4000)
        for number in range(11):
            await ann.say(channel, f"missed {number}")
        await client.hears_kind(hikari.ShardReadyEvent, times=2)
    assert client.texts() == []
    assert (discord.gateway.identifies, discord.gateway.resumes) == (2, 0)


async def test_a_refused_connection_is_tried_again(discord):
    async with open_client(discord) as client:
        discord.gateway.refuse(True)
        await discord.gateway.close(1006)
        await client.hears_kind(hikari.ShardDisconnectedEvent)
        assert discord.gateway.sessions == 0
        discord.gateway.refuse(False)
        await client.hears_kind(hikari.ShardResumedEvent)
        assert discord.gateway.sessions == 1


async def refusal_of(discord, **options):
    async with open_loop("bot") as loop:
        bot = await loop.sync(lambda: make_bot(discord, **options))
        try:
            with trio.fail_after(PATIENCE):
                await loop.call(start, bot)
        finally:
            with trio.CancelScope(shield=True):
                await loop.call(bot.close)


async def test_a_token_that_the_gateway_does_not_know_is_refused_with_4004(discord):
    token, discord.gateway.token = discord.token, "another one"
    with pytest.raises(hikari.GatewayServerClosedConnectionError) as caught:
        await refusal_of(discord, token=token)
    assert caught.value.code == 4004
    assert not caught.value.can_reconnect


@pytest.mark.parametrize(
    ("allowed", "intents"),
    [
        ({"message_content": False}, hikari.Intents.MESSAGE_CONTENT),
        ({"members": False}, hikari.Intents.GUILD_MEMBERS),
        ({}, hikari.Intents.GUILD_PRESENCES),
    ],
)
async def test_privileged_intents_that_are_not_allowed_are_refused_with_4014(discord, allowed, intents):
    discord.intents_allowed(**allowed)
    with pytest.raises(hikari.GatewayServerClosedConnectionError) as caught:
        await refusal_of(discord, intents=hikari.Intents.GUILDS | intents)
    assert caught.value.code == 4014
    assert discord.gateway.identifies == 0


async def test_without_the_intent_the_content_of_strangers_messages_is_empty(discord, channel, ann):
    async with open_client(discord, intents=INTENTS & ~hikari.Intents.MESSAGE_CONTENT) as client:
        await ann.say(channel, "secret")
        await ann.say(channel, f"<@{discord.bot_id}> heard")
        await client.loop.call(client.bot.rest.create_message, int(channel.id), "own")
        await client.hears_kind(hikari.MessageCreateEvent, times=3)
    assert client.texts() == [None, f"<@{discord.bot_id}> heard", "own"]


async def test_events_without_their_intent_do_not_come(discord, guild, channel, ann):
    async with open_client(discord, intents=hikari.Intents.GUILDS) as client:
        await ann.say(channel, "unheard")
        guild.add_member("Bob")
        guild.add_channel("more")
        await client.hears_kind(hikari.GuildChannelCreateEvent)
    assert not {"GuildMessageCreateEvent", "MemberCreateEvent"} & set(client.kinds())


async def test_what_happens_in_a_guild_is_told(discord, guild, channel, ann):
    async with open_client(discord) as client:
        await client.hears_kind(hikari.GuildAvailableEvent)
        message = await ann.say(channel, "hello")
        message.delete()
        bob = guild.add_member("Bob")
        guild.set_roles(bob, guild.add_role("mods"))
        bob.leave()
        channel.delete()
        guild.set_available(False)
        guild.set_available(True)
        guild.remove_bot()
        await client.hears_kind(hikari.GuildLeaveEvent)
    kinds = ("Guild", "MemberC", "MemberU", "MemberD", "Role")
    told = [kind for kind in client.kinds() if kind.startswith(kinds) and kind != "MemberChunkEvent"]
    assert told == [
        "GuildAvailableEvent",
        "GuildMessageCreateEvent",
        "GuildMessageDeleteEvent",
        "MemberCreateEvent",
        "RoleCreateEvent",
        "MemberUpdateEvent",
        "MemberDeleteEvent",
        "GuildChannelDeleteEvent",
        "GuildUnavailableEvent",
        "GuildAvailableEvent",
        "GuildLeaveEvent",
    ]


async def test_a_guild_that_the_bot_joins_is_told_as_that(discord):
    async with open_client(discord) as client:
        joined = discord.add_guild("New")
        event = await client.hears_kind(hikari.GuildJoinEvent)
    assert (str(event.guild_id), event.guild.name) == (joined.id, "New")
    assert "GuildAvailableEvent" not in client.kinds()


async def test_members_are_sent_in_chunks_when_the_library_asks_for_them(discord, guild):
    for number in range(1100):
        guild.add_member(f"Member {number}")
    async with open_client(discord) as client:
        last = await client.hears_kind(hikari.MemberChunkEvent, times=2)
        chunks = [event for event in client.heard if isinstance(event, hikari.MemberChunkEvent)]
    assert [len(event.members) for event in chunks] == [1000, 102]
    assert (last.chunk_index, last.chunk_count) == (1, 2)


async def test_a_bot_that_is_closed_gives_its_session_up(discord):
    async with open_client(discord):
        assert len(discord.gateway.kept()) == 1
    with trio.fail_after(PATIENCE):
        await discord.gateway.wait_until(lambda: not discord.gateway.kept())
    assert discord.gateway.sessions == 0
