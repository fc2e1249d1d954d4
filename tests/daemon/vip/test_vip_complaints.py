"""What users of bridges and ticket bots complain about, one test each, with the real libraries.

Two threads from a double click, members locked out by a thread that is gone, half-open tickets after a crash:
tests/daemon/test_vip_process*.py. Two processes on one Telegram session: tests/daemon/telegram. Formatting
that loses text: the property tests of the markup.
"""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.worlds.discord.sending import store_file
from tests.worlds.discord_process import said
from tests.worlds.telegram.desk import document
from tests.worlds.vip_daemon import VIPDaemon, open_vip_daemon, running
from tests.worlds.vip_process import open_vip_stage

MESSAGES = "/channels/*/messages"
NUMBERS = [f"n{number:02}" for number in range(8)]
MIB = 1024 * 1024


def at_desk(vip: VIPDaemon, account: Any) -> list[str]:
    """The numbers of the member's questions, as the desk has them."""
    return re.findall(r"question (n\d\d)", vip.stage.texts(account))


def in_thread(thread: Any) -> list[str]:
    """The numbers of the desk's answers, as the member has them."""
    return re.findall(r"answer (n\d\d)", "\n".join(map(said, thread.messages)))


async def both_write(vip: VIPDaemon, member: Any, thread: Any, account: Any, numbers: list[str]) -> None:
    for number in numbers:
        await member.say(thread, f"question {number}")
        vip.stage.telegram.desk.say(account, f"answer {number}")


async def until_all_arrived(vip: VIPDaemon, thread: Any, account: Any) -> None:
    await vip.until(
        lambda: NUMBERS[-1] in at_desk(vip, account) and NUMBERS[-1] in in_thread(thread), within=150
    )
    assert at_desk(vip, account) == NUMBERS
    assert in_thread(thread) == NUMBERS


async def test_no_message_is_dropped_or_doubled_by_429_5xx_and_lost_answers(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        await ann.say(thread, "first")
        account = await vip.until_at_desk("first")
        discord, telegram = vip.stage.stage.discord, vip.stage.telegram
        discord.faults.answer("POST", MESSAGES, status=503, times=2)
        discord.faults.answer("POST", MESSAGES, status=429, retry_after=0.2, times=2)
        discord.faults.drop_reply("POST", MESSAGES)
        telegram.faults.fail("SendMessage", "FLOOD_WAIT_1", times=2)
        telegram.faults.fail("SendMessage", "INTERNAL_SERVER_ERROR")
        telegram.faults.lose_answer("SendMessage", cut=True)

        await both_write(vip, ann, thread, account, NUMBERS)
        await until_all_arrived(vip, thread, account)
        assert all(order.met for order in (*discord.faults.ordered, *telegram.faults.orders))


async def test_what_was_written_while_perkd_was_away_is_replayed_in_order_and_marked(tmp_path: Path) -> None:
    async with open_vip_stage(tmp_path) as stage:
        async with running(stage) as vip:
            await vip.until_ready()
            ann, thread = await vip.opened()
            await ann.say(thread, "first")
            account = await vip.until_at_desk("first")
        await both_write(vip, ann, thread, account, NUMBERS[:7])
        for message in stage.telegram.chat(account).messages:
            message.date -= timedelta(minutes=10)
        async with running(stage) as vip:
            await vip.until(lambda: len(at_desk(vip, account)) == len(in_thread(thread)) == 7)
            await both_write(vip, ann, thread, account, NUMBERS[7:])
            await until_all_arrived(vip, thread, account)
        first, last = (
            next(said(one) for one in thread.messages if f"answer {number}" in said(one))
            for number in (NUMBERS[0], NUMBERS[-1])
        )
        assert re.search(r"\d\d:\d\d UTC", first)
        assert "UTC" not in last


async def test_a_file_that_is_too_large_is_said_on_both_sides(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        huge = store_file(thread, "film.mkv", b"x") | {"size": 60 * MIB}
        await ann.say(thread, "look at this", attachments=[huge])
        account = await vip.until_at_desk("look at this")
        await vip.until_at_desk("film.mkv")
        back = await vip.until_in_thread(thread, "film.mkv")
        assert "50 MiB" in said(back)

        media = document(vip.stage.telegram, b"y" * (11 * MIB), "scan.pdf", "application/pdf")
        vip.stage.telegram.desk.say(account, "the scan", media=media)
        shown = await vip.until_in_thread(thread, "scan.pdf")
        assert "10 MiB" in said(shown)
        assert "the scan" in "\n".join(map(said, thread.messages))
        await vip.until(lambda: vip.stage.texts(account).count("scan.pdf") >= 1)


async def test_edits_and_deletions_follow_on_both_sides(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        written = await ann.say(thread, "tow pieces")
        account = await vip.until_at_desk("tow pieces")
        written.edit("two pieces")
        await vip.until_at_desk("two pieces")
        assert "tow pieces" not in vip.stage.texts(account)

        desk = vip.stage.telegram.desk
        answered = desk.say(account, "nine euro")
        await vip.until_in_thread(thread, "nine euro")
        desk.edit(account, answered, "ten euro")
        await vip.until_in_thread(thread, "ten euro")
        assert not any("nine euro" in said(one) for one in thread.messages)

        desk.delete(account, answered)
        await vip.until(lambda: not any("ten euro" in said(one) for one in thread.messages))
        written.delete()
        await vip.until(lambda: "two pieces" not in vip.stage.texts(account))


async def test_nobody_but_the_owner_and_staff_is_relayed_and_staff_are_marked(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        stranger = vip.stage.member("Eve")
        namesake = vip.stage.server.guild.add_role(vip.stage.staff.name)
        vip.stage.server.guild.set_roles(stranger, namesake)  # a role of that name, but of another id
        crew = vip.stage.member("Crew", staff=True)
        await stranger.say(thread, "give it to me instead")
        await crew.say(thread, "we are on it")
        await ann.say(thread, "thank you")
        account = await vip.until_at_desk("thank you")
        texts = vip.stage.texts(account)
        assert "give it to me" not in texts
        (relayed,) = [one for one in vip.stage.telegram.chat(account).texts if "we are on it" in one]
        assert "Crew" in relayed
        await stranger.say(thread, "!end")
        await stranger.say(thread, f"!clear_vip_session <@{ann.id}>")
        await ann.say(thread, "still there?")
        await vip.until_at_desk("still there?")
        assert not thread.archived


async def test_the_desk_can_ping_nobody_and_draw_nobody_into_the_thread(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        bob = vip.stage.member("Bob")
        await ann.say(thread, "hello")
        account = await vip.until_at_desk("hello")
        desk = vip.stage.telegram.desk
        told = desk.say(account, f"see <@{bob.id}> @everyone <@&{vip.stage.staff.id}> one")
        message = await vip.until_in_thread(thread, "one")
        desk.edit(account, told, f"see <@{bob.id}> <@!{bob.id}> @here two")
        await vip.until_in_thread(thread, "two")
        assert bob.id not in thread.thread_members
        assert not message.pinged


async def test_a_file_that_telegram_never_gives_holds_up_nothing_for_long(tmp_path: Path) -> None:
    async with open_vip_daemon(tmp_path) as vip:
        await vip.until_ready()
        ann, thread = await vip.opened()
        await ann.say(thread, "hello")
        account = await vip.until_at_desk("hello")
        telegram = vip.stage.telegram
        telegram.faults.fail("GetFile", "INTERNAL_SERVER_ERROR", times=None)
        telegram.desk.say(
            account, "the scan", media=document(telegram, b"pdf", "scan.pdf", "application/pdf")
        )
        telegram.desk.say(account, "and the next message")
        await vip.until_in_thread(thread, "and the next message", within=120)
        shown = "\n".join(map(said, thread.messages))
        assert "the scan" in shown
        assert "scan.pdf" in shown
