"""The dynamic supervisor's decisions against naive arithmetic."""

from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import Backoff, Kind
from supervision.child import End
from supervision.dynamic_core import Budget, DynamicCore, Forget, GiveUp, Retry
from supervision.intensity import RestartWindow

ENDS = st.sampled_from([End.NORMAL, End.CRASHED, End.CRASHED, End.FINISHED, End.STOPPED])


def core(kind: Kind, *, every: int, each: int, period: float, backoff: Backoff | None = None) -> DynamicCore:
    return DynamicCore(kind, backoff, RestartWindow(every, period), each, period, lambda: 0.0)


@settings(deadline=None)
@given(
    st.sampled_from(Kind),
    st.integers(0, 6),
    st.integers(0, 4),
    st.lists(st.tuples(st.integers(0, 3), ENDS, st.sampled_from([0.0, 0.5, 2.0])), max_size=40),
)
def test_two_budgets_are_kept_one_of_each_child_and_one_of_all(
    kind: Kind, every: int, each: int, happenings: list[tuple[int, End, float]]
) -> None:
    period, now = 2.0, 0.0
    decides = core(kind, every=every, each=each, period=period)
    budgets = {child: Budget() for child in range(4)}
    own: dict[int, list[float]] = {child: [] for child in range(4)}
    total: list[float] = []
    for child, end, gap in happenings:
        now += gap
        restart = kind is Kind.PERMANENT or (kind is Kind.TRANSIENT and end is End.CRASHED)
        if end is End.FINISHED or not restart:
            assert decides.ended(budgets[child], end, now) == Forget()
            continue
        own[child].append(now)
        if sum(at >= now - period for at in own[child]) > each:
            assert decides.ended(budgets[child], end, now) == Forget(spent=True)
            continue
        total.append(now)
        if sum(at >= now - period for at in total) > every:
            assert decides.ended(budgets[child], end, now) == GiveUp()
            return
        assert decides.ended(budgets[child], end, now) == Retry(now)


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=30))
def test_only_a_calm_life_resets_the_backoff(lives: list[bool]) -> None:
    backoff = Backoff(1, max=1e30, reset_after=10)
    decides = core(Kind.PERMANENT, every=99, each=99, period=1.0, backoff=backoff)
    budget, now, failures = Budget(), 0.0, 0
    for calm in lives:
        budget.since = now
        now += 10 if calm else 9
        failures = 1 if calm else failures + 1
        assert decides.ended(budget, End.CRASHED, now) == Retry(now + 2.0 ** (failures - 1))
        now += 50  # a start that failed after a long wait was no life at all
        failures += 1
        assert decides.ended(budget, End.CRASHED, now) == Retry(now + 2.0 ** (failures - 1))
