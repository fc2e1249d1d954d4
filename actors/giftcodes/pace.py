"""How often to do what takes long. Pure; time is an argument."""

import math

from attrs import define

NOTICEABLE = 0.05
"""Seconds: what takes less may be done at any time."""
SHARE = 9.0
"""So many times as long as it took, something else has its turn: it gets a tenth of the time at most."""


@define
class Pace:
    """When something may be done again."""

    _over_at: float = -math.inf
    _took: float = 0.0

    def wait(self, now: float) -> float:
        """Seconds until it may be done; 0 for at once."""
        return 0.0 if self._took < NOTICEABLE else max(0.0, self._over_at + SHARE * self._took - now)

    def note(self, began: float, now: float) -> None:
        """It was done from `began` to now."""
        self._over_at, self._took = now, now - began
