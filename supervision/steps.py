"""What a supervisor's core knows of its children, and the next step that follows from it."""

from collections.abc import Callable, Sequence
from enum import Enum, auto

from attrs import define, field

from supervision.actions import Action, Finish, Ready, Spawn, Stop
from supervision.child import Child, End, Phase, Policy
from supervision.intensity import RestartWindow
from supervision.policy import AutoShutdown, Kind, Strategy


class Mode(Enum):
    """Where a supervisor stands."""

    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    DONE = auto()


@define
class Group:
    """A group restart in progress: everything from `first` on is stopped, then started."""

    first: int
    due: float
    culprit: int
    """Whose end, or failed start, led to it."""
    stopping: bool = True
    begun: bool = False
    """Its members are being started."""


@define
class Steps:
    """The state of a supervisor, and its next step.

    Children are known by numbers that grow in start order and are never used again. `random` gives
    numbers in [0, 1) for the jitter of backoffs.
    """

    policies: Sequence[Policy]
    strategy: Strategy
    window: RestartWindow
    random: Callable[[], float]
    auto_shutdown: AutoShutdown = AutoShutdown.NEVER
    children: dict[int, Child] = field(init=False)
    _mode: Mode = field(default=Mode.STARTING, init=False)
    _group: Group | None = field(default=None, init=False)
    _finish: Finish = field(default=Finish(End.STOPPED), init=False)
    _early: list[int] = field(factory=list, init=False)
    """Children that ended while later siblings were still starting: dealt with afterwards, as OTP does."""
    _significant: int | None = field(default=None, init=False)
    """The last significant child that ended by itself meanwhile."""
    _waiting: set[int] = field(factory=set, init=False)
    """Children in their backoff. With this and the next two no step looks at all children again, of whom
    there may be thousands."""
    _to_stop: list[int] = field(factory=list, init=False)
    """The last of these is stopped first, while children are being stopped."""
    _to_start: list[int] = field(init=False)
    """The last of these is started first, while children are being started in order."""

    def __attrs_post_init__(self) -> None:
        self.children = {index: Child(policy) for index, policy in enumerate(self.policies)}
        self._to_start = [*reversed(self.children)]

    # --- the rules ------------------------------------------------------------------------------

    def _in_group(self, index: int) -> bool:
        return self._group is not None and index >= self._group.first

    def _absorbed(self, index: int) -> bool:
        """Whether a group restart that is stopping its members takes this end in."""
        return self._group is not None and self._group.stopping and index >= self._group.first

    def _restart(self, index: int, now: float) -> None:
        child = self.children[index]
        delay = child.next_delay(now, self.random())
        child.phase = Phase.IDLE
        if not self.window.add(now):
            self._stop(Finish(End.GAVE_UP, index))
            return
        due = now + delay
        match self.strategy:
            case Strategy.ONE_FOR_ONE:
                child.phase, child.due = Phase.WAITING, due
                self._waiting.add(index)
            case Strategy.REST_FOR_ONE:
                # A group that is being stopped takes in what fails in it: this one is lower, and widens
                # it. Once they start again, the restart goes on from the one that failed.
                self._begin_group(index, due, index)
            case _:  # one for all
                self._begin_group(0, due, index)

    def _begin_group(self, first: int, due: float, culprit: int) -> None:
        self._group = Group(first, due, culprit)
        self._to_stop = [index for index in self.children if index >= first]
        self._to_start = self._to_stop[::-1]
        for index in self._to_stop:
            child = self.children[index]
            child.done = child.out or child.policy.kind is Kind.TEMPORARY

    def _stop(self, finish: Finish) -> None:
        self._mode, self._finish, self._group = Mode.STOPPING, finish, None
        self._to_stop = [*self.children]
        while self._waiting:
            self.children[self._waiting.pop()].phase = Phase.IDLE

    def _shut_down(self, index: int) -> None:
        """End, if that is what `auto_shutdown` says of a significant child that ended by itself."""
        if self._mode is Mode.STARTING:
            self._significant = index  # the others have not even started
        elif self._mode is Mode.RUNNING and (
            self.auto_shutdown is AutoShutdown.ANY or not any(map(self._holds, self.children))
        ):
            self._stop(Finish(End.SHUTDOWN, index))

    def _holds(self, index: int) -> bool:
        """Whether a significant child runs, or is about to."""
        child = self.children[index]
        coming = child.phase is Phase.WAITING or (self._in_group(index) and not child.done)
        return child.policy.significant and (child.alive or coming)

    # --- the next step --------------------------------------------------------------------------

    def _advance(self, now: float) -> list[Action]:
        match self._mode:
            case Mode.STARTING:
                actions = self._go_on_starting(now)
                return self._all_started(now) if actions is None else actions
            case Mode.RUNNING:
                return self._go_on_with_group(now) + self._due_singles(now)
            case Mode.STOPPING:
                actions = self._go_on_stopping()
                return self._all_stopped() if actions is None else actions
            case _:  # done
                return []

    def _go_on_starting(self, now: float) -> list[Action] | None:
        """The next start; nothing while one is under way; None when all are through."""
        while self._to_start:
            index = self._to_start[-1]
            child = self.children.get(index)
            if child is not None and child.phase is Phase.STOPPING:
                return []  # by hand: the next one may not start before it has ended
            if child is not None and not child.done:
                return self._spawn(index, now) if child.phase is Phase.IDLE else []
            self._to_start.pop()
        return None

    def _spawn(self, index: int, now: float) -> list[Action]:
        child = self.children[index]
        child.phase, child.since = Phase.STARTING, now
        return [Spawn(index)]

    def _all_started(self, now: float) -> list[Action]:
        self._mode = Mode.RUNNING
        early, self._early = self._early, []
        for index in sorted(early):  # the first in order takes the others into its group
            if self._mode is Mode.RUNNING and not self._absorbed(index):
                self._restart(index, now)
        if self._significant is not None:
            self._shut_down(self._significant)
        return [Ready(), *self._advance(now)]

    def _go_on_with_group(self, now: float) -> list[Action]:
        group = self._group
        if group is None:
            return []
        if group.stopping:
            actions = self._go_on_stopping()
            if actions is not None:
                return actions
            group.stopping = False
        if now < group.due:
            return []
        group.begun = True
        actions = self._go_on_starting(now)
        if actions is None:
            self._group = None
        return actions or []

    def _due_singles(self, now: float) -> list[Action]:
        actions: list[Action] = []
        for index in sorted(self._waiting):
            if self.children[index].due <= now:
                self._waiting.discard(index)
                actions += self._spawn(index, now)
        return actions

    def _go_on_stopping(self) -> list[Action] | None:
        """The next stop; nothing while one is under way; None when nobody of those is alive."""
        while self._to_stop:
            index = self._to_stop[-1]
            child = self.children.get(index)
            if child is not None and child.phase is Phase.STOPPING:
                return []
            if child is not None and child.alive:
                child.phase = Phase.STOPPING
                return [Stop(index)]
            self._to_stop.pop()
        return None

    def _all_stopped(self) -> list[Action]:
        self._mode = Mode.DONE
        return [self._finish]
