"""Log lines for people: local time, the level from a warning on, the message, and whom it is about."""

import logging
import re
import time
from datetime import UTC, datetime

from attrs import frozen

from daemon.log_values import Redactor, one_line

RED, YELLOW, DIM, PLAIN = "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"

_TELLING = frozenset(
    {
        "perkd.redeem",
        "actors.giftcodes.poller",
        "actors.giftcodes.feed",
        "actors.giftcodes.source_health",
    }
)
"""Loggers whose lines operators know word for word, though some of them don't say whom they are about."""
_WHOM = ("fid", "code", "source", "game")


@frozen
class ConsoleLines:
    """Renders records for people."""

    colourful: bool
    redact: Redactor

    def line(self, record: logging.LogRecord, text: str, trace: list[str]) -> str:
        """The record, its message made safe as `text`; a traceback stands behind a bar: it forges no line."""
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        first = f"{at} {self._level(record)}{text}{self._whom(record, text)}"
        return "\n".join([first, *(f"  | {line}" for line in trace)])

    def day(self, record: logging.LogRecord) -> str:
        """What is to stand above the first record of a day, and where the local time changes."""
        when = datetime.fromtimestamp(record.created, UTC).astimezone()
        offset = when.isoformat(timespec="seconds")[19:]
        return self._coloured(DIM, f"── {when:%Y-%m-%d} (local time, UTC{offset}) ──")

    def _level(self, record: logging.LogRecord) -> str:
        if record.levelno < logging.WARNING:
            return ""
        return self._coloured(RED if record.levelno >= logging.ERROR else YELLOW, record.levelname) + " "

    def _whom(self, record: logging.LogRecord, text: str) -> str:
        """Those of a telling record's fields that its message does not hold."""
        if record.name not in _TELLING:
            return ""
        shown = []
        for name in _WHOM:
            value = getattr(record, name, None)
            if isinstance(value, str) and value and not _holds(text, value):
                shown.append(f"{name}={one_line(value, self.redact)}")
        return "  " + self._coloured(DIM, " ".join(shown)) if shown else ""

    def _coloured(self, colour: str, text: str) -> str:
        return f"{colour}{text}{PLAIN}" if self.colourful else text


def _holds(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(value)}(?!\w)", text) is not None
