"""The store in memory: the same answers as SQLite, and nothing survives the process.

For tests, most of all those on a virtual clock, where worker threads do not belong.
"""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import trio

from actors.giftcodes.model import Record
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Batch, Value
from daemon.storage.records import Records

R = TypeVar("R", bound=Record)


class MemoryBackend:
    """A `Backend` of dictionaries."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.history: list[Batch] = []
        """Every batch, in the order of the commits."""
        self._clock = clock
        self._position = Position(0, 0)
        self._records = Records()

    def open(self) -> Position:
        """Begin a new term; the records are still there."""
        self._position = Position(self._position.term + 1, 0)
        return self._position

    def close(self) -> None:
        """Nothing to give up."""

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`."""
        self._records.apply(changes)
        if changes:
            self._position = Position(self._position.term, self._position.sequence + 1)
            self.history.append(Batch(self._position, self._clock(), tuple(changes)))
        return self._position

    def probe(self, size: int) -> None:
        """See `Backend.probe`: there is always room."""

    def get(self, type_: type[R], key: str) -> R | None:
        """See `Backend.get`."""
        return self._records.get(type_, key)

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Backend.find`."""
        return self._records.find(type_, **equal)

    def count(self, type_: type[Record], **equal: Value) -> int:
        """See `Backend.count`."""
        return self._records.count(type_, **equal)

    def changes(self, after: Position, limit: int) -> list[Batch]:
        """See `Backend.changes`. Nothing is ever pruned."""
        return [batch for batch in self.history if batch.position > after][:limit]


class MemoryStore:
    """The `Store` port in memory, with switches for what a test wants to go wrong.

    Example:
        >>> store = MemoryStore()
        >>> store.away = True  # every method raises StoreUnavailable, and nothing is written
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.away = False
        """The store is away: every method raises `StoreUnavailable`."""
        self.outages = 0
        """So many calls from now on raise `StoreUnavailable`; counts down."""
        self.lose_answers = False
        """Commits are written, but raise `StoreUnavailable`: their outcome is unknown to who asked."""
        self.backend = MemoryBackend(clock)
        """The records themselves, for assertions without `await`."""
        self.backend.open()

    @property
    def history(self) -> list[Batch]:
        """Every batch, in the order of the commits."""
        return self.backend.history

    def restart(self) -> None:
        """Begin a new term, as a restarted process would."""
        self.backend.open()

    async def commit(self, *changes: Change) -> Position:
        """See `Store.commit`."""
        await self._reach()
        position = self.backend.commit(changes)
        if self.lose_answers:
            raise StoreUnavailable("the answer was lost (switched on by the test)")
        return position

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Store.get`."""
        await self._reach()
        return self.backend.get(type_, key)

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Store.find`."""
        await self._reach()
        return self.backend.find(type_, **equal)

    async def _reach(self) -> None:
        await trio.lowlevel.checkpoint()
        if self.outages > 0:
            self.outages -= 1
            raise StoreUnavailable("the store is away for a few calls (set by the test)")
        if self.away:
            raise StoreUnavailable("the store is away (switched off by the test)")
