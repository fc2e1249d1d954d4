"""How often one person may have something done that costs calls to a game. Pure; time is an argument."""

from collections import deque

from attrs import define, field

PERIOD = 600.0
"""Seconds."""
MOST = 30
"""Tries of one person within the period."""


@define(eq=False)
class Allowance:
    """The tries of the last period, by person. It does not outlive the process."""

    _tries: dict[str, deque[float]] = field(factory=dict)
    _swept_at: float = 0.0

    def take(self, person: str, now: float, most: int = MOST) -> float:
        """Count a try. Returns 0, or the seconds until there is one again; then none was counted."""
        self._sweep(now)
        tries = self._tries.setdefault(person, deque())
        while tries and tries[0] <= now - PERIOD:
            tries.popleft()
        if len(tries) >= most:
            return tries[-most] + PERIOD - now
        tries.append(now)
        return 0.0

    def _sweep(self, now: float) -> None:
        """Forget those whose last try is long past, now and then."""
        if now - self._swept_at >= PERIOD:
            self._swept_at = now
            self._tries = {who: tries for who, tries in self._tries.items() if tries[-1] > now - PERIOD}
