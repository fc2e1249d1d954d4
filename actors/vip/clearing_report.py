"""What staff who cleared a session see of it, and what is recorded of their order."""

import logging
from contextlib import suppress

import trio

from actors.giftcodes.model import Audit
from actors.ports import Put
from actors.vip import pool_messages as pool
from actors.vip.messages import ClearSession
from actors.vip.model import AccountState, VIPAccount, VIPSession
from actors.vip.nonces import nonce
from actors.vip.parts import SessionParts
from actors.vip.words import Word
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


async def tell_of_history(parts: SessionParts, session: VIPSession) -> None:
    """Wait a while until the account's history is verified empty, and tell who waits for it.

    Not while the member presses the button: opening another session does not depend on it.
    """
    if not parts.reports or not session.account:
        return
    account = None
    with trio.move_on_after(parts.policy.clear_report):
        while not parts.clicks:
            account = await _look(parts, session.account)
            if account is not None and account.state is not AccountState.DRAINING:
                break
            await trio.sleep(_LOOK_AGAIN)
    state = AccountState.DRAINING if account is None else account.state
    if account is not None and (account.epoch > session.epoch or state is AccountState.FREE):
        await parts.report(Word.CLEAR_EMPTY, account=session.account)
    else:
        await parts.report(Word.CLEAR_STILL, account=session.account, state=state.value)


async def _look(parts: SessionParts, name: str) -> VIPAccount | None:
    with suppress(AskTimeout, ActorCrashed, ActorDead):
        numbers = await parts.ports.pool.ask(pool.PoolStatus())
        return next((one for one in numbers.accounts if one.name == name), None)
    return None
