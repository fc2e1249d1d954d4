"""Goals: what a figure should come to, and better still."""

from enum import Enum

from attrs import field, frozen


class Sense(Enum):
    """Which side of its bound a figure belongs on."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


class Standing(Enum):
    """How a figure compares with its goal."""

    MISSED = "MISSED"
    MET = "met"
    BETTER = "better"


@frozen
class Goal:
    """A bound that is to be kept, and one that would be better still (None: there is none)."""

    sense: Sense
    bound: float
    better: float | None = field(default=None)

    @better.validator
    def _lies_beyond_the_bound(self, _attribute: object, value: float | None) -> None:
        if value is not None and not self._holds(value, self.bound):
            raise ValueError(f"better = {value}: must be {self.sense.value} the bound {self.bound}")

    def _holds(self, value: float, bound: float) -> bool:
        return value >= bound if self.sense is Sense.AT_LEAST else value <= bound

    def judge(self, value: float) -> Standing:
        """Where a figure stands. The bound itself is met."""
        if not self._holds(value, self.bound):
            return Standing.MISSED
        if self.better is not None and self._holds(value, self.better):
            return Standing.BETTER
        return Standing.MET

    def __str__(self) -> str:
        beyond = "" if self.better is None else f" ({self.better:,g})"
        return f"{self.sense.value} {self.bound:,g}{beyond}"


def at_least(bound: float, better: float | None = None) -> Goal:
    """More is better."""
    return Goal(Sense.AT_LEAST, bound, better)


def at_most(bound: float, better: float | None = None) -> Goal:
    """Less is better."""
    return Goal(Sense.AT_MOST, bound, better)
