"""What an ending does and leaves alone, step by step."""

import pytest
import trio

from actors.vip.messages import CompleteSession, ForgetSession, Member
from actors.vip.ports import Forbidden
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, VIPRig


async def _end(rig: VIPRig, member: str = "7") -> None:
    rig.say("!end", member, command="end")
    await rig.until(lambda: rig.state(member) is None)


async def test_who_is_forgotten_takes_nobody_elses_history_along(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        for member in ("7", "8"):
            await rig.opened(member)
            await _end(rig, member)
        rig.office.tell(ForgetSession(Member(GUILD, "7"), "f"))
        await rig.until(lambda: "7" not in {one.member for one in rig.closed()})
        await trio.sleep(5)
        assert [one.member for one in rig.closed()] == ["8"]


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("role", ["888", ""])
async def test_staff_are_told_what_became_of_the_role(autojump_clock: object, fails: bool, role: str) -> None:
    rig = VIPRig()
    rig.change(vip_role=role)
    async with rig.running():
        await rig.opened()
        if fails:
            rig.world.steps.fail("discord.give_role", Forbidden("the role is above the bot's"))
        rig.office.tell(CompleteSession(Member(GUILD, "7"), "c", STAFF))
        await rig.until(lambda: rig.state() is None)
        await rig.until(lambda: Word.CLEAR_DONE in rig.answers("c"))
        told = [word for word in rig.answers("c") if word in {Word.ROLE_GIVEN, Word.ROLE_FAILED}]
        assert told == ([Word.ROLE_FAILED] if fails else [Word.ROLE_GIVEN] if role else [])


@pytest.mark.parametrize("lost", ["archive", "drop"])
async def test_a_thread_that_is_lost_is_not_written_to_and_one_that_is_gone_not_closed(
    autojump_clock: object, lost: str
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        before = rig.world.calls["send"]
        getattr(rig, lost)()
        await rig.until(lambda: rig.state() is None)
        assert rig.world.calls["send"] == before
        assert rig.world.calls["close"] == (1 if lost == "archive" else 0)


async def test_a_step_that_is_done_is_not_done_again(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.lose("discord.close")
        await _end(rig)
        assert rig.thread().words() == [Word.WELCOME, Word.ENDED]
        assert rig.world.calls["send"] == 2
        assert rig.world.calls["close"] == 2


async def test_a_thread_nobody_was_welcomed_in_is_removed(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        rig.world.steps.outage.add("discord.send")
        rig.click()
        await rig.until(lambda: bool(rig.world.threads))
        rig.clear()
        await rig.until(lambda: rig.state() is None)
        assert [thread.deleted for thread in rig.world.threads.values()] == [True]


async def test_who_watches_an_opening_in_an_outage_is_told_soon_to_try_again(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.world.steps.outage.add("discord.create")
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.TRY_AGAIN], within=60)
        await rig.until(lambda: rig.state() is None, within=60)
        await rig.until_free()
        assert rig.world.threads == {}
