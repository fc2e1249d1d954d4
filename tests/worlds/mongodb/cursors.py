"""Cursors: batches of what was found, bounded in number and in bytes."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import bson
from attrs import define, field
from bson import Int64
from bson.raw_bson import RawBSONDocument

from tests.worlds.mongodb.codec import CODEC, MAX_DOCUMENT
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.paths import MISSING, get, put, remove
from tests.worlds.mongodb.updates import copied

FIRST_BATCH = 101


@define(eq=False)
class Cursor:
    """What is still to be handed over."""

    namespace: str
    documents: Iterator[Document]
    held: Document | None = None

    def batch(self, size: int | None) -> tuple[list[Any], bool]:
        """Up to `size` documents and 16 MiB, and whether that was all."""
        taken: list[Any] = []
        room = MAX_DOCUMENT
        while size is None or len(taken) < size:
            document, self.held = self.held or next(self.documents, None), None
            if document is None:
                return taken, True
            raw = bson.encode(document, codec_options=CODEC)
            if taken and len(raw) > room:
                self.held = document
                return taken, False
            taken.append(RawBSONDocument(raw))
            room -= len(raw)
        return taken, False


@define(eq=False)
class Cursors:
    """The open cursors of a server; a restart forgets them."""

    open: dict[int, Cursor] = field(factory=dict)
    numbers: Iterator[int] = field(factory=lambda: count(1))

    def first(
        self, namespace: str, documents: Iterator[Document], size: int | None, *, single: bool
    ) -> Document:
        """The answer to find, aggregate or a listing."""
        cursor = Cursor(namespace, documents)
        taken, done = cursor.batch(FIRST_BATCH if size is None else size)
        number = 0
        if not (done or single):
            number = next(self.numbers)
            self.open[number] = cursor
        return {"cursor": {"firstBatch": taken, "id": Int64(number), "ns": namespace}, "ok": 1.0}

    def more(self, number: int, size: int | None) -> Document:
        """The answer to getMore. Refuses an unknown cursor (43)."""
        cursor = self.open.get(number)
        if cursor is None:
            raise MongoError(43, f"cursor id {number} not found")
        taken, done = cursor.batch(size or None)
        if done:
            del self.open[number]
        return {
            "cursor": {"nextBatch": taken, "id": Int64(0 if done else number), "ns": cursor.namespace},
            "ok": 1.0,
        }

    def kill(self, numbers: list[int]) -> Document:
        killed = [n for n in numbers if self.open.pop(n, None) is not None]
        unknown = [n for n in numbers if n not in killed]
        return {
            "cursorsKilled": list(map(Int64, killed)),
            "cursorsNotFound": list(map(Int64, unknown)),
            "cursorsAlive": [],
            "cursorsUnknown": [],
            "ok": 1.0,
        }


def project(document: Document, fields: Document) -> Document:
    """The fields named 1 (and _id), or all but those named 0."""
    if not fields:
        return document
    kept = {path for path, wanted in fields.items() if wanted and path != "_id"}
    dropped = {path for path, wanted in fields.items() if not wanted}
    if kept and dropped - {"_id"}:
        raise MongoError(31254, "Cannot do exclusion on a field in inclusion projection")
    if not kept and dropped:
        left = copied(document)
        for path in dropped:
            remove(left, path)
        return left
    shown: Document = {}
    for path in document if "_id" in dropped else ["_id", *document]:
        for wanted in kept | (set() if "_id" in dropped else {"_id"}):
            if wanted.split(".")[0] == path and (value := get(document, wanted)) is not MISSING:
                put(shown, wanted, value)
    return shown
