"""The staff's channel: what is posted there, and that nobody has to wait for it."""

import logging
import re
from typing import Any

import trio
from attrs import evolve

from actors.vip.ports import AccountDead, Unreachable
from actors.vip.relay_values import File, FileKind, Incoming
from actors.vip.rich_text import plain
from actors.vip.words import Notice, Word
from tests.worlds.discord_threads import MESSAGES

OUT = Notice.of(Word.ACCOUNT_OUT, account="desk-1", state="dead", reason="banned @everyone")
LATE = Notice.of(Word.LATE_ANSWER, account="desk-1")


def lines(caplog: Any, level: int) -> list[str]:
    return [r.getMessage() for r in caplog.records if r.name == "perkd.discord" and r.levelno == level]


async def test_a_note_is_posted(stage):
    await stage.staff_log.note(OUT)
    await stage.staff_log.note(OUT)
    shown = "⚠️ The Telegram account desk-1 is out of use: banned @\u200beveryone"
    assert [message.text for message in stage.log.messages] == [shown, shown]


async def test_a_late_answer_comes_with_its_text_and_files_and_mentions_nobody(stage):
    eve = stage.server.add_member("Eve")
    stage.shelf.kept = {"1": b"abc"}
    body = Incoming(plain(f"<@{eve.id}> @here **b**"), (File(FileKind.FILE, "a.txt", 3, "1"),))
    await stage.staff_log.note(LATE, body)
    note, answer = stage.log.messages
    assert note.text.startswith("📨 The desk answered through desk-1")
    assert not re.search(r"@here|<@\d|(?<!\\)\*", answer.text)
    assert (answer.pinged, answer.pinged_everyone) == (set(), False)
    assert [one["filename"] for one in answer.attachments] == ["a.txt"]


async def test_trouble_is_logged_once_and_no_note_is_lost(stage, caplog):
    caplog.set_level(logging.INFO, "perkd.discord")
    stage.log.deny("send_messages")
    for _ in range(3):
        await stage.staff_log.note(LATE, Incoming(plain("a secret")))
    (warning,) = lines(caplog, logging.WARNING)
    assert re.search(rf"{stage.log.id} can't be written to: .*50013", warning)
    assert len([line for line in lines(caplog, logging.INFO) if "The desk answered" in line]) == 3
    stage.log.deny()
    await stage.staff_log.note(OUT)
    stage.log.deny("view_channel")
    await stage.staff_log.note(OUT)
    assert len(lines(caplog, logging.WARNING)) == 2
    assert "a secret" not in caplog.text


async def test_a_file_of_an_account_that_is_lost_is_trouble_of_the_log_alone(stage):
    stage.shelf.kept = {"1": AccountDead("banned")}
    await stage.staff_log.note(LATE, Incoming(files=(File(FileKind.FILE, "a.txt", 3, "1"),)))
    assert len(stage.log.messages) == 1


async def test_an_answer_that_nobody_knows_ends_no_actor(stage, caplog):
    stage.discord.faults.answer("POST", MESSAGES, status=418)
    await stage.staff_log.note(OUT)
    assert "can't be written to" in caplog.text


async def test_nobody_waits_long_for_a_note(stage, caplog):
    fault = stage.discord.faults.hang("POST", MESSAGES)
    stage.staff_log.within = 1.0
    with trio.fail_after(10):
        await stage.staff_log.note(OUT)
    assert fault.met == 1
    assert "took longer than 1 s" in caplog.text


async def test_without_a_channel_or_a_connection_notes_are_log_lines(stage, caplog):
    caplog.set_level(logging.INFO, "perkd.discord")
    stage.places = evolve(stage.places, log_channel="")
    await stage.staff_log.note(OUT)
    assert lines(caplog, logging.INFO) == [
        "For the staff: ⚠️ The Telegram account desk-1 is out of use: banned @everyone"
    ]
    assert lines(caplog, logging.WARNING) == []
    stage.places = evolve(stage.places, log_channel=stage.log.id)
    stage.link.close("it was closed")
    await stage.staff_log.note(OUT)
    assert len(lines(caplog, logging.INFO)) == 2
    assert stage.log.messages == []


async def test_what_is_gone_on_with_later_is_posted_once(stage, caplog):
    caplog.set_level(logging.INFO, "perkd.discord")
    stage.shelf.kept = {"1": b"abc"}
    body = Incoming(plain("a secret"), (File(FileKind.FILE, "a.txt", 3, "1"),))
    stage.discord.faults.answer("POST", MESSAGES, status=503)
    assert not await stage.staff_log.note(LATE, body, "one")
    stage.shelf.kept = {"1": Unreachable("Telegram is away")}
    assert not await stage.staff_log.note(LATE, body, "one")
    stage.shelf.kept = {"1": b"abc"}
    assert await stage.staff_log.note(LATE, body, "one")
    note, *answer = stage.log.messages
    assert note.text.startswith("📨 The desk answered through desk-1")
    assert [message.text for message in answer if message.text] == ["a secret"]
    assert [one["filename"] for message in answer for one in message.attachments] == ["a.txt"]
    assert "a secret" not in caplog.text
    assert [line for line in lines(caplog, logging.INFO) if "For the staff" in line] == []


async def test_what_will_never_be_taken_is_not_gone_on_with(stage):
    stage.log.deny("send_messages")
    assert await stage.staff_log.note(LATE, Incoming(plain("a secret")), "one")
    stage.log.deny()
    stage.link.close("it was closed")
    assert await stage.staff_log.note(OUT)
    assert not await stage.staff_log.note(LATE, Incoming(plain("a secret")), "two")
