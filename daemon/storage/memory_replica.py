"""The replica of the replicated store, in memory: for tests on a virtual clock."""

import math
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import trio

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term
from actors.ports import Change, Position
from actors.storage import Value
from actors.stores import Fenced, StoreAway
from daemon.storage.memory_chain import MemoryChain
from daemon.storage.memory_server import MemoryServer

__all__ = ["MemoryReplica", "MemoryServer"]

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class MemoryReplica:
    """A `Replica` on a `MemoryServer`, with switches for what a test wants to go wrong on its way there.

    A second daemon is a second client of the same server; `usurp` makes one that takes over by force.
    """

    def __init__(
        self,
        server: MemoryServer | None = None,
        *,
        name: str = "perkd on this host",
        clock: Callable[[], float] = time.time,
        timeout: float = math.inf,
    ) -> None:
        self.server = server or MemoryServer()
        self.timeout = timeout
        """Seconds after which an answer is no longer waited for; what was asked may be done all the same."""
        self.away = False
        """It can't be reached: nothing is done."""
        self.delay = 0.0
        """Seconds until a question arrives there."""
        self.lose_answers = 0
        """So many calls from now on are done, but raise `StoreAway`; counts down."""
        self.fail_in: int | None = None
        """After so many more calls one fails, with nothing done. Once."""
        self.drop_after: int | None = None
        """The next `append` does only so many batches, then the connection drops. Once."""
        self.calls: list[str] = []
        """The methods called, in order."""
        self._name, self._clock = name, clock
        self._epoch = 0
        self._term: Term | None = None
        self._gate: trio.Event | None = None

    def __str__(self) -> str:
        return self._name

    # --- the switches ---------------------------------------------------------------------------

    def hang(self) -> None:
        """From now on no question is answered until `release`, or until its time is over."""
        self._gate = trio.Event()

    def release(self) -> None:
        """Answer all that hang."""
        if self._gate is not None:
            self._gate.set()
            self._gate = None

    def usurp(self, name: str = "another perkd") -> "MemoryReplica":
        """A second writer that has taken the lease: what this client writes from now on is `Fenced`."""
        self.server.expire()
        other = MemoryReplica(self.server, name=name, clock=self._clock)
        other._epoch = self.server.lease_to(other)
        return other

    async def _ask(self, call: Callable[[], T]) -> T:
        await trio.lowlevel.checkpoint()
        with trio.move_on_after(self.timeout) as scope:
            await trio.sleep(self.delay)
            while self._gate is not None:
                await self._gate.wait()
        if scope.cancelled_caught:
            raise StoreAway("the replica did not answer in time")
        if self.away:
            raise StoreAway("the replica is away (switched off by the test)")
        if self.fail_in is not None:
            self.fail_in = self.fail_in - 1 if self.fail_in else None
            if self.fail_in is None:
                raise StoreAway("the connection broke (switched on by the test)")
        answer = call()
        if self.lose_answers > 0:
            self.lose_answers -= 1
            raise StoreAway("the replica's answer was lost (switched on by the test)")
        return answer

    async def _tell(self, name: str, call: Callable[[], T]) -> T:
        """Ask for something that only the lease's holder may do."""

        def guarded() -> T:
            if not self._epoch:
                raise StoreAway("the replica has not been opened")
            if self._epoch != self.server.epoch or self.server.holder is not self:
                raise Fenced(f"the lease is lost to {self.server.holder}")
            return call()

        self.calls.append(name)
        return await self._ask(guarded)

    # --- its life -------------------------------------------------------------------------------

    async def open(self) -> History:
        """See `Replica.open`."""

        def call() -> History:
            self._epoch = self.server.lease_to(self)
            return self.server.history()

        self.calls.append("open")
        return await self._ask(call)

    async def close(self) -> None:
        """See `Replica.close`."""

        def call() -> None:
            if self.server.holder is self:
                self.server.holder = None

        self.calls.append("close")
        self._term, self._epoch = None, 0
        await self._ask(call)

    # --- writing --------------------------------------------------------------------------------

    async def begin(self, term: Term) -> None:
        """See `Replica.begin`."""

        def call() -> None:
            self.server.begin(term)
            self._term = term

        await self._tell("begin", call)

    async def append(self, entries: Sequence[Entry]) -> Position:
        """See `Replica.append`."""

        def call() -> Position:
            if self.drop_after is None:
                return self.server.append(entries)
            few, self.drop_after = entries[: self.drop_after], None
            self.server.append(few)
            raise StoreAway("the connection dropped (switched on by the test)")

        return await self._tell("append", call)

    async def write(self, changes: Sequence[Change]) -> Position:
        """See `Replica.write`."""

        def call() -> Position:
            if self._term is None:
                raise StoreAway("no term was begun to write in")
            terms = self.server.history().terms
            if not terms or terms[-1].writer != self._term.writer:
                raise Fenced(f"the last term is {terms[-1] if terms else None}")
            return self.server.chain.write(changes, self._clock()).position

        return await self._tell("write", call)

    async def begin_copy(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""

        def call() -> None:
            self.server.begin_copy(term, history)
            self._term = term

        await self._tell("begin_copy", call)

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        await self._tell("copy", lambda: self.server.copy(collection, documents))

    async def end_copy(self) -> None:
        """See `Replica.end_copy`."""
        await self._tell("end_copy", self.server.end_copy)

    # --- reading --------------------------------------------------------------------------------

    async def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `Replica.entries`."""
        self.calls.append("entries")
        return await self._ask(lambda: self._usable().entries(after, limit))

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Replica.get`."""
        self.calls.append("get")
        return await self._ask(lambda: self._usable().records.get(type_, key))

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Replica.find`."""
        self.calls.append("find")
        return await self._ask(lambda: self._usable().records.find(type_, **equal))

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `Replica.page`."""
        self.calls.append("page")
        return await self._ask(lambda: self._usable().records.page(collection, after, limit))

    def _usable(self) -> MemoryChain:
        return MemoryChain() if self.server.copying is not None else self.server.chain
