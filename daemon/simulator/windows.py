"""An address's request budget, in the two readings of "30 requests per 60 s"."""

from collections import deque
from typing import Protocol

from attrs import define, field, frozen


@frozen
class Admission:
    """Whether a request may pass, and what the answer's headers say about the rest."""

    allowed: bool
    remaining: int
    wait: float
    """Seconds until a request is admitted again; 0 where one would be now."""


class Window(Protocol):
    """A budget of requests over time. Refused requests cost nothing."""

    def admit(self, now: float) -> Admission:
        """Count a request at `now` (seconds, never before the last one) if there is room."""
        ...


@define
class SlidingWindow:
    """At most `limit` requests in every span of `period` seconds (its start included, its end not)."""

    limit: int
    period: float
    _admitted: deque[float] = field(factory=deque, init=False)

    def admit(self, now: float) -> Admission:
        """See `Window`."""
        # "now - t >= period" would lose a request that waited exactly until t + period to rounding.
        while self._admitted and self._admitted[0] + self.period <= now:
            self._admitted.popleft()
        allowed = len(self._admitted) < self.limit
        if allowed:
            self._admitted.append(now)
        remaining = self.limit - len(self._admitted)
        return Admission(allowed, remaining, 0.0 if remaining else self._admitted[0] + self.period - now)


@define
class FixedWindow:
    """At most `limit` requests in a window that its first request opens and `period` seconds close."""

    limit: int
    period: float
    _closes: float = field(default=float("-inf"), init=False)
    _count: int = field(default=0, init=False)

    def admit(self, now: float) -> Admission:
        """See `Window`."""
        if now >= self._closes:
            self._closes, self._count = now + self.period, 0
        allowed = self._count < self.limit
        self._count += allowed
        remaining = self.limit - self._count
        return Admission(allowed, remaining, 0.0 if remaining else self._closes - now)


def window_of(kind: str, limit: int, period: float) -> Window:
    """A fresh window of `kind`, `sliding` or `fixed`."""
    return SlidingWindow(limit, period) if kind == "sliding" else FixedWindow(limit, period)
