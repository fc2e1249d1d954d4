"""`Replica` for trio: MongoDB's driver needs asyncio, and runs in a thread of its own."""

import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

import trio
from attrs import frozen

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Value
from daemon.aio import Loop, open_loop
from daemon.storage.mongodb.address import MongoAddress
from daemon.storage.mongodb.conditions import DEADLINE, Line
from daemon.storage.mongodb.lease import TTL
from daemon.storage.mongodb.store import MongoStore

logger = logging.getLogger(__name__)

R = TypeVar("R", bound=Record)

GOODBYE = 2.0
"""Seconds to give the lease back at the end; else it runs out by itself."""


@frozen(eq=False)
class MongoReplica:
    """A `Replica`. Made by `open_replica`."""

    _loop: Loop
    _store: MongoStore

    async def open(self) -> History:
        """See `Replica.open`."""
        return await self._loop.call(self._store.open)

    async def close(self) -> None:
        """Give the lease back; `open` may follow. The connections end with `open_replica`'s block."""
        await self._loop.call(self._store.close)

    async def begin(self, term: Term) -> None:
        """See `Replica.begin`."""
        await self._loop.call(self._store.begin, term)

    async def append(self, entries: Sequence[Entry]) -> Position:
        """See `Replica.append`."""
        return await self._loop.call(self._store.append, tuple(entries))

    async def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `Replica.entries`."""
        return await self._loop.call(self._store.entries, after, limit)

    async def write(self, changes: Sequence[Change]) -> Position:
        """See `Replica.write`."""
        return await self._loop.call(self._store.write, tuple(changes))

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Replica.get`."""
        return await self._loop.call(self._store.get, type_, key)

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Replica.find`."""
        return await self._loop.call(self._store.find, type_, equal)

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `Replica.page`."""
        return await self._loop.call(self._store.page, collection, after, limit)

    async def begin_copy(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""
        await self._loop.call(self._store.begin_copy, term, history)

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        await self._loop.call(self._store.copy, collection, tuple(documents))

    async def end_copy(self) -> None:
        """See `Replica.end_copy`."""
        await self._loop.call(self._store.end_copy)


def open_replica(
    address: MongoAddress,
    *,
    holder: str,
    deadline: float = DEADLINE,
    ttl: float = TTL,
    clock: Callable[[], float] = time.time,
) -> AbstractAsyncContextManager[MongoReplica]:
    """The replica at an address, with a thread of its own for the length of the block.

    Nothing is connected before its `open`. The end of the block gives the lease back, if that can be done
    soon.

    Args:
        address: where MongoDB is.
        holder: whose lease it is: an id that no other running perkd has.
        deadline: seconds for one command.
        ttl: seconds of silence after which the lease may be taken over.
        clock: unix seconds, for the journal.

    Raises:
        AddressError: on entry, for an address the driver can't use.
    """
    line = Line(address.place, deadline)
    return _opened(address, partial(MongoStore, line=line, holder=holder, ttl=ttl, clock=clock))


@contextlib.asynccontextmanager
async def _opened(address: MongoAddress, make: Callable[..., MongoStore]) -> AsyncIterator[MongoReplica]:
    # What the driver logs is its own affair: commands with their documents, at debug.
    logging.getLogger("pymongo").setLevel(logging.WARNING)

    async def connect() -> MongoStore:
        return make(address.connect(), address.database)

    async with open_loop("mongodb") as loop:
        store = await loop.call(connect)
        try:
            yield MongoReplica(loop, store)
        finally:
            with trio.move_on_after(GOODBYE, shield=True):
                try:
                    await loop.call(store.close)
                except StoreUnavailable as error:
                    logger.info("MongoDB could not be told of the end: %s", error)
            with trio.move_on_after(GOODBYE, shield=True):
                await loop.call(store.disconnect)
