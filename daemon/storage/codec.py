"""Records ↔ plain JSON documents.

A document is a JSON object with the record's attributes: enums as their values, tuples as lists, nested
values as objects. An attribute that a document lacks takes its default, so that a new version reads what
an old one wrote. An attribute the class lacks is an error: dropping it would lose what a newer version
wrote.
"""

import json
import math
from collections.abc import Callable, Sequence
from enum import Enum, StrEnum
from typing import Any, TypeVar

import cattrs
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError

from actors.giftcodes.model import Record
from actors.ports import Change, Delete, Put
from actors.records import RECORDS
from actors.storage import Value
from daemon.storage.errors import Unreadable, Unstorable

R = TypeVar("R", bound=Record)

Document = dict[str, Any]

COLLECTIONS: dict[str, type[Record]] = {type_.collection: type_ for type_ in RECORDS}
"""Every stored class by the name of its collection."""

_LARGEST = 2**63
_raw_decode = json.JSONDecoder().raw_decode


def _exactly(*accepted: type) -> Callable[[Any, Any], Any]:
    """A hook that takes values of these types only: a hand-edited document shall not be guessed at."""

    def structure(value: Any, expected: Any) -> Any:
        if type(value) is expected:
            return value  # nearly all are: a million times where all is read
        if type(value) not in accepted:
            raise TypeError(f"{value!r} is no {expected.__name__}")
        return expected(value)  # an enum comes here too, as a subclass of what its values are

    return structure


def _make_converter(*, detailed: bool) -> cattrs.Converter:
    converter = cattrs.Converter(
        forbid_extra_keys=True, detailed_validation=detailed, unstruct_collection_overrides={tuple: list}
    )
    converter.register_structure_hook(str, _exactly(str))
    converter.register_structure_hook(bool, _exactly(bool))
    converter.register_structure_hook(int, _exactly(int))
    converter.register_structure_hook(float, _exactly(float, int))
    # Else an enum of strings counts as a string, and is left as it is.
    converter.register_unstructure_hook(Enum, lambda member: member.value)
    converter.register_unstructure_hook(StrEnum, lambda member: member.value)
    return converter


_FAST = _make_converter(detailed=False)
_DETAILED = _make_converter(detailed=True)
"""Twice as slow, but says which field is wrong: asked only when there is something wrong."""


# --- one record ---------------------------------------------------------------------------------


def to_document(record: Record) -> Document:
    """The record as a plain document."""
    document: Document = _FAST.unstructure(record)
    return document


def from_document(type_: type[R], key: str, document: object) -> R:
    """The record a document holds; `key` is for the message.

    Raises:
        Unreadable: it has an unknown field, lacks one without a default, or holds a wrong value.
    """
    if not isinstance(document, dict):
        raise Unreadable(f"{type_.collection} {key!r}: {document!r} is no JSON object")
    try:
        return _FAST.structure(document, type_)
    except Exception as error:
        raise Unreadable(
            f"{type_.collection} {key!r}: {_explain(type_, document, error)}; "
            "if a newer perkd wrote it, run that version"
        ) from error


def _explain(type_: type[Record], document: Document, error: Exception) -> str:
    try:
        _DETAILED.structure(document, type_)
    except BaseValidationError as detailed:
        return "; ".join(cattrs.transform_error(detailed, path="", format_exception=_word))
    return str(error)  # pragma: no cover - both converters refuse the same


def _word(error: BaseException, type_: type | None) -> str:
    match error:
        case BaseValidationError() | KeyError() | ForbiddenExtraKeysError():
            return cattrs.v.format_exception(error, type_)
        case _:
            return str(error)


def encode(record: Record) -> str:
    """The record as one line of JSON, ASCII only.

    ASCII, because a name from the web may hold half a surrogate pair, which UTF-8 cannot.

    Raises:
        Unstorable: it holds a value JSON has no word for, or its class is not stored.
    """
    _check_stored(type(record))
    _checked(record.collection, "key", record.key)
    try:
        return _dumps(to_document(record))
    except (TypeError, ValueError) as error:
        raise Unstorable(f"{record.collection} {record.key!r}: {error}") from error


def decode(type_: type[R], key: str, text: str) -> R:
    """The record in the JSON `text`.

    Raises:
        Unreadable: as `from_document`, or it is no JSON.
    """
    try:
        document = _loaded(text)
    except ValueError as error:
        raise Unreadable(f"{type_.collection} {key!r}: its document is no JSON: {error}") from error
    return from_document(type_, key, document)


def _loaded(text: str) -> Any:
    """As `json.loads`, which takes half as long again: it looks for space around what never has any."""
    try:
        document, end = _raw_decode(text)
    except (TypeError, ValueError):  # in a file that somebody edited it may be bytes
        return json.loads(text)
    return document if end == len(text) else json.loads(text)


def to_text(document: Document) -> str:
    """A document as one line of JSON, ASCII only."""
    return _dumps(document)


def _dumps(value: object) -> str:
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


# --- what is looked up by -----------------------------------------------------------------------


def index_values(record: Record) -> tuple[Value, ...]:
    """The record's indexed attributes as plain values, in the order of `indexed`."""
    return tuple(_checked(record.collection, name, getattr(record, name)) for name in record.indexed)


def query_values(type_: type[Record], equal: dict[str, Value]) -> dict[str, Value]:
    """The values to look up by, made plain.

    Raises:
        Unstorable: an attribute has no index, or a value could not be stored.
    """
    _check_stored(type_)
    for name in equal:
        if name not in type_.indexed:
            known = ", ".join(type_.indexed) or "nothing"
            raise Unstorable(f"{type_.collection} can't be looked up by {name!r}: indexed are {known}")
    return {name: _checked(type_.collection, name, value) for name, value in equal.items()}


def check_key(type_: type[Record], key: str) -> None:
    """Raise `Unstorable` for a key that could not be stored, or a class that is not."""
    _check_stored(type_)
    _checked(type_.collection, "key", key)


def _check_stored(type_: type[Record]) -> None:
    if COLLECTIONS.get(getattr(type_, "collection", "")) is not type_:
        raise Unstorable(f"{type_.__name__} is not stored: add it to RECORDS, and a migration")


def _checked(collection: str, name: str, value: object) -> Value:
    """What SQLite can hold and compare, unchanged; enums as their values."""
    match value:
        case Enum():
            return _checked(collection, name, value.value)
        case None:
            return None
        case str() if _is_text(value):
            return value
        case float() if math.isfinite(value):
            return value
        case int() if -_LARGEST <= value < _LARGEST:
            return int(value)
    raise Unstorable(f"{collection}: {name} = {value!r} can't be stored or looked up")


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# --- a batch ------------------------------------------------------------------------------------


def encode_batch(changes: Sequence[Change]) -> str:
    """The changes as a JSON list: `{"put": collection, "doc": …}` or `{"delete": collection, "key": …}`."""
    return _dumps([_change_to_document(change) for change in changes])


def decode_batch(text: str) -> tuple[Change, ...]:
    """The changes of a journal row.

    Raises:
        Unreadable: a collection or a field is unknown.
    """
    return tuple(_change_from_document(document) for document in json.loads(text))


def _change_to_document(change: Change) -> Document:
    match change:
        case Put(record):
            return {"put": record.collection, "doc": to_document(record)}
        case Delete(type_, key):
            return {"delete": type_.collection, "key": key}


def _change_from_document(document: Document) -> Change:
    name = document.get("put") or document.get("delete")
    type_ = COLLECTIONS.get(str(name))
    if type_ is None:
        raise Unreadable(f"the journal speaks of an unknown collection {name!r}: a newer perkd wrote it")
    if "put" in document:
        return Put(from_document(type_, "(in the journal)", document["doc"]))
    return Delete(type_, document["key"])
