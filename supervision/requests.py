"""What is ordered of a supervisor by hand: put to its core in its own task, answered when it is done."""

from collections.abc import Callable
from typing import Protocol

from attrs import define, field

from supervision.actions import Action, Outcome, Refusal
from supervision.cell import AnyCell
from supervision.child import Policy
from supervision.core import SupervisorCore
from supervision.errors import (
    AlreadyPresent,
    AlreadyRunning,
    ChildNotFound,
    NotRunning,
    Restarting,
    StartFailed,
    SupervisionError,
)
from supervision.question import Question
from supervision.spec import ChildSpec
from supervision.supervisor_cell import ChildCell, SupervisorCell


class Hear(Protocol):
    """How a supervisor's task is told what to put to its core."""

    def __call__(self, what: Callable[[float], list[Action]], /) -> None:
        """Have `what` called with the time; the actions it returns are carried out."""
        ...


@define(eq=False)
class Requests:
    """The requests to one incarnation of a supervisor."""

    _cell: SupervisorCell
    _core: SupervisorCore
    _hear: Hear
    _open: set[Question] = field(factory=set, init=False)
    _starts: dict[int, Question] = field(factory=dict, init=False)
    """Who waits for a start, by the child's number: one, for a second start is refused."""
    _stops: dict[int, list[Question]] = field(factory=dict, init=False)
    _failures: dict[int, Exception] = field(factory=dict, init=False)

    def start(self, spec: ChildSpec) -> Question:
        """Add a child and start it."""

        def decide(question: Question, now: float) -> list[Action] | Refusal:
            known = self._cell.numbers.get(spec.name)
            if known is not None:
                return self._core.present(known)
            number = self._cell.next_number()
            decision = self._core.start_new(number, policy_of(spec), now)
            if isinstance(decision, list):
                self._cell.add(spec, number)
                self._starts[number] = question
            return decision

        return self._put(spec.name, decide)

    def restart(self, name: str) -> Question:
        """Start a child that is not running."""

        def decide(question: Question, now: float) -> list[Action] | Refusal:
            number = self._number(name)
            decision = self._core.restart_child(number, now)
            if isinstance(decision, list):
                self._starts[number] = question
            return decision

        return self._put(name, decide)

    def stop(self, name: str) -> Question:
        """Stop a child, and wait for its end."""

        def decide(question: Question, now: float) -> list[Action] | Refusal:
            number = self._number(name)
            decision = self._core.stop_child(number, now)
            if isinstance(decision, list):
                self._stops.setdefault(number, []).append(question)
            return decision

        return self._put(name, decide)

    def delete(self, name: str) -> Question:
        """Forget a child that is not running."""

        def decide(question: Question, now: float) -> list[Action] | Refusal:
            del now
            decision = self._core.delete_child(self._number(name))
            if isinstance(decision, list):
                self._settle(question)
            return decision

        return self._put(name, decide)

    def _put(self, name: str, decide: Callable[[Question, float], list[Action] | Refusal]) -> Question:
        question = Question(None, self._cell.path)
        self._open.add(question)

        def what(now: float) -> list[Action]:
            try:
                decision = decide(question, now)
            except ChildNotFound as error:
                self._settle(question, error)
                return []
            if isinstance(decision, list):
                return decision
            self._settle(question, self._refused(decision, name))
            return []

        self._hear(what)
        return question

    def _number(self, name: str) -> int:
        number = self._cell.numbers.get(name)
        if number is None:
            raise ChildNotFound(f"{self._cell.path} has no child {name!r}")
        return number

    def _refused(self, refusal: Refusal, name: str) -> SupervisionError:
        path = f"{self._cell.path}/{name}"
        match refusal:
            case Refusal.NOT_RUNNING:
                return NotRunning(f"{self._cell.path} is not running: it is starting, or ending")
            case Refusal.RESTARTING:
                return Restarting(f"{path} is being restarted; stop it, or try again later")
            case Refusal.ALREADY_RUNNING:
                return AlreadyRunning(f"{path} is running")
            case _:  # already present
                return AlreadyPresent(f"{path} is there, but not running; restart it, or delete it first")

    # --- answers --------------------------------------------------------------------------------

    def failed(self, number: int, error: Exception) -> None:
        """A start ended so: for whoever ordered it, if somebody did."""
        if number in self._starts:
            self._failures[number] = error

    def answer(self, number: int, cell: ChildCell, came: Outcome) -> None:
        """Tell whoever ordered the start of a child, or waits for its end, what came of it."""
        start, failure = self._starts.pop(number, None), self._failures.pop(number, None)
        if start is not None:
            self._settle(start, _unlike_started(cell.path, came, failure), cell)
        if came is not Outcome.STARTED:
            for question in self._stops.pop(number, ()):
                self._settle(question)

    def _settle(
        self, question: Question, error: Exception | None = None, cell: ChildCell | None = None
    ) -> None:
        self._open.discard(question)
        if error is None:
            question.answer(cell)
        else:
            question.fail(error)

    def close(self) -> None:
        """The supervisor has ended."""
        for question in [*self._open]:
            self._settle(question, NotRunning(f"{self._cell.path} has ended"))


def _unlike_started(path: str, came: Outcome, failure: Exception | None) -> Exception | None:
    match came:
        case Outcome.STARTED:
            return None
        case Outcome.STOPPED:
            return failure or NotRunning(f"{path} was stopped before it had started")
        case Outcome.REGROUPED:
            return Restarting(f"{path} had not started when its group was restarted, and it with the others")
        case _:  # declined, failed
            return failure or StartFailed(f"{path}: ended while it started")


def policy_of(spec: ChildSpec) -> Policy:
    """What the core needs to know of a child."""
    return Policy(spec.kind, spec.backoff, spec.significant)


def start_failure(cell: AnyCell) -> StartFailed:
    """Why a child could not start. What failed below a child supervisor is named already."""
    if cell.last_error is not None and isinstance(cell, SupervisorCell):
        return StartFailed(cell.last_error.text)
    return StartFailed(f"{cell.path}: {cell.last_error}")
