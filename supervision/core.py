"""A supervisor's decisions, without trio: what happened goes in, what to do comes out.

The shell (`supervisor.py`) tells the core of each start, failure and end, and carries out the actions
it gets back. Time is an argument. Rules: OTP's `supervisor`; see docs/supervision.md.
"""

import math
from collections.abc import Callable, Sequence
from enum import Enum, auto

from attrs import define, field

from supervision.actions import Action, Finish, Ready, Spawn, Stop
from supervision.child import Child, End, Phase, Policy
from supervision.intensity import RestartWindow
from supervision.policy import Kind, Strategy


class _Mode(Enum):
    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    DONE = auto()


@define
class _Group:
    """A group restart in progress: everything from `first` on is stopped, then started."""

    first: int
    due: float
    stopping: bool = True
    begun: bool = False
    """Its members are being started."""


@define
class SupervisorCore:
    """The state machine of a supervisor with a fixed list of children.

    `random` gives numbers in [0, 1) for the jitter of backoffs.
    """

    policies: Sequence[Policy]
    strategy: Strategy
    window: RestartWindow
    random: Callable[[], float]
    children: list[Child] = field(init=False)
    _mode: _Mode = field(default=_Mode.STARTING, init=False)
    _group: _Group | None = field(default=None, init=False)
    _finish: Finish = field(default=Finish(End.STOPPED), init=False)
    _early: list[int] = field(factory=list, init=False)
    """Children that ended while later siblings were still starting: dealt with afterwards, as OTP does."""
    _waiting: set[int] = field(factory=set, init=False)
    """Children in their backoff. With this and the next two no step looks at all children again, of whom
    there may be thousands."""
    _top: int = field(default=-1, init=False)
    """Above this nobody is alive, while children are being stopped."""
    _next: int = field(default=0, init=False)
    """Below this everybody is dealt with, while children are being started in order."""

    def __attrs_post_init__(self) -> None:
        self.children = [Child(policy) for policy in self.policies]

    # --- what happens ---------------------------------------------------------------------------

    def start(self, now: float) -> list[Action]:
        """Begin: children start in order, each after the one before has acknowledged."""
        return self._advance(now)

    def started(self, index: int, now: float) -> list[Action]:
        """A child acknowledged its start."""
        child = self.children[index]
        if child.phase is Phase.STARTING:
            child.phase, child.since, child.done = Phase.RUNNING, now, True
        return self._advance(now)

    def declined(self, index: int, now: float) -> list[Action]:
        """A child said "not now": it is not running, and that is no error."""
        child = self.children[index]
        if child.phase is not Phase.STOPPING:  # else its group is about to start it again
            child.done = True
        child.phase = Phase.IDLE
        return self._advance(now)

    def start_failed(self, index: int, now: float, *, final: bool = False) -> list[Action]:
        """A start did not succeed. At the first start that ends the supervisor; later it is retried.

        `final`: it is not tried again, because the whole tree is about to end.
        """
        child = self.children[index]
        asked_to_stop = child.phase is Phase.STOPPING
        if self._mode is _Mode.STARTING:
            self._stop(Finish(End.START_FAILED, index))
        elif final:
            child.done = child.finished = True
        elif self._mode is _Mode.RUNNING and not asked_to_stop:
            self._restart(index, now)
            return self._advance(now)
        child.phase = Phase.IDLE
        return self._advance(now)

    def ended(self, index: int, end: End, now: float) -> list[Action]:
        """A running child ended."""
        child = self.children[index]
        by_itself = child.phase is not Phase.STOPPING
        if end is End.FINISHED:
            child.done = child.finished = True
        elif by_itself and self._wants_restart(child, end):
            if self._mode is _Mode.STARTING:
                self._early.append(index)
            elif self._mode is _Mode.RUNNING and not self._absorbed(index):
                self._restart(index, now)
                return self._advance(now)
        elif by_itself and not self._absorbed(index):
            child.done = True
        child.phase = Phase.IDLE
        return self._advance(now)

    def stop(self, now: float) -> list[Action]:
        """Stop all children in reverse order, then end as stopped."""
        if self._mode in {_Mode.STARTING, _Mode.RUNNING}:
            self._stop(Finish(End.STOPPED))
        return self._advance(now)

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        return self._advance(now)

    def next_due(self) -> float:
        """When `tick` should be called next (inf: no need)."""
        if self._mode is not _Mode.RUNNING:
            return math.inf
        due = [self.children[index].due for index in self._waiting]
        if self._group is not None and not self._group.stopping and not self._group.begun:
            due.append(self._group.due)
        return min(due, default=math.inf)

    def due(self, index: int) -> float:
        """When a child that ended is to be started again (inf: it is not)."""
        child = self.children[index]
        if child.phase is Phase.WAITING:
            return child.due
        if self._group is not None and index >= self._group.first and not child.done:
            return self._group.due
        return math.inf

    def over_for_good(self, index: int, end: End) -> bool:
        """Whether a child that ended so will not be started again by itself."""
        child = self.children[index]
        kind = child.policy.kind
        return not child.alive and (
            kind is Kind.TEMPORARY
            or child.finished
            or (kind is Kind.TRANSIENT and end is End.NORMAL and child.done)
        )

    # --- the rules ------------------------------------------------------------------------------

    @staticmethod
    def _wants_restart(child: Child, end: End) -> bool:
        match child.policy.kind, end:
            case Kind.TEMPORARY, _:
                return False
            case Kind.TRANSIENT, End.NORMAL | End.STOPPED:
                return False
            case _:
                return True

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
                # While members are still being stopped, a lower failure widens the group; once they
                # start again, the restart goes on from the one that failed.
                first = self._group.first if self._group is not None and self._group.stopping else index
                self._begin_group(min(index, first), due)
            case Strategy.ONE_FOR_ALL:
                self._begin_group(0, due)

    def _begin_group(self, first: int, due: float) -> None:
        self._group = _Group(first, due)
        self._top, self._next = len(self.children) - 1, first
        for child in self.children[first:]:
            child.done = child.finished or child.policy.kind is Kind.TEMPORARY

    def _stop(self, finish: Finish) -> None:
        self._mode, self._finish, self._group = _Mode.STOPPING, finish, None
        self._top = len(self.children) - 1
        while self._waiting:
            self.children[self._waiting.pop()].phase = Phase.IDLE

    # --- the next step --------------------------------------------------------------------------

    def _advance(self, now: float) -> list[Action]:
        match self._mode:
            case _Mode.STARTING:
                actions = self._go_on_starting(now)
                return self._all_started(now) if actions is None else actions
            case _Mode.RUNNING:
                return self._go_on_with_group(now) + self._due_singles(now)
            case _Mode.STOPPING:
                actions = self._go_on_stopping(0)
                return self._all_stopped() if actions is None else actions
            case _Mode.DONE:
                return []

    def _go_on_starting(self, now: float) -> list[Action] | None:
        """The next start; nothing while one is under way; None when all are through."""
        while self._next < len(self.children):
            child = self.children[self._next]
            if not child.done:
                return self._spawn(self._next, now) if child.phase is Phase.IDLE else []
            self._next += 1
        return None

    def _spawn(self, index: int, now: float) -> list[Action]:
        child = self.children[index]
        child.phase, child.since = Phase.STARTING, now
        return [Spawn(index)]

    def _all_started(self, now: float) -> list[Action]:
        self._mode = _Mode.RUNNING
        early, self._early = self._early, []
        for index in sorted(early):  # the first in order takes the others into its group
            if self._mode is _Mode.RUNNING and not self._absorbed(index):
                self._restart(index, now)
        return [Ready(), *self._advance(now)]

    def _go_on_with_group(self, now: float) -> list[Action]:
        group = self._group
        if group is None:
            return []
        if group.stopping:
            actions = self._go_on_stopping(group.first)
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

    def _go_on_stopping(self, first: int) -> list[Action] | None:
        """The next stop; nothing while one is under way; None when none from `first` on is alive."""
        while self._top >= first:
            child = self.children[self._top]
            if child.phase is Phase.STOPPING:
                return []
            if child.alive:
                child.phase = Phase.STOPPING
                return [Stop(self._top)]
            self._top -= 1
        return None

    def _all_stopped(self) -> list[Action]:
        self._mode = _Mode.DONE
        return [self._finish]
