import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.stats import summarise

series = st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=30)


@given(series)
def test_the_median_lies_between_the_quarters_and_those_within_the_series(values):
    summary = summarise(values)
    slack = 1e-6
    assert min(values) <= summary.low + slack
    assert summary.low <= summary.median + slack
    assert summary.median <= summary.high + slack
    assert summary.high <= summary.most + slack
    assert summary.most == max(values)
    assert summary.runs == len(values)


def test_one_slow_run_does_not_move_the_median():
    assert summarise([1.0, 1.0, 1.0, 1.0, 90.0]).median == 1.0


def test_one_run_is_its_own_summary():
    summary = summarise([3.0])
    assert (summary.low, summary.median, summary.high, summary.runs) == (3.0, 3.0, 3.0, 1)


def test_no_runs_have_no_summary():
    with pytest.raises(ValueError, match="no values"):
        summarise([])
