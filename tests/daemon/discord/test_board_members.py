"""Finding our messages again, and telling members."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from attrs import evolve

from actors.giftcodes.model import Code, CodeState
from actors.ports import MENTIONED_AT_ONCE, Announcement, ChannelGone, Mention, PostError
from tests.worlds.discord_board import CODE, DONE, MESSAGES, NEW, Setting, open_board


@pytest.fixture
async def setting(discord: Any) -> AsyncIterator[Setting]:
    async with open_board(discord) as setting:
        yield setting


@pytest.fixture
async def hasty(discord: Any) -> AsyncIterator[Setting]:
    """One whose bot asks once only."""
    async with open_board(discord, retries=0) as setting:
        yield setting


async def find(setting: Setting, announcement: Announcement = NEW, since: float | None = None) -> str | None:
    moment = setting.discord.now() if since is None else since
    return await setting.board.find(setting.guild, setting.channel, announcement, moment)


# --- finding ------------------------------------------------------------------------------------


async def test_our_message_is_found_by_its_code_and_activation(setting):
    ann = setting.server.add_member("Ann")
    since = setting.discord.now()
    await ann.say(setting.room, "SNOW2026")
    await setting.post(Announcement(evolve(CODE, activation=2)), "first")
    message_id = await setting.post(NEW, "second")
    await ann.say(setting.room, "thanks")
    assert await find(setting, since=since) == message_id
    assert await find(setting, DONE, since) == message_id
    assert await find(setting, Announcement(evolve(CODE, activation=3)), since) is None
    assert await find(setting, Announcement(evolve(CODE, game="ks")), since) is None


async def test_a_message_with_buttons_that_are_off_is_found(setting):
    message_id = await setting.post()
    ended = evolve(NEW, code=evolve(CODE, state=CodeState.EXPIRED))
    await setting.board.edit(setting.guild, setting.channel, message_id, ended)
    assert await find(setting) == message_id


async def test_a_code_too_long_for_its_button_is_found(setting):
    announcement = Announcement(Code("wos", "x" * 300))
    message_id = await setting.post(announcement)
    assert await find(setting, announcement) == message_id


async def test_a_message_from_before_is_not_looked_at(setting):
    await setting.post()
    setting.discord.later(3600.0)
    await setting.post(Announcement(evolve(CODE, code="OTHER")), "other")
    assert await find(setting) is None


async def test_the_whole_history_can_be_searched(setting):
    message_id = await setting.post()
    assert await find(setting, since=0.0) == message_id


async def test_an_empty_channel_has_no_message_of_ours(setting):
    assert await find(setting) is None


async def test_a_history_that_may_not_be_read_is_no_reason_to_post_twice(setting):
    await setting.post()
    setting.room.deny("read_message_history")
    with pytest.raises(ChannelGone, match=r"lacks Read Message History there, .*'SNOW2026'"):
        await find(setting)


async def test_a_search_in_a_storm_of_503_says_nothing_of_the_message(hasty):
    await hasty.post()
    hasty.discord.faults.answer("GET", MESSAGES, status=503)
    with pytest.raises(PostError, match="503"):
        await find(hasty)


# --- mentioning ---------------------------------------------------------------------------------


async def mention(setting: Setting, message: str, *members: str, nonce: str = "done") -> str:
    return await setting.board.mention(setting.guild, setting.channel, message, Mention(DONE, members), nonce)


async def test_exactly_those_members_are_mentioned_in_answer_to_the_message(setting):
    ann, ben, _ = (setting.server.add_member(name) for name in ("Ann", "Ben", "Cleo"))
    posted = await setting.post()
    told = await mention(setting, posted, ann.id, ben.id, ann.id)
    message = setting.room.messages[-1]
    assert message.id == told
    assert message.pinged == {ann.id, ben.id}
    assert message.reference["message_id"] == posted
    assert message.content.count(f"<@{ann.id}>") == 1
    assert "code `SNOW2026` is done, 1 of 2 players here have it" in message.content


async def test_members_are_told_also_where_the_message_was_deleted(setting):
    ann = setting.server.add_member("Ann")
    posted = await setting.post()
    setting.room.messages[0].delete()
    await mention(setting, posted, ann.id)
    await mention(setting, "", ann.id, nonce="other")
    assert [message.pinged for message in setting.room.messages] == [{ann.id}, {ann.id}]


async def test_as_many_members_as_are_mentioned_at_once_fit_and_the_same_nonce_makes_no_second_message(
    setting,
):
    members = [setting.server.add_member(f"m{number}").id for number in range(MENTIONED_AT_ONCE)]
    news = Mention(evolve(DONE, code=evolve(CODE, code="*`" * 300)), tuple(members))
    for _ in range(2):
        await setting.board.mention(setting.guild, setting.channel, "", news, "nonce")
    (message,) = setting.room.messages
    assert message.pinged == set(members)
    assert len(message.content) + MENTIONED_AT_ONCE * (20 - len(members[0])) <= 2000


async def sought(
    setting: Setting, *members: str, news: Announcement = DONE, since: float = 0.0
) -> str | None:
    return await setting.board.find(setting.guild, setting.channel, Mention(news, members), since)


async def test_a_message_that_mentions_members_for_the_code_is_found(setting):
    ann, ben, cleo = (setting.server.add_member(name) for name in ("Ann", "Ben", "Cleo"))
    since = setting.discord.now()
    posted = await setting.post()
    told = await mention(setting, posted, ann.id, ben.id)
    await ann.say(setting.room, f"thanks <@{ben.id}> for `SNOW2026` and <@{cleo.id}>")
    assert await sought(setting, ben.id, since=since) == told
    assert await sought(setting, cleo.id, ben.id, since=since) == told
    assert await sought(setting, cleo.id, since=since) is None
    assert await sought(setting, ben.id[:-1], since=since) is None
    assert await sought(setting, ben.id, news=evolve(DONE, code=evolve(CODE, code="SNOW"))) is None
    setting.discord.later(3600.0)
    assert await sought(setting, ben.id, since=setting.discord.now()) is None


async def test_where_the_history_may_not_be_read_nobody_is_believed_not_to_be_mentioned(setting):
    setting.room.deny("read_message_history")
    with pytest.raises(ChannelGone, match="can't see whether members were told of code 'SNOW2026'"):
        await sought(setting, setting.server.add_member("Ann").id)


async def test_where_nobody_can_be_mentioned_nothing_is_sent(setting):
    assert await mention(setting, "", "terminal", "") == ""
    assert setting.room.messages == []


async def test_a_code_that_looks_like_a_mention_mentions_nobody(setting):
    ann, ben = setting.server.add_member("Ann"), setting.server.add_member("Ben")
    news = Mention(evolve(DONE, code=evolve(CODE, code=f"`<@{ben.id}>@everyone`")), (ann.id,))
    await setting.board.mention(setting.guild, setting.channel, "", news, "nonce")
    (message,) = setting.room.messages
    assert message.pinged == {ann.id}
    assert not message.pinged_everyone


# --- alerts -------------------------------------------------------------------------------------


async def test_a_member_is_told_directly_and_can_click_on_the_channel(setting):
    ann = setting.server.add_member("Ann")
    text = f"channel {setting.room.id} of **Snow** (1) was deleted @everyone"
    await setting.board.alert(setting.guild, ann.id, text)
    (message,) = setting.discord.direct_messages(ann)
    assert message.content == rf"<#{setting.room.id}> of \*\*Snow\*\* (1) was deleted @{chr(0x200B)}everyone"
    assert message.pinged == set()


@pytest.mark.parametrize("member", ["", "terminal"])
async def test_where_nobody_set_it_up_the_log_is_told(setting, caplog, member):
    with caplog.at_level(logging.WARNING, "perkd.discord"):
        await setting.board.alert(setting.guild, member, "the channel is gone")
    assert "Nobody to tell: the channel is gone" in caplog.text


async def test_a_member_who_takes_no_direct_messages_is_passed_over_with_a_warning(setting, caplog):
    ann = setting.server.add_member("Ann")
    setting.discord.faults.answer("POST", MESSAGES, status=403, code=50007)
    with caplog.at_level(logging.WARNING, "perkd.discord"):
        await setting.board.alert(setting.guild, ann.id, "the channel is gone")
        await setting.board.alert(setting.guild, "123456789012345678", "the channel is gone")
    assert f"Member {ann.id} takes no direct message" in caplog.text
    assert "Member 123456789012345678 takes no direct message" in caplog.text


async def test_an_alert_in_a_storm_of_503_is_to_be_tried_again(hasty):
    ann = hasty.server.add_member("Ann")
    hasty.discord.faults.answer("POST", MESSAGES, status=503)
    with pytest.raises(PostError, match="503"):
        await hasty.board.alert(hasty.guild, ann.id, "the channel is gone")
