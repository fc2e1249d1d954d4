"""Registering slash commands at the stand-in, as hikari does it."""

import hikari
import httpx
import pytest
from hikari.impl import SlashCommandBuilder

from tests.worlds.discord import open_discord
from tests.worlds.discord_rest import open_rest

STRING = hikari.OptionType.STRING


def command(name="redeem", description="Redeem a code"):
    return SlashCommandBuilder(name, description)


def option(name="code", **fields):
    return hikari.CommandOption(
        **{"type": STRING, "name": name, "description": "d", "is_required": False} | fields
    )


def many(kind, count):
    made = [hikari.CommandChoice(name=str(n), value=str(n)) for n in range(count)]
    return {"choices": made} if kind == "choices" else {}


async def test_commands_are_registered_replaced_and_keep_their_ids():
    async with open_discord() as discord, open_rest(discord) as ask:
        application = int(discord.application_id)

        async def put(*names: str) -> list[int]:
            builders = [command(name) for name in names]
            return [c.id for c in await ask(lambda r: r.set_application_commands(application, builders))]

        redeem, codes = await put("redeem", "codes")
        again, new = await put("redeem", "history")
        assert again == redeem
        assert new != codes
        assert [one["name"] for one in discord.commands] == ["redeem", "history"]


async def test_one_command_is_made_changed_read_and_deleted_for_one_guild():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        place = (int(discord.application_id),)
        made = await ask(
            lambda r: r.create_slash_command(*place, "redeem", "d", guild=int(guild.id), options=[option()])
        )
        changed = await ask(
            lambda r: r.edit_application_command(*place, made.id, int(guild.id), description="e")
        )
        assert (changed.id, changed.description, changed.options[0].name) == (made.id, "e", "code")
        assert discord.commands == []
        (found,) = await ask(lambda r: r.fetch_application_commands(*place, int(guild.id)))
        assert found.id == made.id
        await ask(lambda r: r.delete_application_command(*place, made.id, int(guild.id)))
        with pytest.raises(hikari.NotFoundError) as gone:
            await ask(lambda r: r.fetch_application_command(*place, made.id, int(guild.id)))
        assert gone.value.code == 10063


def nested(depth):
    kinds = (hikari.OptionType.SUB_COMMAND_GROUP, hikari.OptionType.SUB_COMMAND)
    inner = [option()]
    for kind in reversed(kinds * depth):
        inner = [option("deeper", type=kind, options=inner)]
    return inner


REFUSED = {
    "26 options": [option(f"o{n}") for n in range(26)],
    "26 choices": [option(**many("choices", 26))],
    "long choice": [option(choices=[hikari.CommandChoice(name="x" * 101, value="x")])],
    "long value": [option(choices=[hikari.CommandChoice(name="x", value="x" * 101)])],
    "required last": [option("a"), option("b", is_required=True)],
    "same name": [option("a"), option("a")],
    "bad name": [option("No Spaces")],
    "long name": [option("x" * 33)],
    "long description": [option(description="x" * 101)],
    "choices and autocomplete": [option(autocomplete=True, **many("choices", 1))],
    "autocomplete of a user": [option(type=hikari.OptionType.USER, autocomplete=True)],
    "too deep": nested(2),
    "too large": [
        option(f"o{o}", choices=[hikari.CommandChoice(name="x" * 90 + str(n), value="x") for n in range(25)])
        for o in range(4)
    ],
}


@pytest.mark.parametrize("options", REFUSED.values(), ids=REFUSED.keys())
async def test_options_that_discord_refuses_are_refused(options):
    async with open_discord() as discord, open_rest(discord) as ask:
        builder = command()
        for one in options:
            builder.add_option(one)
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda r: r.set_application_commands(int(discord.application_id), [builder]))
        assert refused.value.code == 50035
        assert discord.commands == []


async def test_groups_with_subcommands_are_accepted():
    async with open_discord() as discord, open_rest(discord) as ask:
        builder = command("manage", "Manage")
        builder.add_option(nested(1)[0])
        await ask(lambda r: r.set_application_commands(int(discord.application_id), [builder]))
        assert discord.commands[0]["options"][0]["options"][0]["options"][0]["name"] == "code"


@pytest.mark.parametrize(
    "body",
    [
        [{"name": "a", "description": "d"}, {"name": "a", "description": "e"}],
        [{"name": f"c{n}", "description": "d"} for n in range(101)],
        [{"name": "Upper", "description": "d"}],
        [{"name": "a", "description": ""}],
        [{"name": "a", "description": "d", "name_localizations": {"xx": "b"}}],
        [{"name": "a", "description": "d", "description_localizations": {"de": "x" * 101}}],
        {"name": "a", "description": "d"},
    ],
)
async def test_lists_of_commands_that_discord_refuses_are_refused(body):
    async with open_discord() as discord, httpx.AsyncClient() as client:
        answer = await client.put(
            f"{discord.rest_url}/applications/{discord.application_id}/commands",
            headers={"authorization": f"Bot {discord.token}"},
            json=body,
        )
        assert (answer.status_code, answer.json()["code"]) == (400, 50035)
        assert discord.commands == []


async def test_another_application_is_none_of_the_bots_business():
    async with open_discord() as discord, open_rest(discord) as ask:
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda r: r.fetch_application_commands(1))
        assert refused.value.code == 20012
