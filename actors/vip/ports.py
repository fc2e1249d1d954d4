"""The ports of the VIP half: what its actors need of Discord and of Telegram.

All ids are strings of digits that grow with time within one thread, or one account. Every method raises
one of the errors below and no other for what Discord or Telegram do. Contents are values that the planner
makes and the adapters send: the actors carry them and never look inside.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from attrs import frozen

from actors.vip.model import Side
from actors.vip.words import Notice

# --- what may go wrong --------------------------------------------------------------------------


class Trouble(Exception):  # noqa: N818 - the family of what a port may say
    """What a port's method raises where it did not succeed; its text says why, without secrets."""


class Unreachable(Trouble):
    """No answer, 5xx, disconnected, timed out. Whether it was done is unknown; repeating is safe."""


class Gone(Trouble):
    """What it was about is not there (any more): thread, message, member, parent."""


class Forbidden(Trouble):
    """Discord says 403: the bot may not do that. A person has to mend it."""


class Refused(Trouble):
    """The other side will never take this as it is: too large, too old to be edited, a bad name."""


class FloodWait(Trouble):
    """To be asked again in `seconds`, and not before."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"asked to wait for {seconds:g} s")
        self.seconds = seconds


class AccountDead(Trouble):
    """The Telegram account is banned, deactivated or signed out: it is of no use any more."""

    @property
    def reason(self) -> str:
        """Why, in words."""
        return str(self)


class Limited(Trouble):
    """Telegram does not let this account write to others (`PeerFlood`); nobody knows until when."""


class WrongEpoch(Trouble):
    """The lease that was named is over: nothing was sent."""


# --- values -------------------------------------------------------------------------------------


@frozen
class Lease:
    """The right to use a Telegram account; each has an epoch of its own."""

    account: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.account} (epoch {self.epoch})"


@frozen
class Content:
    """What one message is to look like, for whichever side it goes to. Only planner and adapters look in."""

    body: object
    notice: Notice | None = None
    """Instead of a body: something perkd itself says."""
    kind: str = ""
    """What it is made of: a message of one kind can't be edited into one of another."""

    @classmethod
    def say(cls, notice: Notice) -> "Content":
        """A message of perkd's own."""
        return cls(None, notice)


@frozen
class ThreadMessage:
    """A message in a thread."""

    id: str
    author: str
    body: object
    """Text, attachments and so on, for the planner."""
    at: float
    """Unix seconds."""
    roles: frozenset[str] = frozenset()
    """The ids of its author's roles."""
    author_name: str = ""
    person: bool = True
    """False: a bot, a webhook, or Discord itself wrote it."""
    reply_to: str = ""
    version: str = ""
    """Which edit this is; "" as it was first written, later ones compare as greater."""
    command: str = ""
    """`end` or `clear_vip_session`, where it is a command: these are never relayed."""
    argument: str = ""
    """The id of the member the command is about."""


@frozen
class DeskMessage:
    """A message in the chat with the desk, of one account."""

    id: str
    body: object
    at: float
    own: bool = False
    """The account itself wrote it."""
    reply_to: str = ""
    version: str = ""
    """Unix seconds of its last edit: Telegram tells no finer, so that two edits may have the same."""


class ThreadStatus(StrEnum):
    """What fetching a thread says."""

    ALIVE = "alive"
    ARCHIVED = "archived"
    LOCKED = "locked"
    """Archived and locked: closed on purpose."""
    GONE = "gone"
    FORBIDDEN = "forbidden"


class Mark(StrEnum):
    """What a message shows of its way to the other side; a newer mark takes the older one's place."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


# --- Discord ------------------------------------------------------------------------------------


class Threads(Protocol):
    """The Discord side. Any method may raise `Unreachable` and `FloodWait`."""

    async def missing_permissions(self, guild: str) -> tuple[str, ...]:
        """The names of permissions the bot lacks below the upgrade channel; empty: it has all."""
        ...

    async def create(self, guild: str, name: str, tag: str) -> str:
        """Make a private thread (not invitable) whose name holds `tag`; returns its id.

        With a `name` of "" the neutral one is taken. Raises `Forbidden`, `Gone` (the parent),
        `Refused` (the name). Not repeatable: see `find_created`.
        """
        ...

    async def find_created(self, guild: str, tag: str) -> str | None:
        """The id of our thread with this tag in its name; None: there is none."""
        ...

    async def add_member(self, thread: str, member: str) -> None:
        """Let the member in; twice is fine. Raises `Gone` (member or thread), `Forbidden`."""
        ...

    async def fetch(self, thread: str) -> ThreadStatus:
        """How the thread is, asked of Discord itself, never of a cache. Raises no `Gone`, `Forbidden`."""
        ...

    async def send(self, thread: str, content: Content, nonce: str, reply_to: str = "") -> str:
        """Post; returns the message's id. The same `nonce` within minutes makes no second message.

        Raises `Gone`, `Forbidden`, `Refused`.
        """
        ...

    async def find_sent(self, thread: str, content: Content, nonce: str, after: str) -> str | None:
        """The id of our message that was posted with this nonce, looked for after message `after`.

        Where Discord does not tell nonces: our own message of that very content, the newest one. With the
        content `Content(None)` the text is unknown, and only the nonce can tell. None: it was not posted.
        """
        ...

    async def edit(self, thread: str, message: str, content: Content) -> None:
        """Show other content in our message. Raises `Gone`, `Forbidden`, `Refused`."""
        ...

    async def delete(self, thread: str, message: str) -> None:
        """Delete our message; one that is gone is fine."""
        ...

    async def mark(self, thread: str, message: str, mark: Mark) -> None:
        """Show the state on a message, by a reaction. Raises `Gone`, `Forbidden`."""
        ...

    async def message(self, thread: str, message: str) -> ThreadMessage:
        """One message as it is now. Raises `Gone`, `Forbidden`."""
        ...

    async def history(self, thread: str, after: str, limit: int) -> Sequence[ThreadMessage]:
        """The messages after `after` ("" for the thread's beginning), oldest first, at most `limit`.

        Raises `Gone`, `Forbidden`.
        """
        ...

    async def close(self, thread: str) -> None:
        """Archive and lock; twice is fine. Raises `Gone`, `Forbidden`."""
        ...

    async def remove(self, thread: str) -> None:
        """Delete the thread; one that is gone is fine. Raises `Forbidden`."""
        ...

    async def give_role(self, guild: str, member: str) -> None:
        """Give the VIP role; twice is fine. Raises `Gone`, `Forbidden`."""
        ...

    def link(self, guild: str, thread: str) -> str:
        """The address under which people open the thread."""
        ...


# --- Telegram -----------------------------------------------------------------------------------


class Desk(Protocol):
    """The Telegram side: one chat with the desk per account.

    Any method may raise `Unreachable`, `FloodWait`, `AccountDead`, `Limited` and `WrongEpoch`.
    """

    async def send(self, lease: Lease, content: Content, random_id: int, reply_to: str = "") -> str:
        """Send to the desk; returns the message's id. Raises `Refused`.

        The same `random_id` (63 bits, not 0) makes no second message, however late: the first one's id
        is returned then, "" where it can't be found.
        """
        ...

    async def edit(self, lease: Lease, message: str, content: Content) -> None:
        """Show other content in our message. Raises `Gone`, `Refused`."""
        ...

    async def delete(self, lease: Lease, message: str) -> None:
        """Delete our message, for both; one that is gone is fine."""
        ...

    async def mark(self, lease: Lease, message: str, mark: Mark) -> None:
        """Show the state on a message of the desk. Raises `Gone`, `Refused`."""
        ...

    async def message(self, lease: Lease, message: str) -> DeskMessage:
        """One message as it is now. Raises `Gone`."""
        ...

    async def history(self, lease: Lease, after: str, limit: int) -> Sequence[DeskMessage]:
        """The chat's messages after `after` ("" for its beginning), oldest first, at most `limit`."""
        ...

    async def clear_step(self, lease: Lease) -> int:
        """Delete a piece of the chat's history; returns what is left to ask for: 0 when it is through."""
        ...

    async def is_empty(self, lease: Lease) -> bool:
        """Whether the chat has no message left, asked of Telegram."""
        ...

    async def probe(self, account: str) -> None:
        """Return if the account works; bans and sign-outs raise `AccountDead`."""
        ...


# --- people -------------------------------------------------------------------------------------


class Answers(Protocol):
    """Where people who pressed the button or gave a command are answered. Never raises `Trouble`."""

    async def answer(self, ticket: str, notice: Notice) -> None:
        """Tell the person behind `ticket`. A ticket may be answered several times (steps, a new position)."""
        ...


class StaffLog(Protocol):
    """Where staff read what happened. Never raises `Trouble`."""

    async def note(self, notice: Notice, body: object = None) -> None:
        """Post a note; `body`: of a message of the desk that belongs to nobody."""
        ...


# --- what becomes of a message ------------------------------------------------------------------


@frozen
class PlanRequest:
    """A message that is to cross."""

    body: object
    staff: bool = False
    author_name: str = ""
    """Of staff: shown in the mark."""
    late: bool = False
    edited: bool = False


@frozen
class EditSteps:
    """What is done with the messages that stand for one, now that it was edited. Places count from 0."""

    edits: tuple[tuple[int, Content], ...] = ()
    deletes: tuple[int, ...] = ()
    adds: tuple[Content, ...] = ()


class Planner(Protocol):
    """Turns what was written on one side into what is sent on the other. Pure."""

    def to_desk(self, request: PlanRequest) -> Sequence[Content]:
        """The messages to be sent, in order; at least one."""
        ...

    def to_thread(self, request: PlanRequest) -> Sequence[Content]:
        """The messages to be sent, in order; at least one."""
        ...

    def edit(self, request: PlanRequest, side: Side, kinds: Sequence[str]) -> EditSteps:
        """What an edit on `side` does to what was sent for it, which is of these kinds."""
        ...

    def said_back(self, request: PlanRequest, side: Side) -> Content | None:
        """What is said on `side`, where it was written, of what can't cross; None: all of it can."""
        ...
