"""Commands, suggestions, buttons and forms: the real hikari and lightbulb answer members of the stand-in."""

import hikari
import lightbulb
import pytest

from tests.worlds.discord import open_discord
from tests.worlds.discord_clients import open_client


class Register(lightbulb.SlashCommand, name="register", description="Be redeemed for"):
    game = lightbulb.string("game", "which")
    fid = lightbulb.string("fid", "player id")

    @lightbulb.invoke
    async def invoke(self, ctx: lightbulb.Context) -> None:
        await ctx.defer(ephemeral=True)
        await ctx.interaction.edit_initial_response(f"{ctx.user.username}: {self.game} {self.fid}")


def commands(*of):
    def prepare(bot, client):
        for command in of:
            client.register(command)

    return prepare


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


async def test_a_slash_command_is_deferred_and_then_edited(discord, channel, ann):
    async with open_client(discord, commands(Register)):
        answer = await ann.slash(channel, "register", game="wos", fid="123")
    assert answer.text == "ann: wos 123"
    assert answer.deferred
    assert answer.ephemeral
    assert channel.messages == []
    assert 0 < answer.first_after < 1
