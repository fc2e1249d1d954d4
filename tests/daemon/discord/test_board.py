import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve

from actors.giftcodes.model import TERMINAL_GUILD, Channel, Code, CodeState, Guild
from actors.ports import Announcement, ChannelGone, MessageGone, PostError, Progress
from daemon.discord.board import DiscordBoard, snowflake
from daemon.discord.link import DiscordLink
from tests.worlds.discord_board import CODE, DONE, MESSAGE, MESSAGES, NEW, Setting, open_board


@pytest.fixture
async def setting(discord: Any) -> AsyncIterator[Setting]:
    async with open_board(discord) as setting:
        yield setting


@pytest.fixture
async def hasty(discord: Any) -> AsyncIterator[Setting]:
    """One whose bot asks once only."""
    async with open_board(discord, retries=0) as setting:
        yield setting


def texts(message: Any) -> str:
    """All that a message shows."""
    (embed,) = message.embeds
    return "\n".join(
        [embed["title"], embed["description"], *(one["value"] for one in embed.get("fields", ()))]
    )


# --- posting ------------------------------------------------------------------------------------


async def test_a_code_is_posted_with_its_buttons(setting):
    message_id = await setting.post()
    (message,) = setting.room.messages
    assert message.id == message_id
    assert "```\nSNOW2026\n```" in texts(message)
    (row,) = message.components
    assert [one["custom_id"] for one in row["components"]] == [
        "gc:redeem:v1:wos:SNOW2026:1",
        "gc:register:v1:wos",
    ]


async def test_the_same_nonce_makes_no_second_message(setting):
    assert await setting.post() == await setting.post()
    assert len(setting.room.messages) == 1
    await setting.post(nonce="another")
    assert len(setting.room.messages) == 2


async def test_a_post_whose_reply_was_lost_is_made_once(setting):
    setting.discord.faults.drop_reply("POST", MESSAGES)
    message_id = await setting.post()
    assert [message.id for message in setting.room.messages] == [message_id]


async def test_a_post_whose_replies_were_all_lost_is_found_made_by_the_next_attempt(hasty):
    hasty.discord.faults.drop_reply("POST", MESSAGES)
    with pytest.raises(PostError):
        await hasty.post()
    message_id = await hasty.post()
    assert [message.id for message in hasty.room.messages] == [message_id]


async def test_nothing_foreign_pings_or_breaks_out(setting):
    ann = setting.server.add_member("Ann")
    evil = f"@everyone @here <@{ann.id}> <@!{ann.id}> **b** \u202eשלום\u202c ``` "
    code = Code("wos", "A```@everyone", source=evil * 20, rewards=evil * 20)
    await setting.post(Announcement(code, NEW.progress))
    (message,) = setting.room.messages
    assert message.pinged == set()
    assert not message.pinged_everyone
    shown = texts(message)
    assert not re.search(r"@everyone|@here|<@!?\d|\u202e", shown)
    assert shown.count("\u2068") == shown.count("\u2069") > 0


async def test_a_message_of_which_everything_is_long_is_taken(setting):
    reasons = tuple((f"UNKNOWN_STATUS_{number}" + "x😀" * 200, 1) for number in range(40))
    code = Code("wos", "x" * 1000, source="y" * 3000, rewards="*" * 5000, expires=1e300)
    await setting.post(Announcement(code, Progress(total=40, failed=reasons)))
    assert len(setting.room.messages) == 1


# --- what passes --------------------------------------------------------------------------------


async def test_a_short_503_is_waited_out(setting):
    setting.discord.faults.answer("POST", MESSAGES, status=503)
    await setting.post()
    assert len(setting.room.messages) == 1


async def test_a_storm_of_503_is_an_error_that_passes(hasty):
    hasty.discord.faults.answer("POST", MESSAGES, status=503)
    with pytest.raises(PostError, match="HTTP 503") as raised:
        await hasty.post()
    assert not isinstance(raised.value, ChannelGone)
    assert "http://" not in str(raised.value)
    await hasty.post()
    assert len(hasty.room.messages) == 1


async def test_a_page_of_some_proxy_is_an_error_that_passes(setting):
    setting.discord.faults.answer("POST", MESSAGES, status=403, body="<html>blocked</html>")
    with pytest.raises(PostError, match="HTTP 403") as raised:
        await setting.post()
    assert not isinstance(raised.value, ChannelGone)


async def test_a_rate_limit_is_waited_out(setting):
    setting.discord.faults.answer("POST", MESSAGES, status=429, retry_after=0.2)
    await setting.post()
    assert len(setting.room.messages) == 1


async def test_a_rate_limit_that_takes_too_long_is_an_error_that_passes(setting):
    setting.discord.faults.answer("POST", MESSAGES, status=429, retry_after=4000.0)
    with pytest.raises(PostError) as raised:
        await setting.post()
    assert not isinstance(raised.value, ChannelGone)
    await setting.post()


async def test_discord_that_does_not_answer_in_time_is_an_error_that_passes(setting):
    hang = setting.discord.faults.hang("POST", MESSAGES)
    board = evolve(setting.board, within=0.2)
    with pytest.raises(PostError, match=r"did not answer within 0\.2 s"):
        await board.post(setting.guild, setting.channel, NEW, "nonce")
    hang.release()


async def test_without_a_connection_nothing_is_posted(setting):
    setting.board.link.close("the bot is restarting")
    with pytest.raises(PostError, match="Discord is away: the bot is restarting"):
        await setting.post()
    with pytest.raises(PostError, match="away"):
        await setting.board.alert(setting.guild, "123", "text")


# --- what is gone -------------------------------------------------------------------------------


async def test_a_deleted_channel_is_gone(setting):
    message = await setting.post()
    setting.room.delete()
    gone = rf"channel {setting.room.id} of Snow & Ice \({setting.server.id}\) was deleted"
    with pytest.raises(ChannelGone, match=gone):
        await setting.post()
    with pytest.raises(ChannelGone, match=gone):
        await setting.board.edit(setting.guild, setting.channel, message, DONE)
    with pytest.raises(ChannelGone, match=gone):
        await setting.board.find(setting.guild, setting.channel, NEW, 0.0)


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        (("send_messages",), "lacks Send Messages there"),
        (("embed_links",), "lacks Embed Links there"),
        (("send_messages", "embed_links"), "lacks Send Messages and Embed Links there"),
        (("view_channel",), "lacks View Channel there"),
    ],
)
async def test_a_permission_that_is_missing_is_named(setting, denied, named):
    setting.room.deny(*denied)
    with pytest.raises(ChannelGone, match=named):
        await setting.post()


async def test_a_server_that_removed_the_bot_says_so(setting):
    setting.discord.add_guild("Another")
    setting.server.remove_bot()
    with pytest.raises(ChannelGone, match="not in that server any more"):
        await setting.post()


async def test_a_server_that_becomes_unavailable_loses_nothing(setting):
    setting.server.set_available(False)
    await setting.until_cached(available=False)
    asked = len(setting.discord.requests)
    with pytest.raises(PostError, match="unavailable") as raised:
        await setting.post()
    assert not isinstance(raised.value, ChannelGone)
    assert len(setting.discord.requests) == asked
    setting.server.set_available(True)
    await setting.until_cached(available=True)
    await setting.post()


async def test_a_server_that_was_never_available_loses_nothing(setting):
    server = setting.discord.add_guild("Late", available=False)
    guild, channel = Guild(server.id, "Late"), Channel("123456789012345678", 0.0)
    with pytest.raises(PostError, match="unavailable") as raised:
        await setting.board.post(guild, channel, NEW, "nonce")
    assert not isinstance(raised.value, ChannelGone)


@pytest.mark.parametrize("guild", [TERMINAL_GUILD, "", "0", "-1", "9" * 21, "١٢٣"])
async def test_a_place_that_is_not_on_discord_is_no_channel_gone(guild):
    board = DiscordBoard(DiscordLink())
    with pytest.raises(PostError, match="not on Discord") as raised:
        await board.post(Guild(guild, "x"), Channel("1", 0.0), NEW, "nonce")
    assert not isinstance(raised.value, ChannelGone)
    with pytest.raises(PostError, match="not on Discord"):
        await board.post(Guild("1", "x"), Channel(guild, 0.0), NEW, "nonce")


def test_a_snowflake_is_a_number_of_64_bits():
    assert snowflake("123456789012345678") == 123456789012345678
    assert snowflake(str(1 << 64)) is None
    assert snowflake(" 1") is None


# --- editing ------------------------------------------------------------------------------------


async def test_progress_is_shown_in_the_same_message(setting):
    message_id = await setting.post()
    await setting.board.edit(setting.guild, setting.channel, message_id, DONE)
    (message,) = setting.room.messages
    assert message.edits == 1
    assert "wrong state number" in texts(message)


async def test_the_buttons_of_an_ended_code_can_no_longer_be_pressed(setting):
    message_id = await setting.post()
    ended = evolve(DONE, code=evolve(CODE, state=CodeState.EXPIRED))
    await setting.board.edit(setting.guild, setting.channel, message_id, ended)
    (row,) = setting.room.messages[0].components
    assert all(one["disabled"] for one in row["components"])


async def test_a_deleted_message_is_gone_and_its_channel_is_not(setting):
    message_id = await setting.post()
    setting.room.messages[0].delete()
    with pytest.raises(MessageGone):
        await setting.board.edit(setting.guild, setting.channel, message_id, DONE)
    with pytest.raises(MessageGone):
        await setting.board.edit(setting.guild, setting.channel, "", DONE)
    await setting.post(nonce="again")


async def test_an_edit_in_a_storm_of_503_is_an_error_that_passes(hasty):
    message_id = await hasty.post()
    hasty.discord.faults.answer("PATCH", MESSAGE, status=502)
    with pytest.raises(PostError, match="HTTP 502"):
        await hasty.board.edit(hasty.guild, hasty.channel, message_id, DONE)
