"""A child as its supervisor's core sees it, and how it can end."""

from enum import Enum, auto

from attrs import define, frozen

from supervision.policy import Backoff, Kind


class Phase(Enum):
    """Where a child stands, as its supervisor sees it."""

    IDLE = auto()
    """Not running, and nothing will start it by itself."""
    STARTING = auto()
    RUNNING = auto()
    STOPPING = auto()
    WAITING = auto()
    """To be started again when its backoff is over."""


class End(Enum):
    """How a child or a supervisor ended."""

    NORMAL = "normal"
    """By itself, cleanly."""
    CRASHED = "crashed"
    STOPPED = "stopped"
    """Because it was asked to."""
    FINISHED = "finished"
    """By `StopActor`: for good, whatever its kind."""
    SHUTDOWN = "shutdown"
    """Of a supervisor: by its `auto_shutdown`. A clean end to its own supervisor."""
    GAVE_UP = "gave_up"
    """Of a supervisor: its restart budget is spent. Abnormal to its own supervisor."""
    START_FAILED = "start_failed"


def wants_restart(kind: Kind, end: End) -> bool:
    """Whether a child of this kind that ended so, by itself, is to be started again."""
    match kind, end:
        case (Kind.TEMPORARY, _) | (_, End.FINISHED):
            return False
        case Kind.TRANSIENT, End.NORMAL | End.STOPPED | End.SHUTDOWN:
            return False
        case _:
            return True


@frozen
class Policy:
    """What the core needs to know of a child."""

    kind: Kind
    backoff: Backoff | None = None
    significant: bool = False


@define
class Child:
    """A child's state."""

    policy: Policy
    phase: Phase = Phase.IDLE
    due: float = 0.0
    """When its backoff is over; meaningful while WAITING."""
    failures: int = 0
    """Ends in a row that called for a restart."""
    since: float = 0.0
    """When it last began to run."""
    done: bool = False
    """Dealt with in this round of starting: started, declined, or not wanted any more."""
    out: bool = False
    """Ended by `StopActor` or stopped by hand: not started again with its group, only by hand."""
    by_hand: bool = False
    """Its start was ordered by hand: should it fail, that is told, and neither counted nor repeated."""
    new: bool = False
    """… and it is forgotten if it can't start."""
    awaited: bool = False
    """Somebody waits for its end."""

    @property
    def alive(self) -> bool:
        """There is, or may be, a task of it."""
        return self.phase is not Phase.IDLE and self.phase is not Phase.WAITING

    def next_delay(self, now: float, chance: float) -> float:
        """Count a failure, and tell how long to wait before the next start."""
        backoff = self.policy.backoff
        if backoff is None:
            return 0.0
        if self.phase is Phase.RUNNING and now - self.since >= backoff.reset_after:
            self.failures = 0
        self.failures += 1
        return backoff.delay(self.failures, chance)
