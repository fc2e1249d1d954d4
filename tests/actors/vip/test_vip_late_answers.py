"""Late answers while a session is open: staff read them, whatever is away, and nobody waits for that."""

import trio

from actors.vip.model import CrossingState
from actors.vip.pool_messages import DeskPosted, DeskResync, FromDesk
from actors.vip.ports import DeskMessage, Lease
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


def _for_staff(rig: VIPRig) -> list[object]:
    return [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER]


async def test_a_late_answer_waits_for_the_staffs_channel_also_through_a_kill(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("discord")
        rig.desk_says("for somebody else", reply_to="1")
        rig.desk_says("for you")
        await trio.sleep(600)
        assert _for_staff(rig) == []
    async with rig.running():
        await trio.sleep(60)
        assert _for_staff(rig) == []
        rig.world.steps.outage.clear()
        await trio.sleep(120)
        assert _for_staff(rig) == ["for somebody else"]
        assert rig.thread().bodies() == ["for you"]
        assert [c.state for c in rig.crossings()] == [CrossingState.SKIPPED, CrossingState.SENT]


async def test_nothing_else_waits_for_a_note(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("staff")
        rig.desk_says("for somebody else", reply_to="1")
        await trio.sleep(1)
        rig.say("hello")
        await trio.sleep(2)
        assert rig.chat_bodies() == ["hello"]


async def test_a_late_answer_that_is_gone_is_nothing_to_be_told(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        rig.world.steps.outage.add("staff")
        late = rig.desk_says("for somebody else", reply_to="1")
        await trio.sleep(1)
    rig.desk_deletes(late)
    rig.world.steps.outage.clear()
    async with rig.running():
        rig.desk_says("for you")
        await trio.sleep(60)
        assert _for_staff(rig) == []
        assert rig.thread().bodies() == ["for you"]


async def test_what_comes_for_a_lease_that_is_over_goes_to_staff(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        lease = Lease(rig.session().account, 0)
        threads = rig.tree.dynamic("vip/leasing/threads")
        actor = threads.get(next(iter(threads.keys())))
        for event in (
            DeskPosted(lease.account, DeskMessage("5", "for the last lease", 0.0)),
            DeskPosted(lease.account, DeskMessage("6", "our own", 0.0, own=True)),
            DeskResync(lease.account),
        ):
            actor.tell(FromDesk(lease, event))
        await trio.sleep(5)
        assert _for_staff(rig) == ["for the last lease"]
        assert rig.thread().bodies() == []
        assert not [name for name in rig.trace.names() if "Crashed" in name]
