"""The core of a supervisor against a model: any policies, any strategy, any order of events."""

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import AutoShutdown, Backoff, Kind, Strategy
from supervision.actions import Refusal
from supervision.child import End, Policy
from supervision.intensity import RestartWindow
from tests.worlds.supervisor_model import Model, model_of

POLICIES = st.builds(
    Policy,
    st.sampled_from(Kind),
    st.none() | st.builds(Backoff, st.sampled_from([0.0, 0.5, 2.0]), reset_after=st.sampled_from([1.0, 9.0])),
    st.booleans(),
)
ENDS = [End.CRASHED] * 3 + [End.NORMAL] * 2 + [End.FINISHED, End.SHUTDOWN]
HANDS = ["stop", "restart", "delete", "new"]


def valid(policy: Policy, shuts: AutoShutdown) -> Policy:
    """As validation allows it."""
    may = policy.kind is not Kind.PERMANENT and shuts is not AutoShutdown.NEVER
    return evolve(policy, significant=policy.significant and may)


@st.composite
def models(draw: st.DrawFn) -> Model:
    shuts = draw(st.sampled_from(AutoShutdown))
    policies = [valid(policy, shuts) for policy in draw(st.lists(POLICIES, max_size=5))]
    period = draw(st.sampled_from([0.5, 3.0, 100.0]))
    return model_of(policies, draw(st.sampled_from(Strategy)), draw(st.integers(0, 5)), period, shuts)


def disturb(model: Model, data: st.DataObject) -> None:
    """One event that may happen now."""
    index = data.draw(st.sampled_from(sorted(model.alive))) if model.alive else None
    what = data.draw(st.integers(0, 7))
    if index is None or what == 0:
        model.pass_time(data.draw(st.sampled_from([0.0, 0.25, 1.0, 4.0])))
    elif index in model.asked and what < 5:
        model.ended(index, data.draw(st.sampled_from([End.STOPPED, End.STOPPED, End.CRASHED, End.FINISHED])))
    elif index in model.starting:
        match data.draw(st.sampled_from(["started"] * 4 + ["declined", "start failed", "finished"])):
            case "started":
                model.started(index)
            case "declined":
                model.declined(index)
            case "start failed":
                model.start_failed(index)
            case _:
                model.ended(index, End.FINISHED)
    else:
        model.ended(index, data.draw(st.sampled_from(ENDS)))


def meddle(model: Model, data: st.DataObject) -> None:
    """One thing ordered by hand."""
    index = data.draw(st.sampled_from(sorted(model.known))) if model.known else None
    match data.draw(st.sampled_from(HANDS)):
        case "stop" if index is not None:
            model.stop_child(index)
        case "restart" if index is not None:
            model.restart_child(index)
        case "delete" if index is not None:
            model.delete_child(index)
        case _:
            model.start_new(valid(data.draw(POLICIES), model.core.auto_shutdown))


def live(model: Model, steps: int, data: st.DataObject) -> None:
    hands = data.draw(st.booleans())
    model.start()
    for _ in range(steps):
        if model.over is not None:
            return
        if hands and data.draw(st.integers(0, 2)) == 0:
            meddle(model, data)
        else:
            disturb(model, data)


@settings(max_examples=500, deadline=None)
@given(models(), st.integers(0, 40), st.data())
def test_whatever_happens_the_rules_hold_and_a_stop_ends_it(
    model: Model, steps: int, data: st.DataObject
) -> None:
    live(model, steps, data)
    model.stop()
    while model.asked:
        model.ended(max(model.asked), End.STOPPED)
    assert model.over == model.ending
    assert not model.by_hand | model.stops, "everybody was told"
    assert not model.core.start(model.now)
    assert not model.core.stop(model.now)
    assert not model.core.tick(model.now + 1000)


@settings(max_examples=500, deadline=None)
@given(models(), st.integers(0, 40), st.data())
def test_at_rest_exactly_those_run_that_should(model: Model, steps: int, data: st.DataObject) -> None:
    live(model, steps, data)
    model.rest()
    assert model.running == (model.wanted if model.ending is None else set())
    assert (model.over is None) is (model.ending is None)
    assert model.core.refusal() is (None if model.ending is None else Refusal.NOT_RUNNING)
    assert not model.by_hand | model.stops, "everybody was told"
    for index in model.policies:
        assert model.core.due(index) == float("inf")


@settings(deadline=None)
@given(st.integers(0, 6), st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 3.0]), max_size=40))
def test_the_window_counts_as_a_naive_list_does(intensity: int, gaps: list[float]) -> None:
    window, period, now, times = RestartWindow(intensity, 1.0), 1.0, 0.0, list[float]()
    for gap in gaps:
        now += gap
        times.append(now)
        assert window.add(now) is (sum(at >= now - period for at in times) <= intensity)


def test_exactly_one_period_ago_still_counts() -> None:
    window = RestartWindow(1, 5.0)
    assert [window.add(at) for at in (0.0, 5.0, 10.0, 15.0001)] == [True, False, False, True]


@settings(deadline=None)
@given(
    st.builds(
        Backoff,
        min=st.floats(0, 10),
        max=st.floats(10, 1e6),
        factor=st.floats(1, 1e12),
        jitter=st.floats(0, 1),
    ),
    st.integers(1, 10**6),
    st.floats(0, 1, exclude_max=True),
)
def test_a_backoff_grows_from_min_to_max_and_jitter_only_shortens_it(
    backoff: Backoff, failures: int, chance: float
) -> None:
    wait = backoff.delay(failures, 0.0)
    assert backoff.min <= wait <= backoff.max
    assert wait <= backoff.delay(failures + 1, 0.0)
    shortened = backoff.delay(failures, chance)
    assert wait * (1 - backoff.jitter) <= shortened * (1 + 1e-9)
    assert shortened <= wait


def test_a_backoff_in_numbers() -> None:
    backoff = Backoff(min=1, max=30, factor=3, jitter=0.5)
    assert [backoff.delay(failures, 0.0) for failures in (1, 2, 3, 4, 5, 10_000)] == [1, 3, 9, 27, 30, 30]
    assert backoff.delay(2, 0.5) == 2.25
