"""What a supervisor's core asks its shell to do."""

from enum import Enum, auto

from attrs import frozen

from supervision.child import End


class Outcome(Enum):
    """What came of a start or a stop that was ordered by hand."""

    STARTED = auto()
    DECLINED = auto()
    FAILED = auto()
    STOPPED = auto()
    """It was stopped; of a start: before it had started."""
    REGROUPED = auto()
    """Of a start: its group is being restarted, and it with the others."""


class Refusal(Enum):
    """Why something ordered by hand is not done."""

    NOT_RUNNING = auto()
    """The supervisor itself: it is starting or ending."""
    RESTARTING = auto()
    """The child is about to be started again, alone or with its group."""
    ALREADY_RUNNING = auto()
    ALREADY_PRESENT = auto()
    """There is a child of that name, not running."""


@frozen
class Spawn:
    """Start this child."""

    index: int


@frozen
class Stop:
    """Stop this child; its end will be told."""

    index: int


@frozen
class Answer:
    """Tell whoever ordered this child's start, or waits for its end, what came of it."""

    index: int
    outcome: Outcome


@frozen
class Forget:
    """This child is not known any more."""

    index: int


@frozen
class Ready:
    """All children have started: acknowledge the supervisor's own start."""


@frozen
class Finish:
    """No child is left: end the supervisor in this way."""

    end: End
    index: int | None = None
    """The child that could not start, whose restart was one too many, or that was significant."""


Action = Spawn | Stop | Answer | Forget | Ready | Finish
