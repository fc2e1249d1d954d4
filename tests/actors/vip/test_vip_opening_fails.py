"""Openings that Discord or Telegram do not let through: undone, and the member is told why."""

import pytest
import trio

from actors.vip.ports import FloodWait, Forbidden, Gone, Refused, Trouble, Unreachable
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


async def test_a_403_in_the_middle_undoes_what_was_done(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.steps.fail("discord.create", Forbidden("403"))
    async with rig.running():
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.NOT_ALLOWED]
        await rig.until_free()
        assert not rig.sessions()
        again = rig.click()
        await rig.until(lambda: rig.answers(again) == [Word.OPENED])


async def test_what_is_lost_of_permissions_in_the_middle_is_named(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.delay = lambda name: 2.0 if name == "store.commit before" else 0.0
        ticket = rig.click()
        await trio.sleep(1)
        rig.world.missing = ("Create Private Threads", "Send Messages in Threads")
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.MISSING_PERMISSIONS]
        named = rig.last_answer(ticket).value("missing")
        assert named == "Create Private Threads, Send Messages in Threads"
        await rig.until(lambda: not rig.sessions())


@pytest.mark.parametrize(
    ("operation", "error", "word"),
    [
        ("discord.create", Unreachable("503"), Word.TRY_AGAIN),
        ("discord.add_member", FloodWait(600.0), Word.SLOW_DOWN),
        ("discord.add_member", Gone("the channel"), Word.NOT_OPENED),
        ("discord.create", Refused("too many active threads"), Word.NOT_OPENED),
        ("discord.send", Forbidden("403"), Word.NOT_ALLOWED),
        ("discord.send", Unreachable("503"), Word.TRY_AGAIN),
        ("desk.send", Unreachable("away"), Word.DESK_AWAY),
        ("desk.send", FloodWait(600.0), Word.DESK_AWAY),
    ],
)
async def test_who_presses_is_told_what_is_in_the_way(
    autojump_clock: object, operation: str, error: Trouble, word: Word
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.fail(operation, *[error] * rig.policy.tries)
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [word]


async def test_a_member_who_left_is_not_waited_for_and_the_thread_goes(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.world.gone_members.add("7")
    async with rig.running():
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.NOT_OPENED])
        await rig.until_free()
        assert rig.world.live_threads() == []


async def test_a_long_flood_wait_does_not_keep_a_member_waiting(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.fail("desk.send", FloodWait(3600))
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.DESK_AWAY])
        await rig.until_free()


async def test_an_opening_does_not_ask_for_ever_what_became_of_its_introduction(
    autojump_clock: object,
) -> None:
    rig = VIPRig()

    def forget_ids() -> None:
        for chat in rig.world.chats.values():
            chat.seen_keys = dict.fromkeys(chat.seen_keys, "")

    async with rig.running():
        await rig.until_free()
        rig.world.steps.lose("desk.send")
        rig.world.steps.outage.add("desk.history")
        rig.world.steps.watch = forget_ids
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        assert rig.answers(ticket) == [Word.DESK_AWAY]
        rig.world.steps.outage.clear()
        await rig.until_free()
