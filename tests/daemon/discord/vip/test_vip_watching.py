"""What happens in VIP threads reaches the desk: the real hikari against the stand-in."""

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from actors.vip.messages import (
    MemberLeft,
    ParentDeleted,
    ThreadDeleted,
    ThreadEdited,
    ThreadEnded,
    ThreadPosted,
    ThreadsResync,
)
from actors.vip.model import EndReason
from daemon.discord.vip import watcher
from tests.worlds.vip_counter import Counter, open_counter, open_live_counter


@pytest.fixture
async def live(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter]:
    monkeypatch.setattr(watcher, "RESYNC_EVERY", 0.05)
    async with open_live_counter() as counter:
        await counter.until_told(ThreadsResync)  # it listens
        yield counter


def texts(counter: Counter) -> list[str]:
    return [one.message.body.text.text for one in counter.of(ThreadPosted)]


# --- messages -----------------------------------------------------------------------------------


async def test_messages_come_in_order_with_their_authors_roles(live: Counter) -> None:
    thread = live.thread(live.ann)
    for number in range(50):
        await (live.eve if number % 10 == 0 else live.ann).say(thread, f"message {number}")
    told = await live.until_told(ThreadPosted, 50)
    assert texts(live) == [f"message {number}" for number in range(50)]
    assert [one.thread for one in told] == [thread.id] * 50
    assert told[0].message.roles == {live.staff_role.id}
    assert told[1].message.roles == set()
    assert [one.message.person for one in told] == [True] * 50


async def test_other_channels_and_what_perkd_writes_itself_are_passed_over(live: Counter) -> None:
    thread, lounge = live.thread(live.ann), live.guild.add_channel("lounge")
    await live.ann.say(lounge, "hello")
    thread.add_message(live.discord.bot, {"content": "an answer of the desk"})
    await live.ann.say(thread, "thanks")
    await live.until_told(ThreadPosted)
    assert texts(live) == ["thanks"]


async def test_what_a_stranger_or_a_bot_writes_is_told_as_such(live: Counter) -> None:
    thread = live.thread(live.ann)
    robot = live.discord.add_user("Robot", bot=True)
    thread.add_message(robot, {"content": "beep"})
    await live.mod.say(thread, "what is this?")
    first, second = await live.until_told(ThreadPosted, 2)
    assert not first.message.person
    assert second.message.person
    assert second.message.author == live.mod.id


async def test_an_edit_is_told_and_a_links_preview_is_none(live: Counter) -> None:
    thread = live.thread(live.ann)
    message = await live.ann.say(thread, "https://x.example")
    message.preview({"type": "link", "title": "X"})
    message.edit("better")
    (edited,) = await live.until_told(ThreadEdited)
    assert edited.message.body.text.text == "better"
    assert edited.message.version > ""
    assert edited.message.author == live.ann.id


async def test_of_an_edit_without_roles_they_are_asked_for(live: Counter) -> None:
    thread = live.thread(live.ann)
    live.eve.nick = "Eve of the desk"
    message = await live.eve.say(thread, "a word of staff")
    _edit_unsigned(message, "another")
    (edited,) = await live.until_told(ThreadEdited)
    assert edited.message.roles == {live.staff_role.id}
    assert edited.message.author_name == "Eve of the desk"
    assert edited.message.body.text.text == "another"


async def test_where_the_roles_of_an_edit_can_not_be_told_the_histories_are_read(live: Counter) -> None:
    thread = live.thread(live.ann)
    message = await live.eve.say(thread, "a word of staff")
    await live.until_told(ThreadPosted)
    before = len(live.of(ThreadsResync))
    live.discord.faults.answer("GET", "/guilds/*/members/*", status=403, code=50001)
    _edit_unsigned(message, "another")
    await live.until(lambda: len(live.of(ThreadsResync)) > before)
    assert not live.of(ThreadEdited)


async def test_deleted_messages_are_told_one_by_one_and_many_at_once(live: Counter) -> None:
    thread, lounge = live.thread(live.ann), live.guild.add_channel("lounge")
    messages = [await live.ann.say(thread, f"{number}") for number in range(3)]
    (await live.ann.say(lounge, "elsewhere")).delete()
    messages[0].delete()
    both = sorted((messages[2].id, messages[1].id))
    bulk = {"ids": both[::-1], "channel_id": thread.id, "guild_id": live.guild.id}
    live.discord.dispatch("MESSAGE_DELETE_BULK", bulk, live.guild.id)
    told = await live.until_told(ThreadDeleted, 2)
    assert [one.messages for one in told] == [(messages[0].id,), tuple(both)]
    assert {one.thread for one in told} == {thread.id}


# --- threads, their owners, and where they are --------------------------------------------------


async def test_a_thread_that_is_archived_or_deleted_has_ended(live: Counter) -> None:
    threads = [live.thread(live.ann), live.thread(live.eve)]
    threads[0].tell("UPDATE")  # another name, say
    threads[0].archived = True
    threads[0].tell("UPDATE")
    threads[1].delete()
    told = await live.until_told(ThreadEnded, 2)
    assert told == [
        ThreadEnded(threads[0].id, EndReason.ARCHIVED),
        ThreadEnded(threads[1].id, EndReason.DELETED),
    ]


async def test_of_who_leaves_a_thread_only_its_owner_ends_it(live: Counter) -> None:
    thread = live.thread(live.ann)
    thread.join(live.eve.id)
    thread.part(live.eve.id)
    thread.part(live.ann.id)
    assert await live.until_told(ThreadEnded) == [ThreadEnded(thread.id, EndReason.LEFT_THREAD)]


async def test_a_member_who_leaves_the_server_is_told(live: Counter) -> None:
    live.ann.leave()
    assert await live.until_told(MemberLeft) == [MemberLeft(live.member(live.ann))]


async def test_only_the_upgrade_channels_end_is_told(live: Counter) -> None:
    live.guild.add_channel("lounge").delete()
    live.upgrade.delete()
    assert await live.until_told(ParentDeleted) == [ParentDeleted(live.guild.id)]


# --- what may have been missed ------------------------------------------------------------------


async def test_a_new_session_has_the_histories_read(live: Counter) -> None:
    gateway, before = live.discord.gateway, len(live.of(ThreadsResync))
    identified = gateway.identifies
    await gateway.op9(resumable=False)
    await live.until(lambda: len(live.of(ThreadsResync)) > before)
    assert gateway.identifies == identified + 1
    thread = live.thread(live.ann)
    await live.ann.say(thread, "after")
    await live.until_told(ThreadPosted)
    assert texts(live) == ["after"]
    assert len(live.of(ThreadsResync)) == before + 1


@pytest.mark.parametrize("code", [4000, 1006], ids=["closed", "cut"])
async def test_a_resumed_session_is_told_what_it_missed_and_nothing_is_read(live: Counter, code: int) -> None:
    thread, second = live.thread(live.ann), live.thread(live.eve)
    first = await live.ann.say(thread, "before")
    await live.until_told(ThreadPosted)
    gateway, told = live.discord.gateway, len(live.told)
    gateway.refuse()
    await gateway.close(code)
    await gateway.wait_until(lambda: gateway.sessions == 0)
    for number in range(100):
        await live.ann.say(thread, f"meanwhile {number}")
    first.edit("edited meanwhile")
    thread.messages[-1].delete()
    second.delete()
    live.mod.leave()
    resumes = gateway.resumes
    gateway.refuse(False)
    await gateway.wait_for(resumes=resumes + 1)
    await live.ann.say(thread, "after")
    await live.until_told(ThreadPosted, 102)

    assert texts(live) == ["before", *(f"meanwhile {number}" for number in range(100)), "after"]
    assert [type(one) for one in live.told[told + 100 :]] == [
        ThreadEdited,
        ThreadDeleted,
        ThreadEnded,
        MemberLeft,
        ThreadPosted,
    ]
    await trio.sleep(3 * watcher.RESYNC_EVERY)
    assert not [one for one in live.told[told:] if isinstance(one, ThreadsResync)]


async def test_an_outage_of_the_server_that_is_over_has_them_read(live: Counter) -> None:
    before = len(live.of(ThreadsResync))
    thread = live.thread(live.ann)
    live.guild.set_available(False)
    await live.ann.say(thread, "in the outage")  # which Discord tells nobody
    live.guild.set_available(True)
    await live.until(lambda: len(live.of(ThreadsResync)) > before)
    assert texts(live) == []
    await live.ann.say(thread, "after")
    await live.until_told(ThreadPosted)
    assert texts(live) == ["after"]
    assert len(live.of(ThreadsResync)) == before + 1


async def test_a_new_bot_and_a_new_watcher_have_them_read() -> None:
    async with open_counter() as counter, counter.perkd() as tree:
        for lives in (1, 2):
            async with counter.bot():
                await counter.until_told(ThreadsResync, lives)
        async with counter.bot():
            await counter.until_told(ThreadsResync, 3)
            tree.ref("watcher").tell("it crashes, since this means nothing to it")
            await counter.until_told(ThreadsResync, 4)
            thread = counter.thread(counter.ann)
            await counter.ann.say(thread, "hello")
            await counter.until_told(ThreadPosted)
    assert texts(counter) == ["hello"]


async def test_messages_that_do_not_fit_are_read_from_the_histories_and_ends_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watcher, "_WAITING", 3)
    monkeypatch.setattr(watcher, "RESYNC_EVERY", 0.0)
    async with open_live_counter(mailbox=1) as counter:
        await counter.until_told(ThreadsResync)
        thread, second = counter.thread(counter.ann), counter.thread(counter.eve)
        counter.held = True
        for number in range(30):
            await counter.ann.say(thread, f"{number}")
        second.delete()
        await counter.eve.say(counter.upgrade, f"!clear_vip_session <@{counter.ann.id}>")
        counter.mod.leave()
        await counter.ann.say(thread, "30")
        await _all_events_came(counter)
        before = len(counter.of(ThreadsResync))
        counter.held = False
        await counter.until(lambda: len(counter.of(ThreadsResync)) > before)
        await counter.until_told(ThreadEnded)
        await counter.until_told(MemberLeft)
    kept = [type(one) for one in counter.told if isinstance(one, ThreadEnded | MemberLeft)]
    assert kept == [ThreadEnded, MemberLeft]
    assert texts(counter) == sorted(texts(counter), key=int)
    assert len(texts(counter)) < 31


async def test_a_desk_that_takes_its_time_is_told_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "LOOK_EVERY", 0.05)
    async with open_live_counter(mailbox=1) as counter:
        await counter.until_told(ThreadsResync)
        thread = counter.thread(counter.ann)
        counter.held = True
        for number in range(20):
            await counter.ann.say(thread, f"{number}")
        await _all_events_came(counter)
        await trio.sleep(0.3)
        counter.held = False
        await counter.until_told(ThreadPosted, 20)
    assert texts(counter) == [f"{number}" for number in range(20)]


# --- intents ------------------------------------------------------------------------------------


async def test_without_the_members_intent_the_rest_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with open_counter() as counter:
        counter.discord.intents_allowed(members=False)
        async with counter.perkd(), counter.bot():
            await counter.until_told(ThreadsResync)
            thread = counter.thread(counter.ann)
            counter.mod.leave()
            await counter.ann.say(thread, "hello")
            await counter.until_told(ThreadPosted)
    assert not counter.of(MemberLeft)
    assert not caplog.records


async def _all_events_came(counter: Counter) -> None:
    """The bot has handled every event: an interaction comes behind them."""
    with trio.move_on_after(5.0):
        await counter.eve.slash(counter.upgrade, "vip status")


def _edit_unsigned(message: Any, text: str) -> None:
    """An edit as Discord told it once: without the author's membership."""
    event = message.event() | {"content": text, "edited_timestamp": "2026-11-21T12:00:00.000000+00:00"}
    event.pop("member", None)
    message.channel.world.dispatch("MESSAGE_UPDATE", event, message.channel.guild_id)
