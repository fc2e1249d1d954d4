"""What the replica knows of itself: its terms, how far journal and records reach, a copy under way."""

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import field, frozen
from pymongo import ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from actors.history import NOWHERE, Term
from actors.ports import Position
from actors.stores import Fenced, StoreAway
from daemon.storage.errors import SchemaTooNew
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.layout import META, RECORDS, SCHEMA, TERMS, Body, place, position

_ID = "replica"


class ReplicaTooNew(StoreAway, SchemaTooNew):
    """A newer perkd wrote the database. Nothing was changed; the file can carry on."""


@frozen
class Meta:
    """As it was last read."""

    applied: Position = NOWHERE
    """The records have what is up to here, or more."""
    oldest: Position = NOWHERE
    """As `History.oldest`."""
    base: Position = NOWHERE
    """Whatever the journal holds up to here does not count: it was pruned, or replaced by a copy."""
    copying: Term | None = None
    """The term of a full copy under way: until its end there is no usable state."""
    schema: int = field(default=SCHEMA, kw_only=True)
    records: int = field(default=0, kw_only=True)
    """As `layout.RECORDS`, of the newest perkd that wrote; 0: none has, or one that did not say so."""


class MetaDocument:
    """The document that holds `Meta`."""

    def __init__(self, database: AsyncDatabase[Body], line: Line) -> None:
        self._documents = database[META]
        self._line = line

    async def read(self) -> Meta:
        """What is there; for a new database what holds for an empty one.

        Raises:
            ReplicaTooNew: a newer perkd wrote it.
        """
        async with self._line.command():
            found = await self._documents.find_one({"_id": _ID})
        if found is None:
            return Meta()
        schema, records = int(found["schema"]), int(found.get("records", 0))
        self._refuse_newer("schema version", schema, SCHEMA)
        self._refuse_newer("records of schema version", records, RECORDS)
        copying = found.get("copying")
        return Meta(
            position(found["applied"]),
            position(found["oldest"]),
            position(found["base"]),
            Term(int(copying["number"]), copying["writer"]) if copying else None,
            schema=schema,
            records=records,
        )

    def _refuse_newer(self, what: str, found: int, known: int) -> None:
        if found > known:
            raise ReplicaTooNew(
                f"MongoDB at {self._line.place} has {what} {found}, this perkd knows "
                f"{known} at most: run the newer perkd again, or name another database in MONGODB_URI"
            )

    async def create(self) -> None:
        """Make the document, where it is missing, and say in it which perkd writes from now on."""
        fresh = {
            "schema": SCHEMA,
            "leads": False,  # nothing but an older perkd reads it
            **dict.fromkeys(("applied", "oldest", "base"), place(NOWHERE)),
        }
        async with self._line.command():
            try:
                await self._documents.update_one(
                    {"_id": _ID}, {"$setOnInsert": fresh, "$max": {"records": RECORDS}}, upsert=True
                )
            except DuplicateKeyError:
                return  # somebody else was quicker

    async def set_applied(self, at: Position) -> None:
        """The records have what is up to here. It never goes back."""
        await self._update({"$max": {"applied": place(at)}})

    async def set_oldest(self, at: Position) -> None:
        """The journal holds what comes after this."""
        await self._update({"$set": {"oldest": place(at), "base": place(at)}})

    async def begin_copy(self, term: Term) -> None:
        """From now on there is no usable state."""
        await self._update({"$set": {"copying": {"number": term.number, "writer": term.writer}}})

    async def end_copy(self, term: Term, end: Position, last: Position) -> None:
        """The state at `end` is there, in one step; the journal goes on after `last`.

        Raises:
            Fenced: the copy is not under way any more.
        """
        known = {"copying.number": term.number, "copying.writer": term.writer}
        news = {"applied": place(last), "oldest": place(end), "base": place(last)}
        if not await self._update({"$set": news, "$unset": {"copying": ""}}, known):
            raise Fenced(f"the copy of term {term.number} was given up, or done, by somebody else")

    async def _update(self, update: dict[str, Any], known: Body | None = None) -> bool:
        async with self._line.command():
            result = await self._documents.update_one({"_id": _ID, **(known or {})}, update)
        return result.matched_count == 1


class Terms:
    """The collection of terms, which stay for ever."""

    def __init__(self, database: AsyncDatabase[Body], line: Line) -> None:
        self._documents = database[TERMS]
        self._line = line

    async def read(self) -> tuple[Term, ...]:
        """All of them, oldest first."""
        async with self._line.command():
            found = await self._documents.find({}).sort("_id", 1).to_list()
        return tuple(
            Term(int(f["_id"]), f["writer"], Position(int(f["after_term"]), int(f["after_sequence"])))
            for f in found
        )

    async def record(self, terms: Iterable[Term]) -> None:
        """Write these; those that are there are replaced."""
        writes = [ReplaceOne({"_id": term.number}, _document(term), upsert=True) for term in terms]
        if writes:
            async with self._line.command():
                await self._documents.bulk_write(writes)

    async def replace(self, terms: Sequence[Term]) -> None:
        """Write these, and forget all others."""
        await self.record(terms)
        async with self._line.command():
            await self._documents.delete_many({"_id": {"$nin": [term.number for term in terms]}})


def _document(term: Term) -> Body:
    return {
        "writer": term.writer,
        "after_term": term.after.term,
        "after_sequence": term.after.sequence,
    }
