"""Updates: a replacement, or operators."""

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import bson
from bson import DatetimeMS, Int64

from tests.worlds.mongodb.codec import CODEC
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.order import order_key
from tests.worlds.mongodb.paths import MISSING, get, put, remove
from tests.worlds.mongodb.query import is_operators

Change = Callable[[Document, str, Any], None]


def copied(document: Document) -> Document:
    """A deep copy."""
    return bson.decode(bson.encode(document, codec_options=CODEC), codec_options=CODEC)


def apply_update(old: Document, update: Any, now_ms: int, *, inserting: bool = False) -> Document:
    """The document after an update; `old` is left as it is."""
    if not isinstance(update, dict):
        raise MongoError(9, "the stand-in does not know updates by pipeline")
    new = _operated(old, update, now_ms, inserting) if is_operators(update) else _replaced(old, update)
    if "_id" in old and order_key(new.get("_id")) != order_key(old["_id"]):
        raise MongoError(66, "Performing an update on the path '_id' would modify the immutable field '_id'")
    return new


def _replaced(old: Document, update: Document) -> Document:
    head = {"_id": old["_id"]} if "_id" in old else {}
    return {**head, **update}


def _operated(old: Document, update: Document, now_ms: int, inserting: bool) -> Document:
    _check(update)
    new = copied(old)
    for operator, changes in update.items():
        if operator == "$setOnInsert" and not inserting:
            continue
        for path, operand in changes.items():
            if operator == "$currentDate":
                put(new, path, DatetimeMS(now_ms))
            else:
                CHANGES[operator](new, path, operand)
    return new


def _check(update: Document) -> None:
    paths: list[str] = []
    for operator, changes in update.items():
        if operator not in CHANGES and operator != "$currentDate":
            raise MongoError(
                9,
                f"Unknown modifier: {operator}. Expected a valid update modifier or pipeline-style update "
                "specified as an array",
            )
        if not isinstance(changes, dict):
            raise MongoError(
                9, f"Modifiers operate on fields but we found type {type(changes).__name__} instead"
            )
        paths.extend(changes)
    for first, second in pairwise(sorted(paths)):
        if second == first or second.startswith(first + "."):
            raise MongoError(40, f"Updating the path '{second}' would create a conflict at '{first}'")


def _inc(document: Document, path: str, operand: Any) -> None:
    if isinstance(operand, bool) or not isinstance(operand, int | float):
        raise MongoError(14, f"Cannot increment with non-numeric argument: {{{path}: {operand!r}}}")
    value = get(document, path)
    if value is MISSING:
        put(document, path, operand)
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MongoError(
            14, f"Cannot apply $inc to a value of non-numeric type. {{_id: {document.get('_id')!r}}}"
        )
    total = value + operand
    long = isinstance(value, Int64) or isinstance(operand, Int64)
    put(document, path, Int64(total) if long and isinstance(total, int) else total)


def _bound(is_better: Callable[[Any, Any], bool]) -> Change:
    def change(document: Document, path: str, operand: Any) -> None:
        value = get(document, path)
        if value is MISSING or is_better(order_key(operand), order_key(value)):
            put(document, path, operand)

    return change


def _push(document: Document, path: str, operand: Any) -> None:
    value = get(document, path)
    added = operand["$each"] if is_operators(operand) else [operand]
    if value is MISSING:
        put(document, path, list(added))
    elif isinstance(value, list):
        value.extend(added)
    else:
        raise MongoError(2, f"The field '{path}' must be an array but is of type {type(value).__name__}")


CHANGES: Mapping[str, Change] = {
    "$set": put,
    "$setOnInsert": put,
    "$unset": lambda document, path, _: remove(document, path),
    "$inc": _inc,
    "$max": _bound(lambda new, old: new > old),
    "$min": _bound(lambda new, old: new < old),
    "$push": _push,
}


def upsert_base(query: Document) -> Document:
    """What an upsert starts from: the equalities of its filter."""
    base: Document = {}
    for path, value in _equalities(query):
        put(base, path, value)
    return base


def _equalities(query: Document) -> Iterator[tuple[str, Any]]:
    for name, condition in query.items():
        if name == "$and":
            for part in condition:
                yield from _equalities(part)
        elif name.startswith("$"):
            continue
        elif not is_operators(condition):
            yield name, condition
        elif "$eq" in condition:
            yield name, condition["$eq"]
