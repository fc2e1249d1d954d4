"""A talk in which the process dies, or an actor crashes, at every single step."""

import pytest
import trio

from tests.worlds.vip import World
from tests.worlds.vip_rig import VIPRig


async def _relaying(kind: str, step: int) -> int:
    """Messages, an edit and a delete each way; the process dies, or an actor crashes, at this step."""
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await rig.opened()
        steps.log.clear()
        setattr(steps, f"{kind}_at", step)
        await _talk(rig)
        await trio.sleep(40)
        count = len(steps.log)
    steps.kill_at = steps.crash_at = None
    async with rig.running():
        await trio.sleep(60)
        assert rig.chat_bodies() == ["q0", "Q1", "q2", "q3", "q4"]
        assert rig.thread().bodies() == ["a0", "A1", "a2", "a4"]
        assert all(not c.open for c in rig.crossings())
        assert _delivered(rig.world, rig) == 5
        await rig.check_sum()
    return count


def _delivered(world: World, rig: VIPRig) -> int:
    return len(world.chat(rig.session().account).delivered())


async def _talk(rig: VIPRig) -> None:
    """q0, q1 (edited), q2 and q3 as one in two parts, q4; a0, a1 (edited), a2, a3 (deleted), a4."""
    rig.say("q0")
    rig.desk_says("a0")
    one, a_one = rig.say("q1"), rig.desk_says("a1")
    await trio.sleep(1)
    rig.say("q2\nq3")
    rig.desk_says("a2")
    rig.edit(one, "Q1")
    rig.desk_edits(a_one, "A1")
    gone = rig.desk_says("a3")
    await trio.sleep(1)
    rig.desk_deletes(gone)
    rig.say("q4")
    rig.desk_says("a4")


@pytest.mark.parametrize("kind", ["kill", "crash"])
async def test_a_crash_at_any_step_of_relaying_loses_and_doubles_nothing(
    autojump_clock: object, kind: str
) -> None:
    steps = await _relaying(kind, -1)
    assert steps > 50
    for step in range(steps):
        await _relaying(kind, step)
