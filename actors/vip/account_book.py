"""Which account is in which state, and who waits for one. Pure: changes are records, made true by `put`."""

from collections.abc import Iterable

from attrs import define, evolve, field, frozen

from actors.vip.model import AccountState, VIPAccount

NEW = "new: its history has to be verified empty"
NOT_CONFIGURED = "not configured any more"

IN_REPAIR = frozenset({AccountState.DRAINING, AccountState.QUARANTINED, AccountState.FLOOD_WAIT})
"""States out of which an account comes back by having its history cleared."""


@frozen
class Waiting:
    """A session on the waiting list."""

    since: float
    session: str
    member: str


@define(eq=False)
class AccountBook:
    """The accounts as they are recorded, and the waiting list."""

    accounts: dict[str, VIPAccount] = field(factory=dict)
    _waiting: dict[str, Waiting] = field(factory=dict)
    """By session."""

    def put(self, account: VIPAccount) -> None:
        """This is recorded now."""
        self.accounts[account.name] = account

    def leased_to(self, session: str) -> VIPAccount | None:
        """The account this session has."""
        return next((a for a in self.leased() if a.session == session), None)

    def leased(self) -> list[VIPAccount]:
        """All accounts that are leased."""
        return [a for a in self.accounts.values() if a.state is AccountState.LEASED]

    def next_free(self) -> VIPAccount | None:
        """The one that has been free longest: the desk's late answers have had the most time."""
        free = (a for a in self.accounts.values() if a.state is AccountState.FREE)
        return min(free, key=lambda a: (a.since, a.name), default=None)

    def due(self, now: float) -> list[VIPAccount]:
        """Those whose history is to be cleared now."""
        return [
            a
            for a in self.accounts.values()
            if (a.state in IN_REPAIR or a.state is AccountState.LIMITED)
            and (a.until is None or a.until <= now)
        ]

    # --- the waiting list -----------------------------------------------------------------------

    def wait(self, waiting: Waiting) -> None:
        """Put a session on the list; again is harmless."""
        self._waiting[waiting.session] = waiting

    def withdraw(self, session: str) -> None:
        """Take it off the list."""
        self._waiting.pop(session, None)

    def queue(self) -> list[Waiting]:
        """Who waits, in the order they are served."""
        return sorted(self._waiting.values(), key=lambda w: (w.since, w.session))

    def position(self, session: str) -> int:
        """The place on the list, from 1; 0: it is not on it."""
        places = {w.session: place for place, w in enumerate(self.queue(), start=1)}
        return places.get(session, 0)


def moved_to(
    account: VIPAccount,
    state: AccountState,
    now: float,
    reason: str = "",
    until: float | None = None,
    *,
    seen: str | None = None,
) -> VIPAccount:
    """The account in another state, or since when it was in the same; whoever had it has it no longer."""
    since = account.since if state is account.state else now
    if seen is None:  # the chat of one that was free was empty
        seen = "0" if account.state is AccountState.FREE else account.seen
    return evolve(
        account, state=state, since=since, reason=reason, until=until, session="", member="", seen=seen
    )


def lease_to(account: VIPAccount, session: str, member: str, now: float) -> VIPAccount:
    """The account, leased, in a new epoch."""
    leased = moved_to(account, AccountState.LEASED, now, seen="")
    return evolve(leased, epoch=account.epoch + 1, session=session, member=member)


def taken_over(stored: Iterable[VIPAccount], configured: Iterable[str], now: float) -> list[VIPAccount]:
    """The accounts at a start: those known, new ones, and those no longer configured."""
    known = {account.name: account for account in stored}
    names = list(dict.fromkeys(configured))
    result = []
    for name in names:
        account = known.pop(name, VIPAccount(name, AccountState.DRAINING, NEW, since=now))
        if account.state is AccountState.DEAD and account.reason == NOT_CONFIGURED:
            account = moved_to(account, AccountState.DRAINING, now, NEW)
        result.append(account)
    gone = [moved_to(a, AccountState.DEAD, now, NOT_CONFIGURED) for a in known.values()]
    return [*result, *gone]
