"""Faults: where in the file something is wrong, how the value is shown, and the error that lists them all."""

import json
from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from daemon.safe_text import cut, neutralised

SHOWN = 60
"""Characters of a value or a key that a fault shows."""

Step = str | int
"""A key, or the place in a list counted from 0."""


class ConfigError(Exception):
    """The configuration is refused. `faults` holds one line each, and `str` lists them all."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(self.faults)

    def __str__(self) -> str:
        return "\n".join(self.faults)


class RefusedError(ValueError):
    """One value breaks its rule. `shown` is the value for people to read; None where it must not be shown."""

    def __init__(self, text: str, shown: str | None) -> None:
        self.text = text
        self.shown = shown
        super().__init__(text)


@frozen
class Fault:
    """Something wrong at a place in the file; `shown` as in `RefusedError`."""

    path: tuple[Step, ...]
    text: str
    shown: str | None = None


def show(value: object) -> str:
    """`value` as TOML would write it, on one line and bounded; tables and lists without what they hold."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            quoted = json.dumps(value[: SHOWN + 1], ensure_ascii=False)
            return neutralised(quoted if len(value) <= SHOWN else f"{quoted[: SHOWN + 1]}…")
        case int():
            return f"{value}" if abs(value) < 10**SHOWN else f"{'-' if value < 0 else ''}(a huge number)"
        case Mapping():
            return "{…}" if value else "{}"
        case list():
            return "[…]" if value else "[]"
        case _:
            return neutralised(cut(str(value), SHOWN))


def show_key(key: str) -> str:
    """A key as TOML would write it: bare where it may be."""
    bare = key.isascii() and key.replace("-", "").replace("_", "").isalnum()
    return key if bare and len(key) <= SHOWN else show(key)


def place(path: Sequence[Step], document: object) -> str:
    """Where a fault is, in the words of the file: `[redeem.budgets] unknown`, `[[sources]] #2 "name": kind`.

    Args:
        path: the keys and list places down to the value.
        document: the parsed file, to find the names of list entries and what is a section.
    """
    words: list[str] = []
    heading: list[str] = []
    here = document
    for at, step in enumerate(path):
        inner = _below(here, step)
        if isinstance(step, int):
            words.append(f"#{step + 1}{_name(inner)}")
        elif isinstance(inner, Mapping) or _is_tables(inner, path[at + 1 :]):
            heading.append(show_key(step))
            words = [f"[[{'.'.join(heading)}]]" if isinstance(inner, list) else f"[{'.'.join(heading)}]"]
        else:
            words.append(show_key(step))
        here = inner
        if isinstance(step, int) and isinstance(inner, Mapping) and at + 1 < len(path):
            words[-1] += ":"
    return " ".join(words)


def lines(faults: Iterator[Fault], document: object, file: str) -> Iterator[str]:
    """The faults as people read them: `config.toml: [redeem.budgets] unknown = -1: must be 0 or more`."""
    for fault in faults:
        value = "" if fault.shown is None else f" = {fault.shown}"
        yield f"{file}: {place(fault.path, document)}{value}: {fault.text}"


def _below(here: object, step: Step) -> object:
    if isinstance(here, Mapping):
        return here.get(step)
    if isinstance(here, list) and isinstance(step, int) and step < len(here):
        return here[step]
    return None


def _is_tables(value: object, rest: Sequence[Step]) -> bool:
    """Whether this is a list of tables that the path goes on into."""
    if not isinstance(value, list) or not rest or not isinstance(rest[0], int):
        return False
    return isinstance(_below(value, rest[0]), Mapping)


def _name(entry: object) -> str:
    name = entry.get("name") if isinstance(entry, Mapping) else None
    return f" {show(name)}" if isinstance(name, str) else ""
