"""What many runs say together."""

import statistics
from collections.abc import Sequence

from attrs import frozen


@frozen
class Summary:
    """The middle of a series, and the quarters around it: half of the runs lie between `low` and `high`,
    none beyond `most`."""

    median: float
    low: float
    high: float
    most: float
    runs: int


def summarise(values: Sequence[float]) -> Summary:
    """Summarise a series. Raises `ValueError` where it is empty."""
    if not values:
        raise ValueError("no values to summarise")
    if len(values) == 1:
        return Summary(values[0], values[0], values[0], values[0], 1)
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Summary(median, low, high, max(values), len(values))
