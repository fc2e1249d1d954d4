"""What staff see who clear a session, what is recorded of it, and that a member can be forgotten."""

import pytest
import trio

from actors.giftcodes.model import Audit
from actors.vip.messages import ForgetSession, Member, Staff
from actors.vip.model import AccountState, Crossing, EndReason, SessionState
from actors.vip.ports import FloodWait
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, STAFF_ROLE, VIPRig

MEMBER = Member(GUILD, "7")
OTHER = Staff("51", "Other", frozenset({STAFF_ROLE}))


def _audits(rig: VIPRig) -> list[tuple[str, str, str]]:
    found = sorted(rig.store.backend.find(Audit), key=lambda one: (one.at, one.member))
    return [(one.member, one.action, one.details.partition(": ")[2]) for one in found]


async def test_an_account_is_called_given_back_only_once_that_is_recorded(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        account = rig.session().account
        rig.world.steps.delay = lambda name: 0.3 if name.startswith("store.commit") else 0.0
        ticket = rig.clear()
        while Word.CLEAR_ACCOUNT not in rig.answers(ticket):  # noqa: ASYNC110 - at that very moment
            await trio.sleep(0.01)
        assert rig.account_states()[account] is not AccountState.LEASED
        await rig.until(lambda: Word.CLEAR_EMPTY in rig.answers(ticket))
        assert rig.account_states()[account] is AccountState.FREE


async def test_a_history_that_takes_long_is_said_to_be_under_way(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 300.0 if name.startswith("desk.clear_step") else 0.0
        ticket = rig.clear()
        began = trio.current_time()
        await rig.until(lambda: Word.CLEAR_STILL in rig.answers(ticket))
        assert rig.last_answer(ticket).value("state") == "draining"
        assert trio.current_time() - began < rig.policy.clear_report + 5


async def test_an_account_that_is_dead_is_not_called_free(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.chat(rig.session().account).dead = "SESSION_REVOKED"
        ticket = rig.clear()
        await rig.until(lambda: Word.CLEAR_STILL in rig.answers(ticket))
        assert rig.last_answer(ticket).value("state") == "dead"


async def test_a_member_need_not_wait_for_the_history_that_staff_wait_for(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 300.0 if name.startswith("desk.clear_step") else 0.0
        ticket = rig.clear()
        await rig.until(lambda: Word.CLEAR_DONE in rig.answers(ticket))
        click = rig.click()
        with trio.fail_after(3):
            await rig.until(lambda: rig.answers(click) != [])


@pytest.mark.parametrize("after", [Word.CLEAR_ACCOUNT, Word.CLEAR_DONE])
@pytest.mark.parametrize("slow", [5.0, 300.0])
async def test_who_clears_again_takes_the_end_of_the_story_from_nobody(
    autojump_clock: object, slow: float, after: Word
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: slow if name.startswith("desk.clear_step") else 0.0
        first = rig.clear()
        while after not in rig.answers(first) or rig.sessions():
            await trio.lowlevel.checkpoint()
        second = rig.clear(by=OTHER)
        with trio.fail_after(5):
            await rig.until(lambda: bool(rig.answers(second)))
        await trio.sleep(60)
        assert rig.answers(second) == [Word.CLEAR_NOTHING]
        assert rig.answers(first)[-2:] == [Word.CLEAR_DONE, Word.CLEAR_STILL]


async def test_a_long_flood_wait_of_discord_keeps_no_account(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.fail("discord.close", FloodWait(36_000.0))
        rig.clear()
        with trio.fail_after(60):
            await rig.until_free()
        await rig.until(lambda: not rig.sessions(), within=40_000)


@pytest.mark.parametrize("twice", [False, True])
async def test_clearing_where_there_is_no_session_is_recorded_with_who_asked(
    autojump_clock: object, twice: bool
) -> None:
    rig = VIPRig()
    async with rig.running():
        tickets = [rig.clear(by=by) for by in ([STAFF, OTHER] if twice else [STAFF])]
        await rig.until(lambda: all(rig.answers(t) == [Word.CLEAR_NOTHING] for t in tickets))
    wanted = [(STAFF.id, "vip cleared", "there was none"), (OTHER.id, "vip cleared", "there was none")]
    assert _audits(rig) == wanted[: len(tickets)]


async def test_clearing_what_is_ending_already_is_recorded_with_who_asked(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("desk.send")
        rig.say("drains")
        rig.say("!end", command="end")
        await rig.until(lambda: rig.state() is SessionState.ENDING)
        rig.clear()
        await rig.until(lambda: not rig.sessions())
        assert rig.closed()[0].reason is EndReason.OWNER
    assert _audits(rig) == [(STAFF.id, "vip cleared", "it was ending already")]


async def test_the_store_away_at_a_clearing_of_nothing_loses_no_record(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        rig.store.away = True
        ticket = rig.clear()
        await trio.sleep(30)
        assert rig.answers(ticket) == []
        rig.store.away = False
        await rig.until(lambda: rig.answers(ticket) == [Word.CLEAR_NOTHING])
    assert len(_audits(rig)) == 1


# --- being forgotten ----------------------------------------------------------------------------


async def test_who_presses_the_button_and_wants_to_be_forgotten_at_once_has_no_session(
    autojump_clock: object,
) -> None:
    rig = VIPRig()
    async with rig.running():
        click = rig.click()
        rig.office.tell(ForgetSession(MEMBER, "f"))
        await rig.until(lambda: bool(rig.answers(click)))
        await rig.until_free()
        assert _nothing_is_left(rig)


def _nothing_is_left(rig: VIPRig) -> bool:
    return not (rig.sessions() or rig.closed() or rig.store.backend.find(Crossing))


async def _in_state(rig: VIPRig, state: SessionState | None) -> None:
    match state:
        case None:
            pass
        case SessionState.WAITING:
            for member in ("1", "2"):
                await rig.opened(member)
            rig.click()
            await rig.until(lambda: rig.state() is SessionState.WAITING)
        case SessionState.OPENING:
            rig.world.steps.delay = lambda name: 10.0 if name.startswith("discord.add_member") else 0.0
            rig.click()
            await rig.until(lambda: rig.state() is SessionState.OPENING)
        case SessionState.OPEN:
            await rig.opened()
            rig.say("one")
            rig.desk_says("two")
            await trio.sleep(5)
        case SessionState.ENDING:
            await rig.opened()
            rig.world.steps.outage.add("desk.send")
            rig.say("drains")
            rig.say("!end", command="end")
            await rig.until(lambda: rig.state() is SessionState.ENDING)


@pytest.mark.parametrize("state", [None, *SessionState])
async def test_a_member_is_forgotten_in_every_state_and_twice_is_fine(
    autojump_clock: object, state: SessionState | None
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.clear()
        await rig.until(lambda: len(rig.closed()) == 1)
        await _in_state(rig, state)
        rig.office.tell(ForgetSession(MEMBER, "f1"))
        rig.office.tell(ForgetSession(MEMBER, "f2"))
        await rig.until(
            lambda: not [s for s in [*rig.sessions(), *rig.closed()] if s.member == "7"], within=60
        )
        rig.world.steps.outage.clear()
        rig.office.tell(ForgetSession(MEMBER, "f3"))
        await trio.sleep(5)
        others = {s.id for s in rig.sessions()}
        assert {c.session for c in rig.store.backend.find(Crossing)} <= others
        assert {s.member for s in rig.sessions()} == ({"1", "2"} if state is SessionState.WAITING else set())
        for member in [s.member for s in rig.sessions()]:
            rig.clear(member)
        await rig.until_free()
        assert all(chat.messages == [] for chat in rig.world.chats.values())


async def _forgetting(kind: str, step: int) -> int:
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await _in_state(rig, SessionState.OPEN)
        steps.log.clear()
        setattr(steps, f"{kind}_at", step)
        rig.office.tell(ForgetSession(MEMBER, "f"))
        with trio.move_on_after(60):
            await rig.until(lambda: _nothing_is_left(rig))
            await trio.sleep(10)
        count = len(steps.log)
    steps.kill_at = steps.crash_at = None
    async with rig.running():
        await trio.sleep(30)
        rig.office.tell(ForgetSession(MEMBER, "again"))  # as the member does who was not told that it is done
        await rig.until(lambda: _nothing_is_left(rig))
        await rig.until_free()
    return count


@pytest.mark.parametrize("kind", ["kill", "crash"])
async def test_a_crash_at_any_step_of_forgetting_leaves_nothing(autojump_clock: object, kind: str) -> None:
    steps = await _forgetting(kind, -1)
    assert steps > 15
    for step in range(steps):
        await _forgetting(kind, step)
