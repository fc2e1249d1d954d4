"""The button while a session ends, and while a member is on the waiting list."""

import pytest
import trio

from actors.vip.messages import CompleteSession, EndSession, ForgetSession, Member, ParentDeleted
from actors.vip.model import EndReason, SessionState
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, VIPRig

MEMBER = Member(GUILD, "7")
ENDS = {
    EndReason.STAFF: EndSession(MEMBER, "end", STAFF),
    EndReason.COMPLETED: CompleteSession(MEMBER, "end", STAFF),
    EndReason.FORGOTTEN: ForgetSession(MEMBER, "end"),
}


async def _ending(rig: VIPRig, reason: EndReason) -> None:
    """An open session that is being ended for a while."""
    await rig.opened()
    rig.world.steps.delay = lambda name: 20.0 if name == "discord.close before" else 0.0
    if reason is EndReason.OWNER:
        rig.say("!end", command="end")
    else:
        rig.office.tell(ENDS[reason])
    await rig.until(lambda: rig.state() is SessionState.ENDING)


# --- while a session ends -----------------------------------------------------------------------


async def test_who_presses_while_its_session_ends_waits_for_that_and_gets_a_new_one(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await _ending(rig, EndReason.STAFF)
        old, ticket, second = rig.thread(), rig.click(), rig.click()
        await trio.sleep(5)
        assert rig.answers(ticket) == rig.answers(second) == [Word.CLOSING]
        assert rig.thread() is old
        await rig.until(lambda: rig.state() is SessionState.OPEN)
        await trio.sleep(1)
        assert rig.answers(ticket) == [Word.CLOSING, Word.OPENED]
        assert rig.answers(second) == [Word.CLOSING, Word.ALREADY_OPEN]
        assert rig.thread() is not old
        assert rig.thread().id in str(rig.last_answer(ticket).value("link"))


async def test_who_ended_it_and_presses_at_once_is_told_when_it_can_open_another(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await _ending(rig, EndReason.OWNER)
        ticket = rig.click()
        await rig.until(lambda: not rig.sessions())
        await trio.sleep(1)
        assert rig.answers(ticket) == [Word.CLOSING, Word.COOLING_DOWN]
        assert 0 < rig.last_answer(ticket).value("seconds") <= rig.policy.cooldown
        assert len(rig.world.threads) == 1


async def test_without_a_cooldown_the_owners_next_thread_opens(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.change(cooldown=0.0)
    async with rig.running():
        await _ending(rig, EndReason.OWNER)
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) == [Word.CLOSING, Word.OPENED])


@pytest.mark.parametrize("reason", [EndReason.COMPLETED, EndReason.FORGOTTEN])
async def test_who_is_a_vip_by_that_or_is_forgotten_opens_nothing_by_it(
    autojump_clock: object, reason: EndReason
) -> None:
    rig = VIPRig()
    async with rig.running():
        await _ending(rig, reason)
        ticket = rig.click()
        await rig.until(lambda: not rig.sessions())
        await trio.sleep(5)
        assert rig.answers(ticket) == [Word.CLOSING, Word.CLOSED]
        assert not rig.sessions()
        assert len(rig.world.threads) == 1


async def test_a_press_that_was_given_up_opens_nothing_later(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await _ending(rig, EndReason.STAFF)
        rig.world.steps.outage.add("discord")
        ticket = rig.click()
        await trio.sleep(rig.policy.answer_within + 60)
        assert rig.answers(ticket) == [Word.CLOSING, Word.TRY_AGAIN]
        rig.world.steps.outage.clear()
        await rig.until_free()
        await trio.sleep(60)
        assert not rig.sessions()
        assert len(rig.world.threads) == 1


async def test_a_press_outlives_a_crash_while_the_session_ends(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await _ending(rig, EndReason.STAFF)
        ticket = rig.click()
        await trio.sleep(1)
        rig.world.steps.crash_at = len(rig.world.steps.log)
        await rig.until(lambda: Word.OPENED in rig.answers(ticket))
        assert len(rig.world.threads) == 2
        assert len(rig.sessions()) == 1


async def test_who_pressed_before_the_end_is_told_of_it_and_gets_no_other(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 5.0 if name == "discord.fetch before" else 0.0
        ticket = rig.click()
        await trio.sleep(1)
        rig.office.tell(ENDS[EndReason.STAFF])
        await rig.until(lambda: not rig.sessions())
        await trio.sleep(60)
        assert rig.answers(ticket) == [Word.CLOSED]
        assert not rig.sessions()


# --- on the waiting list ------------------------------------------------------------------------


async def test_the_answer_of_who_waits_follows_its_place_up_to_the_open_thread(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    rig.change(cooldown=0.0)
    async with rig.running():
        await rig.opened("1")
        second = await _queued(rig, "2")
        third = await _queued(rig, "3")
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        await trio.sleep(rig.policy.reconcile + 1)
        assert rig.answers(second) == [Word.QUEUED, Word.OPENED]
        assert rig.thread("2").id in str(rig.last_answer(second).value("link"))
        places = [notice.value("position") for notice in rig.world.answers[third]]
        assert places == [2, 1]
        await trio.sleep(3 * rig.policy.reconcile)
        assert len(rig.answers(third)) == 2  # nothing new is said where nothing is new
        assert (await rig.numbers()).unanswered == 0
        rig.say("!end", "2", command="end")
        await rig.until(lambda: rig.answers(third)[-1] is Word.OPENED)


async def test_the_newest_presses_of_who_waits_are_answered_to_the_end(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        tickets = [await _queued(rig, "2") for _ in range(8)]
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        await trio.sleep(1)
        assert [rig.answers(one) for one in tickets] == [
            *[[Word.QUEUED]] * 3,
            *[[Word.QUEUED, Word.OPENED]] * 5,
        ]


async def test_after_fourteen_minutes_the_answer_of_who_waits_stays_as_it_is(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        old = await _queued(rig, "2")
        await trio.sleep(rig.policy.answer_within - 30)
        new = await _queued(rig, "2")
        await trio.sleep(60)
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.state("2") is SessionState.OPEN)
        await trio.sleep(1)
        assert rig.answers(old) == [Word.QUEUED]
        assert rig.answers(new) == [Word.QUEUED, Word.OPENED]


async def test_who_is_taken_off_the_list_is_told(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        cleared, lost = await _queued(rig, "2"), await _queued(rig, "3")
        rig.clear("2")
        await rig.until(lambda: rig.state("2") is None)
        assert rig.answers(cleared) == [Word.QUEUED, Word.CLOSED]
        rig.office.tell(ParentDeleted(GUILD))
        await rig.until(lambda: rig.state("3") is None)
        assert rig.answers(lost)[-1] is Word.CLOSED


async def test_what_fails_after_the_waiting_is_told_in_the_same_answer(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        ticket = await _queued(rig, "2")
        rig.world.gone_members.add("2")
        rig.say("!end", "1", command="end")
        await rig.until(lambda: rig.answers(ticket) == [Word.QUEUED, Word.NOT_OPENED])


async def test_an_open_thread_that_waits_for_another_account_is_on_no_list_for_its_member(
    autojump_clock: object,
) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened()
        rig.world.chat("a").dead = "USER_DEACTIVATED_BAN"
        rig.say("hello")
        await trio.sleep(5)
        ticket = rig.click()
        await trio.sleep(rig.policy.reconcile + 5)
        assert rig.answers(ticket) == [Word.ALREADY_OPEN]


async def _queued(rig: VIPRig, member: str) -> str:
    ticket = rig.click(member)
    await rig.until(lambda: bool(rig.answers(ticket)))
    assert rig.answers(ticket) == [Word.QUEUED]
    return ticket
