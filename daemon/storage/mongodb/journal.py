"""The journal: one document per batch under the id (term, sequence), and fences where terms begin.

A writer inserts strictly in order, and the ids are unique. So once a fence stands at the place that follows
an older term's last batch, its writer's next insert finds the place taken, and knows that it is over.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError, DuplicateKeyError

from actors.history import ROUND_TEXT, Entry, Term
from actors.ports import Position
from actors.stores import Fenced
from daemon.storage.mongodb.batches import entry_in, fence_document
from daemon.storage.mongodb.conditions import Line, taken
from daemon.storage.mongodb.layout import JOURNAL, NO_FENCE, Body, following, place, position

_ROUND = 4 * 1024 * 1024
"""Characters of batches in one command, about: each has a deadline of its own."""


class Journal:
    """The journal's collection."""

    def __init__(self, database: AsyncDatabase[Body], line: Line) -> None:
        self._documents = database[JOURNAL]
        self._line = line

    # --- writing --------------------------------------------------------------------------------

    async def insert(self, documents: Sequence[Body]) -> None:
        """Make batches durable, in order; those that are there already are skipped.

        Raises:
            Fenced: another writer's fence, or batch, stands in the way. Those before it are durable.
        """
        for some in _rounds(documents):
            rest = some
            while rest:
                rest = await self._insert(rest)

    async def _insert(self, documents: list[Body]) -> list[Body]:
        """Insert up to the first place that is taken; return what is still to be done."""
        async with self._line.command():
            try:
                await self._documents.insert_many(documents, ordered=True)
            except BulkWriteError as error:
                first = taken(error)[0]
            else:
                return []
        return await self._not_there(documents[first:])

    async def _not_there(self, documents: list[Body]) -> list[Body]:
        """Those that are not in the journal yet; the first one's place is known to be taken."""
        found: dict[str, Body] = {}
        async with self._line.command():
            wanted = {"_id": {"$in": [document["_id"] for document in documents]}}
            async for document in self._documents.find(wanted, {"batch": 0, "packed": 0}):
                found[document["_id"]] = document
        for document in documents:
            there = found.get(document["_id"])
            if there is not None:
                _require_own(there, document["writer"])
        return [document for document in documents if document["_id"] not in found]

    async def put(self, document: Body) -> bool:
        """Insert one batch; False where an earlier one of the same writer has its place.

        Raises:
            Fenced: another writer has it.
        """
        async with self._line.command():
            try:
                await self._documents.insert_one(document)
            except DuplicateKeyError:
                pass
            else:
                return True
        _require_own(await self._at(document["_id"]), document["writer"])
        return False

    async def fence(self, at: Position, term: Term, *, move_on: bool = False) -> None:
        """Put the fence of a new term at a place; there already, nothing happens.

        `move_on`: past the batches of an older writer, who may still be at it.

        Raises:
            Fenced: the place is taken by somebody else.
        """
        while True:
            async with self._line.command():
                try:
                    await self._documents.insert_one(fence_document(at, term))
                except DuplicateKeyError:
                    pass
                else:
                    return
            there = await self._at(place(at))
            if "fence" in there and (there["term_begun"], there["writer"]) == (term.number, term.writer):
                return
            if "fence" in there or not move_on:
                raise Fenced(f"term {term.number} can't begin: {_words(there)} stands where it would")
            at = following(at)

    async def _at(self, id_: str) -> Body:
        async with self._line.command():
            found = await self._documents.find_one({"_id": id_}, {"batch": 0, "packed": 0})
        if found is None:  # it was taken a moment ago
            raise Fenced(f"{id_} has vanished from the journal: somebody else writes to it")
        return found

    # --- reading --------------------------------------------------------------------------------

    async def read(self, after: Position, limit: int) -> list[Entry]:
        """The batches that follow a position, oldest first: `limit` at most, fewer where they are long."""
        async with self._line.command():
            query = {"_id": {"$gt": place(after)}, **NO_FENCE}
            found: list[Entry] = []
            size = 0
            async with self._documents.find(query).sort("_id", 1).limit(limit) as cursor:
                async for document in cursor:
                    found.append(entry_in(document))
                    size += len(found[-1].batch)
                    if size >= ROUND_TEXT:
                        break
            return found

    async def top(self) -> Body | None:
        """The document with the highest place: a batch or a fence; without the batch itself."""
        async with self._line.command():
            found = self._documents.find({}, {"batch": 0, "packed": 0}).sort("_id", -1).limit(1)
            return next(iter(await found.to_list()), None)

    async def fences(self, above: int) -> list[Term]:
        """The terms with a number above this one that a fence was put up for."""
        async with self._line.command():
            query = {"fence": True, "term_begun": {"$gt": above}}
            found = await self._documents.find(query).sort("_id", 1).to_list()
        return [Term(int(f["term_begun"]), f["writer"], position(f["after"])) for f in found]

    # --- forgetting -----------------------------------------------------------------------------

    async def clear(self) -> None:
        """Forget all batches. The fences stay: they keep old writers out for ever."""
        async with self._line.command(times=6):
            await self._documents.delete_many(NO_FENCE)

    async def cut(self, keep: int, most: Position) -> Position | None:
        """The newest batch that may go, so that `keep` documents stay, and all after `most`."""
        async with self._line.command():
            found = self._documents.find({}, {"_id": 1}).sort("_id", -1).skip(keep).limit(1)
            at = next(iter(await found.to_list()), None)
        if at is None:
            return None
        async with self._line.command():
            query: dict[str, Any] = {"_id": {"$lte": min(at["_id"], place(most))}, **NO_FENCE}
            found = self._documents.find(query, {"_id": 1}).sort("_id", -1).limit(1)
            return next((position(last["_id"]) for last in await found.to_list()), None)

    async def reach(self, after: Position, count: int) -> Position | None:
        """The last of the `count` batches that follow a position; None where there are not so many."""
        async with self._line.command():
            query: dict[str, Any] = {"_id": {"$gt": place(after)}, **NO_FENCE}
            found = self._documents.find(query, {"_id": 1}).sort("_id", 1).skip(count - 1).limit(1)
            return next((position(last["_id"]) for last in await found.to_list()), None)

    async def deletions(self, up_to: Position) -> list[Entry]:
        """The batches up to a position that delete records."""
        async with self._line.command():
            query = {"_id": {"$lte": place(up_to)}, "deletes": True}
            return [entry_in(document) async for document in self._documents.find(query)]

    async def forget(self, up_to: Position) -> None:
        """Forget the batches up to a position."""
        async with self._line.command(times=6):
            await self._documents.delete_many({"_id": {"$lte": place(up_to)}, **NO_FENCE})


def _require_own(there: Body, writer: str) -> None:
    if "fence" in there or there["writer"] != writer:
        raise Fenced(f"another perkd has taken over: {_words(there)} stands where the next batch would go")


def _words(there: Body) -> str:
    what = f"the fence of term {there['term_begun']}" if "fence" in there else "a batch"
    return f"{what} of writer {there['writer']}"


def _rounds(documents: Sequence[Body]) -> Iterator[list[Body]]:
    """Lists of documents, none much larger than a round."""
    some: list[Body] = []
    size = 0
    for document in documents:
        some.append(document)
        size += len(document.get("batch") or document.get("packed") or ())
        if size >= _ROUND:
            yield some
            some, size = [], 0
    if some:
        yield some
