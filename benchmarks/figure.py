"""A line of the table, and the group it stands in.

A sample is named `module.function/value`, as probes measure it; a figure is one sample, or one divided by
another of the same round.
"""

from collections.abc import Mapping

from attrs import frozen

from benchmarks.goals import Goal

Round = Mapping[str, float]
"""What the probes of one round measured: sample → value."""


@frozen
class Figure:
    """One line. `over` is the yardstick; without one the sample is shown as it is.

    Of all rounds the median counts; of what must never happen (`never_more`) the worst round.
    """

    name: str
    title: str
    sample: str
    unit: str = "×"
    over: str | None = None
    goal: Goal | None = None
    never_more: bool = False

    @property
    def probes(self) -> tuple[str, ...]:
        """Who measures it, the yardstick first."""
        samples = (self.sample,) if self.over is None else (self.over, self.sample)
        return tuple(dict.fromkeys(sample.partition("/")[0] for sample in samples))

    def value(self, measured: Round) -> float:
        """The figure of one round. Raises `KeyError` where a sample is missing."""
        value = measured[self.sample]
        return value if self.over is None else value / measured[self.over]


@frozen
class Group:
    """Figures that belong together, under a heading."""

    name: str
    title: str
    figures: tuple[Figure, ...]
    by_name: bool = False
    """It takes minutes: measured only where it, or one of its figures, is named."""


def ratio(name: str, title: str, sample: str, over: str, goal: Goal | None = None) -> Figure:
    """A figure that is one sample over another."""
    return Figure(name, title, sample, "×", over, goal)
