"""From a parsed file to the schema's classes, gathering every fault on the way."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args, get_origin

import attrs
from cattrs import (
    AttributeValidationNote,
    BaseValidationError,
    Converter,
    ForbiddenExtraKeysError,
    IterableValidationNote,
)
from cattrs.cols import homogenous_tuple_structure_factory, mapping_structure_factory
from cattrs.gen import make_dict_structure_fn, override

from daemon.config.faults import SHOWN, Fault, RefusedError, Step, show
from daemon.config.keys import ANY, rule_of, schema_keys
from daemon.config.schema import Config

Hook = Callable[[Any, Any], Any]


def read_document(document: Mapping[str, object]) -> tuple[Config | None, tuple[Fault, ...]]:
    """The configuration that a parsed file holds, or None and every fault of it."""
    try:
        return _CONVERTER.structure(document, Config), ()
    except BaseValidationError as error:
        return None, tuple(_faults(error, ()))


def _new_converter() -> Converter:
    converter = Converter(forbid_extra_keys=True)
    converter.register_structure_hook_factory(_made_of(tuple), _list_hook)
    converter.register_structure_hook_factory(_made_of(dict), _table_hook)
    converter.register_structure_hook_factory(attrs.has, _section_hook)
    converter.register_structure_hook_factory(lambda type_: rule_of(type_) is not None, _value_hook)
    return converter


def _made_of(kind: type) -> Callable[[Any], bool]:
    def predicate(type_: Any) -> bool:
        origin: object = get_origin(type_)
        return origin is kind

    return predicate


def _value_hook(type_: Any, _: Converter) -> Hook:
    rule = rule_of(type_)
    assert rule is not None  # noqa: S101 - the factory's predicate
    return lambda value, _: rule.read(value)


def _section_hook(type_: Any, converter: Converter) -> Hook:
    if type_ is Config:
        build = make_dict_structure_fn(Config, converter, path=override(omit=True))
    else:
        build = make_dict_structure_fn(type_, converter)
    return _only(dict, "must be a section, with keys of its own", build)


def _table_hook(type_: Any, converter: Converter) -> Hook:
    return _only(dict, "must be a section", mapping_structure_factory(type_, converter))


def _list_hook(type_: Any, converter: Converter) -> Hook:
    entry = get_args(type_)[0]
    says = "must be a list, in [ and ]"
    if attrs.has(entry):
        says = "must be written with double brackets, [[…]], once for each entry"
    return _only(list, says, homogenous_tuple_structure_factory(type_, converter))


def _only(kind: type, says: str, build: Hook) -> Hook:
    """`build`, for values of this kind alone: cattrs itself would take anything that can be iterated."""

    def read(value: Any, type_: Any) -> Any:
        if not isinstance(value, kind):
            raise RefusedError(says, show(value))
        return build(value, type_)

    return read


def _faults(error: BaseException, path: tuple[Step, ...]) -> Iterator[Fault]:
    match error:
        case BaseValidationError():
            for inner in error.exceptions:
                yield from _faults(inner, path + _step(inner))
        case ForbiddenExtraKeysError():
            for key in sorted(error.extra_fields):
                yield Fault((*path, key), _unknown(key, error.cl))
        case RefusedError():
            yield Fault(path, error.text, error.shown)
        case KeyError():
            yield Fault(path, "must be given")
        case _:  # pragma: no cover - a rule that fails otherwise is a defect of perkd
            raise error


def _step(error: BaseException) -> tuple[Step, ...]:
    for note in getattr(error, "__notes__", ()):
        match note:
            case AttributeValidationNote():
                return (note.name,)
            case IterableValidationNote():
                return (note.index,)
    return ()


def _unknown(key: str, section: type) -> str:
    known = [attribute.name for attribute in attrs.fields(section) if attribute.name != "path"]
    what = "section" if section is Config else "key"
    if homes := [item.section for item in schema_keys() if item.name == key and ANY not in item.path]:
        return f"unknown {what}; did you mean the one of [{homes[0]}]?"
    if close := difflib.get_close_matches(key[:SHOWN], known, n=1):
        return f"unknown {what}; did you mean {f'[{close[0]}]' if section is Config else close[0]}?"
    return f"unknown {what}; known here: {', '.join(known)}"


_CONVERTER = _new_converter()
