"""Who presses the button right after a start is served, also where Telegram takes a while to connect."""

import pytest
import trio

from actors.vip.model import AccountState, SessionState
from actors.vip.pool_messages import DeskResync
from actors.vip.words import Word
from tests.worlds.vip_rig import VIPRig


async def _started_once() -> VIPRig:
    rig = VIPRig(accounts=("a",))
    async with rig.running():
        await rig.until_free()
    return rig


@pytest.mark.parametrize("away", [0.0, 5.0, 45.0, 300.0])
async def test_who_presses_before_telegram_is_connected_gets_a_thread(
    autojump_clock: object, away: float
) -> None:
    rig = await _started_once()
    if away:
        rig.world.steps.outage.add("desk")
    async with rig.running():
        ticket = rig.click()
        await trio.sleep(away)
        rig.world.steps.outage.clear()
        rig.pool.tell(DeskResync("a"))
        await rig.until(lambda: rig.state() is SessionState.OPEN, within=30)
        await trio.sleep(1)
        assert rig.answers(ticket)[-1] is Word.OPENED
        assert set(rig.answers(ticket)) <= {Word.QUEUED, Word.OPENED}
        assert len(rig.world.threads) == 1


async def test_what_the_desk_wrote_while_perkd_was_away_is_read_before_the_account_is_leased(
    autojump_clock: object,
) -> None:
    rig = await _started_once()
    _ = rig.world.post_at_desk("a", "late")
    async with rig.running():
        ticket = rig.click()
        await rig.until(lambda: rig.state() is SessionState.OPEN, within=30)
        await trio.sleep(1)
        assert [body for notice, body in rig.world.staff_log if notice.word is Word.LATE_ANSWER] == ["late"]
        assert "late" not in rig.chat_bodies()
        assert rig.answers(ticket)[-1] is Word.OPENED
        assert rig.account_states() == {"a": AccountState.LEASED}
