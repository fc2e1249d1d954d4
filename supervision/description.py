"""A specification as a JSON-ready document."""

import math
from enum import Enum
from typing import cast

from attrs import AttrsInstance, fields, has

_SHOWN = 200


def describe(spec: AttrsInstance) -> dict[str, object]:
    """Every field of `spec`; a function by its name, "for ever" as `infinity`, as OTP writes it."""
    named = {attribute.name: _plain(getattr(spec, attribute.name)) for attribute in fields(type(spec))}
    return {"type": type(spec).__name__, **named}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, float) and math.isinf(value):
        return "infinity"
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, tuple):
        return [_plain(inner) for inner in cast("tuple[object, ...]", value)]
    if has(type(value)):
        return describe(cast("AttrsInstance", value))
    return str(getattr(value, "__qualname__", type(value).__qualname__))[:_SHOWN]
