"""Messages at the stand-in, as hikari sends, changes and reads them."""

import hikari
import httpx
import pytest

from tests.worlds.discord import open_discord
from tests.worlds.discord_rest import open_rest

PICTURE = b"\x89PNG\r\n\r\n--not the boundary\r\n\x00\xff"


async def test_the_same_nonce_makes_no_second_message_for_two_minutes():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, other = guild.add_channel("codes"), guild.add_channel("more")
        first, again = [
            await ask(lambda rest, t=text: rest.create_message(int(channel.id), t, nonce="n1"))
            for text in ("one", "two")
        ]
        elsewhere = await ask(lambda rest: rest.create_message(int(other.id), "x", nonce="n1"))
        assert (again.id, again.content, again.nonce) == (first.id, "one", "n1")
        assert elsewhere.id != first.id
        discord.later(121)
        later = await ask(lambda rest: rest.create_message(int(channel.id), "three", nonce="n1"))
        assert later.id != first.id
        assert [message.content for message in channel.messages] == ["one", "three"]


async def test_only_who_is_named_and_allowed_is_pinged():
    async with open_discord() as discord, open_rest(discord) as ask:
        discord.limits.enabled = False
        guild = discord.add_guild("Snow")
        channel, role = guild.add_channel("codes"), guild.add_role("mods")
        ann, ben = guild.add_member("Ann"), guild.add_member("Ben", roles=(role,))
        text = f"<@{ann.id}> <@!{ben.id}> <@&{role.id}> @everyone <@1>"
        tried = [
            ({}, set(), False),
            ({"user_mentions": True}, {ann.id, ben.id}, False),
            ({"user_mentions": [int(ann.id)]}, {ann.id}, False),
            ({"user_mentions": [int(discord.bot_id)]}, set(), False),
            ({"role_mentions": True}, {ben.id}, False),
            ({"mentions_everyone": True}, set(), True),
        ]
        for fields, pinged, everyone in tried:
            quiet = {"user_mentions": False, "role_mentions": False, "mentions_everyone": False} | fields
            await ask(lambda rest, f=quiet: rest.create_message(int(channel.id), text, **f))
            assert channel.messages[-1].pinged == pinged
            assert channel.messages[-1].pinged_everyone is everyone


async def test_an_edit_pings_nobody_and_changes_only_what_it_names():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, ann = guild.add_channel("codes"), guild.add_member("Ann")
        embed = hikari.Embed(title="t")
        sent = await ask(lambda rest: rest.create_message(int(channel.id), "one", embed=embed))
        text = f"<@{ann.id}>"
        edited = await ask(lambda rest: rest.edit_message(sent.channel_id, sent.id, text, user_mentions=True))
        assert edited.embeds[0].title == "t"
        assert edited.edited_timestamp is not None
        (message,) = channel.messages
        assert (message.content, message.pinged, message.edits) == (text, set(), 1)
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda rest: rest.edit_message(sent.channel_id, sent.id, None, embeds=[]))
        assert refused.value.code == 50006


async def test_files_are_kept_as_they_are_and_can_be_read_again():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("codes")
        embed = hikari.Embed(title="t").set_image(hikari.Bytes(PICTURE, "picture.png"))
        sent = await ask(
            lambda rest: rest.create_message(
                int(channel.id), "x", embed=embed, attachment=hikari.Bytes(b"fid\n1\n", "ü.csv")
            )
        )
        assert [file.filename for file in sent.attachments] == ["ü.csv", "picture.png"]
        assert [file.size for file in sent.attachments] == [6, len(PICTURE)]
        assert sent.embeds[0].image.url == sent.attachments[1].url
        contents = [await ask(lambda _, f=file: f.read()) for file in sent.attachments]
        assert contents == [b"fid\n1\n", PICTURE]
        kept = await ask(
            lambda rest: rest.edit_message(sent.channel_id, sent.id, attachments=[sent.attachments[0]])
        )
        assert [file.id for file in kept.attachments] == [sent.attachments[0].id]


async def test_history_is_read_from_the_newest_around_before_and_after():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, ann = guild.add_channel("codes"), guild.add_member("Ann")
        ids = [int((await ann.say(channel, str(number))).id) for number in range(7)]

        async def read(**where: int) -> list[int]:
            found = await ask(lambda rest: collect(rest.fetch_messages(int(channel.id), **where).limit(3)))
            return [ids.index(message.id) for message in found]

        async def collect(found):
            return list(await found)

        assert await read() == [6, 5, 4]
        assert await read(before=ids[3]) == [2, 1, 0]
        assert sorted(await read(after=ids[3])) == [4, 5, 6]
        headers = {"authorization": f"Bot {discord.token}"}
        query = {"around": ids[3], "limit": 3}
        async with httpx.AsyncClient(headers=headers) as client:
            url = f"{discord.rest_url}/channels/{channel.id}/messages"
            found = (await client.get(url, params=query)).json()
            refused = await client.get(url, params={"limit": 101})
        assert [ids.index(int(message["id"])) for message in found] == [4, 3, 2]
        assert (refused.status_code, refused.json()["code"]) == (400, 50035)


async def test_an_answer_names_the_message_it_answers_and_needs_it():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, ann = guild.add_channel("codes"), guild.add_member("Ann")
        said = await ann.say(channel, "Code: SNOW")
        for mentions, pinged in ((True, {ann.id}), (False, set())):
            await ask(
                lambda rest, m=mentions: rest.create_message(
                    int(channel.id), "seen", reply=int(said.id), mentions_reply=m
                )
            )
            assert channel.messages[-1].pinged == pinged
            assert channel.messages[-1].reference["message_id"] == said.id
        said.delete()
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda rest: rest.create_message(int(channel.id), "x", reply=int(said.id)))
        assert "message_reference" in refused.value.errors


async def test_reactions_are_put_once_and_taken_back():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, ann = guild.add_channel("codes"), guild.add_member("Ann")
        message = await ann.say(channel, "Code: SNOW")
        place = (int(channel.id), int(message.id))
        for emoji in ("✅", "✅", "🎁"):
            await ask(lambda rest, e=emoji: rest.add_reaction(*place, e))
        assert message.reactions == ["✅", "🎁"]
        await ask(lambda rest: rest.delete_my_reaction(*place, "✅"))
        assert message.reactions == ["🎁"]
        with pytest.raises(hikari.BadRequestError) as refused:
            await ask(lambda rest: rest.add_reaction(*place, "words"))
        assert refused.value.code == 10014


async def test_what_the_application_and_its_guilds_say_of_themselves():
    async with open_discord() as discord, open_rest(discord) as ask:
        guild = discord.add_guild("Snow")
        channel, role = guild.add_channel("codes", deny=("embed_links",)), guild.add_role("mods")
        ann = guild.add_member("Ann", roles=(role,), manage_guild=True)
        discord.intents_allowed(message_content=False, members=True)
        application = await ask(lambda rest: rest.fetch_application())
        flags = hikari.ApplicationFlags
        assert application.flags & flags.GUILD_MEMBERS_INTENT
        assert not application.flags & flags.MESSAGE_CONTENT_INTENT
        assert str((await ask(lambda rest: rest.fetch_my_user())).id) == discord.bot_id
        info = await ask(lambda rest: rest.fetch_gateway_bot_info())
        assert (info.url, info.shard_count) == (discord.gateway_url, 1)
        assert (await ask(lambda rest: rest.fetch_guild(int(guild.id)))).name == "Snow"
        (found,) = await ask(lambda rest: rest.fetch_guild_channels(int(guild.id)))
        overwrite = found.permission_overwrites[int(discord.bot_id)]
        assert (str(found.id), overwrite.deny) == (channel.id, hikari.Permissions.EMBED_LINKS)
        member = await ask(lambda rest: rest.fetch_member(int(guild.id), int(ann.id)))
        roles = {r.id: r for r in await ask(lambda rest: rest.fetch_roles(int(guild.id)))}
        assert int(role.id) in member.role_ids
        assert any(roles[r].permissions & hikari.Permissions.MANAGE_GUILD for r in member.role_ids)


async def test_a_followed_channel_brings_messages_of_a_webhook_that_answer_nothing():
    async with open_discord() as discord, open_rest(discord) as ask:
        channel = discord.add_guild("Snow").add_channel("news")
        told: list[dict] = []
        discord.listeners.append(lambda _name, data, _guild: told.append(data))
        brought = channel.follow("Code: SNOW")
        found = await ask(lambda rest: rest.fetch_message(int(channel.id), int(brought.id)))
        assert found.webhook_id == found.author.id
        assert found.flags & hikari.MessageFlag.IS_CROSSPOST
        assert found.type is hikari.MessageType.DEFAULT
        assert "member" not in told[-1]


async def test_only_an_edit_has_a_time_not_the_preview_of_a_link():
    async with open_discord() as discord:
        guild = discord.add_guild("Snow")
        channel, ann = guild.add_channel("codes"), guild.add_member("Ann")
        told: list[tuple[str, str | None]] = []
        discord.listeners.append(lambda name, data, _: told.append((name, data.get("edited_timestamp"))))
        message = await ann.say(channel, "https://game.test")
        message.preview({"title": "Game"})
        message.edit("Code: SNOW")
        assert [name for name, _ in told] == ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_UPDATE"]
        assert [bool(at) for _, at in told] == [False, False, True]
