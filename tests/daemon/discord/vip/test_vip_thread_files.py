"""Files of the desk in VIP threads: as they were, or told in words."""

import pytest
from attrs import evolve

from actors.vip.ports import (
    AccountDead,
    FloodWait,
    Forbidden,
    Gone,
    Refused,
    Unreachable,
)
from actors.vip.rich_text import plain
from daemon.vip_relaying import DISCORD
from tests.worlds.discord_threads import MESSAGES, THREAD, file, text, with_files


async def test_files_arrive_as_they_were(stage, thread):
    stage.shelf.kept = {"a.png": b"\x89PNG", "Отчёт №1.pdf": b"%PDF", "../../.secret": b"3"}
    files = (file("a.png", 4), file("Отчёт №1.pdf", 4, hidden=True), file("../../.secret", 1))
    await stage.threads.send(thread.id, with_files(*files, words="look"), "n1")
    (message,) = thread.messages
    names = [one["filename"] for one in message.attachments]
    assert (message.text, names) == ("look", ["a.png", "SPOILER_Отчёт №1.pdf", "_.._.secret"])
    assert [stage.discord.files[one["id"]] for one in message.attachments] == [b"\x89PNG", b"%PDF", b"3"]


@pytest.mark.parametrize("told", [True, False])
async def test_files_that_were_sent_are_found_again(stage, thread, told):
    stage.discord.tells_nonces = told
    stage.shelf.kept = {"a.png": b"12", "b.png": b"345"}
    for wanted in (
        with_files(file("a.png", 2), file("b.png", 3)),
        with_files(file("a.png"), file("b.png"), words="look"),
    ):
        nonce = wanted.body.text.text
        message = await stage.threads.send(thread.id, wanted, f"n{nonce}")
        assert await stage.another_life().find_sent(thread.id, wanted, f"n{nonce}", "") == message
    other = with_files(file("a.png", 2))
    assert await stage.another_life().find_sent(thread.id, other, "x", "") is None


@pytest.mark.parametrize("error", [Gone("deleted"), Refused("too old"), Forbidden("no")])
async def test_a_file_that_can_not_be_had_is_said_in_words(stage, thread, error):
    stage.discord.tells_nonces = False
    stage.shelf.kept = {"a.png": error, "b_c.png": b"1"}
    content = with_files(file("a.png", 7), file("b_c.png", 1), words="look")
    message = await stage.threads.send(thread.id, content, "n1")
    (sent,) = thread.messages
    assert sent.text == "look\n📎 File a.png is not here: it can't be passed on."
    assert [one["filename"] for one in sent.attachments] == ["b_c.png"]
    assert await stage.another_life().find_sent(thread.id, content, "n1", "") == message
    await stage.threads.edit(thread.id, message, evolve(content, body=evolve(content.body, text=plain("oh"))))
    assert sent.text == "oh\n📎 File a.png is not here: it can't be passed on."
    assert len(sent.attachments) == 1


async def test_a_message_whose_only_file_is_gone_is_words(stage, thread):
    stage.shelf.kept = {"a.png": Gone("deleted")}
    await stage.threads.send(thread.id, with_files(file("a.png")), "n1")
    (sent,) = thread.messages
    assert (sent.text, sent.attachments) == ("📎 File a.png is not here: it can't be passed on.", [])


async def test_lines_about_files_that_find_no_room_are_a_message_before(stage, thread):
    files = tuple(file(f"{number}.png") for number in range(10))
    stage.shelf.kept = dict.fromkeys([one.source for one in files], Gone("deleted"))
    content = with_files(*files, words="x" * 1990)
    message = await stage.threads.send(thread.id, content, "n1")
    lines, sent = thread.messages
    assert (sent.id, sent.text) == (message, "x" * 1990)
    assert lines.text.count("is not here") == 10
    assert await stage.threads.send(thread.id, content, "n1") == message
    assert len(thread.messages) == 2


@pytest.mark.parametrize("error", [Unreachable("away"), FloodWait(3), AccountDead("banned")])
async def test_a_file_that_may_be_had_later_is_waited_for(stage, thread, error):
    stage.shelf.kept = {"a.png": error}
    with pytest.raises(type(error)):
        await stage.threads.send(thread.id, with_files(file("a.png")), "n1")
    assert thread.messages == []


async def test_a_file_that_is_too_large_is_said_in_words(stage, thread):
    stage.shelf.kept = {"a.bin": b"0" * (DISCORD.file + 1), "b.bin": b"1"}
    await stage.threads.send(thread.id, with_files(file("a.bin"), file("b.bin")), "n1")
    (sent,) = thread.messages
    assert sent.text == "📎 a.bin (10 MiB) is not here: it is over the limit of 10 MiB."
    assert [one["filename"] for one in sent.attachments] == ["b.bin"]


async def test_files_that_discord_finds_too_large_are_said_in_words(stage, thread):
    stage.shelf.kept = {"a.bin": b"1234", "b.bin": Gone("deleted")}
    stage.discord.faults.answer("POST", MESSAGES, status=413, code=40005)
    await stage.threads.send(thread.id, with_files(file("a.bin"), file("b.bin"), words="look"), "n1")
    (sent,) = thread.messages
    assert sent.attachments == []
    assert [line.partition(" is not here")[0] for line in sent.text.splitlines()] == [
        "look",
        "📎 File b.bin",
        "📎 a.bin (4 B)",
    ]
    stage.discord.faults.answer("POST", MESSAGES, status=413, code=40005)
    with pytest.raises(Refused):
        await stage.threads.send(thread.id, text("hi"), "n2")


async def test_files_that_are_never_taken_hold_up_nothing_for_long(stage, thread):
    stage.shelf.kept = {"a.bin": b"1234"}
    content = with_files(file("a.bin"), words="look")
    stage.discord.faults.answer("POST", MESSAGES, status=500, times=3)
    stage.discord.faults.answer("GET", THREAD, status=500)
    for _ in range(3):  # one of them while Discord itself is away: it does not count
        with pytest.raises(Unreachable):
            await stage.threads.send(thread.id, content, "n1")
    stage.discord.faults.answer("POST", MESSAGES, status=500)
    await stage.threads.send(thread.id, content, "n1")
    (sent,) = thread.messages
    assert sent.text == "look\n📎 File a.bin is not here: it can't be passed on."


async def test_a_file_without_bytes_is_said_in_words(stage, thread):
    stage.shelf.kept = {"a.bin": b""}
    await stage.threads.send(thread.id, with_files(file("a.bin")), "n1")
    (sent,) = thread.messages
    assert (sent.text, sent.attachments) == ("📎 File a.bin is not here: it can't be passed on.", [])


async def test_what_was_sent_without_its_too_large_files_is_found_again(stage, thread):
    stage.discord.tells_nonces = False
    stage.shelf.kept = {"a.bin": b"1234"}
    content = with_files(file("a.bin", 4), words="look")
    stage.discord.faults.answer("POST", MESSAGES, status=413, code=40005)
    message = await stage.threads.send(thread.id, content, "n1")
    assert await stage.another_life().find_sent(thread.id, content, "n1", "") == message
