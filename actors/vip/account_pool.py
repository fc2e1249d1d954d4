"""AccountPoolActor: who has which Telegram account, and until when nobody may."""

import logging

from attrs import define, field, frozen

from actors.ports import StoreUnavailable
from actors.vip import pool_messages as m
from actors.vip.account_book import Waiting
from actors.vip.account_ledger import AccountLedger
from actors.vip.clearings import ClearingDone, Clearings
from actors.vip.holders import HolderEnded, Holders
from actors.vip.late_answers import LateAnswers
from actors.vip.model import AccountState, VIPAccount
from actors.vip.next_look import NextLook
from actors.vip.pool_ports import PoolPorts
from actors.vip.ports import Lease
from actors.vip.words import Notice, Word
from supervision import Actor

__all__ = ["AccountPoolActor", "PoolPorts"]

logger = logging.getLogger(__name__)

_SOON = 1.0
"""Seconds until what the store could not record is tried again."""


@frozen
class _Tick:
    """Time to look at what is due, and at leases without a session."""


@define(eq=False)
class AccountPoolActor(Actor):
    """Grants leases, takes accounts back, clears them, and keeps the waiting list.

    Every account is in one state at every moment. A change is recorded first, then it counts; while the
    store is away nothing is granted and nothing is lost.
    """

    _ports: PoolPorts
    _ledger: AccountLedger = field(init=False)
    _holders: Holders = field(init=False)
    _late: LateAnswers = field(init=False)
    _clearings: Clearings = field(init=False)
    _next_look: NextLook = field(init=False)

    async def started(self) -> None:
        """Read the accounts, and take back what belongs to no session. Without a store: later."""
        ports = self._ports
        self._next_look = NextLook(self.after, _Tick())
        self._holders = Holders(self.ref, self.start_soon)
        self._late = LateAnswers(ports, self.start_soon)
        self._clearings = Clearings(ports, self.ref, self.start_soon, self._late)
        self._ledger = AccountLedger(ports.store, ports.clock, ports.epochs, ports.accounts)
        await self._look()

    async def receive(self, message: object) -> object:  # noqa: C901, PLR0911 - one line a case
        """Handle one message. Only the store is waited for."""
        match message:
            case m.RequestLease():
                return await self._request(message)
            case m.ReleaseLease():
                return await self._release(message)
            case m.QueuePosition(session):
                return self._ledger.book.position(session)
            case m.DeskPosted() | m.DeskEdited() | m.DeskDeleted() | m.DeskResync():
                await self._route(message)
            case m.NotOurs(event):
                self._late.arrived(event.account, event.message)
            case m.AccountOut(name, state, reason):
                await self._take_out(name, state, reason)
            case m.RestoreAccount(name):
                return await self._restore(name)
            case m.PoolStatus():
                return self._numbers()
            case ClearingDone():
                await self._cleared(message)
            case _Tick():
                await self._look()
            case HolderEnded(session):
                self._holders.drop(session)
                self._ledger.book.withdraw(session)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- leases ---------------------------------------------------------------------------------

    async def _request(self, request: m.RequestLease) -> m.Granted | m.Queued | m.NotNow:
        ledger, session = self._ledger, request.session
        if not ledger.loaded:
            return m.NotNow()
        self._holders.keep(session, request.holder)
        if ledger.lease_of(session) is None:
            ledger.book.wait(Waiting(request.since, session, request.member))
            try:
                await self._grant(asking=session)
            except StoreUnavailable:
                return m.NotNow()
        lease = ledger.lease_of(session)
        return m.Queued(ledger.book.position(session)) if lease is None else m.Granted(lease)

    async def _grant(self, asking: str = "") -> None:
        """Give out what is free. `asking` is told by the answer to its question."""
        for waiting, lease in await self._ledger.grant():
            if waiting.session != asking:
                self._holders.tell(waiting.session, m.LeaseGranted(waiting.session, lease))

    async def _release(self, release: m.ReleaseLease) -> bool:
        ledger = self._ledger
        if not ledger.loaded:
            return False
        ledger.book.withdraw(release.session)
        held = ledger.book.leased_to(release.session)
        if held is None:
            return True
        used = release.lease == Lease(held.name, held.epoch)
        self._late.dealt_with(held.name, release.known if used else ())
        seen = release.seen if used else "0"  # else nothing in its chat is of this session
        try:
            await self._give_back(held, "given back: its history is being cleared", seen)
        except StoreUnavailable:
            return False
        return True

    async def _give_back(self, account: VIPAccount, reason: str, seen: str | None = None) -> None:
        await self._ledger.move(account, AccountState.DRAINING, reason, seen=seen)
        self._holders.drop(account.session)
        self._start_clearing()

    # --- clearing -------------------------------------------------------------------------------

    def _start_clearing(self) -> None:
        for account in self._ledger.book.due(self._now()):
            self._clearings.begin(account)

    async def _cleared(self, done: ClearingDone) -> None:
        again = self._clearings.over(done)
        account, outcome = self._ledger.book.accounts[done.account], done.outcome
        if account.epoch != done.epoch or account.state in {AccountState.LEASED, AccountState.DEAD}:
            return  # something else was decided meanwhile
        if again:
            self._clearings.begin(account)
            return
        until = None if outcome.again_in is None else self._now() + outcome.again_in
        try:
            seen = self._late.read_to(account.name, account.seen)
            await self._ledger.move(account, outcome.state, outcome.reason, until, seen=seen)
            await self._grant()
        except StoreUnavailable:
            self._next_look.within(_SOON)
            return
        if outcome.state not in {AccountState.FREE, account.state} and not outcome.passing:
            self._tell_staff(self._ledger.book.accounts[done.account])
        if outcome.again_in is not None:
            self._next_look.within(outcome.again_in)

    # --- what goes wrong with an account --------------------------------------------------------

    async def _take_out(self, name: str, state: AccountState, reason: str) -> None:
        account = self._ledger.book.accounts.get(name)
        if account is None or account.state in {state, AccountState.DEAD}:
            return
        until = self._now() + self._ports.policy().limited if state is AccountState.LIMITED else None
        try:
            out = await self._ledger.move(account, state, reason, until)
        except StoreUnavailable:
            self.after(_SOON, m.AccountOut(name, state, reason))
            return
        self._tell_staff(out)
        moved = m.MoveAccount(account.session, Lease(name, account.epoch), reason)
        self._holders.tell(account.session, moved)

    def _tell_staff(self, account: VIPAccount) -> None:
        logger.warning("VIP account %s is %s: %s", account.name, account.state, account.reason)
        notice = Notice.of(
            Word.ACCOUNT_OUT, account=account.name, state=account.state.value, reason=account.reason
        )
        self.start_soon(self._ports.staff.note, notice)

    async def _restore(self, name: str) -> AccountState | None:
        account = self._ledger.book.accounts.get(name)
        if account is None or account.state in {AccountState.LEASED, AccountState.FREE}:
            return None if account is None else account.state
        try:
            await self._ledger.move(account, AccountState.DRAINING, "restored by an operator")
        except StoreUnavailable:
            self.after(_SOON, m.RestoreAccount(name))
        self._start_clearing()
        return AccountState.DRAINING

    # --- what the desk writes -------------------------------------------------------------------

    async def _route(self, event: m.DeskEvent) -> None:
        account = self._ledger.book.accounts.get(event.account)
        if account is None:
            return
        if account.state is not AccountState.LEASED:
            await self._unleased(account, event)
            return
        lease = Lease(account.name, account.epoch)
        self._holders.tell(account.session, m.FromDesk(lease, event))

    async def _unleased(self, account: VIPAccount, event: m.DeskEvent) -> None:
        """The desk answered somebody whose session is over: staff see it, and the history is cleared anew."""
        match event:
            case m.DeskResync():
                if self._clearings.connected(account):
                    return
                if account.state is AccountState.QUARANTINED:  # it could not be cleared while it was away
                    self._clearings.begin(account)
                elif account.state is AccountState.FREE:
                    await self._clear_again(
                        account, event, "it was away: its history has to be verified empty"
                    )
            case m.DeskPosted(name, message) if not message.own:
                self._late.arrived(name, message)
                if not self._clearings.written(account) and account.state is AccountState.FREE:
                    await self._clear_again(account, event, "a late answer has to be cleared")

    async def _clear_again(self, account: VIPAccount, event: m.DeskEvent, reason: str) -> None:
        try:
            await self._ledger.move(account, AccountState.DRAINING, reason)
        except StoreUnavailable:
            self.after(_SOON, event)  # if it is leased by then, the introduction of the session is the wall
            return
        self._start_clearing()

    # --- looking after it all -------------------------------------------------------------------

    async def _look(self) -> None:
        try:
            if not self._ledger.loaded:
                await self._ledger.load()
            for account in await self._ledger.orphans():
                logger.warning("VIP account %s was leased for a session that is over: back", account.name)
                await self._give_back(account, "its session was over")
            await self._grant()
        except StoreUnavailable as error:
            logger.warning("The store can't be asked about VIP accounts: %s", error)
            self._next_look.within(_SOON)
            return
        self._start_clearing()
        self._next_look.within(self._ports.policy().reconcile)

    def _numbers(self) -> m.PoolNumbers:
        book = self._ledger.book
        return m.PoolNumbers(self._ledger.loaded, tuple(book.accounts.values()), len(book.queue()))

    def _now(self) -> float:
        return self._ports.clock.now()
