"""A dynamic supervisor's decisions about one child that ended, without trio."""

import math
from collections.abc import Callable

from attrs import define, frozen

from supervision.child import End, wants_restart
from supervision.intensity import RestartWindow
from supervision.policy import AutoShutdown, Backoff, Kind


@frozen
class Retry:
    """Start the child again at `due`."""

    due: float


@frozen
class Forget:
    """The child has ended for good; `spent`: because its own budget is."""

    spent: bool = False


@frozen
class GiveUp:
    """The budget of all children together is spent."""


@define
class Budget:
    """What one child has used up. Made at its first crash: thousands never need one."""

    window: RestartWindow | None = None
    failures: int = 0
    since: float = math.inf
    """When it last began to run (inf: it has not since its last failure)."""


@define
class DynamicCore:
    """The rules: kinds, the window of all children, the window of each, backoff."""

    kind: Kind
    backoff: Backoff | None
    window: RestartWindow
    child_intensity: int
    child_period: float
    random: Callable[[], float]
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    """NEVER also where the children are not significant."""

    def shuts_down(self, left: int) -> bool:
        """Whether the supervisor ends because a child has ended for good by itself, with `left` others."""
        match self.auto_shutdown:
            case AutoShutdown.NEVER:
                return False
            case AutoShutdown.ANY:
                return True
            case _:  # all
                return left == 0

    def ended(self, budget: Budget, end: End, now: float) -> Retry | Forget | GiveUp:
        """What to do about a child that ended by itself, or whose restart failed."""
        if not wants_restart(self.kind, end):
            return Forget()
        if budget.window is None:
            budget.window = RestartWindow(self.child_intensity, self.child_period)
        if not budget.window.add(now):
            return Forget(spent=True)
        if not self.window.add(now):
            return GiveUp()
        return Retry(now + self._delay(budget, now))

    def _delay(self, budget: Budget, now: float) -> float:
        if self.backoff is None:
            return 0.0
        if now - budget.since >= self.backoff.reset_after:
            budget.failures = 0
        budget.failures += 1
        budget.since = math.inf
        return self.backoff.delay(budget.failures, self.random())
