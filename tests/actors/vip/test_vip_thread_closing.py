"""A thread that can't be closed: who is to have another session does not wait for it for ever."""

import pytest
import trio

from actors.vip.model import EndReason
from actors.vip.ports import FloodWait, Forbidden, Refused, Trouble
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


async def _stuck(rig: VIPRig) -> None:
    """An open session whose thread Discord does not let be closed, though it answers all else."""
    await rig.opened()
    rig.watch.left_open.add(rig.thread().id)
    rig.world.steps.outage.add("discord.close")


async def test_staff_clear_a_session_whose_thread_can_not_be_closed(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await _stuck(rig)
        ticket = rig.clear()
        await rig.until(lambda: not rig.sessions(), within=180)
        await rig.until(lambda: Word.CLEAR_EMPTY in rig.answers(ticket))
        assert Word.CLEAR_THREAD_LEFT in rig.answers(ticket)
        assert Word.CLEAR_THREAD not in rig.answers(ticket)
        await rig.until_free()
        await rig.opened()


async def test_a_thread_that_could_not_be_checked_and_is_to_be_cleaned_up_keeps_nobody_out(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    rig.change(clean_unreachable=True)
    async with rig.running():
        await _stuck(rig)
        rig.world.steps.outage.add("discord.fetch")
        old = rig.thread()
        ticket = rig.click()
        await rig.until(lambda: Word.OPENED in rig.answers(ticket), within=240)
        assert rig.thread() is not old
        assert [one.reason for one in rig.closed()] == [EndReason.UNREACHABLE]
        assert [notice.word for notice, _ in rig.world.staff_log] == [Word.CLEAR_THREAD_LEFT]


@pytest.mark.parametrize("late", [0.0, 600.0])
async def test_staff_clear_one_that_was_ending_already_as_well(autojump_clock: object, late: float) -> None:
    rig = VIPRig()
    async with rig.running():
        await _stuck(rig)
        rig.say("!end", command="end")
        await trio.sleep(60 + late)
        assert rig.sessions()
        ticket = rig.clear()
        await rig.until(lambda: not rig.sessions(), within=240)
        assert rig.answers(ticket)[-2:] == [Word.CLEAR_THREAD_LEFT, Word.CLEAR_DONE]


@pytest.mark.parametrize("trouble", ["outage", "flood"])
async def test_without_haste_and_while_discord_is_away_the_thread_is_waited_for(
    autojump_clock: object, trouble: str
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        if trouble == "outage":
            rig.world.steps.outage.add("discord")
            rig.clear()
        else:
            rig.world.steps.fail("discord.close", *[FloodWait(600)] * 3)
            rig.say("!end", command="end")
        await trio.sleep(1000)
        assert rig.sessions()
        rig.world.steps.outage.clear()
        await rig.until(lambda: not rig.sessions(), within=1300)
        assert rig.thread().locked


@pytest.mark.parametrize("cleared_later", [0.0, 300.0])
async def test_a_long_pause_that_discord_asks_for_keeps_nobody_out_either(
    autojump_clock: object, cleared_later: float
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.watch.left_open.add(rig.thread().id)
        rig.world.steps.fail("discord.close", *[FloodWait(3600)] * 3)
        if cleared_later:
            rig.say("!end", command="end")
            await trio.sleep(cleared_later)
        ticket = rig.clear()
        await rig.until(lambda: not rig.sessions(), within=180)
        assert Word.CLEAR_THREAD_LEFT in rig.answers(ticket)
        assert rig.world.steps.log.count("discord.close before") == 2  # the pause was kept
        await trio.sleep(rig.policy.cooldown)
        await rig.opened()


@pytest.mark.parametrize("error", [Forbidden("403"), Refused("400")])
async def test_a_thread_that_takes_no_farewell_is_closed_all_the_same(
    autojump_clock: object, error: Trouble
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.send", error)
        rig.clear()
        await rig.until(lambda: not rig.sessions())
        assert rig.thread().words() == [Word.WELCOME]
        assert rig.thread().locked


@pytest.mark.parametrize("how", ["cleared", "answers lost", "killed", "waited for"])
async def test_a_thread_that_was_made_and_not_recorded_is_removed(autojump_clock: object, how: str) -> None:
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await rig.until_free()
        if how == "answers lost":
            rig.change(tries=1)
            steps.lose("discord.create")
        else:
            steps.delay = lambda name: 5.0 if name == "discord.create after" else 0.0
        rig.click()
        await rig.until(lambda: bool(rig.world.threads))
        if how == "waited for":
            steps.outage.add("discord.find_created")
        if how != "killed":
            rig.clear()
            await trio.sleep(20)
            steps.outage.clear()
            await rig.until(lambda: not rig.sessions())
    steps.delay = lambda name: 5.0 if name == "discord.find_created before" else 0.0
    async with rig.running():
        if how == "killed":
            await trio.sleep(1)
            rig.clear()
        await rig.until(lambda: not rig.sessions())
        await rig.until_free()
        assert [thread for thread in rig.world.threads.values() if not thread.deleted] == []
