"""What may stand in a log line: secrets taken out, harmless to a terminal, bounded. In that order.

Cutting first could leave half of a secret, which nothing would recognise any more.
"""

import json
import math
import re
import threading
import traceback
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from types import TracebackType
from urllib.parse import quote, quote_plus

from daemon.safe_text import cut, neutralised

LIMIT = 2_000
"""Characters of one message or field."""
_WINDOW = 8 * LIMIT
"""Characters that are looked at at all: a message of 10 MB costs no more than this."""
_ITEMS = 50
_DEPTH = 4
_HEAD, _TAIL, _WIDTH = 20, 60, 500
"""Of a traceback: the first lines, the last ones (they say most), and how long each may be."""
_SHORT = 6
"""Secrets shorter than this are taken out as whole words only: "demo" must not eat "demolish"."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Redactor:
    """Replaces known secrets by `***`, also where they are quoted or escaped."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: frozenset[str] = frozenset()
        self._pattern: re.Pattern[str] | None = None
        self.longest = 0
        """Characters of the longest form of a secret."""

    def add(self, secret: str) -> None:
        """Know one more secret; an empty one is no secret."""
        if not secret.strip():
            return
        with self._lock:
            self._known |= _forms(secret)
            # The longest first: a secret may begin with another.
            ordered = sorted(self._known, key=len, reverse=True)
            self._pattern = re.compile("|".join(_expression(form) for form in ordered))
            self.longest = len(ordered[0])

    def __call__(self, text: str) -> str:
        """`text` without the secrets."""
        return text if self._pattern is None else self._pattern.sub("***", text)


def _forms(secret: str) -> frozenset[str]:
    """How a secret looks as it is, in a repr, in JSON, and in a URL."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return frozenset(
        {secret, *escaped, quote(secret, errors="replace"), quote_plus(secret, errors="replace")}
    )


def _expression(form: str) -> str:
    return re.escape(form) if len(form) >= _SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"


def one_line(text: str, redact: Redactor) -> str:
    """`text` as one bounded, harmless line."""
    window = redact(text[:_WINDOW])
    if len(text) <= _WINDOW:
        return cut(neutralised(window), LIMIT)
    # The window may end within a secret, of which the beginning is left: it goes.
    whole = window[: max(0, len(window) - redact.longest)]
    return cut(neutralised(whole), LIMIT, len(text))


def bounded(value: object, redact: Redactor, depth: int = _DEPTH) -> object:
    """`value` as something JSON can hold: plain, of bounded size, redacted. Never raises.

    Mappings, lists, tuples and sets stay what they are down to some depth; other objects become text.
    """
    match value:
        case None | bool():
            return value
        case int():
            return int(value) if abs(value) < 2**64 else "(a huge number)"
        case float():
            return float(value) if math.isfinite(value) else str(value)
        case str():
            return one_line(value, redact)
        case Mapping() | list() | tuple() | AbstractSet() if depth > 0:
            return _bounded_many(value, redact, depth - 1)
        case _:
            return one_line(_text(value), redact)


def _bounded_many(
    value: Mapping[object, object] | Collection[object], redact: Redactor, depth: int
) -> object:
    try:
        if isinstance(value, Mapping):
            return _bounded_mapping(value, redact, depth)
        items = [bounded(item, redact, depth) for item in islice(value, _ITEMS)]
        return items if len(value) <= _ITEMS else [*items, _more(value)]
    except Exception as error:  # noqa: BLE001 - a strange collection must not cost the line
        return f"({type(value).__name__} that can't be read: {type(error).__name__})"


def _bounded_mapping(value: Mapping[object, object], redact: Redactor, depth: int) -> dict[str, object]:
    pairs = islice(value.items(), _ITEMS)
    fields = {one_line(_text(key), redact): bounded(item, redact, depth) for key, item in pairs}
    return fields if len(value) <= _ITEMS else fields | {"…": _more(value)}


def _more(value: Collection[object]) -> str:
    return f"({len(value) - _ITEMS} more)"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception as error:  # noqa: BLE001 - a broken __str__ must not cost the line
        return f"({type(value).__name__} that can't be shown: {type(error).__name__})"


def traceback_lines(exc_info: ExcInfo, redact: Redactor) -> list[str]:
    """The traceback, redacted, harmless, and bounded in lines and in their length."""
    try:
        parts = traceback.TracebackException(*exc_info, max_group_width=5, max_group_depth=5).format()
        text = redact("".join(parts))
    except Exception as error:  # noqa: BLE001 - as above
        text = f"{exc_info[0].__name__}, whose traceback can't be shown: {type(error).__name__}"
    lines = text.rstrip("\n").split("\n")
    if len(lines) > _HEAD + _TAIL:
        left_out = len(lines) - _HEAD - _TAIL
        lines = [*lines[:_HEAD], f"… ({left_out} more lines)", *lines[-_TAIL:]]
    return [cut(neutralised(line[:_WINDOW]), _WIDTH, len(line)) for line in lines]
