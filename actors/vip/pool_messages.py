"""What the account pool is told and asked, and what it tells the sessions."""

from attrs import frozen

from actors.vip.model import AccountState, VIPAccount
from actors.vip.ports import DeskMessage, Lease
from supervision import ActorRef

# --- asked by sessions --------------------------------------------------------------------------


@frozen
class RequestLease:
    """An account for a session whose record is in the store; twice gives the same lease.

    Answered by `Granted`, `Queued` or `NotNow`. Of one that is queued, `LeaseGranted` follows later.
    """

    session: str
    member: str
    since: float
    """Its place on the waiting list: older ones come first."""
    holder: ActorRef


@frozen
class Granted:
    """The session has this lease."""

    lease: Lease


@frozen
class Queued:
    """No account is free; the session is at this place (from 1) of the waiting list."""

    position: int


@frozen
class NotNow:
    """The store can't record it now: to be asked again."""


@frozen
class ReleaseLease:
    """The one way to give an account back. Answered by True once that is recorded, False for `NotNow`.

    Twice, or of a session that has none: nothing happens.
    """

    session: str
    lease: Lease | None = None
    """The one that the session knows of, and used."""
    seen: str = ""
    """It has dealt with everything in the chat up to this message,"""
    known: frozenset[str] = frozenset()
    """and with these: all else that the desk has written is for staff."""


@frozen
class NotOurs:
    """The desk wrote this for a lease that the session has no more: it is for staff."""

    event: "DeskPosted"


@frozen
class QueuePosition:
    """Answered by the session's place on the waiting list; 0: it is not on it."""

    session: str


# --- told to sessions ---------------------------------------------------------------------------


@frozen
class LeaseGranted:
    """An account has become free for the session."""

    session: str
    lease: Lease


@frozen
class MoveAccount:
    """The session's account is out of use: it has to ask for another."""

    session: str
    lease: Lease
    reason: str


@frozen
class FromDesk:
    """Something happened in the chat of the session's account."""

    lease: Lease
    event: "DeskEvent"


# --- told by the Telegram side ------------------------------------------------------------------


@frozen
class DeskPosted:
    """The desk wrote a message."""

    account: str
    message: DeskMessage


@frozen
class DeskEdited:
    """The desk edited a message."""

    account: str
    message: DeskMessage


@frozen
class DeskDeleted:
    """Messages were deleted in one of the account's private chats."""

    account: str
    messages: tuple[str, ...]


@frozen
class DeskResync:
    """The account is connected again: what happened meanwhile has to be read from its history."""

    account: str


DeskEvent = DeskPosted | DeskEdited | DeskDeleted | DeskResync


@frozen
class AccountOut:
    """The account is dead (for good) or limited (for now): found out by a probe, or by a session."""

    account: str
    state: AccountState
    reason: str


# --- asked by operators -------------------------------------------------------------------------


@frozen
class RestoreAccount:
    """An operator has mended it: it is cleared, verified, leased again.

    Answered by its `AccountState` from now on: one that is free or leased stays so. None: it is not known.
    """

    account: str


@frozen
class PoolStatus:
    """Answered by `PoolNumbers`."""


@frozen
class PoolNumbers:
    """The pool at one moment. The sum of `by_state` is the number of all accounts."""

    loaded: bool
    accounts: tuple[VIPAccount, ...]
    waiting: int

    @property
    def by_state(self) -> dict[AccountState, int]:
        """How many accounts are in each state."""
        return {state: sum(a.state is state for a in self.accounts) for state in AccountState}
