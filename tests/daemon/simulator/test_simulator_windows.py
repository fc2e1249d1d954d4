"""The two readings of the limit, for any sequence of requests."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.simulator.windows import FixedWindow, SlidingWindow

gaps = st.lists(st.floats(0, 20, allow_nan=False), max_size=120)
limits = st.integers(1, 8)
periods = st.sampled_from([1.0, 7.3, 60.0])


def _times(gaps: list[float]) -> Iterator[float]:
    now = 0.1
    for gap in gaps:
        now += gap
        yield now


@given(gaps, limits, periods)
def test_a_sliding_window_admits_exactly_while_fewer_than_the_limit_lie_within_the_period(
    gaps: list[float], limit: int, period: float
) -> None:
    window = SlidingWindow(limit, period)
    admitted: list[float] = []
    for now in _times(gaps):
        within = [at for at in admitted if now < at + period]
        admission = window.admit(now)
        assert admission.allowed == (len(within) < limit)
        if admission.allowed:
            admitted.append(now)
        assert admission.remaining == max(0, limit - len(within) - 1)


@given(gaps, limits, periods)
def test_whoever_waits_as_long_as_the_sliding_window_says_is_admitted(
    gaps: list[float], limit: int, period: float
) -> None:
    window = SlidingWindow(limit, period)
    last = 0.0
    for now in _times(gaps):
        last = max(now, last)
        admission = window.admit(last)
        if not admission.allowed:
            last += admission.wait * (1 + 1e-9) + 1e-9
            assert window.admit(last).allowed


@given(gaps, limits, periods)
def test_a_fixed_window_opens_with_its_first_request_and_admits_the_limit(
    gaps: list[float], limit: int, period: float
) -> None:
    window = FixedWindow(limit, period)
    opened, count = float("-inf"), 0
    for now in _times(gaps):
        if now >= opened + period:
            opened, count = now, 0
        admission = window.admit(now)
        assert admission.allowed == (count < limit)
        count += admission.allowed
        assert admission.remaining == limit - count


@pytest.mark.parametrize("window", [SlidingWindow(2, 60.0), FixedWindow(2, 60.0)])
def test_a_refused_request_costs_nothing(window: Any) -> None:
    assert [window.admit(at).allowed for at in (0.0, 30.0, 31.0, 59.9)] == [True, True, False, False]
    assert window.admit(60.0).allowed


def test_the_readings_differ_after_a_late_burst() -> None:
    sliding, fixed = SlidingWindow(2, 60.0), FixedWindow(2, 60.0)
    for window in (sliding, fixed):
        window.admit(0.0)
        window.admit(59.0)
    assert [sliding.admit(60.0).allowed, sliding.admit(61.0).allowed] == [True, False]
    assert [fixed.admit(60.0).allowed, fixed.admit(61.0).allowed] == [True, True]
