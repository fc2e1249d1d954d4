"""What staff who cleared a session see of it, and what is recorded of their order."""

import logging
from collections.abc import Sequence
from contextlib import suppress

import trio

from actors.giftcodes.model import Audit
from actors.ports import Put
from actors.vip import pool_messages as pool
from actors.vip.messages import ClearSession
from actors.vip.model import AccountState, VIPAccount, VIPSession
from actors.vip.nonces import nonce
from actors.vip.parts import SessionParts
from actors.vip.words import Notice, Word
from supervision import ActorCrashed, ActorDead, AskTimeout

logger = logging.getLogger(__name__)

_LOOK_AGAIN = 0.5


def audit_of_end(now: float, session: VIPSession, reason: str) -> Audit:
    """The record that staff ended a session."""
    action = f"vip {session.ending.value}" if session.ending else "vip cleared"
    details = f"session {session.id} of member {session.member}: {reason}"
    return Audit(session.id, now, session.guild, session.ended_by, action, details)


def audit_of_clearing(now: float, order: ClearSession, found: str) -> Audit:
    """The record that staff wanted a session cleared; the same order gives the same record."""
    member = order.member
    name = nonce(member.key, "clear", order.ticket)
    return Audit(
        name, now, member.guild, order.by.id, "vip cleared", f"session of member {member.id}: {found}"
    )


async def record_orders(parts: SessionParts) -> None:
    """Staff wanted a session cleared, and there was none. Raises `StoreUnavailable`."""
    orders = dict(parts.orders)
    if not orders:
        return
    audits = (audit_of_clearing(parts.now(), one, "there was none") for one in orders.values())
    await parts.ports.store.commit(*map(Put, audits))
    for ticket, order in orders.items():
        logger.info("Staff %s cleared user %s: no session", order.by.name or order.by.id, parts.member.id)
        parts.orders.pop(ticket, None)


async def tell_of_history(parts: SessionParts, session: VIPSession, told: Sequence[str]) -> None:
    """Wait a while until the account's history is verified empty, and tell those who waited for the end.

    Not while the member presses the button, or anything else is asked for: that does not depend on it.
    """
    if not told or not session.account:
        return
    account = await _look(parts, session.account)
    with parts.watch or trio.CancelScope() as scope:
        scope.deadline = trio.current_time() + parts.policy.clear_report
        while not parts.clicks and (account is None or account.state is AccountState.DRAINING):
            await trio.sleep(_LOOK_AGAIN)
            account = await _look(parts, session.account)
    state = AccountState.DRAINING if account is None else account.state
    if account is not None and (account.epoch > session.epoch or state is AccountState.FREE):
        notice = Notice.of(Word.CLEAR_EMPTY, account=session.account)
    else:
        notice = Notice.of(Word.CLEAR_STILL, account=session.account, state=state.value)
    for ticket in told:
        await parts.ports.answers.answer(ticket, notice)


async def _look(parts: SessionParts, name: str) -> VIPAccount | None:
    with suppress(AskTimeout, ActorCrashed, ActorDead):
        numbers = await parts.ports.pool.ask(pool.PoolStatus())
        return next((one for one in numbers.accounts if one.name == name), None)
    return None
