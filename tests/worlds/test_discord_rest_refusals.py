"""The stand-in refuses what Discord refuses, in Discord's words, as hikari reads them."""

from typing import Any

import hikari
import httpx
import pytest
from hikari.impl import MessageActionRowBuilder, TextSelectMenuBuilder

from tests.worlds.discord import open_discord
from tests.worlds.discord_rest import open_rest

Style = hikari.ButtonStyle


def embed(**fields: Any) -> hikari.Embed:
    return hikari.Embed(**fields)


def with_fields(count: int, name: str = "n", value: str = "v") -> hikari.Embed:
    found = hikari.Embed(title="t")
    for _ in range(count):
        found.add_field(name, value)
    return found


def row(*custom_ids: str, label: str = "Press") -> MessageActionRowBuilder:
    found = MessageActionRowBuilder()
    for custom_id in custom_ids:
        found.add_interactive_button(Style.PRIMARY, custom_id, label=label)
    return found


def menu(options: int, *, same: bool = False) -> MessageActionRowBuilder:
    found = TextSelectMenuBuilder(custom_id="m", parent=MessageActionRowBuilder())
    for number in range(options):
        found.add_option(f"l{number}", "v" if same else f"v{number}")
    return MessageActionRowBuilder().add_component(found)


TOO_MUCH = {
    "content": {"content": "x" * 2001},
    "content in UTF-16": {"content": "🎁" * 1001},
    "title": {"embed": embed(title="x" * 257)},
    "description": {"embed": embed(description="x" * 4097)},
    "field name": {"embed": with_fields(1, name="x" * 257)},
    "field value": {"embed": with_fields(1, value="x" * 1025)},
    "empty field": {"embed": with_fields(1, value="")},
    "26 fields": {"embed": with_fields(26)},
    "footer": {"embed": embed(title="t").set_footer("x" * 2049)},
    "author": {"embed": embed(title="t").set_author(name="x" * 257)},
    "all embeds": {"embeds": [embed(description="x" * 3001), embed(description="x" * 3000)]},
    "11 embeds": {"embeds": [embed(title="t")] * 11},
    "6 rows": {"content": "x", "components": [row(str(n)) for n in range(6)]},
    "6 buttons": {"content": "x", "component": row(*"abcdef")},
    "custom id": {"content": "x", "component": row("x" * 101)},
    "custom id twice": {"content": "x", "components": [row("a"), row("a")]},
    "label": {"content": "x", "component": row("a", label="x" * 81)},
    "no label": {"content": "x", "component": row("a", label="")},
    "26 options": {"content": "x", "component": menu(26)},
    "option twice": {"content": "x", "component": menu(2, same=True)},
    "nonce": {"content": "x", "nonce": "n" * 26},
    "ephemeral": {"content": "x", "flags": hikari.MessageFlag.EPHEMERAL},
}
AS_MUCH = {
    "content": {"content": "x" * 2000},
    "embed": {"embeds": [embed(title="x" * 256, description="x" * 4096), embed(description="x" * 1648)]},
    "fields": {"embed": with_fields(25, name="x" * 99, value="y" * 100)},
    "buttons": {"content": "x", "components": [row(*(f"{r}{b}" * 50 for b in range(5))) for r in range(5)]},
    "label": {"content": "x", "component": row("a", label="x" * 80)},
    "options": {"content": "x", "component": menu(25)},
    "nonce": {"content": "x", "nonce": "n" * 25},
}


async def test_what_is_too_long_or_too_much_is_refused_as_an_invalid_form():
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.limits.enabled = False
        channel = discord.add_guild("Snow").add_channel("codes")
        for fields in TOO_MUCH.values():
            with pytest.raises(hikari.BadRequestError) as refused:
                await ask(lambda rest, f=fields: rest.create_message(int(channel.id), **f))
            assert refused.value.code == 50035
            assert refused.value.errors
        assert channel.messages == []


async def test_what_is_just_short_enough_is_accepted():
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.limits.enabled = False
        channel = discord.add_guild("Snow").add_channel("codes")
        for fields in AS_MUCH.values():
            await ask(lambda rest, f=fields: rest.create_message(int(channel.id), **f))
        assert len(channel.messages) == len(AS_MUCH)


async def test_an_invalid_form_names_the_field():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(
                lambda rest: rest.create_message(int(channel.id), embed=with_fields(1, value="x" * 1025))
            )
        (error,) = refused.value.errors["embeds"]["0"]["fields"]["0"]["value"]["_errors"]
        assert error == {"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 1024 or fewer in length."}


async def test_a_message_without_anything_to_show_is_refused():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        for fields in ({"content": " \n"}, {}):
            with pytest.raises(hikari.BadRequestError) as refused:
                await ask(lambda rest, f=fields: rest.create_message(int(channel.id), **f))
            assert refused.value.code == 50006


MISSING = [
    ((), None, 200),
    (("view_channel",), 50001, 403),
    (("send_messages",), 50013, 403),
    (("embed_links",), 50013, 403),
    (("attach_files",), 50013, 403),
]


@pytest.mark.parametrize(("deny", "code", "status"), MISSING)
async def test_a_missing_permission_is_named_by_its_code(deny, code, status):
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes", deny=deny)
        fields = {"embed": embed(title="t"), "attachment": hikari.Bytes(b"x", "x.txt")}
        if code is None:
            await ask(lambda rest: rest.create_message(int(channel.id), "x", **fields))
        else:
            with pytest.raises(hikari.ForbiddenError) as refused:
                await ask(lambda rest: rest.create_message(int(channel.id), "x", **fields))
            assert refused.value.code == code
        assert discord.asked("POST", "/channels/*/messages") == [status]


async def test_what_is_not_there_is_not_found():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        here, gone = guild.add_channel("here"), guild.add_channel("gone")
        gone.delete()
        asked = {
            10003: lambda rest: rest.create_message(int(gone.id), "x"),
            10004: lambda rest: rest.fetch_guild(1),
            10008: lambda rest: rest.edit_message(int(here.id), 1, "x"),
            10013: lambda rest: rest.fetch_user(1),
            10015: lambda rest: rest.execute_webhook(1, "token", "x"),
        }
        for code, what in asked.items():
            with pytest.raises(hikari.NotFoundError) as refused:
                await ask(what)
            assert refused.value.code == code


async def test_a_member_and_a_user_who_are_not_there_differ():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        ann = guild.add_member("Ann")
        ann.leave()
        for user, code in ((int(ann.id), 10007), (1, 10013)):
            with pytest.raises(hikari.NotFoundError) as refused:
                await ask(lambda rest, u=user: rest.fetch_member(int(guild.id), u))
            assert refused.value.code == code


async def test_the_messages_of_others_cannot_be_edited_and_need_a_permission_to_be_deleted():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel = guild.add_channel("codes", deny=("manage_messages",))
        message = await guild.add_member("Ann").say(channel, "hello")
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda rest: rest.edit_message(int(channel.id), int(message.id), "x"))
        assert refused.value.code == 50005
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda rest: rest.delete_message(int(channel.id), int(message.id)))
        assert refused.value.code == 50013
        channel.deny()
        await ask(lambda rest: rest.delete_message(int(channel.id), int(message.id)))
        assert channel.messages == []


async def test_a_wrong_token_is_unauthorized_everywhere_but_at_what_has_its_own_token():
    async with open_discord() as discord, open_rest(discord, token="wrong") as ask:
        for what in (lambda rest: rest.fetch_my_user(), lambda rest: rest.fetch_gateway_bot_info()):
            with pytest.raises(hikari.UnauthorizedError) as refused:
                await ask(what)
            assert refused.value.message == "401: Unauthorized"
        with pytest.raises(hikari.NotFoundError):
            await ask(lambda rest: rest.execute_webhook(1, "token", "x"))


async def test_a_guild_that_removed_the_bot_or_is_away_is_not_the_same():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel = guild.add_channel("codes")
        guild.set_available(False)
        with pytest.raises(hikari.InternalServerError) as away:
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert away.value.status == 503
        guild.set_available(True)
        guild.remove_bot()
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda rest: rest.create_message(int(channel.id), "x"))
        assert refused.value.code == 50001


async def test_direct_messages_reach_those_who_take_them():
    async with open_discord() as discord, open_rest(discord) as ask:
        ann = discord.add_guild("Snow").add_member("Ann")
        channel = await ask(lambda rest: rest.create_dm_channel(int(ann.id)))
        await ask(lambda rest: rest.create_message(channel.id, "hello"))
        ann.user.takes_messages = False
        with pytest.raises(hikari.ForbiddenError) as refused:
            await ask(lambda rest: rest.create_message(channel.id, "again"))
        assert refused.value.code == 50007
        assert [message.content for message in discord.direct_messages(ann)] == ["hello"]


@pytest.mark.parametrize(
    ("headers", "content", "status", "code"),
    [
        ({"content-type": "application/json"}, b'{"content": ', 400, 50109),
        ({"content-type": "text/plain"}, b"content=x", 400, 0),
        ({"content-type": "application/json"}, b" " * (26 * 1024 * 1024), 413, 40005),
    ],
)
async def test_a_body_that_is_no_json_or_too_large_is_refused(headers, content, status, code):
    async with open_discord() as discord, httpx.AsyncClient() as client:
        channel = discord.add_guild("Snow").add_channel("codes")
        answer = await client.post(
            f"{discord.rest_url}/channels/{channel.id}/messages",
            headers={"authorization": f"Bot {discord.token}", **headers},
            content=content,
        )
        assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_a_route_that_is_not_there_is_not_found_and_remembered():
    async with open_discord() as discord, httpx.AsyncClient() as client:
        answer = await client.get(f"{discord.rest_url}/nothing/here")
        assert answer.json() == {"message": "404: Not Found", "code": 0}
        assert discord.requests == [("GET", "/nothing/here", 404)]
