"""Retry budgets and waits: policy as data, from `[redeem]` of the configuration."""

from attrs import frozen


@frozen
class Budgets:
    """Calls of one pair in one round that may end in a class; the n-th gives up without waiting."""

    relogin: int = 3
    login: int = 5
    rate_limited: int = 10
    unknown: int = 3
    temporary: int = 10
    captcha: int = 4
    crash: int = 3
    total: int = 10
    """All calls of the pair in one round, log-ins and captchas included."""


@frozen
class StepBackoff:
    """How long to wait before trying a pair again: `step` × attempt, up to `max`; seconds."""

    step: float = 4.0
    max: float = 60.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after the `attempt`-th failure of a class (from 1)."""
        return min(self.max, self.step * attempt)


@frozen
class RedeemPolicy:
    """Everything that decides about retries. `retry_after` is in seconds."""

    budgets: Budgets = Budgets()
    backoff: StepBackoff = StepBackoff()
    retry_after: float = 3600.0
    retry_rounds: int = 3
