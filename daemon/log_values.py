"""What may stand in a log line: secrets taken out, harmless to a terminal, bounded. In that order.

Cutting first could leave half of a secret, which nothing would recognise any more.
"""

import json
import logging
import math
import re
import threading
import traceback
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from types import TracebackType
from urllib.parse import quote, quote_plus

from attrs import frozen

from daemon.safe_text import cut, neutralised

LIMIT = 2_000
"""Characters of one message or field."""
_WINDOW = 8 * LIMIT
"""Characters that are looked at at all: a message of 10 MB costs no more than this."""
_ITEMS = 50
_DEPTH = 4
_HEAD, _TAIL, _WIDTH = 20, 60, 500
"""Of a traceback: the first lines, the last ones (they say most), and how long each may be."""
_SHORT = 8
"""Secrets shorter than this are taken out as whole words only: "demo" must not eat "demolish"."""

_CUT_OFF = re.compile(r"…(?= \([0-9])")
"""Where whoever made a text has cut it off, and says how much: so with the errors of crashes."""
_TRACE = 4
"""Characters of a secret's beginning, before such a place, that are too many to be left there."""
_CUTS = 20
"""Such places of one text that are looked at."""

_TOKEN_IN_ADDRESS = re.compile(r"(/(?:webhooks|interactions)/[0-9]{1,20}/)[\w.~%+-]+")
"""Where an address at Discord holds the token of an interaction or a webhook: errors of libraries show it."""

_OURS = frozenset({"perkd", "daemon", "actors", "supervision"})
"""Where the names of perkd's own loggers begin."""

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Redactor:
    """Replaces known secrets by `***`, also where they are quoted or escaped; and tokens in addresses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._expressions: dict[str, str] = {}
        """Each form of a secret, and what finds it."""
        self._pattern: re.Pattern[str] | None = None
        self._short: re.Pattern[str] | None = None
        self._long: tuple[str, ...] = ()
        """The forms that are no short ones."""
        self.longest = 0
        """Characters of the longest form of a secret."""

    def add(self, secret: str) -> None:
        """Know one more secret; an empty one is no secret."""
        if not secret.strip():
            return
        with self._lock:
            short = len(secret) < _SHORT
            self._expressions |= {form: _expression(form, short=short) for form in _forms(secret)}
            # The longest first: a secret may begin with another.
            ordered = sorted(self._expressions, key=len, reverse=True)
            self._pattern = re.compile("|".join(self._expressions[form] for form in ordered))
            words = [self._expressions[form] for form in ordered if len(form) < _SHORT]
            self._short = re.compile("|".join(words)) if words else None
            self._long = tuple(form for form in ordered if len(form) >= _SHORT)
            self.longest = len(ordered[0])

    def __call__(self, text: str, keep: AbstractSet[str] = frozenset()) -> str:
        """`text` without the secrets, but those in `keep`."""
        text = _TOKEN_IN_ADDRESS.sub(r"\1***", text)
        if self._pattern is None:
            return text
        text = self._pattern.sub(lambda found: found[0] if found[0] in keep else "***", text)
        return self._without_halves(text) if "…" in text else text

    def _without_halves(self, text: str) -> str:
        """Without the beginning of a secret within which the text was cut off before it came here."""
        *cut_off, rest = _CUT_OFF.split(text, _CUTS)
        return "…".join([*map(self._without_half, cut_off), rest])

    def _without_half(self, text: str) -> str:
        half = max((_begun(form, text) for form in self._long), default=0)
        return f"{text[:-half]}***" if half else text

    def ordinary(self, template: str) -> frozenset[str]:
        """The short secrets that are words of a message's template: there they betray nothing."""
        return frozenset() if self._short is None else frozenset(self._short.findall(template[:_WINDOW]))


def _forms(secret: str) -> frozenset[str]:
    """How a secret looks as it is, in a repr, in JSON, and in a URL."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    return frozenset(
        {secret, *escaped, quote(secret, errors="replace"), quote_plus(secret, errors="replace")}
    )


def _begun(form: str, text: str) -> int:
    """How many characters of the form's beginning the text ends with; 0 where they are only a trace."""
    if form[:_TRACE] not in text[1 - len(form) :]:
        return 0
    lengths = range(len(form) - 1, _TRACE - 1, -1)
    return next((length for length in lengths if text.endswith(form[:length])), 0)


def _expression(form: str, *, short: bool) -> str:
    return rf"(?<!\w){re.escape(form)}(?!\w)" if short else re.escape(form)


def message_of(record: logging.LogRecord, redact: Redactor) -> str:
    """The record's message as one bounded, harmless line.

    The templates of our own loggers are constant. A short secret that is also a word of one ("demo", say) is
    taken out of what was put into the template, and the template stays readable.
    """
    ordinary = redact.ordinary(record.msg) if isinstance(record.msg, str) and is_ours(record) else frozenset()
    if not ordinary:
        return one_line(record.getMessage(), redact)
    match record.args:
        case Mapping():
            args: object = {name: _hidden(value, redact) for name, value in record.args.items()}
        case tuple():
            args = tuple(_hidden(value, redact) for value in record.args)
        case _:
            args = ()
    return one_line(record.msg % args if args else record.msg, redact, keep=ordinary)


def is_ours(record: logging.LogRecord) -> bool:
    """Whether the record is perkd's own, and no library's."""
    return record.name.partition(".")[0] in _OURS


@frozen
class _Hidden:
    """An argument of a message without the secrets."""

    value: object
    redact: Redactor

    def __str__(self) -> str:
        return self.redact(str(self.value))

    def __repr__(self) -> str:
        return self.redact(repr(self.value))


def _hidden(value: object, redact: Redactor) -> object:
    return value if isinstance(value, int | float) else _Hidden(value, redact)


def one_line(text: str, redact: Redactor, keep: AbstractSet[str] = frozenset()) -> str:
    """`text` as one bounded, harmless line; of the secrets, those in `keep` stay."""
    window = redact(text[:_WINDOW], keep)
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
