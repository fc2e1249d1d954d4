"""The records: one document per key, with the place of the batch that wrote it.

They can be made anew from batches, and applying one twice, or late, changes nothing: a document only gives
way to one of a later place. So a deleted record leaves a mark behind, as long as older batches may come.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import bson
from attrs import define, field
from bson.errors import BSONError
from bson.int64 import Int64
from pymongo import IndexModel, ReplaceOne
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from actors.giftcodes.model import Record
from actors.history import Document, Entry
from actors.ports import Position
from actors.records import RECORDS
from actors.storage import Refusal, Value
from daemon.storage import codec
from daemon.storage.errors import Unreadable
from daemon.storage.mongodb.batches import LARGEST
from daemon.storage.mongodb.conditions import Line, taken
from daemon.storage.mongodb.layout import NOT_GONE, Body, place

R = TypeVar("R", bound=Record)

_AT_ONCE = 1000
"""Documents in one command."""
_AT_ONCE_FERRETDB = 10
"""Replacements in one command: FerretDB 1.24 holds a connection to its own database for each, of which it
has 100, and with SQLite walks the whole collection for each."""


# --- what a batch changes -----------------------------------------------------------------------


@define
class Changed:
    """The last change of each record, of several batches."""

    contents: dict[str, dict[str, Body]] = field(factory=lambda: defaultdict(dict))
    """Collection → key → the document, without its `_id`."""

    def add(self, entry: Entry) -> None:
        """One more batch, later than those before.

        Raises:
            Refusal: one of its records can't be read, or is larger than a document may be.
        """
        at = place(entry.position)
        for change in json.loads(entry.batch):
            name = change.get("put") or change.get("delete")
            type_ = _type(name)
            if "put" in change:
                document = change["doc"]
                key = codec.from_document(type_, "(in the journal)", document).key
                self.contents[name][key] = _content(type_, key, document, at)
            else:
                self.contents[name][change["key"]] = {"p": at, "gone": True}

    def deleted(self) -> Iterable[tuple[str, list[str]]]:
        """Collection and keys of what the batches deleted last."""
        for name, contents in self.contents.items():
            keys = [key for key, content in contents.items() if "gone" in content]
            if keys:
                yield name, keys


def changed(entries: Iterable[Entry]) -> Changed:
    """What these batches change, oldest first."""
    found = Changed()
    for entry in entries:
        found.add(entry)
    return found


def _type(name: object) -> type[Record]:
    type_ = codec.COLLECTIONS.get(str(name))
    if type_ is None:
        raise Unreadable(f"{name!r} is no collection of this perkd: a newer one wrote it")
    return type_


def _content(type_: type[Record], key: str, document: codec.Document, at: str) -> Body:
    content: Body = {"p": at, "doc": document}
    try:
        size = len(bson.encode(content))
    except (BSONError, UnicodeError, OverflowError):
        # Half a surrogate pair, or a number beyond 64 bits: JSON has a way to write them.
        content = {"p": at, "json": codec.to_text(document)}
        content["doc"] = {name: document[name] for name in type_.indexed if name in document}
        size = len(content["json"])
    if size > LARGEST:
        raise Refusal(f"{type_.collection} {key!r} is too large for MongoDB: {size} bytes, {LARGEST} at most")
    return content


# --- the collections ----------------------------------------------------------------------------


class Projections:
    """The collections of records."""

    def __init__(self, database: AsyncDatabase[Body], line: Line) -> None:
        self._database = database
        self._line = line
        self._replaced_at_once = _AT_ONCE

    async def prepare(self) -> None:
        """Make the indexes, where they are missing: also those that an older perkd did not know."""
        async with self._line.command():
            if "ferretdbVersion" in await self._database.command("buildInfo"):
                self._replaced_at_once = _AT_ONCE_FERRETDB
        for type_ in RECORDS:
            collection = self._database[type_.collection]
            wanted = {f"{type_.collection}_by_{name}": f"doc.{name}" for name in type_.indexed}
            async with self._line.command():  # FerretDB 1.24 breaks on being asked for one that is there
                there = await collection.index_information()
            missing = [IndexModel([(path, 1)], name=n) for n, path in wanted.items() if n not in there]
            if missing:
                async with self._line.command(times=12):
                    await collection.create_indexes(missing)
                await self._fill_in(type_)

    async def _fill_in(self, type_: type[Record]) -> None:
        """Documents that are kept as JSON have only what was indexed when they were written beside it."""
        collection = self._database[type_.collection]
        async with self._line.command(times=12):
            found = await collection.find({"json": {"$exists": True}}).to_list()
        for document in found:
            stored = json.loads(document["json"])
            doc = {name: stored[name] for name in type_.indexed if name in stored}
            async with self._line.command():
                # Unless somebody has written a later one meanwhile, which has it all.
                await collection.update_one(
                    {"_id": document["_id"], "p": document["p"]}, {"$set": {"doc": doc}}
                )

    # --- writing --------------------------------------------------------------------------------

    async def apply(self, changes: Changed) -> None:
        """Write the documents, but those that have given way to a later one already."""
        for name, contents in changes.contents.items():
            documents = [{"_id": key, **content} for key, content in contents.items()]
            there = await self._insert(name, documents)
            await self._write(name, [ReplaceOne({"_id": d["_id"], "p": {"$lt": d["p"]}}, d) for d in there])

    async def _insert(self, collection: str, documents: Sequence[Body]) -> list[Body]:
        """Insert those whose key is free; return the others."""
        there: list[Body] = []
        for start in range(0, len(documents), _AT_ONCE):
            some = documents[start : start + _AT_ONCE]
            async with self._line.command():
                try:
                    await self._database[collection].insert_many(some, ordered=False)
                except BulkWriteError as error:
                    there += [some[index] for index in taken(error)]
        return there

    async def copy(self, collection: str, documents: Sequence[Document], at: Position) -> None:
        """Write documents of a full copy, whatever is there."""
        type_, there = _type(collection), place(at)
        news = []
        for document in documents:
            codec.check_key(type_, document.key)
            content = _content(type_, document.key, json.loads(document.text), there)
            news.append({"_id": document.key, **content})
        old = await self._insert(collection, news)
        await self._write(collection, [ReplaceOne({"_id": document["_id"]}, document) for document in old])

    async def _write(self, collection: str, writes: Sequence[ReplaceOne[Body]]) -> None:
        step = self._replaced_at_once
        for start in range(0, len(writes), step):
            some = writes[start : start + step]
            async with self._line.command():
                await self._database[collection].bulk_write(some, ordered=False)

    async def keep_since(self, at: Position) -> None:
        """Forget every document of an older place."""
        for type_ in RECORDS:
            async with self._line.command(times=12):
                await self._database[type_.collection].delete_many({"p": {"$lt": place(at)}})

    async def purge(self, changes: Changed, up_to: Position) -> None:
        """Forget the marks of what these batches deleted, unless it came and went again later."""
        for name, keys in changes.deleted():
            for start in range(0, len(keys), _AT_ONCE):
                async with self._line.command():
                    await self._database[name].delete_many(
                        {
                            "_id": {"$in": keys[start : start + _AT_ONCE]},
                            "p": {"$lte": place(up_to)},
                            "gone": True,
                        }
                    )

    # --- reading --------------------------------------------------------------------------------

    async def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None."""
        codec.check_key(type_, key)
        async with self._line.command():
            found = await self._database[type_.collection].find_one({"_id": key, **NOT_GONE})
        return None if found is None else _record(type_, found)

    async def find(self, type_: type[R], equal: Mapping[str, Value]) -> list[R]:
        """All records whose indexed attributes equal these values, ordered by key."""
        values = codec.query_values(type_, dict(equal))
        query: Body = {f"doc.{name}": _equals(value) for name, value in values.items()}
        async with self._line.command(times=2):
            found = (
                await self._database[type_.collection].find({**query, **NOT_GONE}).sort("_id", 1).to_list()
            )
        return [_record(type_, document) for document in found]

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """The next documents of a collection in the order of keys."""
        type_ = _type(collection)
        async with self._line.command():
            query = {"_id": {"$gt": after}, **NOT_GONE}
            found = await self._database[collection].find(query).sort("_id", 1).limit(limit).to_list()
        return [Document(document["_id"], codec.encode(_record(type_, document))) for document in found]


def _equals(value: Value) -> Any:
    """A condition on an attribute; True is 1 where records are looked up, and BSON tells them apart."""
    return {"$in": [value, bool(value)]} if value in (0, 1) else value


def _record(type_: type[R], found: Body) -> R:
    if "json" in found:
        return codec.decode(type_, found["_id"], found["json"])
    return codec.from_document(type_, found["_id"], _plain(found.get("doc")))


def _plain(value: Any) -> Any:
    """The value with numbers of Python's own class: the driver has another one for those of 64 bits."""
    match value:
        case dict():
            return {name: _plain(item) for name, item in value.items()}
        case list():
            return [_plain(item) for item in value]
        case Int64():
            return int(value)
        case _:
            return value
