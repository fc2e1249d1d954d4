"""What happens between a member and the bot alone: commands and buttons in direct messages."""

import hikari
import lightbulb
import pytest

from tests.worlds.discord import open_discord
from tests.worlds.discord.interaction_options import ClientRefused
from tests.worlds.discord_clients import open_client


@pytest.fixture
async def discord():
    async with open_discord() as discord:
        yield discord


def trying(seen, **fields):
    async def invoke(self, ctx: lightbulb.Context) -> None:
        seen.append(ctx.interaction)
        await ctx.respond("hello")

    bases, body = (lightbulb.SlashCommand,), {"invoke": lightbulb.invoke(invoke)}
    return type("Try", bases, body, name="try", description="d", **fields)


async def test_a_command_in_a_direct_message_comes_without_a_guild(discord):
    seen = []
    ann = discord.add_guild("Snow").add_member("Ann")
    async with open_client(discord, lambda _, client: client.register(trying(seen))) as client:
        answer = await ann.slash(discord.dm_channel(ann.user), "try")
        await client.hears_kind(hikari.DMMessageCreateEvent)
    assert (seen[0].guild_id, seen[0].member, str(seen[0].user.id)) == (None, None, ann.id)
    assert seen[0].context == hikari.ApplicationContextType.BOT_DM
    assert discord.direct_messages(ann) == [answer.message]


async def test_a_command_for_guilds_is_not_there_in_direct_messages(discord):
    seen = []
    ann = discord.add_guild("Snow").add_member("Ann")
    guilds_only = trying(seen, contexts=[hikari.ApplicationContextType.GUILD])
    async with open_client(discord, lambda _, client: client.register(guilds_only)):
        with pytest.raises(ClientRefused, match="can't be used here"):
            await ann.slash(discord.dm_channel(ann.user), "try")
    assert seen == []


async def test_a_message_that_the_bot_sent_directly_is_seen_without_the_intent(discord):
    ann = discord.add_guild("Snow").add_member("Ann")
    intents = hikari.Intents.GUILDS | hikari.Intents.DM_MESSAGES
    async with open_client(discord, intents=intents) as client:
        channel = await client.loop.call(client.bot.rest.create_dm_channel, int(ann.id))
        await client.loop.call(client.bot.rest.create_message, channel.id, "psst")
        await ann.say(discord.dm_channel(ann.user), "yes?")
        await client.hears_kind(hikari.DMMessageCreateEvent, times=2)
    assert client.texts() == ["psst", "yes?"]
