"""A message that failed when a part of it had arrived: what becomes of that part."""

import pytest
import trio

from actors.vip.messages import ThreadsResync
from actors.vip.model import CrossingState
from actors.vip.pool_messages import DeskResync
from actors.vip.ports import Mark, Refused
from tests.worlds.vip import find
from tests.worlds.vip_rig import VIPRig


def _both_wrote(rig: VIPRig) -> tuple[str, str]:
    rig.world.refuse.add("too big")
    return rig.say("first\ntoo big"), rig.desk_says("first\ntoo big")


@pytest.mark.parametrize("told", [True, False])
async def test_what_has_arrived_of_a_failed_message_is_deleted_with_it(
    autojump_clock: object, told: bool
) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        asked, answered = _both_wrote(rig)
        await trio.sleep(5)
        assert rig.chat_bodies() == rig.thread().bodies() == ["first"]
        rig.connected = told
        rig.delete(asked)
        rig.desk_deletes(answered)
        if not told:
            rig.connected = True
            rig.office.tell(ThreadsResync())
            rig.pool.tell(DeskResync(rig.session().account))
        await trio.sleep(10)
        assert rig.chat_bodies() == rig.thread().bodies() == []
        assert {c.state for c in rig.crossings()} == {CrossingState.REMOVED}


async def test_a_part_that_can_not_be_deleted_stays_and_holds_up_nothing(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        asked, _ = _both_wrote(rig)
        await trio.sleep(5)
        rig.world.steps.fail("desk.delete", Refused("too old"))
        rig.delete(asked)
        rig.say("second")
        await trio.sleep(5)
        assert rig.chat_bodies() == ["first", "second"]


async def test_an_edit_of_a_failed_message_does_not_cross(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        asked, answered = _both_wrote(rig)
        await trio.sleep(5)
        rig.edit(asked, "second\nthird")
        rig.desk_edits(answered, "second\nthird")
        rig.office.tell(ThreadsResync())
        await trio.sleep(10)
        assert rig.chat_bodies() == rig.thread().bodies() == ["first"]
        assert find(rig.thread().messages, asked).mark is Mark.FAILED
