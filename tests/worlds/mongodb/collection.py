"""One collection: documents by _id, in BSON's order and in the order they came."""

from collections.abc import Iterable, Iterator
from typing import Any

import bson
from attrs import define, field
from bson import ObjectId, Regex
from sortedcontainers import SortedSet  # type: ignore[import-untyped]

from tests.worlds.mongodb.codec import CODEC, MAX_DOCUMENT
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.indexes import Index, duplicate
from tests.worlds.mongodb.order import Key, order_key
from tests.worlds.mongodb.paths import candidates
from tests.worlds.mongodb.query import compile_filter, is_operators

ID_INDEX: Document = {"v": 2, "key": {"_id": 1}, "name": "_id_"}
RANGES = {"$gt": (0, False), "$gte": (0, True), "$lt": (1, False), "$lte": (1, True)}


@define(eq=False)
class Collection:
    """Documents are never changed in place: what a cursor holds stays as it was."""

    namespace: str
    documents: dict[Key, Document] = field(factory=dict)
    """By the order key of _id, in the order they came."""
    ids: Any = field(factory=SortedSet)
    indexes: dict[str, Index] = field(factory=dict)

    def __len__(self) -> int:
        return len(self.documents)

    def insert(self, document: Document) -> Document:
        """Add one; returns it as stored. Refuses (11000) a second with its _id or a unique index's key."""
        stored = {"_id": document["_id"] if "_id" in document else ObjectId(), **document}
        id_key = self._checked_id(stored)
        if id_key in self.documents:
            raise duplicate(self.namespace, ID_INDEX, stored)
        self._check(stored, id_key)
        self._store(stored, id_key)
        return stored

    def replace(self, old: Document, new: Document) -> bool:
        """Put `new` in the place of `old`, which has its _id. Says whether anything differs."""
        id_key = order_key(old["_id"])
        if bson.encode(old, codec_options=CODEC) == bson.encode(new, codec_options=CODEC):
            return False
        self._check(new, id_key)
        for index in self.indexes.values():
            index.discard(old, id_key)
        self._store(new, id_key)
        return True

    def delete(self, document: Document) -> None:
        id_key = order_key(document["_id"])
        del self.documents[id_key]
        self.ids.discard(id_key)
        for index in self.indexes.values():
            index.discard(document, id_key)

    def add_index(self, spec: Document) -> bool:
        """Build an index; False where it stands already. Refuses one that the documents break (11000)."""
        found = self.indexes.get(spec["name"])
        if found is not None:
            if found.spec != spec:
                raise MongoError(
                    86,
                    "An existing index has the same name as the requested index. When index names are not "
                    f"specified, they are auto generated and can cause conflicts. Index: {spec['name']}",
                )
            return False
        index = Index(spec)
        for id_key, document in self.documents.items():
            index.check(document, id_key, self.namespace)
            index.add(document, id_key)
        self.indexes[index.name] = index
        return True

    def find(self, query: Document, sort: Document | None = None) -> Iterator[Document]:
        """What matches, sorted if asked; by _id it costs no sorting. Lazy: take it before the next write."""
        test = compile_filter(query)
        first, direction = next(iter(sort.items())) if sort else ("", 1)
        if first == "_id":
            return filter(test, map(self.documents.__getitem__, self._by_id(query, direction)))
        keys = self._plan(query)
        scan = self.documents.values() if keys is None else map(self.documents.__getitem__, keys)
        found = filter(test, scan)
        return iter(sort_documents(list(found), sort)) if sort else found

    def _by_id(self, query: Document, direction: int) -> Iterable[Key]:
        """The _id keys of all that may match, in _id order."""
        keys: Iterable[Key] | None
        if "_id" in query and (keys := self._between(query["_id"], direction)) is not None:
            return keys
        keys = self._plan(query)
        if keys is not None:
            return sorted(keys, reverse=direction < 0)
        found: Iterable[Key] = reversed(self.ids) if direction < 0 else iter(self.ids)
        return found

    def _plan(self, query: Document) -> Iterable[Key] | None:
        """The _id keys of all that may match; None: every document may."""
        if "_id" in query:
            return self._plan_id(query["_id"])
        plans = (index.find(query) for index in self.indexes.values())
        return min((plan for plan in plans if plan is not None), key=len, default=None)

    def _plan_id(self, condition: Any) -> Iterable[Key] | None:
        if not is_operators(condition):
            return None if isinstance(condition, Regex) else self._existing([condition])
        if "$eq" in condition:
            return self._existing([condition["$eq"]])
        if "$in" in condition:
            return self._existing(condition["$in"])
        return self._between(condition)

    def _existing(self, ids: list[Any]) -> list[Key] | None:
        if any(isinstance(id_, Regex) for id_ in ids):
            return None
        keys = dict.fromkeys(map(order_key, ids))
        return [key for key in keys if key in self.documents]

    def _between(self, condition: Any, direction: int = 1) -> Iterable[Key] | None:
        """The keys within `{$gt: …, $lte: …}`; within the type of the bound, as comparisons are."""
        bounds = {RANGES[name]: order_key(value) for name, value in _bounds(condition)}
        if not bounds:
            return None
        kind = next(iter(bounds.values()))[0]
        ends: list[Key] = [(kind,), (kind + 1,)]
        inclusive = [True, False]
        for (side, with_equal), key in bounds.items():
            if (key > ends[side]) is (side == 0):
                ends[side], inclusive[side] = key, with_equal
        found: Iterable[Key] = self.ids.irange(*ends, inclusive=tuple(inclusive), reverse=direction < 0)
        return found

    @staticmethod
    def _checked_id(document: Document) -> Key:
        if isinstance(document["_id"], list):
            raise MongoError(2, "The '_id' value cannot be of type array")
        return order_key(document["_id"])

    def _check(self, document: Document, id_key: Key) -> None:
        size = len(bson.encode(document, codec_options=CODEC))
        if size > MAX_DOCUMENT:
            raise MongoError(
                10334, f"BSONObj size: {size} is invalid. Size must be between 0 and {MAX_DOCUMENT}"
            )
        for index in self.indexes.values():
            index.check(document, id_key, self.namespace)

    def _store(self, document: Document, id_key: Key) -> None:
        self.documents[id_key] = document
        self.ids.add(id_key)
        for index in self.indexes.values():
            index.add(document, id_key)


def _bounds(condition: Any) -> list[tuple[str, Any]]:
    return (
        [(name, value) for name, value in condition.items() if name in RANGES]
        if is_operators(condition)
        else []
    )


def sort_documents(documents: list[Document], sort: Document) -> list[Document]:
    """By several fields, each ascending (1) or descending (-1); an array counts by its least or greatest."""
    for path, direction in reversed(sort.items()):
        if direction not in (1, -1):
            raise MongoError(
                2, f"$sort key ordering must be 1 (for ascending) or -1 (for descending): {path}"
            )
        documents.sort(key=lambda document: _sort_key(document, path, direction), reverse=direction < 0)
    return documents


def _sort_key(document: Document, path: str, direction: int) -> Key:
    values = candidates(document, path)
    keys = [order_key(value) for value in values if not isinstance(value, list)] or [order_key(None)]
    return min(keys) if direction > 0 else max(keys)
