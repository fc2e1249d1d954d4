"""The core of a supervisor against a model: any policies, any strategy, any order of events."""

from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from supervision import Backoff, Kind, Strategy
from supervision.actions import Action, Finish, Ready, Spawn, Stop
from supervision.child import End, Policy
from supervision.core import SupervisorCore
from supervision.intensity import RestartWindow

GROUPS = {Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL}


@define
class Model:
    """A shell that only keeps books, and knows the rules in another, plainer form.

    `starting`, `running`: which children have a task. `asked`: which one was told to stop. `old`: those
    a group restart is still stopping. `wanted`: those that run when everything has come to rest.
    """

    core: SupervisorCore
    kinds: list[Kind]
    strategy: Strategy
    intensity: int
    period: float
    now: float = 0.0
    starting: set[int] = field(factory=set)
    running: set[int] = field(factory=set)
    asked: int | None = None
    old: set[int] = field(factory=set)
    first: int = 0
    wanted: set[int] = field(init=False)
    finished: set[int] = field(factory=set)
    early: list[int] = field(factory=list)
    attempts: list[float] = field(factory=list)
    ready: bool = False
    ending: Finish | None = None
    over: Finish | None = None

    def __attrs_post_init__(self) -> None:
        self.wanted = set(range(len(self.kinds)))

    @property
    def alive(self) -> set[int]:
        return self.starting | self.running

    # --- what happens ----------------------------------------------------------------------------

    def start(self) -> None:
        self.carry_out(self.core.start(self.now))

    def started(self, index: int) -> None:
        self.starting.discard(index)
        self.running.add(index)
        self.carry_out(self.core.started(index, self.now))

    def declined(self, index: int) -> None:
        if not self.leave(index):
            self.wanted.discard(index)
        self.carry_out(self.core.declined(index, self.now))

    def start_failed(self, index: int) -> None:
        asked = self.leave(index)
        if not asked and self.ending is None:
            if self.ready:
                self.attempt(index)
            else:
                self.ending = Finish(End.START_FAILED, index)
        self.carry_out(self.core.start_failed(index, self.now))

    def ended(self, index: int, end: End) -> None:
        old = set(self.old)
        asked = self.leave(index)
        absorbed = index in old
        if end is End.FINISHED:
            self.finished.add(index)
        if self.kinds[index] is Kind.TEMPORARY or end is End.FINISHED:
            self.wanted.discard(index)
        elif asked or absorbed or self.ending is not None:
            pass
        elif self.kinds[index] is Kind.TRANSIENT and end is End.NORMAL:
            self.wanted.discard(index)
        elif self.ready:
            self.attempt(index)
        else:
            self.early.append(index)
        self.carry_out(self.core.ended(index, end, self.now))

    def stop(self) -> None:
        self.ending = self.ending or Finish(End.STOPPED)
        self.carry_out(self.core.stop(self.now))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.carry_out(self.core.tick(self.now))

    # --- the rules -------------------------------------------------------------------------------

    def leave(self, index: int) -> bool:
        """The task of a child is over; return whether it had been told to stop."""
        self.starting.discard(index)
        self.running.discard(index)
        self.old.discard(index)
        asked = self.asked == index
        if asked:
            self.asked = None
        return asked

    def attempt(self, index: int) -> None:
        """A restart: naive arithmetic of the window, and who is restarted."""
        self.attempts.append(self.now)
        if sum(at >= self.now - self.period for at in self.attempts) > self.intensity:
            self.ending = Finish(End.GAVE_UP, index)
            self.old.clear()
        elif self.strategy in GROUPS:
            first = 0 if self.strategy is Strategy.ONE_FOR_ALL else index
            self.first = min(first, self.first) if self.old else first
            self.old |= {other for other in self.alive if other >= self.first}
            group = set(range(self.first, len(self.kinds))) - self.finished
            permanent = {other for other in group if self.kinds[other] is not Kind.TEMPORARY}
            self.wanted = {other for other in self.wanted if other < self.first} | permanent

    # --- what is to be done ----------------------------------------------------------------------

    def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            assert self.over is None, "nothing after the end"
            match action:
                case Spawn(index):
                    self.spawn(index)
                case Stop(index):
                    self.ask_to_stop(index)
                case Ready():
                    self.become_ready()
                case Finish():
                    assert not self.alive, "no child is left behind"
                    assert action == self.ending
                    self.over = action
        assert self.core.next_due() > self.now, "nothing that is due waits: no busy loop"

    def spawn(self, index: int) -> None:
        assert index not in self.alive, "never two incarnations"
        assert index in self.wanted
        assert self.ending is None, "nothing starts when the end has begun"
        if not self.ready or self.strategy in GROUPS:
            assert not self.starting, "one after another"
            assert max(self.alive, default=-1) < index, "in order"
            assert not self.old, "only when the whole group has ended"
        self.starting.add(index)

    def ask_to_stop(self, index: int) -> None:
        assert self.asked is None, "one at a time"
        assert index == max(self.alive), "in reverse order"
        assert self.ending is not None or index in self.old, "only its group"
        self.asked = index

    def become_ready(self) -> None:
        assert not self.ready
        assert not self.starting
        self.ready = True
        absorbed = False
        for index in sorted(self.early):
            if self.ending is None and not absorbed:
                self.attempt(index)
                absorbed = self.strategy in GROUPS

    # --- coming to rest --------------------------------------------------------------------------

    def rest(self) -> None:
        """Answer everything that is asked, until nothing is left to be done."""
        for _ in range(200):
            due = self.core.next_due()
            if self.asked is not None:
                self.ended(self.asked, End.STOPPED)
            elif self.starting:
                self.started(min(self.starting))
            elif due < float("inf"):
                self.pass_time(due - self.now)
            else:
                return
        raise AssertionError("it never comes to rest")


POLICIES = st.builds(
    Policy,
    st.sampled_from(Kind),
    st.none() | st.builds(Backoff, st.sampled_from([0.0, 0.5, 2.0]), reset_after=st.sampled_from([1.0, 9.0])),
)
MODELS = st.tuples(
    st.lists(POLICIES, max_size=5),
    st.sampled_from(Strategy),
    st.integers(0, 5),
    st.sampled_from([0.5, 3.0, 100.0]),
)


def model_of(policies: list[Policy], strategy: Strategy, intensity: int, period: float) -> Model:
    core = SupervisorCore(policies, strategy, RestartWindow(intensity, period), lambda: 0.5)
    return Model(core, [policy.kind for policy in policies], strategy, intensity, period)


def disturb(model: Model, data: st.DataObject) -> None:
    """One event that may happen now."""
    index = data.draw(st.sampled_from(sorted(model.alive))) if model.alive else None
    what = data.draw(st.integers(0, 7))
    if index is None or what == 0:
        model.pass_time(data.draw(st.sampled_from([0.0, 0.25, 1.0, 4.0])))
    elif index == model.asked and what < 5:
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
        ends = [End.CRASHED] * 3 + [End.NORMAL] * 2 + [End.FINISHED]
        model.ended(index, data.draw(st.sampled_from(ends)))


@settings(max_examples=300)
@given(MODELS, st.integers(0, 40), st.data())
def test_whatever_happens_the_rules_hold_and_a_stop_ends_it(
    parts: tuple[list[Policy], Strategy, int, float], steps: int, data: st.DataObject
) -> None:
    model = model_of(*parts)
    model.start()
    for _ in range(steps):
        if model.over is None:
            disturb(model, data)
    model.stop()
    for _ in range(2 * len(model.kinds)):
        if model.asked is not None:
            model.ended(model.asked, End.STOPPED)
    assert model.over == model.ending
    assert not model.core.start(model.now)
    assert not model.core.stop(model.now)
    assert not model.core.tick(model.now + 1000)


@settings(max_examples=300)
@given(MODELS, st.integers(0, 40), st.data())
def test_at_rest_exactly_those_run_that_should(
    parts: tuple[list[Policy], Strategy, int, float], steps: int, data: st.DataObject
) -> None:
    model = model_of(*parts)
    model.start()
    for _ in range(steps):
        if model.over is None:
            disturb(model, data)
    model.rest()
    assert model.running == (model.wanted if model.ending is None else set())
    assert (model.over is None) is (model.ending is None)
    for index in range(len(model.kinds)):
        assert model.core.due(index) == float("inf")


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
