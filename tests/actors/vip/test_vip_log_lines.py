"""The lines of the log that operators look for, word for word."""

import logging
from collections.abc import Awaitable, Callable

import pytest
import trio

from actors.vip.ending import REASONS
from actors.vip.messages import (
    CompleteSession,
    ForgetSession,
    Member,
    MemberLeft,
    ParentDeleted,
    ThreadEnded,
)
from actors.vip.model import EndReason, SessionState
from actors.vip.ports import Forbidden, Unreachable
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import STAFF, STAFF_ROLE, VIPRig

USER = "123456789"
MEMBER = Member(GUILD, USER)
ARCHIVED = f"🧹 Cleaning up expired/archived thread for user {USER}"
DELETED = f"🧹 Cleaning up deleted thread for user {USER}"


def _over(reason: str) -> str:
    return f"✅ Session cleaned up for user {USER} - Reason: {reason}"


async def _owner(rig: VIPRig) -> None:
    rig.say("!end", USER, command="end")


async def _staff(rig: VIPRig) -> None:
    rig.say("!end", USER, author="50", command="end", roles=frozenset({STAFF_ROLE}))


async def _cleared(rig: VIPRig) -> None:
    rig.clear(USER)


async def _completed(rig: VIPRig) -> None:
    rig.office.tell(CompleteSession(MEMBER, "done", STAFF))


async def _archived(rig: VIPRig) -> None:
    rig.archive(USER)


async def _deleted(rig: VIPRig) -> None:
    rig.drop(USER)


async def _parent_deleted(rig: VIPRig) -> None:
    rig.thread(USER).deleted = True
    rig.office.tell(ParentDeleted(GUILD))


async def _inaccessible(rig: VIPRig) -> None:
    rig.thread(USER).forbidden = True
    rig.click(USER)


async def _left_thread(rig: VIPRig) -> None:
    rig.office.tell(ThreadEnded(rig.thread(USER).id, EndReason.LEFT_THREAD))


async def _left_guild(rig: VIPRig) -> None:
    rig.office.tell(MemberLeft(MEMBER))


async def _inactive(rig: VIPRig) -> None:
    await trio.sleep(7300)


async def _unreachable(rig: VIPRig) -> None:
    rig.world.steps.outage.add("discord.fetch")
    rig.click(USER)


async def _forgotten(rig: VIPRig) -> None:
    rig.office.tell(ForgetSession(MEMBER, "f"))


ENDS: list[tuple[EndReason, Callable[[VIPRig], Awaitable[None]], list[str]]] = [
    (EndReason.OWNER, _owner, [_over("Ended by its owner")]),
    (EndReason.STAFF, _staff, [_over("Ended by staff name-50")]),
    (
        EndReason.CLEARED,
        _cleared,
        [
            f"✅ VIP session manually cleared for user name-{USER} ({USER}) by staff StaffName",
            _over("Manual cleanup by staff StaffName"),
        ],
    ),
    (EndReason.COMPLETED, _completed, [_over("Upgrade completed by staff StaffName")]),
    (EndReason.ARCHIVED, _archived, [ARCHIVED, _over("Thread expired/archived")]),
    (EndReason.DELETED, _deleted, [DELETED, _over("Thread deleted")]),
    (EndReason.PARENT_DELETED, _parent_deleted, [DELETED, _over("Thread's channel deleted")]),
    (EndReason.INACCESSIBLE, _inaccessible, [DELETED, _over("Thread inaccessible")]),
    (EndReason.LEFT_THREAD, _left_thread, [_over("Owner left the thread")]),
    (EndReason.LEFT_GUILD, _left_guild, [_over("Owner left the server")]),
    (EndReason.INACTIVE, _inactive, [_over("Inactivity")]),
    (EndReason.UNREACHABLE, _unreachable, [_over("Thread could not be checked")]),
    (EndReason.FORGOTTEN, _forgotten, [_over("Member's data erased")]),
]


def _lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in caplog.messages if line[:1] in "🧹✅"]


def test_every_reason_has_its_test() -> None:
    tested = {reason for reason, _, _ in ENDS} | {EndReason.OPENING_FAILED, EndReason.NO_PERMISSION}
    assert tested == set(EndReason) == set(REASONS)


@pytest.mark.parametrize(("reason", "end", "lines"), ENDS, ids=[reason.value for reason, _, _ in ENDS])
async def test_an_end_is_logged_in_these_words_once(
    autojump_clock: object,
    caplog: pytest.LogCaptureFixture,
    reason: EndReason,
    end: Callable[[VIPRig], Awaitable[None]],
    lines: list[str],
) -> None:
    rig = VIPRig()
    rig.change(inactivity=7200.0, clean_unreachable=True, cooldown=0.0)
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened(USER)
        session = rig.session(USER).id
        await end(rig)
        await rig.until(lambda: session not in {s.id for s in rig.sessions()}, within=100)
        rig.world.steps.outage.clear()
        await trio.sleep(30)
    assert _lines(caplog) == lines
    assert [c.reason for c in rig.closed()] == ([] if reason is EndReason.FORGOTTEN else [reason])


@pytest.mark.parametrize(
    ("error", "reason"),
    [(Forbidden("403"), "Missing permissions"), (Unreachable("503"), "Opening failed")],
)
async def test_an_opening_that_failed_is_logged_in_these_words(
    autojump_clock: object, caplog: pytest.LogCaptureFixture, error: Exception, reason: str
) -> None:
    rig = VIPRig()
    caplog.set_level(logging.INFO)
    rig.world.steps.fail("discord.create", *[error] * rig.policy.tries)
    async with rig.running():
        rig.click(USER)
        await rig.until(lambda: bool(rig.closed()))
        await trio.sleep(1)
    assert _lines(caplog) == [_over(reason)]


async def test_a_store_that_is_away_repeats_no_line(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    caplog.set_level(logging.INFO)
    async with rig.running():
        await rig.opened(USER)
        rig.store.away = True
        rig.archive(USER)
        await trio.sleep(60)
        rig.store.away = False
        await rig.until(lambda: not rig.sessions())
        await trio.sleep(1)
    assert _lines(caplog) == [ARCHIVED, _over("Thread expired/archived")]


async def test_a_live_thread_that_blocks_a_second_one_is_logged_for_who_debugs(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened(USER)
        with caplog.at_level(logging.DEBUG):
            ticket = rig.click(USER)
            await rig.until(lambda: bool(rig.answers(ticket)))
    thread = rig.thread(USER).id
    wanted = f"User {USER} has valid active thread {thread} - blocking duplicate session"
    assert [r.levelname for r in caplog.records if r.getMessage() == wanted] == ["DEBUG"]


@pytest.mark.parametrize("answered", [True, False])
async def test_without_a_warning_nobody_is_ended_for_silence(autojump_clock: object, answered: bool) -> None:
    """Discord is away when the warning is due: the time that was promised begins with the warning."""
    rig = VIPRig()
    rig.change(inactivity=7200.0)
    async with rig.running():
        await rig.opened(USER)
        await trio.sleep(3000)
        rig.world.steps.outage.add("discord")
        await trio.sleep(6000)
        assert rig.state(USER) is SessionState.OPEN
        rig.world.steps.outage.clear()
        await trio.sleep(300)
        assert rig.thread(USER).words()[-1].name == "INACTIVITY_WARNING"
        await trio.sleep(3000)
        if answered:
            rig.desk_says("are you there?", USER)
        await trio.sleep(600)
        assert rig.state(USER) is (SessionState.OPEN if answered else None)
