"""Filters: compiled once, so that a bad one is refused even by an empty collection."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bson import Regex

from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.order import Key, order_key
from tests.worlds.mongodb.paths import candidates

Test = Callable[[Document], bool]
ValueTest = Callable[[list[Any]], bool]
"""Of the candidates at a path; empty where the field is missing."""


def compile_filter(query: Document) -> Test:
    """A test of one document. Refuses what a server refuses (2 BadValue)."""
    tests = [_clause(name, condition) for name, condition in query.items() if name != "$comment"]
    if not tests:
        return lambda _: True
    if len(tests) == 1:
        return tests[0]
    return lambda document: all(test(document) for test in tests)


def _clause(name: str, condition: Any) -> Test:
    if name in ("$and", "$or", "$nor"):
        if not isinstance(condition, list) or not condition:
            raise MongoError(2, f"{name} must be a nonempty array")
        parts = [compile_filter(part) for part in condition]
        if name == "$and":
            return lambda document: all(part(document) for part in parts)
        wanted = name == "$or"
        return lambda document: any(part(document) for part in parts) is wanted
    if name.startswith("$"):
        raise MongoError(
            2,
            f"unknown top level operator: {name}. If you have a field name that starts with a '$' symbol, "
            "consider using $getField or $setField.",
        )
    test = _condition(condition)
    return lambda document: test(candidates(document, name))


def is_operators(condition: Any) -> bool:
    """Whether a condition is `{$gt: …}` and not a value to equal."""
    return isinstance(condition, dict) and bool(condition) and next(iter(condition)).startswith("$")


def _condition(condition: Any) -> ValueTest:
    if isinstance(condition, Regex):
        return _regex(condition)
    if not is_operators(condition):
        return _equal(condition)
    tests = []
    for operator, operand in condition.items():
        if operator == "$options":
            continue
        if operator not in OPERATORS:
            raise MongoError(2, f"unknown operator: {operator}")
        if operator == "$regex" and "$options" in condition:
            tests.append(_regex(Regex(operand, condition["$options"])))
        else:
            tests.append(OPERATORS[operator](operand))
    return lambda values: all(test(values) for test in tests)


def _equal(operand: Any) -> ValueTest:
    if operand is None:
        return lambda values: not values or any(value is None for value in values)
    key = order_key(operand)
    return lambda values: any(order_key(value) == key for value in values)


def _not(test: ValueTest) -> ValueTest:
    return lambda values: not test(values)


def _compared(holds: Callable[[Key, Key], bool], *, with_equal: bool) -> Callable[[Any], ValueTest]:
    """Within the type of the operand only, as a server does."""

    def build(operand: Any) -> ValueTest:
        if operand is None:
            return _equal(None) if with_equal else lambda _: False
        key = order_key(operand)

        def test(values: list[Any]) -> bool:
            keys = map(order_key, values)
            return any(k[0] == key[0] and holds(k, key) for k in keys)

        return test

    return build


def _in(operand: Any) -> ValueTest:
    if not isinstance(operand, list):
        raise MongoError(2, "$in needs an array")
    patterns = [_regex(item) for item in operand if isinstance(item, Regex)]
    keys = {order_key(item) for item in operand if not isinstance(item, Regex)}
    null = order_key(None) in keys

    def test(values: list[Any]) -> bool:
        if any(order_key(value) in keys for value in values) or (null and not values):
            return True
        return any(pattern(values) for pattern in patterns)

    return test


def _exists(operand: Any) -> ValueTest:
    wanted = bool(operand)
    return lambda values: bool(values) is wanted


def _regex(operand: Any) -> ValueTest:
    pattern = operand.try_compile() if isinstance(operand, Regex) else re.compile(operand)
    return lambda values: any(isinstance(value, str) and pattern.search(value) for value in values)


def _size(operand: Any) -> ValueTest:
    return lambda values: any(isinstance(value, list) and len(value) == operand for value in values[:1])


OPERATORS: Mapping[str, Callable[[Any], ValueTest]] = {
    "$eq": _equal,
    "$ne": lambda operand: _not(_equal(operand)),
    "$gt": _compared(lambda a, b: a > b, with_equal=False),
    "$gte": _compared(lambda a, b: a >= b, with_equal=True),
    "$lt": _compared(lambda a, b: a < b, with_equal=False),
    "$lte": _compared(lambda a, b: a <= b, with_equal=True),
    "$in": _in,
    "$nin": lambda operand: _not(_in(operand)),
    "$not": lambda operand: _not(_condition(operand)),
    "$exists": _exists,
    "$regex": _regex,
    "$size": _size,
}
