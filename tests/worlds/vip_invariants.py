"""What has to be so after every commit and at every step of the VIP half, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from attrs import asdict, define, field

from actors.ports import Change, Position, Put
from actors.vip.model import AccountState, VIPAccount, VIPSession
from daemon.storage.memory import MemoryBackend
from tests.worlds.vip import Thread

_WORD = 5
"""Letters of a text that may be found in a record by chance."""


@define(eq=False)
class Invariants:
    """Looks at what is stored, and at the threads. What it finds is kept: a crash hides nothing."""

    accounts: tuple[str, ...]
    """The names that are configured."""
    broken: list[str] = field(factory=list)
    left_open: set[str] = field(factory=set)
    """Threads that the test makes impossible to close."""
    looks: int = 0
    _names: set[str] = field(factory=set)
    _said: set[str] = field(factory=set)

    def said(self, body: object) -> None:
        """Somebody wrote this, on either side: no line longer than a word may ever be stored."""
        self._said |= {line for line in str(body).split("\n") if len(line) > _WORD}

    def committed(self, backend: MemoryBackend, changes: Sequence[Change]) -> None:
        """This was stored just now."""
        self.looks += 1
        accounts, sessions = backend.find(VIPAccount), backend.find(VIPSession)
        self._every_account_is_recorded(accounts)
        self._every_lease_has_its_own_session(accounts, sessions)
        self._no_lease_is_shared(accounts, sessions)
        for change in changes:
            if isinstance(change, Put):
                self._no_text(change.record)

    def stepped(self, threads: Iterable[Thread]) -> None:
        """Something was done, or is about to be: nobody is in two threads that live."""
        closable = (t for t in threads if t.id not in self.left_open)
        living = [t for t in closable if not (t.deleted or t.archived or t.forbidden)]
        counts = Counter((t.guild, member) for t in living for member in t.members)
        self._expect(not counts or max(counts.values()) == 1, f"a member is in two live threads: {counts}")

    # --- one by one -----------------------------------------------------------------------------

    def _every_account_is_recorded(self, accounts: Sequence[VIPAccount]) -> None:
        """From the pool's first commit on: free + leased + … = all accounts."""
        names = {account.name for account in accounts}
        if names:
            self._names |= {*names, *self.accounts}
            self._expect(
                names == self._names, f"of the accounts {sorted(self._names)} there are {sorted(names)}"
            )

    def _every_lease_has_its_own_session(
        self, accounts: Sequence[VIPAccount], sessions: Sequence[VIPSession]
    ) -> None:
        live = {session.id: session for session in sessions}
        holders = [a.session for a in accounts if a.state is AccountState.LEASED]
        self._expect(len(holders) == len(set(holders)), f"a session has two accounts: {holders}")
        for account in accounts:
            if account.state is not AccountState.LEASED:
                self._expect(not account.session, f"{account.name} is {account.state} with a session")
                continue
            session = live.get(account.session)
            self._expect(session is not None, f"{account.name} is leased to {account.session}, which is over")
            if session is not None:
                self._expect(not session.released, f"{account.name} is leased to one who gave it back")
                self._expect(session.key == account.member, f"{account.name} is leased to somebody else")

    def _no_lease_is_shared(self, accounts: Sequence[VIPAccount], sessions: Sequence[VIPSession]) -> None:
        """A session may remember a lease that is over, but no two remember one, and none what is to come."""
        held = [(s.account, s.epoch) for s in sessions if s.account]
        self._expect(len(held) == len(set(held)), f"two sessions have one lease: {held}")
        members = [(s.guild, s.member) for s in sessions]
        self._expect(len(members) == len(set(members)), f"a member has two sessions: {members}")
        epochs = {a.name: a.epoch for a in accounts}
        for session in sessions:
            if session.account:
                known = epochs.get(session.account, -1)
                self._expect(session.epoch <= known, f"{session.id} has a lease that nobody gave")

    def _no_text(self, record: object) -> None:
        stored = str(asdict(record))  # type: ignore[call-overload]
        leaked = [line for line in self._said if line in stored]
        self._expect(not leaked, f"{leaked} is stored in {stored}")

    def _expect(self, holds: bool, otherwise: str) -> None:
        if not holds and otherwise not in self.broken:
            self.broken.append(otherwise)


class WatchedBackend(MemoryBackend):
    """A store in memory that shows every commit to somebody."""

    def __init__(self, clock: Callable[[], float], watch: Invariants) -> None:
        super().__init__(clock)
        self._watch = watch

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`."""
        position = super().commit(changes)
        if changes:
            self._watch.committed(self, changes)
        return position
