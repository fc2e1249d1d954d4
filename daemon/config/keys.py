"""The schema as a list of keys: for suggestions, and for the tests of the rules and of the manual."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

import attrs
from attrs import frozen

from daemon.config.rules import Rule
from daemon.config.schema import Config

ANY = "*"
"""Stands in a path for a game's name, or for the place in a list."""


@frozen
class Key:
    """One key that a configuration may hold."""

    path: tuple[str, ...]
    rule: Rule
    default: object
    """`attrs.NOTHING` where the key must be given."""
    is_list: bool = False
    """The value is a list, and the rule that of each entry."""

    @property
    def name(self) -> str:
        """The key itself."""
        return self.path[-1]

    @property
    def section(self) -> str:
        """Its section, dotted, as in `redeem.budgets`; `games.*` for every game's."""
        return ".".join(self.path[:-1])


def rule_of(type_: Any) -> Rule | None:
    """The rule in an annotation; None where there is none."""
    if get_origin(type_) is not Annotated:
        return None
    return next((note for note in get_args(type_)[1:] if isinstance(note, Rule)), None)


def schema_keys(section: type = Config, above: tuple[str, ...] = ()) -> Iterator[Key]:
    """Every key of the schema, in its order."""
    for attribute in attrs.fields(section):
        path = (*above, attribute.name)
        if rule := rule_of(attribute.type):
            yield Key(path, rule, attribute.default)
        elif attrs.has(attribute.type):
            yield from schema_keys(attribute.type, path)
        elif get_origin(attribute.type) in {dict, tuple}:
            yield from _entries(attribute, path)


def _entries(attribute: "attrs.Attribute[Any]", path: tuple[str, ...]) -> Iterator[Key]:
    of_dict = get_origin(attribute.type) is dict
    entry = get_args(attribute.type)[1 if of_dict else 0]
    if rule := rule_of(entry):
        yield Key(path, rule, attribute.default, is_list=True)
    else:
        yield from schema_keys(entry, (*path, ANY))
