"""The ports of the VIP half: what its actors need of Discord and of Telegram.

All ids are strings of digits that grow with time within one thread, or one account. Every method raises
one of the errors below and no other for what Discord or Telegram do. Contents are values that the planner
makes and the adapters send: the actors carry them and never look inside.
"""

from collections.abc import Sequence
from typing import Protocol

from actors.vip.model import Side
from actors.vip.port_values import (
    Content,
    DeskMessage,
    EditSteps,
    Lease,
    Mark,
    PlanRequest,
    ThreadMessage,
    ThreadStatus,
)
from actors.vip.troubles import (
    AccountDead,
    FloodWait,
    Forbidden,
    Gone,
    Limited,
    Refused,
    Trouble,
    Unreachable,
    WrongEpoch,
)
from actors.vip.words import Notice

__all__ = [
    "AccountDead",
    "Answers",
    "Content",
    "Desk",
    "DeskMessage",
    "EditSteps",
    "FloodWait",
    "Forbidden",
    "Gone",
    "Lease",
    "Limited",
    "Mark",
    "PlanRequest",
    "Planner",
    "Refused",
    "StaffLog",
    "ThreadMessage",
    "ThreadStatus",
    "Threads",
    "Trouble",
    "Unreachable",
    "WrongEpoch",
]

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

    async def note(self, notice: Notice, body: object = None, name: str = "") -> bool:
        """Post a note; `body`: of a message of the desk that belongs to nobody, which the log never has.

        False: that could not be posted now, and may be later. What was begun under a `name` is gone on with
        then.
        """
        ...


# --- what becomes of a message ------------------------------------------------------------------


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
