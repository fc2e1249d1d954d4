"""How one history is cleared, and what every way in which that goes wrong means for its account."""

from collections.abc import Iterator

import pytest
import trio
from attrs import define, evolve, field

from actors.vip.clearing import Cleared, clear
from actors.vip.epochs import Epochs
from actors.vip.model import AccountState
from actors.vip.policy import VIPPolicy
from actors.vip.ports import AccountDead, FloodWait, Lease, Limited, Refused, Unreachable

POLICY = VIPPolicy(clear_tries=1)
LEASE = Lease("a", 1)


@define(eq=False)
class Scripted:
    """A desk whose history shrinks as the script says; 0: nothing is left of it."""

    left: Iterator[int]
    empty: Iterator[bool]
    error: Exception | None = None
    asked: list[str] = field(factory=list)

    async def probe(self, account: str) -> None:
        await trio.lowlevel.checkpoint()
        self.asked.append(f"probe {account}")
        if self.error is not None:
            raise self.error

    async def clear_step(self, lease: Lease) -> int:
        await trio.lowlevel.checkpoint()
        self.asked.append(f"clear {lease.account}")
        return next(self.left)

    async def is_empty(self, lease: Lease) -> bool:
        await trio.lowlevel.checkpoint()
        self.asked.append(f"empty {lease.account}")
        return next(self.empty)


async def _clear(desk: Scripted, policy: VIPPolicy = POLICY) -> Cleared:
    return await clear(desk, Epochs(), LEASE, policy, trio.lowlevel.checkpoint)  # type: ignore[arg-type]


async def test_a_history_is_looked_at_only_once_nothing_is_left_to_clear(autojump_clock: object) -> None:
    desk = Scripted(iter([300, 1, 0]), iter([True]))
    assert await _clear(desk) == Cleared(AccountState.FREE)
    assert desk.asked == ["probe a", "clear a", "clear a", "clear a", "empty a"]


async def test_what_came_while_it_was_cleared_is_cleared_too(autojump_clock: object) -> None:
    desk = Scripted(iter([0, 0, 0]), iter([False, False, True]))
    assert await _clear(desk, evolve(POLICY, clear_tries=3)) == Cleared(AccountState.FREE)


async def test_what_is_never_empty_is_not_free(autojump_clock: object) -> None:
    cleared = await _clear(Scripted(iter([0, 0]), iter([False, False])), evolve(POLICY, clear_tries=2))
    assert cleared.state is AccountState.QUARANTINED
    assert cleared.again_in == POLICY.quarantine
    assert not cleared.passing


@pytest.mark.parametrize(
    ("error", "state", "again_in", "passing"),
    [
        (FloodWait(77.0), AccountState.FLOOD_WAIT, 77.0, False),
        (AccountDead("USER_DEACTIVATED_BAN"), AccountState.DEAD, None, False),
        (Limited("PEER_FLOOD"), AccountState.LIMITED, POLICY.limited, False),
        (Unreachable("away"), AccountState.QUARANTINED, POLICY.pause_max, True),
        (Refused("CHAT_ADMIN_REQUIRED"), AccountState.QUARANTINED, POLICY.pause_max, False),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_every_trouble_has_its_state_and_its_time(
    autojump_clock: object, error: Exception, state: AccountState, again_in: float | None, passing: bool
) -> None:
    cleared = await _clear(Scripted(iter([]), iter([]), error))
    assert (cleared.state, cleared.again_in, cleared.passing) == (state, again_in, passing)
    assert cleared.reason
