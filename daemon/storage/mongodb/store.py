"""The replica's rules: terms, batches and records, in an order that survives a crash at any point.

This is asyncio code; `MongoReplica` is what trio code calls.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pymongo import AsyncMongoClient, ReadPreference, WriteConcern
from pymongo.read_concern import ReadConcern

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term, begun, grown
from actors.ports import Change, Position
from actors.storage import Value
from actors.stores import Fenced, NeedsCopy, StoreAway
from daemon.storage import codec
from daemon.storage.errors import Unreadable
from daemon.storage.mongodb.batches import batch_document
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.copying import Copying
from daemon.storage.mongodb.layout import RECORDS, Body, following
from daemon.storage.mongodb.lease import TTL, Lease
from daemon.storage.mongodb.projections import changed
from daemon.storage.mongodb.state import KEEP, PRUNE_EVERY, ReplicaState

R = TypeVar("R", bound=Record)

_END_SESSIONS = 0.5
"""Seconds to tell the server that this client ends, which the driver does without a deadline."""


class MongoStore:
    """The methods of `Replica`, for one asyncio loop.

    Args:
        client: not used before `open`; `disconnect` closes it.
        database: the database's name.
        line: the deadline of each command.
        holder: a random id of this process, for the lease.
        ttl: of the lease, in seconds.
        clock: unix seconds, for the journal.
        monotonic: seconds, for the lease.
        keep, prune_every: batches that stay in the journal, and between prunings; other numbers in tests.
    """

    def __init__(
        self,
        client: AsyncMongoClient[Body],
        database: str,
        line: Line,
        *,
        holder: str,
        ttl: float = TTL,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        keep: int = KEEP,
        prune_every: int = PRUNE_EVERY,
    ) -> None:
        # Whatever the address says of it: what a secondary or another concern shows may be old, or not stay.
        there = client.get_database(
            database,
            write_concern=WriteConcern(w="majority", j=True),
            read_preference=ReadPreference.PRIMARY,
            read_concern=ReadConcern(),  # the server's own, which every kind of server takes
        )
        self._client = client
        self._state = ReplicaState(there, line, keep, prune_every)
        self._copying = Copying(self._state)
        self._lease = Lease(there, line, holder, ttl, monotonic)
        self._clock = clock
        self._turn = asyncio.Lock()
        """Held by whoever writes."""
        self._prepared = False
        self._term: Term | None = None
        """The one that `write` writes in."""

    # --- its life -------------------------------------------------------------------------------

    async def open(self) -> History:
        """See `Replica.open`."""
        state = self._state
        async with self._turn:
            began = self._lease.monotonic()
            meta = await state.document.read()  # a newer perkd's is left alone
            await self._lease.take(began)
            if not self._prepared or meta.records < RECORDS:  # the server may have lost everything since
                await state.document.create()
                await state.projections.prepare()
                self._prepared = True
            await state.load()
            if not state.is_copying:
                try:
                    await state.catch_up()
                except Unreadable as error:
                    raise StoreAway(f"MongoDB's journal can't be read: {error}") from error
                await state.save_applied()
            return state.history

    async def close(self) -> None:
        """Give the lease back. `open` may follow."""
        async with self._turn:
            self._term = None
            try:
                if self._lease.is_ours:
                    await self._state.save_applied()  # spares the next one applying it again
            finally:
                await self._lease.give_back()

    async def disconnect(self) -> None:
        """The end: nothing may follow."""
        await self._lease.forget()
        try:
            async with asyncio.timeout(_END_SESSIONS):
                await self._client.close()
        except TimeoutError:
            await self._client.close()  # it has given up its sessions by now, and waits for no answer

    # --- terms ----------------------------------------------------------------------------------

    async def begin(self, term: Term) -> None:
        """See `Replica.begin`."""
        state = self._state
        async with self._turn:
            await self._lease.require()
            if state.is_copying:
                await self._copying.give_up(term)
            elif (state.newest.number, state.newest.writer) != (term.number, term.writer):
                await self._begin(term)
            self._term = term

    async def _begin(self, term: Term) -> None:
        state, newest, end = self._state, self._state.newest, self._state.history.end
        if term.number <= newest.number:
            raise Fenced(f"term {term.number} can't begin: there is {newest.number} of {newest.writer}")
        if end > term.after:
            raise Fenced(f"MongoDB has batches up to {end}, the new term goes on after {term.after}")
        news = begun(state.history, term)
        await state.journal.fence(following(state.history.last), term)
        await state.terms.record([term])
        state.history = news

    # --- batches --------------------------------------------------------------------------------

    async def append(self, entries: Sequence[Entry]) -> Position:
        """See `Replica.append`."""
        state = self._state
        async with self._turn:
            await self._lease.require()
            state.require_usable()
            before = news = state.history
            fresh = [entry for entry in entries if entry.position > before.end]
            if any(entry.position.term < state.newest.number for entry in fresh):
                raise Fenced(f"term {state.newest.number} has begun, batch {fresh[0].position} is older")
            for entry in fresh:
                news = grown(news, entry.position)
            documents = [batch_document(entry, state.newest.writer) for entry in fresh]
            changes = changed(fresh)  # what can't become records must not be in the journal either
            await state.journal.insert(documents)
            state.history = news
            await state.project(before.end, changes, len(fresh))
            return news.end

    async def write(self, changes: Sequence[Change]) -> Position:
        """See `Replica.write`."""
        text = codec.encode_batch(changes)
        state = self._state
        async with self._turn:
            await self._lease.require()
            state.require_usable()
            term, newest = self._term, state.newest
            if term is None:  # it was opened anew, and will be told
                raise StoreAway("no term was begun to write to MongoDB in")
            if (term.number, term.writer) != (newest.number, newest.writer):
                raise Fenced(f"the last term is {newest.number} of {newest.writer}")
            while True:
                before = state.history
                entry = Entry(following(before.last), self._clock(), text)
                news, written = grown(before, entry.position), changed([entry])
                is_ours = await state.journal.put(batch_document(entry, term.writer))
                state.history = news
                if is_ours:
                    await state.project(before.end, written, 1)
                    return entry.position
                # A batch of this process whose answer was lost is there: ours comes after it.

    async def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `Replica.entries`."""
        state = self._state
        if state.is_copying:
            return []
        if after < state.history.oldest:
            raise NeedsCopy(f"MongoDB's journal begins after {state.history.oldest}, asked was {after}")
        return await state.journal.read(max(after, state.meta.base), limit)

    # --- a full copy ----------------------------------------------------------------------------

    async def begin_copy(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""
        async with self._turn:
            await self._lease.require()
            await self._copying.begin(term, history)
            self._term = term

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        async with self._turn:
            await self._lease.require()
            await self._copying.copy(collection, documents)

    async def end_copy(self) -> None:
        """See `Replica.end_copy`."""
        async with self._turn:
            await self._lease.require()
            await self._copying.end()

    # --- reading --------------------------------------------------------------------------------

    async def get(self, type_: type[R], key: str) -> R | None:
        """See `Replica.get`."""
        return None if self._state.is_copying else await self._state.projections.get(type_, key)

    async def find(self, type_: type[R], equal: Mapping[str, Value]) -> list[R]:
        """See `Replica.find`."""
        return [] if self._state.is_copying else await self._state.projections.find(type_, equal)

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `Replica.page`."""
        return [] if self._state.is_copying else await self._state.projections.page(collection, after, limit)
