"""Private threads at the stand-in: who is in them, and what being archived and locked means."""

import hikari
import pytest

from tests.worlds.discord import open_discord
from tests.worlds.discord_rest import open_rest

PRIVATE = hikari.ChannelType.GUILD_PRIVATE_THREAD


async def opened(ask, channel, name="VIP"):
    return await ask(lambda rest: rest.create_thread(int(channel.id), PRIVATE, name, invitable=False))


async def test_a_private_thread_is_opened_joined_and_left():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        ann = guild.add_member("Ann")
        thread = await opened(ask, guild.add_channel("vip"))
        assert (thread.type, thread.is_invitable) == (PRIVATE, False)
        await ask(lambda rest: rest.add_thread_member(thread.id, int(ann.id)))
        stored = discord.channels[str(thread.id)]
        assert set(stored.thread_members) == {discord.bot_id, ann.id}
        await ask(lambda rest: rest.remove_thread_member(thread.id, int(ann.id)))
        assert set(stored.thread_members) == {discord.bot_id}


async def test_who_is_named_in_a_thread_joins_it_though_nobody_is_pinged():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        ann, ben = guild.add_member("Ann"), guild.add_member("Ben")
        thread = await opened(ask, guild.add_channel("vip"))
        sent = await ask(lambda rest: rest.create_message(thread.id, f"<@{ann.id}>", user_mentions=False))
        stored = discord.channels[str(thread.id)]
        assert ann.id in stored.thread_members
        assert stored.messages[0].pinged == set()
        await ask(lambda rest: rest.edit_message(thread.id, sent.id, f"<@{ben.id}>", user_mentions=False))
        assert ben.id in stored.thread_members


async def test_a_message_wakes_an_archived_thread_but_not_a_locked_one():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel = guild.add_channel("vip", deny=("manage_threads",))
        thread = await opened(ask, channel)
        stored = discord.channels[str(thread.id)]
        stored.archived = True
        await ask(lambda rest: rest.create_message(thread.id, "still there?"))
        assert stored.archived is False
        stored.archived = stored.locked = True
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda rest: rest.create_message(thread.id, "still there?"))
        assert refused.value.code == 50083


async def test_a_thread_is_renamed_archived_locked_and_opened_again():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("vip")
        thread = await opened(ask, channel)
        await ask(lambda rest: rest.edit_channel(thread.id, name="done", archived=True, locked=True))
        stored = discord.channels[str(thread.id)]
        assert (stored.name, stored.archived, stored.locked) == ("done", True, True)
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda rest: rest.edit_channel(thread.id, name="more"))
        assert refused.value.code == 50083
        await ask(lambda rest: rest.edit_channel(thread.id, archived=False, locked=False))
        found = await ask(lambda rest: rest.fetch_channel(thread.id))
        assert (found.is_archived, found.is_locked) == (False, False)


@pytest.mark.parametrize("name", ["", "x" * 101])
async def test_a_thread_needs_a_name_of_1_to_100_characters(name):
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("vip")
        with pytest.raises(hikari.BadRequestError) as refused:
            await opened(ask, channel, name)
        assert "name" in refused.value.errors


async def test_without_the_permission_no_thread_is_opened():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("vip", deny=("create_private_threads",))
        with pytest.raises(hikari.ForbiddenError) as refused:
            await opened(ask, channel)
        assert refused.value.code == 50013


async def test_a_private_thread_the_bot_left_is_out_of_its_sight():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("vip", deny=("manage_threads",))
        thread = await opened(ask, channel)
        await ask(lambda rest: rest.leave_thread(thread.id))
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda rest: rest.fetch_channel(thread.id))
        assert refused.value.code == 50001


async def test_threads_go_with_their_channel_and_nothing_is_told_of_them():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("vip")
        thread = await opened(ask, channel)
        told: list[str] = []
        discord.listeners.append(lambda name, _data, _guild: told.append(name))
        channel.delete()
        assert told == ["CHANNEL_DELETE"]
        with pytest.raises(hikari.NotFoundError) as gone:
            await ask(lambda rest: rest.fetch_channel(thread.id))
        assert gone.value.code == 10003
