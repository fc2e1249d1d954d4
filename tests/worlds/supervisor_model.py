"""A supervisor's rules in another, plainer form than its core has them, and a shell that keeps books."""

from attrs import define, field

from supervision import AutoShutdown, Kind, Strategy
from supervision.actions import Action, Answer, Finish, Forget, Outcome, Ready, Refusal, Spawn, Stop
from supervision.child import End, Policy
from supervision.core import SupervisorCore
from supervision.intensity import RestartWindow

GROUPS = {Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL}


@define
class Model:
    """What should be, beside what the core says.

    `starting`, `running`: which children have a task. `asked`: those told to stop. `wanted`: those that
    run when everything has come to rest. `out`: those that only a hand starts again. `by_hand`, `stops`:
    whose start, whose end somebody waits for.

    A group restart (`grouped`) is of all from `first` on. `old`: those that are still being stopped.
    `turn`: the one that is being started.
    """

    core: SupervisorCore
    policies: dict[int, Policy]
    starting: set[int] = field(factory=set)
    running: set[int] = field(factory=set)
    asked: set[int] = field(factory=set)
    grouped: bool = False
    first: int = 0
    old: set[int] = field(factory=set)
    turn: int | None = None
    dues: dict[int, float] = field(factory=dict)
    """When a child, or its group, may be started again."""
    failures: dict[int, int] = field(factory=dict)
    since: dict[int, float] = field(factory=dict)
    wanted: set[int] = field(init=False)
    known: set[int] = field(init=False)
    out: set[int] = field(factory=set)
    by_hand: set[int] = field(factory=set)
    new: set[int] = field(factory=set)
    regrouped: set[int] = field(factory=set)
    stops: set[int] = field(factory=set)
    hand: int | None = None
    """Whom a hand wants to be told to stop now."""
    early: list[int] = field(factory=list)
    early_significant: int | None = None
    attempts: list[float] = field(factory=list)
    now: float = 0.0
    ready: bool = False
    ending: Finish | None = None
    over: Finish | None = None
    answers: dict[int, Outcome] = field(factory=dict)
    """The answers that must be in what the core says next."""
    forgotten: set[int] = field(factory=set)
    """… and the children that must be forgotten by it."""

    def __attrs_post_init__(self) -> None:
        self.wanted, self.known = set(self.policies), set(self.policies)

    @property
    def strategy(self) -> Strategy:
        return self.core.strategy

    @property
    def alive(self) -> set[int]:
        return self.starting | self.running

    def kind(self, index: int) -> Kind:
        return self.policies[index].kind

    # --- what happens ----------------------------------------------------------------------------

    def start(self) -> None:
        self.carry_out(self.core.start(self.now))

    def started(self, index: int) -> None:
        self.starting.discard(index)
        self.running.add(index)
        self.since[index] = self.now
        if index not in self.asked:
            self.pass_turn(index)
        if index in self.by_hand:
            self.answers[index] = Outcome.STARTED
            self.forget_hand(index)
        self.carry_out(self.core.started(index, self.now))

    def declined(self, index: int) -> None:
        asked = self.leave(index)
        if not asked:
            self.wanted.discard(index)
            self.regrouped.discard(index)
            self.new.discard(index)
        self.is_over(index, Outcome.DECLINED, asked=asked)
        self.carry_out(self.core.declined(index, self.now))

    def start_failed(self, index: int) -> None:
        asked = self.leave(index)
        if not asked and not self.ready and self.ending is None:
            self.ending = Finish(End.START_FAILED, index)
        elif not asked and index in self.by_hand:
            self.out.add(index)
            self.wanted.discard(index)
        elif not asked and self.ending is None:
            self.attempt(index)
            self.carry_out(self.core.start_failed(index, self.now))
            return
        self.is_over(index, Outcome.FAILED, asked=asked)
        self.carry_out(self.core.start_failed(index, self.now))

    def ended(self, index: int, end: End) -> None:
        absorbed, ran = index in self.old, index in self.running
        asked = self.leave(index)
        by_itself = not asked and not absorbed
        if end is End.FINISHED:
            self.out.add(index)
        if self.kind(index) is Kind.TEMPORARY or index in self.out:
            self.wanted.discard(index)
        elif not by_itself or self.ending is not None:
            pass
        elif self.kind(index) is Kind.TRANSIENT and end in {End.NORMAL, End.SHUTDOWN}:
            self.wanted.discard(index)
        elif self.ready:
            self.attempt(index, ran=ran)
            self.carry_out(self.core.ended(index, end, self.now))
            return
        else:
            self.early.append(index)
        if by_itself and index not in self.wanted and self.policies[index].significant:
            self.lose_significant(index)
        self.is_over(index, Outcome.FAILED, asked=asked)
        self.carry_out(self.core.ended(index, end, self.now))

    def stop(self) -> None:
        self.ending = self.ending or Finish(End.STOPPED)
        self.carry_out(self.core.stop(self.now))

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.carry_out(self.core.tick(self.now))

    # --- what is ordered by hand -----------------------------------------------------------------

    def refusal(self, index: int | None = None) -> Refusal | None:
        if not self.ready or self.ending is not None:
            return Refusal.NOT_RUNNING
        if self.grouped and (index is None or index >= self.first):
            return Refusal.RESTARTING
        if index is not None and index in self.wanted - self.alive:
            return Refusal.RESTARTING
        return None

    def start_new(self, policy: Policy) -> None:
        index = max([*self.policies, -1]) + 1
        refused = self.refusal()
        self.policies[index] = policy
        if refused is None:
            for books in (self.known, self.wanted, self.by_hand, self.new):
                books.add(index)
        self.carry_out_unless(refused, self.core.start_new(index, policy, self.now))

    def restart_child(self, index: int) -> None:
        running = Refusal.ALREADY_RUNNING if index in self.alive else None
        assert self.core.present(index) is (self.refusal(index) or running or Refusal.ALREADY_PRESENT)
        refused = self.refusal(index) or running
        if refused is None:
            self.out.discard(index)
            self.wanted.add(index)
            self.by_hand.add(index)
            self.failures[index] = 0
        self.carry_out_unless(refused, self.core.restart_child(index, self.now))

    def stop_child(self, index: int) -> None:
        refused = self.refusal()
        if refused is not Refusal.NOT_RUNNING:
            refused = None
            self.out.add(index)
            self.wanted.discard(index)
            self.regrouped.discard(index)
            self.stops.add(index)
            if index not in self.alive:
                self.is_over(index, Outcome.STOPPED, asked=True)
            elif index not in self.asked:
                self.hand = index
        self.carry_out_unless(refused, self.core.stop_child(index, self.now))

    def delete_child(self, index: int) -> None:
        running = Refusal.ALREADY_RUNNING if index in self.alive else None
        refused = self.refusal(index) or running
        if refused is None:
            self.forgotten.add(index)
        self.carry_out_unless(refused, self.core.delete_child(index))

    def carry_out_unless(self, refused: Refusal | None, said: list[Action] | Refusal) -> None:
        if isinstance(said, Refusal):
            assert said is refused
        else:
            assert refused is None
            self.carry_out(said)

    # --- the rules -------------------------------------------------------------------------------

    def leave(self, index: int) -> bool:
        """The task of a child is over; return whether it had been told to stop."""
        asked = index in self.asked
        for books in (self.starting, self.running, self.old, self.asked):
            books.discard(index)
        self.pass_turn(index)
        return asked

    def pass_turn(self, index: int) -> None:
        if self.turn == index:
            self.turn = None

    def is_over(self, index: int, outcome: Outcome, *, asked: bool) -> None:
        """Nothing starts it again alone: who is to be told, and whether it is forgotten."""
        if index in self.regrouped and index not in self.out and self.ending is None:
            outcome = Outcome.REGROUPED
        elif asked:
            outcome = Outcome.STOPPED
        if index in self.by_hand | self.stops:
            self.answers[index] = outcome
        temporary = self.kind(index) is Kind.TEMPORARY and self.ending is None
        if temporary or (index in self.new and outcome is Outcome.FAILED):
            self.forgotten.add(index)
            self.wanted.discard(index)
        self.stops.discard(index)
        self.forget_hand(index)

    def forget_hand(self, index: int) -> None:
        for books in (self.by_hand, self.new, self.regrouped):
            books.discard(index)

    def attempt(self, index: int, *, ran: bool = False) -> None:
        """A restart: naive arithmetic of the window, and who is restarted, when."""
        self.attempts.append(self.now)
        window, due = self.core.window, self.now + self.wait_of(index, ran=ran)
        if sum(at >= self.now - window.period for at in self.attempts) > window.intensity:
            self.end(Finish(End.GAVE_UP, index))
        elif self.strategy in GROUPS:
            first = 0 if self.strategy is Strategy.ONE_FOR_ALL else index
            self.first = min(first, self.first) if self.old else first
            self.grouped, self.turn, self.dues = True, None, {first: due}
            self.old |= {other for other in self.alive if other >= self.first}
            group = {other for other in self.known - self.out if other >= self.first}
            again = {other for other in group if self.kind(other) is not Kind.TEMPORARY}
            self.wanted = {other for other in self.wanted if other < self.first} | again
            self.regrouped |= self.by_hand & again
        else:
            self.dues[index] = due

    def wait_of(self, index: int, *, ran: bool) -> float:
        backoff = self.policies[index].backoff
        if backoff is None:
            return 0.0
        if ran and self.now - self.since[index] >= backoff.reset_after:
            self.failures[index] = 0
        self.failures[index] = self.failures.get(index, 0) + 1
        return backoff.delay(self.failures[index], 0.5)

    def to_start(self) -> set[int]:
        """Those of the group that have not been started yet."""
        return {index for index in self.wanted - self.alive if index >= self.first}

    def end_group(self) -> None:
        """A group restart is over when nobody is left to be started, and not before it is due."""
        waits = self.old or self.turn is not None or self.to_start()
        if self.grouped and not waits and max(self.dues.values()) <= self.now:
            self.grouped, self.dues = False, {}

    def lose_significant(self, index: int) -> None:
        if not self.ready and self.ending is None:
            self.early_significant = index
        elif self.ending is None:
            held = any(self.policies[other].significant for other in (self.alive | self.wanted) & self.known)
            if self.core.auto_shutdown is AutoShutdown.ANY or not held:
                self.end(Finish(End.SHUTDOWN, index))

    def end(self, finish: Finish) -> None:
        self.ending = finish
        self.old.clear()
        self.grouped = False

    # --- what is to be done ----------------------------------------------------------------------

    def carry_out(self, actions: list[Action]) -> None:
        for action in actions:
            assert self.over is None, "nothing after the end"
            match action:
                case Spawn(index):
                    self.spawn(index)
                case Stop(index):
                    self.ask_to_stop(index)
                case Answer(index, outcome):
                    assert self.answers.pop(index) is outcome
                case Forget(index):
                    self.forgotten.remove(index)
                    self.known.remove(index)
                case Ready():
                    self.become_ready()
                case Finish():
                    assert not self.alive, "no child is left behind"
                    assert action == self.ending
                    self.over = action
        self.end_group()
        assert self.core.refusal() is self.refusal()
        assert not self.answers, "everybody is told at once"
        assert not self.forgotten
        assert self.hand is None
        assert set(self.core.children) == self.known
        assert self.core.next_due() > self.now, "nothing that is due waits: no busy loop"

    def spawn(self, index: int) -> None:
        assert index not in self.alive, "never two incarnations"
        assert index in self.wanted
        assert self.ending is None, "nothing starts when the end has begun"
        if index not in self.by_hand and (not self.ready or self.strategy in GROUPS):
            group = {other for other in self.alive if other >= self.first}
            assert not group & self.starting, "one after another"
            assert max(group, default=-1) < index, "in order"
            assert not self.old, "only when the whole group has ended"
        if self.grouped and index >= self.first:
            assert self.turn is None
            assert max(self.dues.values()) <= self.now, "not before the group is due"
            self.turn = index
        elif index not in self.by_hand:
            assert self.dues.pop(index, self.now) <= self.now, "not before it is due"
        self.starting.add(index)

    def ask_to_stop(self, index: int) -> None:
        assert index not in self.asked, "once"
        if index == self.hand:
            self.hand = None
        else:
            assert index == max(self.alive), "in reverse order"
            assert self.ending is not None or index in self.old, "only its group"
        self.asked.add(index)

    def become_ready(self) -> None:
        assert not self.ready
        assert not self.starting
        self.ready = True
        absorbed = False
        for index in sorted(self.early):
            if self.ending is None and not absorbed:
                self.attempt(index)
                absorbed = self.strategy in GROUPS
        if self.early_significant is not None:
            self.lose_significant(self.early_significant)

    # --- coming to rest --------------------------------------------------------------------------

    def rest(self) -> None:
        """Answer everything that is asked, until nothing is left to be done."""
        for _ in range(300):
            due = self.core.next_due()
            if self.asked:
                self.ended(max(self.asked), End.STOPPED)
            elif self.starting:
                self.started(min(self.starting))
            elif due < float("inf"):
                self.pass_time(due - self.now)
            else:
                return
        raise AssertionError("it never comes to rest")


def model_of(
    policies: list[Policy], strategy: Strategy, intensity: int, period: float, shuts: AutoShutdown
) -> Model:
    window = RestartWindow(intensity, period)
    core = SupervisorCore(policies, strategy, window, lambda: 0.5, shuts)
    return Model(core, dict(enumerate(policies)))
