"""Messages in VIP threads: sent once, found again, edited, deleted, marked; nothing in them comes to life."""

import re
from typing import Any

import pytest

from actors.vip.ports import (
    Content,
    FloodWait,
    Forbidden,
    Gone,
    Mark,
    Refused,
    Unreachable,
)
from actors.vip.relay_values import Part, Said, Say
from actors.vip.rich_text import Span, Style, plain, rich
from actors.vip.words import Notice, Word
from tests.worlds.discord_threads import MESSAGE, MESSAGES, Stage, file, text, with_files

REACTIONS = "/channels/*/messages/*/reactions/*/@me"


# --- sending ------------------------------------------------------------------------------------


async def test_a_text_is_shown_with_its_formatting(stage, thread):
    body = Part((Said.of(Say.STAFF, name="Bo_b"),), rich("big news", Span(0, 3, Style.BOLD)))
    message = await stage.threads.send(thread.id, Content(body), "n1")
    assert [(m.id, m.text) for m in thread.messages] == [(message, "🛡 **Bo\\_b:** **big** news")]


async def test_a_notice_is_shown_in_words(stage, thread):
    notice = Notice.of(Word.ENDED, reason="staff", staff="**@everyone**", undelivered=2)
    await stage.threads.send(thread.id, Content.say(notice), "n1")
    (message,) = thread.messages
    assert message.text.startswith("🔒 This VIP thread has ended: \\*\\*@\u200beveryone\\*\\* of the staff")
    assert "2 messages could not be delivered" in message.text


async def test_an_answer_refers_to_what_it_answers_if_that_is_still_there(stage, thread):
    ann = stage.server.add_member("Ann")
    asked = await ann.say(thread, "hello?")
    await stage.threads.send(thread.id, text("hi"), "n1", asked.id)
    asked.delete()
    await stage.threads.send(thread.id, text("hi"), "n2", asked.id)
    first, second = thread.messages
    assert first.reference["message_id"] == asked.id
    assert (second.reference, first.pinged, second.pinged) == (None, set(), set())


@pytest.mark.parametrize("where", ["text", "link", "code", "name", "file", "edit"])
async def test_nobody_is_mentioned_and_nobody_joins_whatever_is_relayed(stage, thread, where):
    eve = stage.server.add_member("Eve")
    role = stage.server.add_role("staff")
    evil = f"@everyone @here <@{eve.id}> <@!{eve.id}> <@&{role.id}> <#{thread.id}> **b** [a](http://x.y)"
    stage.shelf.kept = {f"{evil}.txt": b"1"}
    part = {
        "link": Part(text=rich("see", Span(0, 3, Style.LINK, f"https://x.example/<@{eve.id}>@everyone"))),
        "code": Part(text=rich(evil, Span(0, len(evil), Style.CODE))),
        "name": Part((Said.of(Say.STAFF, name=f"<@{eve.id}>@everyone"),), plain("hi")),
        "file": Part(files=(file(f"{evil}.txt"),)),
    }.get(where, Part(text=plain(evil)))
    message = await stage.threads.send(thread.id, Content(part), "n1")
    if where == "edit":
        await stage.threads.edit(thread.id, message, Content(Part(text=plain(f"now {evil}"))))
    (sent,) = thread.messages
    assert set(thread.thread_members) == {stage.discord.bot_id}
    assert (sent.pinged, sent.pinged_roles, sent.pinged_everyone) == (set(), set(), False)
    assert not re.search(r"@everyone|@here|<@!?\d|<@&\d|<#\d", sent.text)
    assert all("@" not in one["filename"] and "<" not in one["filename"] for one in sent.attachments)


# --- once ---------------------------------------------------------------------------------------


async def test_the_same_nonce_makes_no_second_message(stage, thread):
    stage.discord.faults.drop_reply("POST", MESSAGES)
    with pytest.raises(Unreachable):
        await stage.threads.send(thread.id, text("hi"), "n1")
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    assert [m.id for m in thread.messages] == [message]


@pytest.mark.parametrize("told", [True, False])
async def test_what_was_sent_long_ago_is_found_again(stage, thread, told):
    stage.discord.tells_nonces = told
    stage.discord.faults.drop_reply("POST", MESSAGES)
    said = text("a *b* <c>\nd ")
    with pytest.raises(Unreachable):
        await stage.threads.send(thread.id, said, "n1")
    stage.discord.later(3600)
    (message,) = thread.messages
    assert await stage.threads.find_sent(thread.id, said, "n1", "") == message.id
    assert await stage.threads.find_sent(thread.id, said, "n1", message.id) is None
    assert await stage.threads.find_sent(thread.id, text("another"), "n2", "") is None


async def test_equal_texts_are_told_apart_by_their_nonces(stage, thread):
    first = await stage.threads.send(thread.id, text("ok"), "n1")
    await stage.threads.send(thread.id, text("ok"), "n2")
    other = stage.another_life()
    assert await other.find_sent(thread.id, text("ok"), "n1", "") == first
    assert await other.find_sent(thread.id, text("ok"), "n3", "") is None
    stage.discord.tells_nonces = False
    assert await stage.threads.find_sent(thread.id, text("ok"), "n1", "") == first
    assert await stage.threads.find_sent(thread.id, text("ok"), "n3", "") is None


async def test_of_equal_texts_without_nonces_the_newest_is_meant(stage, thread):
    stage.discord.tells_nonces = False
    await stage.threads.send(thread.id, text("ok"), "n1")
    second = await stage.threads.send(thread.id, text("ok"), "n2")
    assert await stage.another_life().find_sent(thread.id, text("ok"), "n2", "") == second


async def test_an_unknown_text_is_found_by_its_nonce_only(stage, thread):
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    other = stage.another_life()
    assert await other.find_sent(thread.id, Content(None), "n1", "") == message
    stage.discord.tells_nonces = False
    assert await other.find_sent(thread.id, Content(None), "n1", "") is None
    assert await stage.threads.find_sent(thread.id, Content(None), "n1", "") == message


async def test_what_a_member_writes_is_not_taken_for_ours(stage, thread):
    ann = stage.server.add_member("Ann")
    await ann.say(thread, "hi")
    assert await stage.threads.find_sent(thread.id, text("hi"), "n1", "") is None


async def test_what_may_not_be_read_is_not_taken_for_nothing(stage, thread):
    assert await stage.threads.find_sent(thread.id, text("hi"), "n1", "") is None
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    stage.upgrade.deny("read_message_history")
    with pytest.raises(Forbidden, match="Read Message History"):
        await stage.another_life().find_sent(thread.id, text("hi"), "n1", "")
    assert await stage.another_life().find_sent(thread.id, text("hi"), "n1", message) is None


# --- changing -----------------------------------------------------------------------------------


async def test_our_message_is_edited_and_deleted(stage, thread):
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    await stage.threads.edit(thread.id, message, text("hello"))
    assert [m.text for m in thread.messages] == ["hello"]
    await stage.threads.delete(thread.id, message)
    await stage.threads.delete(thread.id, message)
    assert thread.messages == []
    with pytest.raises(Gone):
        await stage.threads.edit(thread.id, message, text("again"))


async def test_an_edit_from_one_kind_to_another_changes_the_text_alone(stage, thread):
    stage.shelf.kept = {"a.png": b"1", "b.png": b"22"}
    message = await stage.threads.send(thread.id, with_files(file("a.png", 1), words="one"), "n1")
    await stage.threads.edit(thread.id, message, with_files(file("b.png", 2), words="two"))
    (sent,) = thread.messages
    await stage.threads.edit(thread.id, message, text("three"))
    assert sent.text == "three"
    await stage.threads.edit(thread.id, message, with_files(file("a.png", 1)))
    assert (sent.text, [one["filename"] for one in sent.attachments]) == ("", ["a.png"])
    assert stage.shelf.opened == ["a.png"]


# --- what goes wrong ----------------------------------------------------------------------------


def calls(stage: Stage, thread: str, message: str) -> dict[tuple[str, str], Any]:
    threads = stage.threads
    return {
        ("POST", MESSAGES): lambda: threads.send(thread, text("hi"), "n9"),
        ("PATCH", MESSAGE): lambda: threads.edit(thread, message, text("ho")),
        ("DELETE", MESSAGE): lambda: threads.delete(thread, message),
        ("PUT", REACTIONS): lambda: threads.mark(thread, message, Mark.SENT),
        ("GET", MESSAGES): lambda: threads.history(thread, "", 10),
        ("GET", MESSAGE): lambda: threads.message(thread, message),
    }


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (500, 0, Unreachable),
        (503, 0, Unreachable),
        (403, 50013, Forbidden),
        (404, 10003, Gone),
        (400, 50035, Refused),
        (400, 50083, Gone),
        (429, 0, FloodWait),
    ],
)
async def test_every_call_tells_what_went_wrong_as_the_port_has_it(stage, thread, status, code, error):
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    for (method, path), call in calls(stage, thread.id, message).items():
        stage.discord.faults.answer(method, path, status=status, code=code, retry_after=500, times=1)
        if method == "DELETE" and code == 10003:
            await call()
        else:
            with pytest.raises(error):
                await call()


async def test_a_cut_connection_says_nothing_of_what_was_done(stage, thread):
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    for (method, path), call in calls(stage, thread.id, message).items():
        stage.discord.faults.drop_reply(method, path, done=False, times=None)
        with pytest.raises(Unreachable):
            await call()
        stage.discord.faults.clear()


@pytest.mark.parametrize(("status", "error"), [(405, Refused), (418, Refused), (304, Unreachable)])
async def test_an_answer_that_nobody_knows_is_told_and_crashes_nothing(stage, thread, status, error):
    stage.discord.faults.answer("POST", MESSAGES, status=status)
    with pytest.raises(error, match=f"HTTP {status}"):
        await stage.threads.send(thread.id, text("hi"), "n1")


async def test_an_archived_thread_is_gone_for_what_is_to_be_changed(stage, thread):
    message = await stage.threads.send(thread.id, text("hi"), "n1")
    thread.archived = thread.locked = True
    stage.upgrade.deny("manage_threads")
    for (method, _), call in calls(stage, thread.id, message).items():
        if method != "GET":
            with pytest.raises(Gone):
                await call()


# --- marks --------------------------------------------------------------------------------------


async def test_a_newer_mark_takes_the_older_ones_place(stage, thread):
    ann = stage.server.add_member("Ann")
    message = await ann.say(thread, "hi")
    for mark, shown in ((Mark.WAITING, "🕓"), (Mark.SENT, "✅"), (Mark.SENT, "✅"), (Mark.FAILED, "❌")):
        await stage.threads.mark(thread.id, message.id, mark)
        assert message.reactions == [shown]


async def test_no_more_is_asked_for_a_mark_than_it_takes(stage, thread):
    ann = stage.server.add_member("Ann")
    message = await ann.say(thread, "hi")
    await stage.threads.mark(thread.id, message.id, Mark.WAITING)
    done = len(stage.discord.requests)
    await stage.threads.mark(thread.id, message.id, Mark.WAITING)
    await stage.threads.mark(thread.id, message.id, Mark.SENT)
    assert [method for method, _, _ in stage.discord.requests[done:]] == ["PUT", "DELETE"]
    done = len(stage.discord.requests)
    await stage.another_life().mark(thread.id, message.id, Mark.SENT)
    assert [method for method, _, _ in stage.discord.requests[done:]] == ["GET"]


async def test_a_mark_of_an_earlier_life_goes_and_those_of_people_stay(stage, thread):
    ann = stage.server.add_member("Ann")
    message = await ann.say(thread, "hi")
    await stage.threads.mark(thread.id, message.id, Mark.WAITING)
    message.reacted += [("✅", ann.id), ("🎉", ann.id), ("🎉", stage.discord.bot_id)]
    await stage.another_life().mark(thread.id, message.id, Mark.SENT)
    own = stage.discord.bot_id
    assert sorted(message.reacted) == sorted([("✅", ann.id), ("🎉", ann.id), ("🎉", own), ("✅", own)])


async def test_a_mark_that_somebody_removed_is_not_missed(stage, thread):
    ann = stage.server.add_member("Ann")
    message = await ann.say(thread, "hi")
    await stage.threads.mark(thread.id, message.id, Mark.WAITING)
    message.reacted.clear()
    stage.discord.faults.answer("DELETE", REACTIONS, status=404, code=10014)
    await stage.threads.mark(thread.id, message.id, Mark.SENT)
    assert message.reactions == ["✅"]


async def test_a_mark_needs_its_message_and_the_permission(stage, thread):
    ann = stage.server.add_member("Ann")
    message = await ann.say(thread, "hi")
    stage.upgrade.deny("add_reactions")
    with pytest.raises(Forbidden):
        await stage.threads.mark(thread.id, message.id, Mark.SENT)
    message.delete()
    with pytest.raises(Gone):
        await stage.threads.mark(thread.id, message.id, Mark.SENT)
