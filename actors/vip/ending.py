"""Ending a session, in whatever state it is. Each step is recorded when done; twice is harmless."""

import logging

import trio
from attrs import define, evolve, field

from actors.ports import Change, Delete, Put
from actors.vip import pool_messages as pool
from actors.vip.clearing_report import audit_of_clearing, audit_of_end, tell_of_history
from actors.vip.last_words import giving_back, last_words
from actors.vip.model import ClosedVIPSession, Crossing, CrossingState, EndReason, VIPSession
from actors.vip.parts import SessionParts
from actors.vip.ports import Trouble
from actors.vip.retrying import patiently
from actors.vip.thread_closing import UNHEARD, ThreadClosing
from actors.vip.words import Notice, Word
from supervision import ActorCrashed, AskTimeout

logger = logging.getLogger(__name__)

_ASK_AGAIN = 1.0

REASONS = {
    EndReason.OWNER: "Ended by its owner",
    EndReason.STAFF: "Ended by staff {staff}",
    EndReason.CLEARED: "Manual cleanup by staff {staff}",
    EndReason.COMPLETED: "Upgrade completed by staff {staff}",
    EndReason.ARCHIVED: "Thread expired/archived",
    EndReason.DELETED: "Thread deleted",
    EndReason.PARENT_DELETED: "Thread's channel deleted",
    EndReason.INACCESSIBLE: "Thread inaccessible",
    EndReason.LEFT_THREAD: "Owner left the thread",
    EndReason.LEFT_GUILD: "Owner left the server",
    EndReason.INACTIVE: "Inactivity",
    EndReason.UNREACHABLE: "Thread could not be checked",
    EndReason.OPENING_FAILED: "Opening failed",
    EndReason.NO_PERMISSION: "Missing permissions",
    EndReason.FORGOTTEN: "Member's data erased",
}
"""As the log lines have it."""


@define(eq=False)
class Ending:
    """Drained → told → archived and locked → account given back → closed."""

    _parts: SessionParts
    _said: bool = field(default=False, init=False)

    @property
    def _session(self) -> VIPSession:
        return self._parts.book.live

    async def run(self) -> None:
        """Do what is left to do, to the end. Raises `StoreUnavailable`: to be run again."""
        parts, session = self._parts, self._session
        undelivered = await self._give_up_what_waits()
        if session.ending is EndReason.COMPLETED:
            await self._give_role()
        closing = ThreadClosing(parts, undelivered)
        done = await closing.soon()
        late = await last_words(parts) if done else 0
        await self._release()
        if not done:  # Discord is away: the account is back, the thread is closed when it can be
            await closing.later()
            late = await last_words(parts)
        await self._close(undelivered + late)

    async def _give_up_what_waits(self) -> int:
        """What has not crossed by now will not; returns how much that is."""
        parts, session = self._parts, self._session
        crossings = await parts.ports.store.find(Crossing, session=session.id)
        lost = [c for c in crossings if c.state in {CrossingState.WAITING, CrossingState.FAILED}]
        if not self._said:
            await parts.report(Word.CLEAR_FOUND, state=(parts.found or session.state).value)
            await parts.report(Word.CLEAR_UNDELIVERED, count=len(lost))
            self._said = True
        return len(lost)

    async def _release(self) -> None:
        session, parts = self._session, self._parts
        if session.released:
            return
        release = await giving_back(parts)
        while not await self._ask_release(release):  # noqa: ASYNC110 - the store is away
            await trio.sleep(_ASK_AGAIN)
        await parts.book.update(released=True)
        if session.account:
            await parts.report(Word.CLEAR_ACCOUNT, account=session.account)
        else:
            await parts.report(Word.CLEAR_NO_ACCOUNT)

    async def _ask_release(self, release: pool.ReleaseLease) -> bool:
        try:
            return bool(await self._parts.ports.pool.ask(release))
        except (AskTimeout, ActorCrashed):
            return False

    async def _close(self, undelivered: int) -> None:
        session, parts = self._session, self._parts
        reason = session.ending or EndReason.CLEARED
        if parts.completed and reason is not EndReason.COMPLETED:  # it was ending already
            await self._give_role()
        closed = ClosedVIPSession(
            session.id,
            session.guild,
            session.member,
            session.started_at,
            parts.now(),
            reason,
            session.account,
            session.thread,
            session.ended_by,
            undelivered,
        )
        forgotten, orders = reason is EndReason.FORGOTTEN, list(parts.orders)
        told = list(parts.reports)
        await parts.book.close(None if forgotten else closed, *(await self._more(session, reason)))
        parts.watch = trio.CancelScope()  # what is asked for from now on is not about this session
        for ticket in orders:
            del parts.orders[ticket]
        if reason is EndReason.CLEARED:
            logger.info(
                "✅ VIP session manually cleared for user %s (%s) by staff %s",
                session.name or session.member,
                session.member,
                session.ended_by_name or session.ended_by,
            )
        logger.info("✅ Session cleaned up for user %s - Reason: %s", session.member, wording(session))
        for ticket in told:
            await parts.ports.answers.answer(ticket, Notice.of(Word.CLEAR_DONE))
        parts.close_reports(told)
        if reason is EndReason.CLEARED:
            await tell_of_history(parts, session, told)
        parts.watch = None

    async def _more(self, session: VIPSession, reason: EndReason) -> list[Change]:
        """What is recorded besides: who of the staff asked; not whose session, where that is forgotten."""
        parts = self._parts
        if reason is EndReason.FORGOTTEN:
            changes = await forget(parts)
            if session.ended_by not in {"", session.member}:
                audit = audit_of_end(parts.now(), session, "")
                changes.append(Put(evolve(audit, details="a session of a member whose data was erased")))
            return changes
        audits = []
        if session.ended_by and reason is not EndReason.OWNER:
            audits.append(audit_of_end(parts.now(), session, wording(session)))
        others = [order for order in parts.orders.values() if order.by.id != session.ended_by]
        audits += [audit_of_clearing(parts.now(), order, "it was ending already") for order in others]
        return [Put(audit) for audit in audits]

    async def _give_role(self) -> None:
        session, parts = self._session, self._parts
        threads = parts.ports.threads
        try:
            await patiently(
                parts.policy,
                lambda: threads.give_role(session.guild, session.member),
                tries=parts.policy.tries,
                longest_flood=parts.policy.drain,
            )
        except Trouble as error:
            logger.warning("User %s: the VIP role can't be given: %s", session.member, error)
            await parts.report(Word.ROLE_FAILED, reason=str(error))
        else:
            if parts.policy.vip_role:
                await parts.report(Word.ROLE_GIVEN)


def wording(session: VIPSession) -> str:
    """Why a session ends, as the log lines have it."""
    reason = session.ending or EndReason.CLEARED
    return REASONS[reason].format(staff=session.ended_by_name or session.ended_by)


async def tell_closed(parts: SessionParts, reason: EndReason) -> None:
    """Whose press is older than the end presses again; but a thread that was lost is replaced at once."""
    closed = Notice.of(Word.CLOSED)
    if reason in UNHEARD:
        await parts.answer_queued(closed)
    else:
        await parts.answer_clicks(closed)


async def forget(parts: SessionParts) -> list[Change]:
    """What has to be deleted for a member to be forgotten."""
    member = parts.member
    closed = await parts.ports.store.find(ClosedVIPSession, guild=member.guild, member=member.id)
    return [Delete(ClosedVIPSession, one.key) for one in closed]
