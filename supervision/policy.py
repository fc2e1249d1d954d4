"""When and how children are restarted, as data."""

from enum import StrEnum
from typing import Any

from attrs import Attribute, field, frozen

from supervision.validation import at_least_one, finite_seconds, fraction, only_fields, refuse, seconds


class Kind(StrEnum):
    """When a child is restarted."""

    PERMANENT = "permanent"
    """Always, even after a clean end."""
    TRANSIENT = "transient"
    """After an abnormal end only; its spec stays."""
    TEMPORARY = "temporary"
    """Never; its spec is forgotten when it ends."""


class Strategy(StrEnum):
    """Who is restarted when a child ends."""

    ONE_FOR_ONE = "one_for_one"
    """Only the child that ended."""
    REST_FOR_ONE = "rest_for_one"
    """The child and those started after it: stopped in reverse order, started in order."""
    ONE_FOR_ALL = "one_for_all"
    """All children: stopped in reverse order, started in order."""


class AutoShutdown(StrEnum):
    """When a supervisor ends because significant children have ended by themselves."""

    NEVER = "never"
    ANY = "any"
    """When one of them has."""
    ALL = "all"
    """When the last of them has."""


def _not_below_min(owner: "Backoff", attribute: "Attribute[Any]", value: float) -> None:
    seconds(owner, attribute, value)
    if value < owner.min:
        raise refuse(owner, attribute, value, f"at least min, which is {owner.min}")


@only_fields
@frozen
class Backoff:
    """How long to wait before a restart: `min`, then `factor` times longer each time, up to `max`.

    `jitter` is the fraction of the wait that is random; after `reset_after` seconds of life the row
    of failures begins anew. All times in seconds.
    """

    min: float = field(default=0.1, validator=finite_seconds)
    max: float = field(default=30.0, validator=_not_below_min)
    factor: float = field(default=2.0, validator=at_least_one)
    jitter: float = field(default=0.0, validator=fraction)
    reset_after: float = field(default=60.0, validator=seconds)

    def delay(self, failures: int, chance: float) -> float:
        """Seconds to wait after the `failures`-th failure in a row (from 1); `chance` in [0, 1)."""
        try:
            wait = min(self.max, self.min * float(self.factor) ** (failures - 1))
        except OverflowError:
            wait = self.max  # long reached
        return wait * (1 - self.jitter * chance)
