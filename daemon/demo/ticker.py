"""The newest log lines, for the demo's screen: those that tell something."""

import logging
import time
from collections import deque

from attrs import frozen

from daemon.safe_text import neutralised

KEPT = 200
"""Lines; more than a terminal is high."""

_ROUTINE = frozenset(
    {
        "Redemption attempt %d/%d",
        "Successfully fetched %d gift codes (attempt %d)",
        "Found %d new codes for guild %s: [%s]",
        "Posted %d new codes to guild %s",
        "📊 Health check: Gift code poster healthy. Checks completed: %d",
    }
)
"""Templates of lines that come again and again, and whose outcome has a line of its own."""


@frozen
class Line:
    """One line of the log."""

    at: str
    """Local time, `HH:MM:SS`."""
    level: int
    text: str


class Ticker(logging.Handler):
    """Keeps the newest telling lines."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: deque[Line] = deque(maxlen=KEPT)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one line; never raises into whoever logs."""
        if record.msg in _ROUTINE:
            return
        try:
            text = neutralised(record.getMessage().partition("\n")[0])
        except Exception:  # noqa: BLE001 - arguments that don't fit must not stop the work
            text = neutralised(str(record.msg))
        at = time.strftime("%H:%M:%S", time.localtime(record.created))
        self._lines.append(Line(at, record.levelno, text))

    def newest(self, count: int) -> list[Line]:
        """The last `count` lines, oldest first."""
        return list(self._lines)[-count:] if count > 0 else []
