"""AccountPoolActor: who has which Telegram account, and until when nobody may."""

import logging
from collections.abc import Callable, Iterable

from attrs import define, field, frozen

from actors.ports import Clock, Put, Store, StoreUnavailable
from actors.vip import pool_messages as m
from actors.vip.account_book import AccountBook, Waiting, lease_to, moved_to, taken_over
from actors.vip.clearing import Cleared, clear
from actors.vip.epochs import Epochs
from actors.vip.model import AccountState, VIPAccount, VIPSession
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Desk, Lease, StaffLog
from actors.vip.words import Notice, Word
from supervision import Actor, ActorDead, ActorRef, MailboxFull, Timer

logger = logging.getLogger(__name__)

_SOON = 1.0
"""Seconds until what the store could not record is tried again."""

DeskEvent = m.DeskPosted | m.DeskEdited | m.DeskDeleted | m.DeskResync


@frozen
class PoolPorts:
    """What the pool needs."""

    store: Store
    clock: Clock
    desk: Desk
    """Unguarded: the pool clears what nobody has leased."""
    epochs: Epochs
    staff: StaffLog
    policy: Callable[[], VIPPolicy]
    accounts: tuple[str, ...]
    """The names that are configured."""


@frozen
class _Tick:
    """Time to look at what is due, and at leases without a session."""


@frozen
class _HolderEnded:
    """A session's actor has ended for good."""

    session: str


@frozen
class _ClearingDone:
    account: str
    epoch: int
    outcome: Cleared


@define(eq=False)
class AccountPoolActor(Actor):
    """Grants leases, takes accounts back, clears them, and keeps the waiting list.

    Every account is in one state at every moment. A change is recorded first, then it counts; while the
    store is away nothing is granted and nothing is lost.
    """

    _ports: PoolPorts
    _book: AccountBook = field(factory=AccountBook, init=False)
    _holders: dict[str, ActorRef] = field(factory=dict, init=False)
    """Of leased accounts: session → who has it."""
    _clearing: set[str] = field(factory=set, init=False)
    _loaded: bool = field(default=False, init=False)
    _timer: Timer | None = field(default=None, init=False)
    _wake_at: float = field(default=0.0, init=False)

    async def started(self) -> None:
        """Read the accounts, and take back what belongs to no session. Without a store: later."""
        await self._look()

    async def receive(self, message: object) -> object:  # noqa: C901, PLR0911 - one line a case
        """Handle one message. Only the store is waited for."""
        match message:
            case m.RequestLease():
                return await self._request(message)
            case m.ReleaseLease(session):
                return await self._release(session)
            case m.WithdrawLease(session):
                self._book.withdraw(session)
            case m.QueuePosition(session):
                return self._book.position(session)
            case m.DeskPosted() | m.DeskEdited() | m.DeskDeleted() | m.DeskResync():
                await self._route(message)
            case m.AccountOut(name, state, reason):
                await self._take_out(name, state, reason)
            case m.RestoreAccount(name):
                return await self._restore(name)
            case m.PoolStatus():
                return m.PoolNumbers(
                    self._loaded, tuple(self._book.accounts.values()), len(self._book.queue())
                )
            case _ClearingDone():
                await self._cleared(message)
            case _Tick():
                self._timer = None
                await self._look()
            case _HolderEnded(session):
                self._holders.pop(session, None)
                self._book.withdraw(session)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- leases ---------------------------------------------------------------------------------

    async def _request(self, request: m.RequestLease) -> m.Granted | m.Queued | m.NotNow:
        if not self._loaded:
            return m.NotNow()
        if request.session not in self._holders:
            request.holder.monitor(self.ref, _HolderEnded(request.session))
        self._holders[request.session] = request.holder
        held = self._book.leased_to(request.session)
        if held is not None:
            return m.Granted(Lease(held.name, held.epoch))
        self._book.wait(Waiting(request.since, request.session, request.member, request.holder))
        try:
            await self._grant_what_is_free(asking=request.session)
        except StoreUnavailable:
            return m.NotNow()
        held = self._book.leased_to(request.session)
        if held is not None:
            return m.Granted(Lease(held.name, held.epoch))
        return m.Queued(self._book.position(request.session))

    async def _grant_what_is_free(self, asking: str = "") -> None:
        """Serve the waiting list, the oldest first. `asking` is told by the answer to its question."""
        for waiting in self._book.queue():
            account = self._book.next_free()
            if account is None:
                return
            leased = lease_to(account, waiting.session, waiting.member, self._now())
            await self._write(leased)
            self._book.withdraw(waiting.session)
            lease = Lease(leased.name, leased.epoch)
            self._ports.epochs.open(lease)
            logger.info("VIP account %s is leased for user %s", lease, waiting.member)
            if waiting.session != asking:
                self._tell(waiting.holder, m.LeaseGranted(waiting.session, lease))

    async def _release(self, session: str) -> bool:
        if not self._loaded:
            return False
        self._book.withdraw(session)
        held = self._book.leased_to(session)
        if held is None:
            return True
        try:
            await self._give_back(held, "given back: its history is being cleared")
        except StoreUnavailable:
            return False
        return True

    async def _give_back(self, account: VIPAccount, reason: str) -> None:
        self._ports.epochs.close(account.name)  # first: from now on nothing is sent with this lease
        await self._write(moved_to(account, AccountState.DRAINING, self._now(), reason))
        self._holders.pop(account.session, None)
        self._start_clearing()

    # --- clearing -------------------------------------------------------------------------------

    def _start_clearing(self) -> None:
        for account in self._book.due(self._now()):
            if account.name not in self._clearing:
                self._clearing.add(account.name)
                self.start_soon(self._clear, Lease(account.name, account.epoch))

    async def _clear(self, lease: Lease) -> None:
        ports = self._ports
        outcome = await clear(ports.desk, ports.epochs, lease, ports.policy())
        await self.ref.send(_ClearingDone(lease.account, lease.epoch, outcome))

    async def _cleared(self, done: _ClearingDone) -> None:
        self._clearing.discard(done.account)
        account, outcome, now = self._book.accounts[done.account], done.outcome, self._now()
        if account.epoch != done.epoch or account.state in {AccountState.LEASED, AccountState.DEAD}:
            return  # something else was decided meanwhile
        until = None if outcome.again_in is None else now + outcome.again_in
        try:
            await self._write(moved_to(account, outcome.state, now, outcome.reason, until))
            if outcome.state is AccountState.FREE:
                await self._grant_what_is_free()
        except StoreUnavailable:
            self._wake_in(_SOON)
            return
        if outcome.state is not AccountState.FREE and outcome.state is not account.state:
            self._tell_staff(self._book.accounts[done.account])
        if outcome.again_in is not None:
            self._wake_in(outcome.again_in)

    # --- what goes wrong with an account --------------------------------------------------------

    async def _take_out(self, name: str, state: AccountState, reason: str) -> None:
        account = self._book.accounts.get(name)
        if account is None or account.state in {state, AccountState.DEAD}:
            return
        now, holder = self._now(), self._holders.get(account.session)
        until = now + self._ports.policy().limited if state is AccountState.LIMITED else None
        self._ports.epochs.close(name)
        try:
            await self._write(moved_to(account, state, now, reason, until))
        except StoreUnavailable:
            self.after(_SOON, m.AccountOut(name, state, reason))
            return
        self._tell_staff(self._book.accounts[name])
        if holder is not None:
            self._tell(holder, m.MoveAccount(account.session, Lease(name, account.epoch), reason))

    def _tell_staff(self, account: VIPAccount) -> None:
        logger.warning("VIP account %s is %s: %s", account.name, account.state, account.reason)
        notice = Notice.of(
            Word.ACCOUNT_OUT, account=account.name, state=account.state.value, reason=account.reason
        )
        self.start_soon(self._ports.staff.note, notice)

    async def _restore(self, name: str) -> bool:
        account = self._book.accounts.get(name)
        if account is None:
            return False
        if account.state not in {AccountState.LEASED, AccountState.FREE}:
            await self._write(
                moved_to(account, AccountState.DRAINING, self._now(), "restored by an operator")
            )
            self._start_clearing()
        return True

    # --- what the desk writes -------------------------------------------------------------------

    async def _route(self, event: DeskEvent) -> None:
        account = self._book.accounts.get(event.account)
        if account is None:
            return
        if account.state is not AccountState.LEASED:
            await self._late(account, event)
            return
        holder = self._holders.get(account.session)
        if holder is not None:  # else: it reads the history when it starts
            self._tell(holder, m.FromDesk(Lease(account.name, account.epoch), event))

    async def _late(self, account: VIPAccount, event: DeskEvent) -> None:
        """The desk answered somebody whose session is over: staff see it, and the history is cleared anew."""
        if not isinstance(event, m.DeskPosted) or event.message.own:
            return
        logger.warning(
            "A late answer of the desk came to VIP account %s: it goes to the staff log", account.name
        )
        notice = Notice.of(Word.LATE_ANSWER, account=account.name)
        self.start_soon(self._ports.staff.note, notice, event.message.body)
        if account.state is AccountState.FREE:
            try:
                await self._write(
                    moved_to(account, AccountState.DRAINING, self._now(), "a late answer has to be cleared")
                )
            except StoreUnavailable:
                return  # it is no secret, only untidy: the introduction of the next session is the wall
            self._start_clearing()

    # --- looking after it all -------------------------------------------------------------------

    async def _look(self) -> None:
        try:
            if not self._loaded:
                await self._load()
            await self._reconcile()
            await self._grant_what_is_free()
        except StoreUnavailable as error:
            logger.warning("The store can't be asked about VIP accounts: %s", error)
            self._wake_in(_SOON)
            return
        self._start_clearing()
        self._wake_in(self._ports.policy().reconcile)

    async def _load(self) -> None:
        stored = await self._ports.store.find(VIPAccount)
        accounts = taken_over(stored, self._ports.accounts, self._now())
        changed = [Put(account) for account in accounts if account not in stored]
        if changed:
            await self._ports.store.commit(*changed)
        for account in self._revived(accounts):
            self._book.put(account)
            if account.state is AccountState.LEASED:
                self._ports.epochs.open(Lease(account.name, account.epoch))
        self._loaded = True

    def _revived(self, accounts: Iterable[VIPAccount]) -> list[VIPAccount]:
        """A dead account that is still configured is looked at once per life: a person may have signed in."""
        return [
            moved_to(a, AccountState.DRAINING, self._now(), a.reason)
            if a.state is AccountState.DEAD and a.name in self._ports.accounts
            else a
            for a in accounts
        ]

    async def _reconcile(self) -> None:
        """Take back every lease that no live session has."""
        leased = self._book.leased()
        if not leased:
            return
        live = {session.id for session in await self._ports.store.find(VIPSession)}
        for account in leased:
            if account.session not in live:
                logger.warning("VIP account %s was leased for a session that is over: back", account.name)
                await self._give_back(account, "its session was over")

    async def _write(self, account: VIPAccount) -> None:
        await self._ports.store.commit(Put(account))
        self._book.put(account)

    def _wake_in(self, seconds: float) -> None:
        at = self._now() + seconds
        if self._timer is not None:
            if self._wake_at <= at:
                return
            self._timer.cancel()
        self._wake_at = at
        self._timer = self.after(seconds, _Tick())

    def _now(self) -> float:
        return self._ports.clock.now()

    def _tell(self, holder: ActorRef, message: object) -> None:
        try:
            holder.tell(message)
        except MailboxFull:
            self.start_soon(self._send, holder, message)
        except ActorDead:
            logger.debug("%s ended before it could be told %s", holder.path, type(message).__name__)

    async def _send(self, holder: ActorRef, message: object) -> None:
        try:
            await holder.send(message)
        except ActorDead:
            logger.debug("%s ended before it could be told %s", holder.path, type(message).__name__)
