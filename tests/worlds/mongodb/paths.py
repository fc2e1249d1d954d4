"""Dotted paths into documents."""

from collections.abc import Iterator
from typing import Any

from tests.worlds.mongodb.errors import Document, MongoError

MISSING: Any = object()


def reach(value: Any, parts: list[str]) -> Iterator[Any]:
    """Every value that a path reaches; through an array it reaches into each element."""
    if not parts:
        yield value
        return
    head, *rest = parts
    if isinstance(value, dict):
        if head in value:
            yield from reach(value[head], rest)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from reach(item, parts)
        if head.isdigit() and int(head) < len(value):
            yield from reach(value[int(head)], rest)


def candidates(document: Document, path: str) -> list[Any]:
    """What a condition on a path looks at: the values, and the elements of arrays."""
    found = list(reach(document, path.split("."))) if "." in path else _own(document, path)
    for value in tuple(found):
        if isinstance(value, list):
            found.extend(value)
    return found


def _own(document: Document, name: str) -> list[Any]:
    return [document[name]] if name in document else []


def get(document: Document, path: str) -> Any:
    """The value at a path of documents, or MISSING."""
    value: Any = document
    for part in path.split("."):
        if isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def put(document: Document, path: str, value: Any) -> None:
    """Set the value at a path, in place; documents on the way are made."""
    *way, last = path.split(".")
    at: Any = document
    for part in way:
        at = _step(at, part, path)
    match at:
        case dict():
            at[last] = value
        case list() if last.isdigit():
            at.extend([None] * (int(last) + 1 - len(at)))
            at[int(last)] = value
        case _:
            raise MongoError(28, f"Cannot create field '{last}' in element {{{path}: {at!r}}}")


def _step(at: Any, part: str, path: str) -> Any:
    if isinstance(at, dict):
        return at.setdefault(part, {})
    if isinstance(at, list) and part.isdigit() and int(part) < len(at):
        return at[int(part)]
    raise MongoError(28, f"Cannot create field '{part}' in element {{{path}: {at!r}}}")


def remove(document: Document, path: str) -> None:
    """Take the field at a path away, in place, if it is there."""
    *way, last = path.split(".")
    at: Any = document
    for part in way:
        if isinstance(at, list) and part.isdigit() and int(part) < len(at):
            at = at[int(part)]
        elif isinstance(at, dict) and part in at:
            at = at[part]
        else:
            return
    if isinstance(at, dict):
        at.pop(last, None)
    elif isinstance(at, list) and last.isdigit() and int(last) < len(at):
        at[int(last)] = None
