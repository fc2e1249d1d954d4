"""BSON's order of values, as tuples that Python compares and hashes alike."""

import math
from typing import Any

from bson import Binary, DatetimeMS, Decimal128, MaxKey, MinKey, ObjectId, Regex, Timestamp

Key = tuple[Any, ...]
NUMBER, STRING, OBJECT, ARRAY = 10, 15, 20, 25
NULL: Key = (5,)
TOP: Key = (1_000,)
"""Sorts after the key of every value."""


def order_key(value: Any) -> Key:  # noqa: C901, PLR0911, PLR0912 - one case a type of BSON
    """A tuple `(rank of the type, what to compare within it)`. Equal numbers of any type have one key."""
    match value:
        case None:
            return NULL
        case bool():
            return (40, value)
        case int() | float():
            # NaN is the smallest number and equals itself.
            return (NUMBER, 0) if isinstance(value, float) and math.isnan(value) else (NUMBER, 1, value)
        case str():
            return (STRING, value)  # Python's order of code points is UTF-8's order of bytes
        case dict():
            return (OBJECT, *_fields(value))
        case list() | tuple():
            return (ARRAY, *map(order_key, value))
        case Binary():
            return (30, len(value), value.subtype, bytes(value))
        case bytes():
            return (30, len(value), 0, value)
        case ObjectId():
            return (35, value.binary)
        case DatetimeMS():
            return (45, int(value))
        case Timestamp():
            return (47, value.time, value.inc)
        case Regex():
            return (50, str(value.pattern), value.flags)
        case Decimal128():
            number = value.to_decimal()
            return (NUMBER, 0) if number.is_nan() else (NUMBER, 1, number)
        case MinKey():
            return (0,)
        case MaxKey():
            return (127,)
    raise TypeError(f"the stand-in does not order {type(value).__name__}")


def _fields(document: dict[str, Any]) -> list[Any]:
    """Field by field: first the type, then the name, then the value; a shorter document is the lesser."""
    flat: list[Any] = []
    for name, value in document.items():
        key = order_key(value)
        flat.append((key[0], name, key[1:]))
    return flat


def rank(value: Any) -> int:
    """The place of a value's type in BSON's order."""
    first = order_key(value)[0]
    assert isinstance(first, int)
    return first
