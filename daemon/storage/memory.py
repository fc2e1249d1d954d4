"""The store in memory: the same answers as SQLite, and nothing survives the process.

For tests, most of all those on a virtual clock, where worker threads do not belong.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TypeVar, cast

import trio

from actors.giftcodes.model import Record
from actors.ports import Change, Delete, Position, Put, StoreUnavailable
from actors.storage import Batch, Value
from daemon.storage import codec

R = TypeVar("R", bound=Record)


class MemoryBackend:
    """A `Backend` of dictionaries."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.history: list[Batch] = []
        """Every batch, in the order of the commits."""
        self._clock = clock
        self._position = Position(0, 0)
        self._records: dict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._index: dict[tuple[type[Record], str, Value], set[str]] = defaultdict(set)

    def open(self) -> Position:
        """Begin a new term; the records are still there."""
        self._position = Position(self._position.term + 1, 0)
        return self._position

    def close(self) -> None:
        """Nothing to give up."""

    def commit(self, changes: Sequence[Change]) -> Position:
        """See `Backend.commit`."""
        for change in changes:  # all of them before the first is applied
            _check(change)
        if changes:
            self._position = Position(self._position.term, self._position.sequence + 1)
            for change in changes:
                self._apply(change)
            self.history.append(Batch(self._position, self._clock(), tuple(changes)))
        return self._position

    def get(self, type_: type[R], key: str) -> R | None:
        """See `Backend.get`."""
        codec.check_key(type_, key)
        return cast("R | None", self._records[type_].get(key))

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Backend.find`."""
        records = self._records[type_]
        return [cast("R", records[key]) for key in sorted(self._keys(type_, equal))]

    def count(self, type_: type[Record], **equal: Value) -> int:
        """See `Backend.count`."""
        return len(self._keys(type_, equal))

    def changes(self, after: Position, limit: int) -> list[Batch]:
        """See `Backend.changes`. Nothing is ever pruned."""
        return [batch for batch in self.history if batch.position > after][:limit]

    def _keys(self, type_: type[Record], equal: dict[str, Value]) -> set[str]:
        values = codec.query_values(type_, equal)
        if not values:
            return set(self._records[type_])
        found = sorted((self._index.get((type_, *item), set()) for item in values.items()), key=len)
        return found[0].intersection(*found[1:])

    def _apply(self, change: Change) -> None:
        match change:
            case Put(record):
                self._remove(type(record), record.key)
                self._records[type(record)][record.key] = record
                for entry in _entries(record):
                    self._index[entry].add(record.key)
            case Delete(type_, key):
                self._remove(type_, key)

    def _remove(self, type_: type[Record], key: str) -> None:
        old = self._records[type_].pop(key, None)
        if old is not None:
            for entry in _entries(old):
                self._index[entry].discard(key)


def _check(change: Change) -> None:
    """Refuse what SQLite would refuse, so that a test does not pass on what could not be stored."""
    match change:
        case Put(record):
            codec.encode(record)
            codec.index_values(record)
        case Delete(type_, key):
            codec.check_key(type_, key)


def _entries(record: Record) -> list[tuple[type[Record], str, Value]]:
    values = codec.index_values(record)
    return [(type(record), name, value) for name, value in zip(record.indexed, values, strict=True)]


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
