import logging

import pytest
import trio

from actors.giftcodes.model import Audit
from actors.vip.messages import (
    CompleteSession,
    EndSession,
    ForgetSession,
    Member,
    MemberLeft,
    ParentDeleted,
    Staff,
)
from actors.vip.model import AccountState, Crossing, EndReason, SessionState
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import POLICY, STAFF, STAFF_ROLE, VIPRig

MEMBER = Member(GUILD, "7")


async def _is_over(rig: VIPRig, reason: EndReason) -> None:
    await rig.until(lambda: not rig.sessions())
    await rig.until_free()
    assert [c.reason for c in rig.closed()] == [reason]
    assert rig.store.backend.find(Crossing) == []
    assert all(chat.messages == [] for chat in rig.world.chats.values())


async def test_the_owner_ends_it_with_a_command(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        rig.say("hello")
        rig.say("!end", command="end")
        await _is_over(rig, EndReason.OWNER)
        assert (thread.archived, thread.locked) == (True, True)
        assert thread.words() == [Word.WELCOME, Word.ENDED]
        delivered = [m for chat in rig.world.chats.values() for m in chat.delivered()]
        assert delivered == ["hello"]
    assert "✅ Session cleaned up for user 7 - Reason: Ended by its owner" in caplog.messages


async def test_staff_end_it_by_role_id_and_others_are_refused(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.say("!end", author="66", command="end", roles=frozenset({"Staff", "staff"}))
        await trio.sleep(5)
        assert rig.state() is SessionState.OPEN
        assert rig.thread().words() == [Word.WELCOME, Word.REFUSED_COMMAND]
        rig.say("!end", author="50", command="end", roles=frozenset({STAFF_ROLE}))
        await _is_over(rig, EndReason.STAFF)


async def test_who_writes_the_command_again_and_again_is_refused_once_in_a_while(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        for _ in range(20):
            rig.say("!end", author="66", command="end")
            await trio.sleep(1)
        rig.say("!end", author="67", command="end")
        await trio.sleep(1)
        assert rig.thread().words() == [Word.WELCOME] + [Word.REFUSED_COMMAND] * 2
        await trio.sleep(30)
        rig.say("!end", author="66", command="end")
        await trio.sleep(1)
        assert rig.thread().words() == [Word.WELCOME] + [Word.REFUSED_COMMAND] * 3
        assert rig.state() is SessionState.OPEN


async def test_staff_clear_and_are_answered_step_by_step(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened()
        account = rig.session().account
        ticket = rig.clear()
        await rig.until(lambda: Word.CLEAR_EMPTY in rig.answers(ticket))
        assert rig.answers(ticket) == [
            Word.CLEAR_FOUND,
            Word.CLEAR_UNDELIVERED,
            Word.CLEAR_TOLD,
            Word.CLEAR_THREAD,
            Word.CLEAR_ACCOUNT,
            Word.CLEAR_DONE,
            Word.CLEAR_EMPTY,
        ]
        await _is_over(rig, EndReason.CLEARED)
        assert rig.world.answers[ticket][0].value("state") == SessionState.OPEN.value
        (audit,) = rig.store.backend.find(Audit)
        assert (audit.member, audit.action) == (STAFF.id, "vip cleared")
        assert rig.closed()[0].account == account
        await rig.opened()
    assert "✅ VIP session manually cleared for user name-7 (7) by staff StaffName" in caplog.messages
    assert "✅ Session cleaned up for user 7 - Reason: Manual cleanup by staff StaffName" in caplog.messages


async def test_clearing_nothing_says_so(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        ticket = rig.clear()
        await rig.until(lambda: rig.answers(ticket) == [Word.CLEAR_NOTHING])
        again = rig.clear()
        await rig.until(lambda: rig.answers(again) == [Word.CLEAR_NOTHING])


async def test_others_than_staff_clear_nothing(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        ticket = rig.clear(by=Staff("66", "Staff", frozenset({"Staff"})))
        own = rig.clear(by=Staff("7", "me", frozenset()))
        await rig.until(lambda: bool(rig.answers(ticket) and rig.answers(own)))
        assert rig.answers(ticket) == rig.answers(own) == [Word.REFUSED_COMMAND]
        assert rig.state() is SessionState.OPEN


async def test_clearing_works_on_the_waiting_list(autojump_clock: object) -> None:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.opened("1")
        rig.click("7")
        await rig.until(lambda: rig.state("7") is SessionState.WAITING)
        ticket = rig.clear("7")
        await rig.until(lambda: Word.CLEAR_DONE in rig.answers(ticket))
        assert Word.CLEAR_NO_THREAD in rig.answers(ticket)
        assert Word.CLEAR_NO_ACCOUNT in rig.answers(ticket)


async def test_clearing_works_with_a_dead_account_and_a_thread_that_is_gone(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.chat(rig.session().account).dead = "SESSION_REVOKED"
        rig.drop(told=False)
        ticket = rig.clear()
        await rig.until(lambda: Word.CLEAR_DONE in rig.answers(ticket))
        await rig.until(lambda: not rig.sessions())
        await rig.until(lambda: sorted(rig.account_states().values()) == ["dead", "free"])


async def test_an_account_comes_back_also_while_discord_is_away(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        rig.world.steps.outage.add("discord")
        rig.clear()
        await rig.until_free()
        assert rig.state() is SessionState.ENDING
        rig.world.steps.outage.clear()
        await rig.until(lambda: not rig.sessions())
        assert thread.locked


async def test_completing_gives_the_role_and_ends(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.office.tell(CompleteSession(MEMBER, "done", STAFF))
        await _is_over(rig, EndReason.COMPLETED)
        assert set(rig.world.roles_given) == {(GUILD, "7")}
        assert rig.answers("done")[-1] is Word.CLEAR_DONE


async def test_a_slash_command_of_the_owner_ends_it(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.office.tell(EndSession(MEMBER, "e", Staff("7", "me")))
        await _is_over(rig, EndReason.OWNER)


async def test_a_member_is_forgotten_with_all_sessions(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.clear()
        await rig.until(lambda: len(rig.closed()) == 1)
        await rig.opened()
        rig.office.tell(ForgetSession(MEMBER, "f"))
        await rig.until(lambda: not rig.sessions() and not rig.closed())
        await rig.until_free()


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (ParentDeleted(GUILD), EndReason.PARENT_DELETED),
        (MemberLeft(MEMBER), EndReason.LEFT_GUILD),
    ],
)
async def test_who_leaves_and_what_is_deleted_above_ends_it(
    autojump_clock: object, event: object, reason: EndReason
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        if reason is EndReason.PARENT_DELETED:
            rig.thread().deleted = True
        rig.office.tell(event)
        await _is_over(rig, reason)


async def test_silence_is_warned_of_at_half_time_and_then_ends_it(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.change(inactivity=7200.0)
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        await trio.sleep(3500)
        rig.say("still here")
        await trio.sleep(3500)
        assert thread.words() == [Word.WELCOME]
        await trio.sleep(200)
        assert thread.words() == [Word.WELCOME, Word.INACTIVITY_WARNING]
        rig.say("yes")
        await trio.sleep(3700)
        assert thread.words() == [Word.WELCOME, Word.INACTIVITY_WARNING, Word.INACTIVITY_WARNING]
        assert rig.state() is SessionState.OPEN
        await trio.sleep(3600)
        await _is_over(rig, EndReason.INACTIVE)


async def test_what_can_not_arrive_by_the_end_is_counted_and_said(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        thread = rig.thread()
        rig.world.steps.outage.add("desk.send")
        rig.say("never arrives")
        rig.say("!end", command="end")
        await rig.until(lambda: not rig.sessions())
        assert rig.closed()[0].undelivered == 1
        assert thread.of_bot(notices=True)[-1].notice.value("undelivered") == 1


async def test_what_was_under_way_at_the_end_arrives_first(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("desk.send")
        for number in range(3):
            rig.say(f"m{number}")
        rig.say("!end", command="end")
        await trio.sleep(5)
        rig.world.steps.outage.clear()
        await _is_over(rig, EndReason.OWNER)
        assert rig.closed()[0].undelivered == 0


async def _clearing(kind: str, step: int, *, state: SessionState) -> int:
    """Clear a session in this state; the process dies, or an actor crashes, at this step."""
    rig = VIPRig(policy=POLICY)
    steps = rig.world.steps
    async with rig.running():
        if state is SessionState.OPEN:
            await rig.opened()
            rig.say("one")
            rig.desk_says("two")
            await trio.sleep(5)
        else:
            rig.world.steps.delay = lambda name: 10.0 if name.startswith("discord.add_member") else 0.0
            rig.click()
            await rig.until(lambda: bool(rig.world.threads))
        steps.log.clear()
        setattr(steps, f"{kind}_at", step)
        rig.clear()
        with trio.move_on_after(60):
            await rig.until(lambda: not rig.sessions())
            await trio.sleep(10)
        count = len(steps.log)
    steps.kill_at = steps.crash_at = None
    steps.delay = lambda _: 0.0
    async with rig.running():
        await trio.sleep(30)
        if rig.sessions():  # it died before the wish was recorded: staff have to say it again
            assert kind == "kill" or rig.closed()  # or the click, handed over again, opened one
            rig.clear()
        await rig.until(lambda: not rig.sessions())
        await rig.until_free()
        await rig.check_sum()
        assert rig.world.live_threads() == []
        assert all(chat.messages == [] for chat in rig.world.chats.values())
        assert len(rig.closed()) in {1, 2}
        for thread in rig.world.threads.values():
            assert thread.words().count(Word.ENDED) <= 1
        rig.change(cooldown=0.0)
        await rig.opened()
    return count


@pytest.mark.parametrize("state", [SessionState.OPEN, SessionState.OPENING])
@pytest.mark.parametrize("kind", ["kill", "crash"])
async def test_a_crash_at_any_step_of_ending_and_clearing_loses_no_account(
    autojump_clock: object, kind: str, state: SessionState
) -> None:
    steps = await _clearing(kind, -1, state=state)
    assert steps > 20
    for step in range(steps):
        await _clearing(kind, step, state=state)


async def test_a_lease_is_never_left_with_a_session_that_is_over(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.clear()
        await rig.until(lambda: not rig.sessions())
        await trio.sleep(rig.policy.reconcile * 2)
        assert set(rig.account_states().values()) == {AccountState.FREE}
