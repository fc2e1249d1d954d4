"""The records of the VIP half: what is stored, and how each is keyed. No text of a message is among it.

Times are unix seconds (UTC). A live session is keyed by its member, so that a second live one can't be
represented; a closed one moves to a collection of its own in the same commit.
"""

from typing import ClassVar

from attrs import frozen

from actors.record import Record
from actors.vip.states import (
    AccountState,
    CrossingState,
    EndReason,
    SessionState,
    Side,
)
from actors.vip.telegram_records import TelegramBeat, TelegramLease, TelegramSession

__all__ = [
    "VIP_RECORDS",
    "AccountState",
    "ClosedVIPSession",
    "Crossing",
    "CrossingState",
    "EndReason",
    "SessionState",
    "Side",
    "TelegramBeat",
    "TelegramLease",
    "TelegramSession",
    "VIPAccount",
    "VIPBlock",
    "VIPSession",
]


@frozen
class VIPSession(Record):
    """A member's live session. What is set tells how far it got: each step is recorded when it is done."""

    collection: ClassVar[str] = "vip_sessions"
    indexed: ClassVar[tuple[str, ...]] = ("guild", "member", "state", "thread")

    guild: str
    member: str
    id: str
    """Of this session alone, hexadecimal: nonces and the thread's tag are made of it."""
    state: SessionState
    started_at: float
    """When it was asked for: also the place on the waiting list."""
    name: str = ""
    """The member's name, for logs and the thread's name."""
    account: str = ""
    epoch: int = 0
    """Of its lease."""
    thread: str = ""
    member_added: bool = False
    desk_from: str = ""
    """The message that introduced it to the desk with this lease: what came earlier is not for it."""
    welcome: str = ""
    """The welcoming message in the thread."""
    opened_at: float | None = None
    active_at: float = 0.0
    """When a message last crossed or was accepted."""
    warned_at: float | None = None
    """When it was last warned of its end by inactivity."""
    seen_thread: str = ""
    """Everything in the thread up to this message has been looked at."""
    seen_desk: str = ""
    """The same of the chat of its lease."""
    ending: EndReason | None = None
    ended_by: str = ""
    """The id of the staff member who asked for the end."""
    ended_by_name: str = ""
    drained: bool = False
    noticed: bool = False
    thread_closed: bool = False
    released: bool = False
    moved: bool = False
    """It has another account, and the member has to be told so."""

    @property
    def key(self) -> str:
        """`guild/member`."""
        return f"{self.guild}/{self.member}"

    @property
    def tag(self) -> str:
        """A short mark in the thread's name by which it is found again."""
        return self.id[:8]


@frozen
class ClosedVIPSession(Record):
    """A session that is over."""

    collection: ClassVar[str] = "vip_closed"
    indexed: ClassVar[tuple[str, ...]] = ("guild", "member", "closed_at")

    id: str
    guild: str
    member: str
    started_at: float
    closed_at: float
    reason: EndReason
    account: str = ""
    thread: str = ""
    ended_by: str = ""
    undelivered: int = 0
    """Messages that did not reach the other side."""

    @property
    def key(self) -> str:
        """The session's id."""
        return self.id


@frozen
class Crossing(Record):
    """One message on its way to the other side: ids and state, never its text."""

    collection: ClassVar[str] = "vip_crossings"
    indexed: ClassVar[tuple[str, ...]] = ("session", "state")

    session: str
    """The session's id."""
    side: Side
    """Where it was written."""
    source: str
    """Its id there."""
    seq: int
    """Its place in the outbox of its direction."""
    at: float
    """When it was recorded."""
    state: CrossingState = CrossingState.WAITING
    targets: tuple[str, ...] = ()
    """The ids of what it has become on the other side, in order; more are to come while it waits."""
    kinds: tuple[str, ...] = ()
    """What each of them is made of."""
    account: str = ""
    epoch: int = 0
    """The lease that its Telegram ids belong to."""
    version: str = ""
    """Which of its edits the other side shows; "" as it was first written."""
    edited: bool = False
    """A newer version than that is to be shown."""
    deleted: bool = False
    """It was deleted where it was written; to be done on the other side too."""
    staff: bool = False
    adding: str = ""
    """The name of the part that an edit makes necessary and that is being sent: it may have arrived."""
    late: bool = False
    """Replayed after downtime: marked as such."""
    reason: str = ""
    """Why it failed, in words."""

    @property
    def key(self) -> str:
        """`session/side/source`, and the lease of what the desk wrote: accounts count for themselves."""
        key = f"{self.session}/{self.side.value}/{self.source}"
        return f"{key}/{self.account}/{self.epoch}" if self.side is Side.DESK else key

    @property
    def open(self) -> bool:
        """There is still something to be done for it."""
        return self.state in {CrossingState.WAITING, CrossingState.STRAY} or (
            self.arrives and (self.deleted or (self.edited and self.state is CrossingState.SENT))
        )

    @property
    def arrives(self) -> bool:
        """Something of it is on the other side, or will be: it can be deleted there."""
        return self.state in {CrossingState.WAITING, CrossingState.SENT} or (
            self.state is CrossingState.FAILED and bool(self.targets)
        )


@frozen
class VIPAccount(Record):
    """A Telegram account and its lease."""

    collection: ClassVar[str] = "vip_accounts"
    indexed: ClassVar[tuple[str, ...]] = ("state",)

    name: str
    state: AccountState = AccountState.DRAINING
    reason: str = ""
    """Why it is in this state, in words."""
    epoch: int = 0
    """Rises with every lease; a send with an old one is refused."""
    session: str = ""
    """The id of the session that has the lease, while leased."""
    member: str = ""
    """The key of that session: `guild/member`."""
    since: float = 0.0
    """When it came into this state."""
    until: float | None = None
    """When a flood wait is over, or the next attempt is due."""
    seen: str = ""
    """While nobody has it: what is newer in its chat was written for nobody, and staff are to read it before
    it is cleared. "" where that is not known."""

    @property
    def key(self) -> str:
        """Its name."""
        return self.name


@frozen
class VIPBlock(Record):
    """A member who may open no session."""

    collection: ClassVar[str] = "vip_blocks"
    indexed: ClassVar[tuple[str, ...]] = ("guild",)

    guild: str
    member: str
    at: float
    by: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """`guild/member`."""
        return f"{self.guild}/{self.member}"


VIP_RECORDS: tuple[type[Record], ...] = (
    VIPSession,
    ClosedVIPSession,
    Crossing,
    VIPAccount,
    VIPBlock,
    TelegramLease,
    TelegramBeat,
    TelegramSession,
)
"""Every stored class of this half, for the store's schema."""
