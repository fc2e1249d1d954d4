"""Secondary indexes: uniqueness, and equality without a scan."""

from collections.abc import Iterator
from itertools import product
from typing import Any

from attrs import define, field
from bson import Regex
from sortedcontainers import SortedSet  # type: ignore[import-untyped]

from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.order import NULL, TOP, Key, order_key
from tests.worlds.mongodb.paths import reach
from tests.worlds.mongodb.query import Test, compile_filter, is_operators


@define(eq=False)
class Index:
    """An index as createIndexes describes it. Entries are `(key of each field …, key of _id)`."""

    spec: Document
    entries: Any = field(factory=SortedSet)
    included: Test = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.included = compile_filter(self.spec.get("partialFilterExpression", {}))

    @property
    def name(self) -> str:
        return str(self.spec["name"])

    @property
    def fields(self) -> list[str]:
        return list(self.spec["key"])

    def keys_of(self, document: Document) -> set[Key]:
        """The entries of a document, without its _id; an array gives one for each element."""
        if not self.included(document):
            return set()
        columns = [_column(document, path) for path in self.fields]
        if self.spec.get("sparse") and not any(columns):
            return set()
        return set(product(*(column or [NULL] for column in columns)))

    def check(self, document: Document, id_key: Key, namespace: str) -> None:
        """Refuse (11000) a document whose key another one has, if the index is unique."""
        if not self.spec.get("unique"):
            return
        for key in self.keys_of(document):
            if any(entry[-1] != id_key for entry in self._with(key)):
                raise duplicate(namespace, self.spec, document)

    def add(self, document: Document, id_key: Key) -> None:
        self.entries.update((*key, id_key) for key in self.keys_of(document))

    def discard(self, document: Document, id_key: Key) -> None:
        self.entries.difference_update([(*key, id_key) for key in self.keys_of(document)])

    def find(self, query: Document) -> list[Key] | None:
        """The _id keys of all that may match, where the query equals the first fields; None: no use."""
        if self.spec.get("sparse") or "partialFilterExpression" in self.spec:
            return None
        prefix: list[Key] = []
        for path in self.fields:
            value = query.get(path)
            if value is None or isinstance(value, list | Regex) or is_operators(value):
                break
            prefix.append(order_key(value))
        return list(dict.fromkeys(entry[-1] for entry in self._with(tuple(prefix)))) if prefix else None

    def _with(self, prefix: Key) -> Iterator[Key]:
        found: Iterator[Key] = self.entries.irange(prefix, (*prefix, TOP))
        return found


def _column(document: Document, path: str) -> list[Key]:
    keys: list[Key] = []
    for value in reach(document, path.split(".")):
        keys.extend(map(order_key, value) if isinstance(value, list) else [order_key(value)])
    return keys


def duplicate(namespace: str, spec: Document, document: Document) -> MongoError:
    """The refusal of a second document with the key of another."""
    values = {path: next(reach(document, path.split(".")), None) for path in spec["key"]}
    shown = ", ".join(f"{path}: {_shown(value)}" for path, value in values.items())
    return MongoError(
        11000,
        f"E11000 duplicate key error collection: {namespace} index: {spec['name']} dup key: {{ {shown} }}",
        keyPattern=dict(spec["key"]),
        keyValue=values,
    )


def _shown(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else "null" if value is None else str(value)
