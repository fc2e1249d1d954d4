"""Discord's clock, and the ids it makes of it."""

import time
from datetime import UTC, datetime

from attrs import define, field

EPOCH_MS = 1_420_070_400_000
"""The first second of 2015, in unix milliseconds."""


@define(eq=False)
class Clock:
    """The wall's clock, that a test may move ahead. Rate limits go by the wall alone."""

    offset: float = 0.0
    _last_id: int = field(default=0, init=False)

    def now(self) -> float:
        """Unix seconds."""
        return time.time() + self.offset

    def timestamp(self) -> str:
        """Now, as payloads have it."""
        return iso(self.now())

    def snowflake(self) -> str:
        """A new id: larger than all before, and telling when it was made."""
        made = (int(self.now() * 1000) - EPOCH_MS) << 22
        self._last_id = max(made, self._last_id + 1)
        return str(self._last_id)


def iso(at: float) -> str:
    """Unix seconds as ISO 8601."""
    return datetime.fromtimestamp(at, UTC).isoformat()
