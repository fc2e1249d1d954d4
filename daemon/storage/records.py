"""Records in dictionaries, found by key and by indexed attributes as SQLite finds them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TypeVar, cast

from actors.giftcodes.model import Record
from actors.history import Document
from actors.ports import Change, Delete, Put
from actors.storage import Value
from daemon.storage import codec
from daemon.storage.errors import Unreadable

R = TypeVar("R", bound=Record)


class Records:
    """What is stored, without its history."""

    def __init__(self) -> None:
        self._records: dict[type[Record], dict[str, Record]] = defaultdict(dict)
        self._index: dict[tuple[type[Record], str, Value], set[str]] = defaultdict(set)

    def get(self, type_: type[R], key: str) -> R | None:
        """See `Store.get`."""
        codec.check_key(type_, key)
        return cast("R | None", self._records[type_].get(key))

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `Store.find`."""
        records = self._records[type_]
        return [cast("R", records[key]) for key in sorted(self._keys(type_, equal))]

    def count(self, type_: type[Record], **equal: Value) -> int:
        """How many records `find` would return."""
        return len(self._keys(type_, equal))

    def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `LocalStore.page`."""
        records = self._records[codec.COLLECTIONS[collection]]
        keys = sorted(key for key in records if key > after)[:limit]
        return [Document(key, codec.encode(records[key])) for key in keys]

    def put(self, collection: str, documents: Iterable[Document]) -> None:
        """Write documents as they come in a full copy."""
        self.apply([Put(record_in(collection, document)) for document in documents])

    def apply(self, changes: Sequence[Change]) -> None:
        """Carry out all changes, or none where one could not be stored."""
        for change in changes:  # all of them before the first is applied
            _check(change)
        for change in changes:
            self._apply(change)

    def _keys(self, type_: type[Record], equal: dict[str, Value]) -> set[str]:
        values = codec.query_values(type_, equal)
        if not values:
            return set(self._records[type_])
        found = sorted((self._index.get((type_, *item), set()) for item in values.items()), key=len)
        return found[0].intersection(*found[1:])

    def _apply(self, change: Change) -> None:
        match change:
            case Put(record):
                self._remove(type(record), record.key)
                self._records[type(record)][record.key] = record
                for entry in _entries(record):
                    self._index[entry].add(record.key)
            case Delete(type_, key):
                self._remove(type_, key)

    def _remove(self, type_: type[Record], key: str) -> None:
        old = self._records[type_].pop(key, None)
        if old is not None:
            for entry in _entries(old):
                self._index[entry].discard(key)


def record_in(collection: str, document: Document) -> Record:
    """The record that a document of a full copy holds.

    Raises:
        Unreadable: it does not fit its class, or has another key than it says.
    """
    type_ = codec.COLLECTIONS.get(collection)
    if type_ is None:
        raise Unreadable(f"{collection!r} is no collection of this perkd: a newer one wrote it")
    record = codec.decode(type_, document.key, document.text)
    if record.key != document.key:
        raise Unreadable(f"{collection} {document.key!r}: the document in it has the key {record.key!r}")
    return record


def _check(change: Change) -> None:
    """Refuse what SQLite would refuse, so that a test does not pass on what could not be stored."""
    match change:
        case Put(record):
            codec.encode(record)
            codec.index_values(record)
        case Delete(type_, key):
            codec.check_key(type_, key)


def _entries(record: Record) -> list[tuple[type[Record], str, Value]]:
    values = codec.index_values(record)
    return [(type(record), name, value) for name, value in zip(record.indexed, values, strict=True)]
