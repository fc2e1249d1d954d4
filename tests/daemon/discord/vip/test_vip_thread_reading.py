"""Reading VIP threads: who wrote what, and which command it is; after downtime as at the moment."""

from typing import Any

import hikari
import pytest
from attrs import define

from actors.vip.ports import Forbidden, Gone, ThreadMessage, Unreachable
from actors.vip.relay_plan import is_command
from actors.vip.relay_values import Incoming
from actors.vip.rich_text import plain
from daemon.discord.vip.authors import FRESH
from daemon.discord.vip.thread_messages import Author, thread_message
from tests.worlds.discord_clients import open_client
from tests.worlds.discord_threads import MESSAGES, open_stage, text

MEMBER = "/guilds/*/members/*"
OWN = 99
ANN = {"id": "1", "username": "ann", "discriminator": "0", "avatar": None, "global_name": "Ann"}


def texts(messages: Any) -> list[str]:
    return [message.body.text.text for message in messages]


# --- the history --------------------------------------------------------------------------------


async def test_the_history_comes_oldest_first_after_a_message_and_bounded(stage, thread):
    ann = stage.server.add_member("Ann")
    said = [await ann.say(thread, str(number)) for number in range(130)]
    history = stage.threads.history
    assert texts(await history(thread.id, "", 3)) == ["0", "1", "2"]
    assert texts(await history(thread.id, said[0].id, 120)) == [str(number) for number in range(1, 121)]
    assert texts(await history(thread.id, said[127].id, 100)) == ["128", "129"]
    assert await history(thread.id, said[-1].id, 100) == []


async def test_a_message_of_the_history_is_as_it_was_told_when_it_was_written(discord):
    async with open_stage(discord) as stage, open_client(discord) as client:
        staff = stage.server.add_role("staff")
        ann = stage.server.add_member("Ann", roles=(staff,))
        ann.nick = "Ännchen"
        thread = await stage.open()
        first = await ann.say(thread, "hi")
        reference = {"type": 0, "message_id": first.id, "channel_id": thread.id}
        png = {"id": "5", "filename": "a.png", "size": 3, "url": f"{discord.rest_url}/a", "proxy_url": ""}
        fields = {"attachments": [png | {"content_type": "image/png"}]}
        second = thread.add_message(ann.user, {"content": "**look**", **fields}, reference=reference)
        event = await client.hears_kind(hikari.GuildMessageCreateEvent, 2)
        told = thread_message(event.message, int(discord.bot_id))
        assert await stage.threads.message(thread.id, second.id) == told
        assert (await stage.threads.history(thread.id, first.id, 9)) == [told]
        assert (told.author, told.author_name, told.roles) == (ann.id, "Ännchen", {staff.id})
        assert (told.reply_to, told.person, told.version, told.command) == (first.id, True, "", "")


async def test_an_edit_has_the_same_version_in_event_and_history(discord):
    async with open_stage(discord) as stage, open_client(discord) as client:
        thread, ann = await stage.open(), stage.server.add_member("Ann")
        said = await ann.say(thread, "hi")
        said.preview({"type": "link", "url": "https://a.example"})
        preview = await client.hears_kind(hikari.GuildMessageUpdateEvent)
        assert thread_message(preview.message, OWN).version == ""
        versions = []
        for number in range(3):
            said.edit(f"hi {number}")
            edit = await client.hears_kind(hikari.GuildMessageUpdateEvent, number + 2)
            versions.append(thread_message(edit.message, OWN).version)
            assert (await stage.threads.message(thread.id, said.id)).version == versions[-1]
        assert versions == sorted(set(versions))
        assert len({len(version) for version in versions}) == 1


async def test_staff_are_staff_on_replay(stage, thread):
    staff = stage.server.add_role("staff")
    bob = stage.server.add_member("Bob", roles=(staff, stage.vip_role))
    ann = stage.server.add_member("Ann")
    for member in (bob, ann, bob):
        await member.say(thread, "!end")
    messages = await stage.another_life().history(thread.id, "", 10)
    roles = {staff.id, stage.vip_role.id}
    assert [(m.author, m.roles) for m in messages] == [(bob.id, roles), (ann.id, set()), (bob.id, roles)]
    assert [m.command for m in messages] == ["end"] * 3
    assert len(stage.discord.asked("GET", MEMBER)) == 2


async def test_who_has_left_has_no_roles(stage, thread):
    bob = stage.server.add_member("Bob", roles=(stage.vip_role,))
    await bob.say(thread, "hi")
    bob.leave()
    (message,) = await stage.threads.history(thread.id, "", 10)
    assert (message.roles, message.author_name, message.person) == (frozenset(), "Bob", True)


async def test_roles_are_asked_for_again_after_a_while(stage, thread, monkeypatch):
    bob = stage.server.add_member("Bob", roles=(stage.vip_role,))
    said = await bob.say(thread, "hi")
    assert (await stage.threads.message(thread.id, said.id)).roles == {stage.vip_role.id}
    stage.server.set_roles(bob)
    assert (await stage.threads.message(thread.id, said.id)).roles == {stage.vip_role.id}
    monkeypatch.setattr("daemon.discord.vip.authors.FRESH", 0.0)
    assert (await stage.threads.message(thread.id, said.id)).roles == frozenset()
    assert FRESH <= 60


async def test_a_history_whose_authors_are_not_known_is_none(stage, thread):
    await stage.server.add_member("Bob").say(thread, "hi")
    stage.discord.faults.answer("GET", MEMBER, status=503)
    with pytest.raises(Unreachable):
        await stage.threads.history(thread.id, "", 10)


async def test_what_bots_and_discord_itself_write_is_of_no_person(stage, thread):
    ann, bot = stage.server.add_member("Ann"), stage.discord.add_user("Other", bot=True)
    stage.server.add_member("Other", user=bot)
    await stage.threads.send(thread.id, text("own"), "n1")
    thread.add_message(bot, {"content": "!end"})
    thread.add_message(ann.user, {"content": "renamed"}, kind=4)
    thread.follow("webhook")
    await ann.say(thread, "hi")
    messages = await stage.threads.history(thread.id, "", 10)
    assert texts(messages) == ["own", "!end", "renamed", "webhook", "hi"]
    assert [m.person for m in messages] == [False, False, False, False, True]
    assert [m.author for m in messages][:3] == [stage.discord.bot_id, bot.id, ann.id]


async def test_an_empty_history_is_not_the_same_as_one_that_may_not_be_read(stage, thread):
    assert await stage.threads.history(thread.id, "", 10) == []
    said = await stage.server.add_member("Ann").say(thread, "hi")
    stage.upgrade.deny("read_message_history")
    with pytest.raises(Forbidden, match="Read Message History"):
        await stage.threads.history(thread.id, "", 10)
    assert await stage.threads.history(thread.id, said.id, 10) == []
    with pytest.raises(Forbidden):
        await stage.threads.message(thread.id, said.id)


async def test_what_is_gone_has_no_history(stage, thread):
    said = await stage.server.add_member("Ann").say(thread, "hi")
    said.delete()
    assert await stage.threads.history(thread.id, "", 10) == []
    with pytest.raises(Gone):
        await stage.threads.message(thread.id, said.id)
    thread.delete()
    for ask in (stage.threads.message(thread.id, said.id), stage.threads.history(thread.id, "", 10)):
        with pytest.raises(Gone):
            await ask
    assert stage.discord.asked("GET", MESSAGES)[-1] == 404


# --- one message --------------------------------------------------------------------------------


@define(eq=False)
class Factory:
    """Messages as hikari makes them of payloads."""

    def __call__(self, content: str, **values: Any) -> ThreadMessage:
        payload = {
            "id": "1100000000000000000",
            "channel_id": "6",
            "guild_id": "7",
            "author": ANN,
            "content": content,
            "timestamp": "2026-01-01T00:00:00+00:00",
            "edited_timestamp": None,
            "attachments": [],
            "type": 0,
            **values,
        }
        factory = hikari.impl.EntityFactoryImpl(hikari.RESTApp())
        return thread_message(factory.deserialize_partial_message(payload), OWN)


told = Factory()


@pytest.mark.parametrize(
    ("content", "command", "argument"),
    [
        ("!end", "end", ""),
        ("  !END \n", "end", ""),
        ("!end please <@123>", "end", ""),
        ("**!end**", "end", ""),
        ("!ending", "", ""),
        ("say !end", "", ""),
        ("!clear_vip_session <@123>", "clear_vip_session", "123"),
        ("!Clear_VIP_Session   <@!80351110224678912> now", "clear_vip_session", "80351110224678912"),
        ("!clear_vip_session\t80351110224678912", "clear_vip_session", "80351110224678912"),
        ("!clear_vip_session<@123>", "clear_vip_session", "123"),
        ("!clear_vip_session <#80351110224678912>", "clear_vip_session", ""),
        ("!clear_vip_session <@&80351110224678912>", "clear_vip_session", ""),
        ("!clear_vip_session ann", "clear_vip_session", ""),
        ("!clear_vip_session", "clear_vip_session", ""),
        ("!clear_vip_sessions <@123>", "", ""),
    ],
)
def test_a_command_is_told_with_the_member_it_is_about(content, command, argument):
    message = told(content)
    assert (message.command, message.argument) == (command, argument)
    assert is_command(message.body.text.text) == (command != "")


def test_roles_are_those_of_the_members_own_payload_without_everybodys():
    member = {"roles": ["5", "7", "6"], "nick": "Änn", "joined_at": None, "deaf": False, "mute": False}
    message = told("hi", member=member | {"flags": 0})
    assert (message.roles, message.author_name) == ({"5", "6"}, "Änn")
    assert told("hi").roles == frozenset()


def test_an_update_that_tells_no_author_is_of_no_person():
    message = told("hi", author=None)
    assert (message.author, message.person, message.author_name) == ("", False, "")


@pytest.mark.parametrize(
    "values",
    [{"webhook_id": "5"}, {"type": 6}, {"author": {**ANN, "id": str(OWN)}}, {"author": {**ANN, "bot": True}}],
)
def test_webhooks_bots_and_discord_are_no_persons(values):
    assert told("hi").person
    assert not told("hi", **values).person


def test_versions_grow_with_time_whatever_the_zone():
    times = ["2026-01-01T00:00:00+00:00", "2026-01-01T01:00:00.5+01:00", "2026-01-01T00:00:01.000001+00:00"]
    versions = [told("hi", edited_timestamp=at).version for at in times]
    assert versions == sorted(versions)
    assert {len(version) for version in versions} == {32}


def test_an_author_who_was_asked_for_goes_before_what_the_message_says():
    factory = hikari.impl.EntityFactoryImpl(hikari.RESTApp())
    payload = {"id": "1100000000000000000", "channel_id": "6", "content": "hi", "type": 0}
    message = factory.deserialize_partial_message(payload)
    found = thread_message(message, OWN, Author(frozenset({"5"}), "Ann"))
    assert found.body == Incoming(plain("hi"), at=found.at, name="Ann")
    assert (found.roles, found.author_name) == ({"5"}, "Ann")


async def test_roles_that_are_mentioned_have_their_names(stage, thread):
    ann = stage.server.add_member("Ann")
    said = await ann.say(thread, f"<@&{stage.vip_role.id}> <@&1>, please")
    assert texts([await stage.threads.message(thread.id, said.id)]) == ["@VIP @1, please"]
