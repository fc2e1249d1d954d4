"""The request budget of one game: a sliding window that never earns a 429, whatever the latency."""

import math
from bisect import bisect_right, insort
from collections.abc import Iterable

from attrs import define, field

from actors.ports import RateHint

PERIOD = 60.0
"""Seconds a request counts against the budget (domain: 30 requests per 60 s and address)."""

MARGIN = 0.02
"""Seconds a call is counted longer than the period: the server's clock may run a little differently from
ours (NTP slews by up to 500 ppm, which is 30 ms a minute; the way back of an answer covers the rest)."""

_MEMORY = 180.0
"""Seconds completions are remembered after they stopped counting, for judging late answers' headers."""


@define(eq=False)
class RateWindow:
    """Who may call when: fewer than `limit` calls in flight or completed within the last `period`.

    A call reaches the server at an unknown moment between its start and its completion. Counting it from
    start to completion **plus** a period covers every such moment, so that neither a sliding nor a fixed
    window at the server ever sees more than `limit`: of the calls it counts together, take the one started
    last; all the others were in flight or completed within a period at that moment, and were counted.

    All times are seconds of one clock. They must not run backwards.
    """

    configured: int = 30
    """The limit never goes above this."""
    period: float = PERIOD
    limit: int = field(init=False)
    """Calls per period now: as configured, or lower where the server told so."""
    in_flight: int = field(default=0, init=False)
    _done: list[float] = field(factory=list, init=False)
    """Times of completion, ascending; foreign calls ("phantoms") are among them."""
    _told_at: float = field(default=-math.inf, init=False)
    """When the present `limit` was last confirmed by the server."""

    def __attrs_post_init__(self) -> None:
        self.limit = self.configured

    # --- calls ----------------------------------------------------------------------------------

    def next_start(self, now: float) -> float:
        """The earliest time a call may start: `now`, later, or inf while it depends on calls in flight."""
        counted_from = self._counted_from(now)
        counted = len(self._done) - counted_from
        must_expire = self.in_flight + counted - self.limit + 1
        if must_expire <= 0:
            return now
        if must_expire > counted:
            return math.inf
        return max(now, self._done[counted_from + must_expire - 1] + self._hold)

    def start(self, now: float) -> None:
        """A call may leave from `now` on."""
        self._forget(now)
        self.in_flight += 1

    def finish(self, now: float) -> None:
        """A call that was started has ended, or its fate will never be known."""
        self.in_flight -= 1
        insort(self._done, now)

    def unused(self) -> None:
        """A call that was started never left, for certain."""
        self.in_flight -= 1

    def used(self, now: float) -> int:
        """Calls that count now, those in flight among them."""
        return self.in_flight + len(self._done) - self._counted_from(now)

    # --- what others tell -----------------------------------------------------------------------

    def learn(self, hint: RateHint, now: float, started: float | None = None) -> None:
        """Correct the window by the headers of an answer that has just been counted with `finish`.

        A lower limit holds at once; a higher one (up to the configured) only after a period in which the
        lower one was not told again, because endpoints may differ. Fewer requests remaining than we
        believe: somebody else spent them; they count from `now`.

        Args:
            hint: the headers. Values that make no sense are ignored.
            now: the time of the answer.
            started: when that call started. The server counted somewhere between the two times, so
                everything of ours that it may have seen there is taken off before others are suspected.
        """
        if hint.limit is not None and hint.limit > 0:
            self._learn_limit(hint.limit, now)
        if hint.remaining is None or hint.remaining < 0:
            return
        since = (now if started is None else min(started, now)) - self._hold
        if since < now - self._hold - _MEMORY:
            return  # too late an answer to judge by what is remembered
        ours = self.in_flight + len(self._done) - bisect_right(self._done, since)
        for _ in range(self.limit - ours - hint.remaining):
            insort(self._done, now)

    def spend(self, now: float, until: float) -> None:
        """The server says that nothing is left before `until`: fill the window up to then."""
        when = min(now, until - self._hold)
        for _ in range(self.limit - self.used(now)):
            insort(self._done, when)

    def restore(self, times: Iterable[float], now: float) -> None:
        """Count calls of an earlier life that completed at `times`; those in the future count as now."""
        for when in times:
            insort(self._done, min(when, now))
        self._forget(now)

    def restore_limit(self, limit: int, now: float) -> None:
        """Take a limit that an earlier life learned."""
        if limit > 0:
            self._learn_limit(limit, now)

    def configure(self, limit: int) -> None:
        """Change the configured limit; a lower one that the server told stays."""
        learned = self.limit if self.limit < self.configured else limit
        self.configured = limit
        self.limit = min(limit, learned)

    @property
    def learned(self) -> int | None:
        """The limit, where the server told a lower one than configured."""
        return self.limit if self.limit < self.configured else None

    # --- inside ---------------------------------------------------------------------------------

    @property
    def _hold(self) -> float:
        return self.period + MARGIN

    def _counted_from(self, now: float) -> int:
        return bisect_right(self._done, now - self._hold)

    def _forget(self, now: float) -> None:
        del self._done[: bisect_right(self._done, now - self._hold - _MEMORY)]

    def _learn_limit(self, told: int, now: float) -> None:
        told = min(told, self.configured)
        if told <= self.limit or now - self._told_at > self._hold:
            self.limit = told
            self._told_at = now
