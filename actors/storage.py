"""The store as the actors meet it: one writer, asked by messages.

`StorageActor` (`writer.py`) owns a synchronous `Backend` and lets it work in one thread at a time.
`StoreClient` is the `Store` port over the actor's ref: what the other actors hold.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import trio
from attrs import field, frozen

from actors.giftcodes.model import Record
from actors.ports import Change, Position, StoreUnavailable
from supervision import ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull

R = TypeVar("R", bound=Record)
T = TypeVar("T")

Value = str | float | None
"""What an indexed attribute may be compared with; an enum counts as its value, True as 1."""

Run = Callable[[Callable[[], T]], Awaitable[T]]
"""How a backend's blocking call is run: in a worker thread, or at once in tests on a virtual clock."""


# --- what a backend is --------------------------------------------------------------------------


class Refusal(Exception):  # noqa: N818 - an answer, not a condition of the store
    """The store won't ever do this: a fault of the program or of a document, named by the text.

    A record that can't be written as JSON, a look-up by an attribute without an index, a document this
    program can't read. It is raised where the question was asked; the store goes on for the others.
    """


@frozen
class Batch:
    """What one commit wrote, as the change sequence keeps it."""

    position: Position
    at: float
    """Unix seconds of the commit."""
    changes: tuple[Change, ...]


class Backend(Protocol):
    """A document store with blocking methods, used by one thread at a time.

    Every method raises `StoreUnavailable` for what may pass (disk full, locked, I/O error), `Refusal` for
    what never will, and anything else for a fault of its own, which ends this backend: it is closed and a
    fresh one is opened.
    """

    def open(self) -> Position:
        """Begin a new term as the only writer. Returns the place before the term's first batch."""
        ...

    def close(self) -> None:
        """Give up everything `open` took. Twice, or without `open`: nothing happens."""
        ...

    def commit(self, changes: Sequence[Change]) -> Position:
        """Make all changes durable, in order, or none. No changes: no batch, the last one's position."""
        ...

    def probe(self, size: int) -> None:
        """Write `size` bytes as durably as a commit, beside records and sequence, and forget them."""
        ...

    def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None."""
        ...

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """All records whose indexed attributes equal these values, ordered by key."""
        ...

    def count(self, type_: type[Record], **equal: Value) -> int:
        """How many records `find` would return."""
        ...

    def changes(self, after: Position, limit: int) -> list[Batch]:
        """The batches that follow `after`, oldest first, at most `limit`; for a second store that follows.

        Raises:
            Refusal: the sequence no longer reaches back to `after`; the follower needs a full copy.
        """
        ...


# --- messages -----------------------------------------------------------------------------------


@frozen
class Commit:
    """Make these changes durable, all or none; answered by a `Position`."""

    changes: tuple[Change, ...]


@frozen
class Get:
    """Answered by the record with this key, or None."""

    type: type[Record]
    key: str


@frozen
class Find:
    """Answered by the list of records whose indexed attributes equal these values, ordered by key."""

    type: type[Record]
    equal: Mapping[str, Value] = field(factory=dict)


@frozen
class StorageStatus:
    """Answered by `StorageHealth`."""


@frozen
class Unavailable:
    """An answer: the store can't do it now. `StoreClient` raises it as `StoreUnavailable`."""

    text: str


@frozen
class Refused:
    """An answer: the store won't ever do it. `StoreClient` raises it as `Refusal`."""

    text: str


@frozen
class StoreHealth:
    """How one of several stores is doing."""

    name: str
    """`sqlite` or `mongodb`."""
    state: str
    """leading, following, behind (follows, and catches up), away, failing or waiting."""
    lag: int | None = 0
    """Batches that it lacks; None: not known."""
    lag_seconds: float | None = 0.0
    """How long ago the oldest of them was written; None: not known."""
    last_error: str | None = None
    acknowledged: Position | None = None
    """Of one that follows: it has everything up to here; None: not known."""


@frozen
class StorageHealth:
    """How the store is doing."""

    healthy: bool
    """The last commit and the last look-up both succeeded."""
    position: Position
    """The last batch this incarnation committed, or where it began."""
    last_error: str | None
    """Why a commit or a look-up failed last, also when the store is well again."""
    stores: tuple["StoreHealth", ...] = ()
    """Each of several stores; none where there is only one."""
    problems: tuple[str, ...] = ()
    """What an operator has to know of them, as sentences."""
    stale: str = ""
    """Why the file is not the state now: nobody should copy it. "" where it is."""


# --- how a backend is run -----------------------------------------------------------------------


def one_thread() -> Run[Any]:
    """Run blocking calls in a worker thread, never two at once.

    A call that has begun is waited for even when the caller is cancelled: no commit is left half known.
    """
    limiter = trio.CapacityLimiter(1)

    async def run(call: Callable[[], T]) -> T:
        return await trio.to_thread.run_sync(call, limiter=limiter)

    return run


# --- the client ---------------------------------------------------------------------------------


class StoreClient:
    """The `Store` port over a `StorageActor`'s ref. Valid as long as the ref: across restarts.

    `timeout` in seconds covers the wait for room in the mailbox, for those ahead, and for the disk.
    """

    def __init__(self, ref: ActorRef, timeout: float = 5.0) -> None:
        self._ref = ref
        self._timeout = timeout

    async def commit(self, *changes: Change) -> Position:
        """See `Store.commit`. After `StoreUnavailable` the batch may be durable or not; repeat it."""
        position: Position = await self._ask(Commit(changes))
        return position

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Store.get`."""
        record: R | None = await self._ask(Get(type_, key))
        return record

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Store.find`."""
        records: list[R] = await self._ask(Find(type_, equal))
        return records

    async def status(self) -> StorageHealth:
        """How the store is doing; `StoreUnavailable` when it does not even say that."""
        health: StorageHealth = await self._ask(StorageStatus())
        return health

    async def _ask(self, message: object) -> Any:
        try:
            answer = await self._ref.ask(message, timeout=self._timeout)
        except (AskTimeout, ActorCrashed, ActorDead, MailboxFull) as error:
            raise StoreUnavailable(f"the store did not answer: {error}") from error
        match answer:
            case Unavailable(text):
                raise StoreUnavailable(text)
            case Refused(text):
                raise Refusal(text)
            case _:
                return answer
