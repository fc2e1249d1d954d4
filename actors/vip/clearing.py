"""Clearing an account's history: piece by piece, and verified, or it is not leased again."""

from collections.abc import Awaitable, Callable

from attrs import frozen

from actors.vip.epochs import Epochs
from actors.vip.model import AccountState
from actors.vip.policy import VIPPolicy
from actors.vip.ports import AccountDead, Desk, FloodWait, Lease, Limited, Trouble, Unreachable

MOST_STEPS = 10_000
"""Pieces of one history. More is no history but a fault."""


@frozen
class Cleared:
    """What came of it: the state the account is in now, why, and in how many seconds to try again."""

    state: AccountState
    reason: str = ""
    again_in: float | None = None
    passing: bool = False
    """Telegram was away: nobody has to be told."""


async def clear(
    desk: Desk, epochs: Epochs, lease: Lease, policy: VIPPolicy, read: Callable[[], Awaitable[None]]
) -> Cleared:
    """Clear the history of an account that nobody has; a crash on the way is made good by doing it again.

    `read`: what is in it has been read when this returns.
    """
    try:
        await epochs.idle(lease.account)
        await desk.probe(lease.account)
        for _ in range(policy.clear_tries):
            if await _clear_once(desk, lease, read):
                return Cleared(AccountState.FREE)
    except FloodWait as wait:
        return Cleared(AccountState.FLOOD_WAIT, str(wait), wait.seconds)
    except AccountDead as dead:
        return Cleared(AccountState.DEAD, dead.reason)
    except Limited as limited:
        return Cleared(AccountState.LIMITED, str(limited), policy.limited)
    except Trouble as trouble:
        reason = f"its history could not be cleared: {trouble}"
        again_in = min(policy.pause_max, policy.quarantine)
        away = isinstance(trouble, Unreachable)
        return Cleared(AccountState.QUARANTINED, reason, again_in, passing=away)
    reason = f"its history was cleared {policy.clear_tries} times and is not empty"
    return Cleared(AccountState.QUARANTINED, reason, policy.quarantine)


async def _clear_once(desk: Desk, lease: Lease, read: Callable[[], Awaitable[None]]) -> bool:
    for _ in range(MOST_STEPS):
        await read()  # each time, as near to the step as can be: files are fetched from the chat
        if await desk.clear_step(lease) <= 0:
            return await desk.is_empty(lease)
    return False
