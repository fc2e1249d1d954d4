"""The replica as an actor: when its connection dies it is started anew, and nobody else with it.

`ReplicaActor` owns a `Replica`; `ReplicaClient` is the `Replica` port over the actor's ref.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

import trio
from attrs import define, field, frozen

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Refusal, Value
from actors.stores import Fenced, NeedsCopy, Replica, StoreAway
from supervision import Actor, ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull

R = TypeVar("R", bound=Record)

TIMEOUT = 20.0
"""Seconds that a question may take: more than one command, as a call may need several."""
WORK_TIMEOUT = 120.0
"""Seconds that all else may take. It needs many commands, each of which has a deadline of its own: a server
that is slow, but answers each in time, must get on."""

READS = frozenset({"entries", "get", "find", "page"})
"""Calls that wait for nobody. All others are carried out one after another, as they came."""
_QUESTIONS = READS | {"write"}
"""Calls that somebody waits for."""

_EXPECTED = (StoreUnavailable, Fenced, NeedsCopy, Refusal)
"""What a replica says as an answer. Anything else is a fault, and ends the incarnation."""


# --- messages -----------------------------------------------------------------------------------


@frozen
class Answered:
    """What a call returned."""

    value: object


@frozen
class Failed:
    """What a call raised: its class and its text, without the traceback and all that hangs on it."""

    kind: type[Exception]
    text: str


@define(eq=False)
class Outcome:
    """Where a call's outcome is left: the actor goes on receiving while the call is under way."""

    answer: Answered | Failed | None = None
    given_up: bool = False
    """Nobody waits for it any more: not begun yet, it need not be."""
    there: trio.Event = field(factory=trio.Event)

    def leave(self, answer: Answered | Failed) -> None:
        """The first one counts."""
        if self.answer is None:
            self.answer = answer
            self.there.set()


@frozen
class Call:
    """Call a method of the replica; answered at once, the outcome comes when it is there."""

    method: str
    args: tuple[object, ...] = ()
    named: dict[str, Any] = field(factory=dict)
    outcome: Outcome = field(factory=Outcome, eq=False, repr=False)


# --- the actor ----------------------------------------------------------------------------------


class ReplicaActor(Actor):
    """Owns one replica per incarnation. It acknowledges its start before there is a connection.

    Args:
        factory: opens a replica for the length of a block.
    """

    def __init__(self, factory: Callable[[], AbstractAsyncContextManager[Replica]]) -> None:
        self._factory = factory
        self._replica: Replica | None = None
        self._ready = trio.Event()
        self._pending: set[Outcome] = set()
        self._writes: deque[Call] = deque()
        self._written = trio.Event()
        """Set when there is a call in `_writes`."""

    async def started(self) -> None:
        """Open the replica in the background; a fault there crashes the actor."""
        self.start_soon(self._live)
        self.start_soon(self._carry_out_in_order)

    async def receive(self, message: object) -> object:
        """Take on a `Call`."""
        match message:
            case Call(method, outcome=outcome):
                self._pending.add(outcome)
                if method in READS:
                    self.start_soon(self._carry_out, message)
                else:
                    self._writes.append(message)
                    self._written.set()
                return None
            case _:
                return await super().receive(message)

    async def _live(self) -> None:
        try:
            async with self._factory() as replica:
                self._replica = replica
                self._ready.set()
                await trio.sleep_forever()
        finally:
            for outcome in self._pending:  # whoever waits shall not wait for a timeout
                outcome.leave(Failed(StoreAway, "the replica's actor ended meanwhile"))

    async def _carry_out_in_order(self) -> None:
        while True:
            await self._written.wait()
            self._written = trio.Event()
            while self._writes:
                await self._carry_out(self._writes.popleft())

    async def _carry_out(self, call: Call) -> None:
        outcome = call.outcome
        try:
            await self._ready.wait()
            if not outcome.given_up:
                method = getattr(self._replica, call.method)
                outcome.leave(Answered(await method(*call.args, **call.named)))
        except _EXPECTED as error:
            outcome.leave(Failed(type(error), str(error)))
        except Exception as error:
            outcome.leave(Failed(StoreAway, f"the replica's actor crashed: {type(error).__name__}: {error}"))
            raise
        finally:
            outcome.leave(Failed(StoreAway, "the replica's actor ended meanwhile"))
            self._pending.discard(outcome)


# --- the client ---------------------------------------------------------------------------------


class ReplicaClient:
    """The `Replica` port over a `ReplicaActor`'s ref. Valid as long as the ref: across restarts.

    That the actor is down, crashes or does not answer in time is `StoreAway`: within `timeout` seconds where
    somebody waits for what is read or written, within `work_timeout` where a store is opened or follows.
    """

    def __init__(self, ref: ActorRef, timeout: float = TIMEOUT, work_timeout: float = WORK_TIMEOUT) -> None:
        self._ref = ref
        self._timeout = timeout
        self._work_timeout = work_timeout

    async def open(self) -> History:
        """See `Replica.open`."""
        history: History = await self._call("open")
        return history

    async def close(self) -> None:
        """See `Replica.close`."""
        await self._call("close")

    async def begin(self, term: Term) -> None:
        """See `Replica.begin`."""
        await self._call("begin", term)

    async def append(self, entries: Sequence[Entry]) -> Position:
        """See `Replica.append`."""
        position: Position = await self._call("append", tuple(entries))
        return position

    async def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `Replica.entries`."""
        entries: list[Entry] = await self._call("entries", after, limit)
        return entries

    async def write(self, changes: Sequence[Change]) -> Position:
        """See `Replica.write`."""
        position: Position = await self._call("write", tuple(changes))
        return position

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Replica.get`."""
        record: R | None = await self._call("get", type_, key)
        return record

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Replica.find`."""
        records: list[R] = await self._call("find", type_, **equal)
        return records

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `Replica.page`."""
        documents: list[Document] = await self._call("page", collection, after, limit)
        return documents

    async def begin_copy(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""
        await self._call("begin_copy", term, history)

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        await self._call("copy", collection, tuple(documents))

    async def end_copy(self) -> None:
        """See `Replica.end_copy`."""
        await self._call("end_copy")

    async def _call(self, method: str, *args: object, **named: Any) -> Any:
        call = Call(method, args, named)
        outcome = call.outcome
        limit = self._timeout if method in _QUESTIONS else self._work_timeout
        try:
            with trio.move_on_after(limit):
                await self._ref.ask(call, timeout=self._timeout)
                await outcome.there.wait()
        except (AskTimeout, ActorCrashed, ActorDead, MailboxFull) as error:
            raise StoreAway(f"the replica's actor did not answer: {error}") from error
        finally:
            outcome.given_up = outcome.answer is None
        match outcome.answer:
            case Answered(value):
                return value
            case Failed(kind, text):
                raise kind(text)
            case _:
                raise StoreAway(f"the replica's actor did not answer within {limit:g} s")
