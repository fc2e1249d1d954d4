"""One validator per kind of field; an error names owner, field, value and rule."""

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

from attrs import Attribute

from supervision.errors import InvalidSpec

_NAME = re.compile(r"[^/\s]{1,200}")


def refuse(owner: object, attribute: "Attribute[Any]", value: object, rule: str) -> InvalidSpec:
    """The error that names owner, field, value and rule."""
    name = getattr(owner, "name", None)
    subject = type(owner).__name__ + (f" {name!r}" if isinstance(name, str) else "")
    text = repr(value)
    shown = text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - one line
    return InvalidSpec(f"{subject}: {attribute.name} = {shown}: must be {rule}")


def number(owner: object, attribute: "Attribute[Any]", value: object) -> float:
    """The value as a number: no bool, no NaN."""
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise refuse(owner, attribute, value, "a number")
    return value


def seconds(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """0 seconds or more."""
    if number(owner, attribute, value) < 0:
        raise refuse(owner, attribute, value, "0 seconds or more")


def positive(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """More than 0 seconds."""
    if number(owner, attribute, value) <= 0:
        raise refuse(owner, attribute, value, "more than 0 seconds")


def count(least: int) -> Callable[[object, "Attribute[Any]", object], None]:
    """A whole number of at least `least`."""

    def validate(owner: object, attribute: "Attribute[Any]", value: object) -> None:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise refuse(owner, attribute, value, f"a whole number, {least} or more")

    return validate


def at_least_one(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """1 or more."""
    if number(owner, attribute, value) < 1:
        raise refuse(owner, attribute, value, "1 or more")


def fraction(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """Between 0 and 1."""
    if not 0 <= number(owner, attribute, value) <= 1:
        raise refuse(owner, attribute, value, "between 0 and 1")


def is_name(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """A name that can be part of a path."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise refuse(owner, attribute, value, "1 to 200 characters without blanks or '/'")


def is_factory(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """A plain callable, not a coroutine."""
    if inspect.iscoroutine(value) or inspect.iscoroutinefunction(value) or not callable(value):
        raise refuse(owner, attribute, value, "a plain callable that makes a new actor each time")


def is_a(kind: type) -> Callable[[object, "Attribute[Any]", object], None]:
    """An instance of `kind`."""

    def validate(owner: object, attribute: "Attribute[Any]", value: object) -> None:
        if not isinstance(value, kind):
            raise refuse(owner, attribute, value, f"a {kind.__name__}")

    return validate
