"""The desk's own duties: deadlines of answers, retention, and actors that can't keep up."""

import pytest
import trio
import trio.lowlevel

from actors.ports import Put
from actors.vip.messages import ForgetSession, Member, MemberLeft
from actors.vip.model import ClosedVIPSession, EndReason, SessionState
from actors.vip.words import Word
from tests.worlds.vip import GUILD
from tests.worlds.vip_rig import VIPRig

MEMBER = Member(GUILD, "7")
CROWD = 700
"""More than a member's actor and the relay hold together."""


async def test_who_was_not_answered_in_fourteen_minutes_is_asked_to_try_again(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.until_free()
        rig.store.away = True
        ticket = rig.click()
        await trio.sleep(14 * 60 - 5)
        assert rig.answers(ticket) == []
        await trio.sleep(10)
        assert rig.answers(ticket) == [Word.TRY_AGAIN]


async def test_who_was_answered_is_not_asked_to_try_again_later(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        ticket = await rig.opened()
        await trio.sleep(15 * 60)
        assert rig.answers(ticket) == [Word.OPENED]


async def test_closed_sessions_are_kept_for_their_time_and_no_longer(autojump_clock: object) -> None:
    rig = VIPRig()
    rig.change(retention=1000.0)
    now = rig.clock.now()
    old = [ClosedVIPSession(f"o{n}", GUILD, "8", 0.0, now - 1001.0, EndReason.OWNER) for n in range(450)]
    new = ClosedVIPSession("new", GUILD, "8", 0.0, now - 500.0, EndReason.OWNER)
    await rig.store.commit(*map(Put, [*old, new]))
    async with rig.running():
        await trio.sleep(3 * rig.policy.reconcile)
        assert [c.id for c in rig.closed()] == ["new"]
        await trio.sleep(500 + rig.policy.reconcile)
        assert rig.closed() == []


@pytest.mark.parametrize("side", ["thread", "desk"])
async def test_an_actor_that_can_not_keep_up_reads_what_it_was_not_told(
    autojump_clock: object, caplog: pytest.LogCaptureFixture, side: str
) -> None:
    rig = VIPRig()
    rig.change(replay_max=CROWD)
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 0.2 if name.startswith("store.commit") else 0.0
        for number in range(CROWD):
            rig.say(f"m{number}") if side == "thread" else rig.desk_says(f"m{number}")
            if number % 100 == 0:
                await trio.lowlevel.checkpoint()
        await trio.sleep(5)
        rig.world.steps.delay = lambda _: 0.0
        await trio.sleep(120)
        shown = rig.chat_bodies() if side == "thread" else rig.thread().bodies()
        assert shown == [f"m{number}" for number in range(CROWD)]
        assert 1 <= sum("is full" in line for line in caplog.messages) <= 20


async def test_an_end_waits_for_room_where_an_actor_can_not_keep_up(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.delay = lambda name: 0.2 if name.startswith("store.commit") else 0.0
        for number in range(CROWD):
            rig.say(f"m{number}")
        await trio.sleep(0.1)
        rig.office.tell(MemberLeft(MEMBER))
        ticket = rig.click()
        await rig.until(lambda: rig.answers(ticket) != [])
        await rig.until(lambda: rig.state() is not SessionState.OPEN or bool(rig.closed()))
        await rig.until(lambda: [c.reason for c in rig.closed()] == [EndReason.LEFT_GUILD])


async def test_what_is_asked_of_an_actor_that_crashed_is_asked_again(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.crash_at = len(rig.world.steps.log)
        rig.office.tell(ForgetSession(MEMBER, "f"))
        await rig.until(lambda: not rig.sessions() and not rig.closed())
        await rig.until_free()
        assert (await rig.numbers()).unanswered == 0
