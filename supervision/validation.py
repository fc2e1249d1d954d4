"""One validator per kind of field; an error names owner, field, value and rule."""

import inspect
import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, TypeGuard, TypeVar

from attrs import Attribute, fields

from supervision.errors import InvalidSpec

_NAME = re.compile(r"[^/\s]{1,200}")
_PATH_PART = "1 to 200 printable characters without blanks or '/'"
_HOOK = "a plain callable, or None"
_SHOWN = 80
"""Characters of a bad value that an error shows."""
_T = TypeVar("_T")


def only_fields(kind: type[_T]) -> type[_T]:
    """Have an unknown field refused as a bad value is: by name and value, with those there are."""
    known = [attribute.alias for attribute in fields(kind) if attribute.init]  # type: ignore[arg-type]
    make: Callable[..., None] = kind.__init__

    @wraps(make)
    def make_of_known(self: object, *args: object, **given: object) -> None:
        for name, value in given.items():
            if name not in known:
                raise _invalid(kind.__name__, name, value, f"there is no such field, but {', '.join(known)}")
        make(self, *args, **given)

    kind.__init__ = make_of_known  # type: ignore[method-assign]
    return kind


def refuse(owner: object, attribute: "Attribute[Any]", value: object, rule: str) -> InvalidSpec:
    """The error that names owner, field, value and rule."""
    name = getattr(owner, "name", None)
    subject = type(owner).__name__ + (f" {_shown(name)}" if isinstance(name, str) else "")
    return _invalid(subject, attribute.name, value, f"must be {rule}")


def _invalid(subject: str, name: str, value: object, fault: str) -> InvalidSpec:
    if inspect.iscoroutine(value) and inspect.getcoroutinestate(value) == inspect.CORO_CREATED:
        value.close()  # else Python complains on its own, later, that nobody awaited it
    return InvalidSpec(f"{subject}: {name} = {_shown(value)}: {fault}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def number(owner: object, attribute: "Attribute[Any]", value: object) -> float:
    """The value as a number: no bool, no NaN, nothing a float can't hold."""
    if not _is_number(value):
        raise refuse(owner, attribute, value, "a number")
    return value


def _is_number(value: object) -> TypeGuard[float]:
    if not isinstance(value, bool) and isinstance(value, int | float):
        with suppress(OverflowError):
            return not math.isnan(value)
    return False


def seconds(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """0 seconds or more."""
    if number(owner, attribute, value) < 0:
        raise refuse(owner, attribute, value, "0 seconds or more")


def finite_seconds(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """0 seconds or more, but not for ever."""
    if not 0 <= number(owner, attribute, value) < math.inf:
        raise refuse(owner, attribute, value, "0 seconds or more, and finite")


def positive(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """More than 0 seconds."""
    if number(owner, attribute, value) <= 0:
        raise refuse(owner, attribute, value, "more than 0 seconds")


def count(least: int) -> Callable[[object, "Attribute[Any]", object], None]:
    """A whole number of at least `least`."""

    def validate(owner: object, attribute: "Attribute[Any]", value: object) -> None:
        if not _is_count(value, least):
            raise refuse(owner, attribute, value, f"a whole number, {least} or more")

    return validate


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def at_least_one(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """1 or more, and finite."""
    if not 1 <= number(owner, attribute, value) < math.inf:
        raise refuse(owner, attribute, value, "1 or more, and finite")


def fraction(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """Between 0 and 1."""
    if not 0 <= number(owner, attribute, value) <= 1:
        raise refuse(owner, attribute, value, "between 0 and 1")


def is_name(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """A name that can be part of a path."""
    if not _is_path_part(value):
        raise refuse(owner, attribute, value, _PATH_PART)


def _is_path_part(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and _NAME.fullmatch(value) is not None


def is_hook(owner: object, attribute: "Attribute[Any]", value: object) -> None:
    """None, or a plain callable, not a coroutine."""
    if value is not None and not is_plain_callable(value):
        raise refuse(owner, attribute, value, _HOOK)


def is_plain_callable(value: object) -> bool:
    """Also no coroutine function."""
    # An object may have an async `__call__`: it stands in its class.
    return callable(value) and not any(map(inspect.iscoroutinefunction, (value, type(value).__call__)))


def is_a(kind: type) -> Callable[[object, "Attribute[Any]", object], None]:
    """An instance of `kind`."""

    def validate(owner: object, attribute: "Attribute[Any]", value: object) -> None:
        if not isinstance(value, kind):
            raise refuse(owner, attribute, value, f"a {kind.__name__}")

    return validate


# --- arguments of calls: `subject` is what is called ------------------------------------------------


def wrong(subject: str, name: str, value: object, rule: str) -> InvalidSpec:
    """The error that names subject, argument, value and rule."""
    return _invalid(subject, name, value, f"must be {rule}")


def check_key(subject: str, value: object) -> None:
    """A dynamic child's key can be part of a path as well."""
    if not _is_path_part(value):
        raise wrong(subject, "key", value, _PATH_PART)


def check_text(subject: str, name: str, value: object) -> None:
    """A string."""
    if not isinstance(value, str):
        raise wrong(subject, name, value, "a string")


def check_seconds(subject: str, name: str, value: object) -> None:
    """0 seconds or more."""
    if not _is_number(value) or value < 0:
        raise wrong(subject, name, value, "0 seconds or more")


def check_count(subject: str, name: str, value: object, least: int) -> None:
    """A whole number of at least `least`."""
    if not _is_count(value, least):
        raise wrong(subject, name, value, f"a whole number, {least} or more")


def check_hook(subject: str, name: str, value: object) -> None:
    """None, or a plain callable, not a coroutine."""
    if value is not None and not is_plain_callable(value):
        raise wrong(subject, name, value, _HOOK)
