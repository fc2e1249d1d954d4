"""An opening that is met by something at every single step."""

import pytest
import trio

from actors.vip.model import AccountState, SessionState
from actors.vip.pool_messages import RestoreAccount
from actors.vip.ports import (
    AccountDead,
    FloodWait,
    Forbidden,
    Gone,
    Limited,
    Refused,
    Trouble,
    Unreachable,
    WrongEpoch,
)
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


OPERATIONS = {
    "discord": {
        "discord.missing_permissions before",
        "discord.create before",
        "discord.add_member before",
        "discord.find_sent before",
        "discord.send before",
    },
    "desk": {"desk.send before"},
}
DISCORD = (Unreachable("503"), FloodWait(600.0), Forbidden("403"), Gone("404"), Refused("400"))
DESK = (
    Unreachable("away"),
    FloodWait(600.0),
    Refused("USER_IS_BLOCKED"),
    AccountDead("banned"),
    Limited("PEER_FLOOD"),
    WrongEpoch("over"),
)


async def _refused(error: Trouble, times: int, step: int) -> tuple[str, list[str]]:
    """Open a session; the call that begins at this step, and so many like it, are answered with the error.

    Returns which it was, and all steps.
    """
    rig = VIPRig(accounts=("a", "b", "c"))
    steps = rig.world.steps
    steps.refusal, steps.refusals = error, times
    async with rig.running():
        await rig.until_free()
        await trio.sleep(5)
        steps.log.clear()
        steps.refuse_at = step
        ticket = rig.click()
        await rig.until(lambda: bool(rig.answers(ticket)), within=120)
        await trio.sleep(2)
        log = list(steps.log)
        await rig.until(lambda: rig.state() in {SessionState.OPEN, SessionState.WAITING, None}, within=60)
        if rig.state() is SessionState.WAITING:
            assert not {AccountState.FREE, AccountState.LEASED} & set(rig.account_states().values())
            rig.clear()
            await rig.until(lambda: not rig.sessions(), within=60)
        _whole(rig)
        assert not [name for name in rig.trace.names() if "Crashed" in name]
        steps.heal()
        for account, state in rig.account_states().items():
            if state is not AccountState.LEASED:
                await rig.pool.ask(RestoreAccount(account))
        await trio.sleep(60)
        assert set(rig.account_states().values()) <= {AccountState.FREE, AccountState.LEASED}
        again = rig.click()
        await rig.until(lambda: bool(rig.answers(again)), within=60)
        assert rig.answers(again)[-1] in {Word.OPENED, Word.ALREADY_OPEN}
        _whole(rig)
        await rig.check_sum()
    return steps.refused, log


@pytest.mark.parametrize("times", [1, 2, 8])
@pytest.mark.parametrize("side", ["discord", "desk"])
async def test_whatever_a_step_of_the_opening_is_answered_with_it_is_finished_or_undone(
    autojump_clock: object, side: str, times: int
) -> None:
    _, log = await _refused(Unreachable("503"), 1, -1)
    welcomed = log.index("discord.send after")
    begins = [at for at, name in enumerate(log[:welcomed]) if name in OPERATIONS[side]]
    met = set()
    for error in DISCORD if side == "discord" else DESK:
        for step in begins:
            operation, _ = await _refused(error, times, step)
            met.add(operation)
    assert met == {name.removesuffix(" before") for name in OPERATIONS[side]}
