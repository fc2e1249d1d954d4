"""The accounts and the store: what has happened to an account is recorded first, then it counts."""

import logging

from attrs import define, field

from actors.ports import Clock, Put, Store
from actors.vip.account_book import NOT_CONFIGURED, AccountBook, Waiting, lease_to, moved_to, taken_over
from actors.vip.epochs import Epochs
from actors.vip.model import AccountState, VIPAccount, VIPSession
from actors.vip.ports import Lease

logger = logging.getLogger(__name__)

STARTED = "perkd was away: its history has to be verified empty"


@define(eq=False)
class AccountLedger:
    """Every method that writes raises `StoreUnavailable`: nothing counts then, and it is to be repeated."""

    _store: Store
    _clock: Clock
    _epochs: Epochs
    _configured: tuple[str, ...]
    book: AccountBook = field(factory=AccountBook)
    loaded: bool = False

    async def load(self) -> None:
        """Take over what earlier lives recorded; leases that are recorded are current."""
        stored = await self._store.find(VIPAccount)
        accounts = taken_over(stored, self._configured, self._clock.now())
        changed = [Put(account) for account in accounts if account not in stored]
        if changed:
            await self._store.commit(*changed)
        for account in accounts:
            self.book.put(self._revived(account))
            if account.state is AccountState.LEASED:
                self._epochs.open(Lease(account.name, account.epoch))
        self.loaded = True

    def _revived(self, account: VIPAccount) -> VIPAccount:
        """What no life before this one can answer for is looked at first.

        A dead account that is still configured: a person may have signed in. A free one: the desk may have
        written to it, and whether it is connected is not known, so that who is leased it may wait in vain.
        """
        dead = account.state is AccountState.DEAD and account.reason != NOT_CONFIGURED
        if dead or account.state is AccountState.FREE:
            reason = account.reason if dead else STARTED
            return moved_to(account, AccountState.DRAINING, self._clock.now(), reason)
        return account

    async def grant(self) -> list[tuple[Waiting, Lease]]:
        """Serve the waiting list, the oldest first, as far as there are accounts."""
        granted = []
        for waiting in self.book.queue():
            account = self.book.next_free()
            if account is None:
                break
            leased = lease_to(account, waiting.session, waiting.member, self._clock.now())
            await self._write(leased)
            self.book.withdraw(waiting.session)
            lease = Lease(leased.name, leased.epoch)
            self._epochs.open(lease)
            logger.info("VIP account %s is leased for user %s", lease, waiting.member)
            granted.append((waiting, lease))
        return granted

    def lease_of(self, session: str) -> Lease | None:
        """The lease this session has."""
        held = self.book.leased_to(session)
        return None if held is None else Lease(held.name, held.epoch)

    async def move(
        self,
        account: VIPAccount,
        state: AccountState,
        reason: str,
        until: float | None = None,
        *,
        seen: str | None = None,
    ) -> VIPAccount:
        """The account comes into another state; whoever had it has it no longer, from this moment."""
        self._epochs.close(account.name)
        new = moved_to(account, state, self._clock.now(), reason, until, seen=seen)
        await self._write(new)
        return new

    async def orphans(self) -> list[VIPAccount]:
        """Accounts whose lease no live session has."""
        leased = self.book.leased()
        if not leased:
            return []
        live = {session.id for session in await self._store.find(VIPSession)}
        return [account for account in leased if account.session not in live]

    async def _write(self, account: VIPAccount) -> None:
        await self._store.commit(Put(account))
        self.book.put(account)
