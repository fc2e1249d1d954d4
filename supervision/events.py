"""What happened in a tree, as a closed union of frozen values."""

from attrs import asdict, frozen

from supervision.error_text import ErrorText


@frozen
class Event:
    """Base of everything that happens to a child."""

    path: str

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document: the type's name as `event`, then the fields."""
        return {"event": type(self).__name__, **asdict(self)}


@frozen
class Started(Event):
    """A child runs; `incarnation` counts from 1, more than 1 is a restart."""

    incarnation: int


@frozen
class StartDeclined(Event):
    """A child said "not now"."""

    reason: str


@frozen
class StartError(Event):
    """A start did not succeed."""

    error: ErrorText


@frozen
class Crashed(Event):
    """An incarnation ended abnormally. `lost` is the type of the message it was working on."""

    incarnation: int
    error: ErrorText
    lost: str | None = None


@frozen
class BackingOff(Event):
    """A child will be started again in `delay` seconds."""

    delay: float


@frozen
class Stopped(Event):
    """A child ended without a fault: `how` is `normal`, `stopped`, `finished` or `shutdown`.

    `lost` is the type of the message it was still working on when its grace was over.
    """

    how: str
    lost: str | None = None


@frozen
class GaveUp(Event):
    """A restart budget is spent: of a supervisor, or of one child of a dynamic supervisor."""

    error: ErrorText | None


@frozen
class StopOverdue(Event):
    """A child was cancelled and does not end; its supervisor goes on waiting for it."""

    waited: float


@frozen
class ShutDown(Event):
    """A supervisor ends because significant children have; `child` was the last, if it is still known."""

    child: str | None


@frozen
class DeadLetters(Event):
    """An actor has ended for good with messages in its mailbox: how many of which type."""

    left: dict[str, int]


AnyEvent = (
    Started
    | StartDeclined
    | StartError
    | Crashed
    | BackingOff
    | Stopped
    | GaveUp
    | StopOverdue
    | ShutDown
    | DeadLetters
)
"""What a hook hears: one of these, so that a `match` can be checked to have dealt with all."""
