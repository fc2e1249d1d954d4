"""What the announcer has to record: kept while the store is away, committed together when it is there."""

import trio
from attrs import define, field

from actors.giftcodes.model import Record
from actors.ports import Change, Delete, Put, Store

_Key = tuple[type[Record], str]


@define(eq=False)
class Journal:
    """Changes in the order they were made; of two to one record the later one counts."""

    _store: Store
    _pending: dict[_Key, Change] = field(factory=dict)
    _lock: trio.Lock = field(factory=trio.Lock)

    def note(self, change: Change) -> None:
        """Something has happened: it is recorded with the next `flush`, however late that is."""
        self._pending[_key(change)] = change

    async def flush(self) -> None:
        """Record what is left to record. Raises `StoreUnavailable`; it stays noted then."""
        async with self._lock:  # an older value must not overtake a newer one
            changes = dict(self._pending)
            if changes:
                await self._store.commit(*changes.values())
            for key, change in changes.items():
                if self._pending.get(key) is change:
                    del self._pending[key]

    async def write(self, record: Record) -> None:
        """Record something that is about to be done. Raises `StoreUnavailable`: then it must not be done."""
        change = Put(record)
        key = _key(change)
        self.note(change)
        try:
            await self.flush()
        finally:
            if self._pending.get(key) is change:
                del self._pending[key]


def _key(change: Change) -> _Key:
    match change:
        case Put(record):
            return type(record), record.key
        case Delete(type_, key):
            return type_, key
