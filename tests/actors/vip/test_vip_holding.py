"""What is told while the histories are being read."""

import pytest
import trio

from actors.vip.model import CrossingState, SessionState
from actors.vip.pool_messages import DeskResync
from tests.worlds.vip_rig import VIPRig


async def _begin_to_read(rig: VIPRig) -> None:
    """The desk's history can't be read: what is told now is held."""
    rig.world.steps.outage.add("desk.history")
    rig.pool.tell(DeskResync(rig.session().account))
    await trio.sleep(5)


async def test_more_than_can_be_held_is_read_from_the_history(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.vip.told.MOST_HELD", 3)
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        await _begin_to_read(rig)
        asked = [f"question {number}" for number in range(8)]
        for text in asked:
            rig.say(text)
        await trio.sleep(1)
        assert rig.chat_bodies() == []
        rig.world.steps.outage.clear()
        await trio.sleep(60)
        assert rig.chat_bodies() == asked


async def test_an_edit_that_could_not_be_held_is_shown(
    autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actors.vip.told.MOST_HELD", 0)
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        written = rig.say("a questoin")
        await trio.sleep(5)
        await _begin_to_read(rig)
        rig.edit(written, "a question")
        await trio.sleep(1)
        rig.world.steps.outage.clear()
        await trio.sleep(60)
        assert rig.chat_bodies() == ["a question"]


async def test_what_is_held_of_an_account_counts_for_no_other_account(autojump_clock: object) -> None:
    rig = VIPRig()
    async with rig.running():
        await rig.opened()
        old = rig.session().account
        await _begin_to_read(rig)
        held = rig.desk_says("written to the account that is banned now")
        await trio.sleep(1)
        rig.world.chat(old).dead = "USER_DEACTIVATED_BAN"
        rig.world.steps.outage.clear()
        await rig.until(lambda: rig.session().account not in {"", old})
        await trio.sleep(60)
        assert rig.state() is SessionState.OPEN
        assert [c for c in rig.crossings() if c.source == held and c.account != old] == []
        rig.desk_says("written to the next one")
        await trio.sleep(5)
        assert rig.thread().bodies()[-1] == "written to the next one"
        assert rig.crossings()[0].state is CrossingState.SENT
