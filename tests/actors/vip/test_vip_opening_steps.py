"""An opening that is met by something at every single step."""

import pytest
import trio

from actors.vip.model import AccountState, SessionState
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


def _whole(rig: VIPRig) -> None:
    """One session, one thread, one lease; or nothing at all."""
    live = rig.world.live_threads()
    leased = [n for n, s in rig.account_states().items() if s is AccountState.LEASED]
    assert len(rig.sessions()) <= 1
    assert len(live) == len(leased) == len(rig.sessions())
    for thread in live:
        assert thread.words() == [Word.WELCOME]
        assert thread.members == {"7"}
    for account in leased:
        words = [m.notice.word for m in rig.world.chat(account).messages]
        assert words == [Word.INTRODUCTION]


async def _opening(kind: str, step: int) -> int:
    """Open a session; the process dies, or an actor crashes, at this step. Returns how many there were."""
    rig = VIPRig()
    steps = rig.world.steps
    async with rig.running():
        await rig.until_free()
        await trio.sleep(5)
        steps.log.clear()
        setattr(steps, f"{kind}_at", step)
        rig.click()
        with trio.move_on_after(30):
            await rig.until(lambda: rig.state() is SessionState.OPEN)
            await trio.sleep(1)
        count = len(steps.log)
    steps.kill_at = steps.crash_at = None
    async with rig.running():
        await trio.sleep(30)
        _whole(rig)
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)))
        _whole(rig)
        assert rig.state() is SessionState.OPEN
        await rig.check_sum()
    return count


@pytest.mark.parametrize("kind", ["kill", "crash"])
async def test_a_crash_at_any_step_of_the_opening_is_finished_or_undone(
    autojump_clock: object, kind: str
) -> None:
    steps = await _opening(kind, -1)
    assert steps > 30
    for step in range(steps):
        await _opening(kind, step)
