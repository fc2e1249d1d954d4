import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.goals import Standing, at_least, at_most

numbers = st.floats(min_value=-1e9, max_value=1e9)


@pytest.mark.parametrize(
    ("goal", "value", "standing"),
    [
        (at_least(6, 11), 5.99, Standing.MISSED),
        (at_least(6, 11), 6.0, Standing.MET),
        (at_least(6, 11), 11.0, Standing.BETTER),
        (at_most(9, 6.9), 9.01, Standing.MISSED),
        (at_most(9, 6.9), 9.0, Standing.MET),
        (at_most(9, 6.9), 6.9, Standing.BETTER),
        (at_most(0), 0.0, Standing.MET),
    ],
)
def test_a_goal_is_met_at_its_bound(goal, value, standing):
    assert goal.judge(value) is standing


@given(bound=numbers, value=numbers)
def test_what_is_not_at_least_the_bound_is_less(bound, value):
    least, most = at_least(bound).judge(value), at_most(bound).judge(value)
    assert (least is Standing.MET) == (value >= bound)
    assert (most is Standing.MET) == (value <= bound)


@pytest.mark.parametrize("make", [lambda: at_least(6, 5), lambda: at_most(6, 7)])
def test_what_would_be_better_lies_beyond_the_bound(make):
    with pytest.raises(ValueError, match="better"):
        make()


def test_a_goal_reads_as_its_bound_and_what_would_be_better():
    assert str(at_least(1.15, 1.4)) == "≥ 1.15 (1.4)"
    assert str(at_most(10_000)) == "≤ 10,000"
