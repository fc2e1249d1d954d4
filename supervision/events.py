"""What happened in a tree, as a closed union of frozen values, and the bounded text of an error."""

import linecache
import traceback
from collections import deque
from functools import lru_cache
from types import FrameType

from attrs import asdict, frozen

from supervision.fatal import members

_TEXT = 300
_TRACEBACK = 4000
_FRAMES = 40


def bounded(text: str, limit: int = _TEXT) -> str:
    """`text`, cut where it is longer than `limit` characters, saying how much was cut."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text) - limit} more characters)"


@frozen
class ErrorText:
    """An exception as text: nothing of it keeps the crashed actor in memory."""

    type: str
    text: str
    traceback: str = ""

    @classmethod
    def of(cls, error: BaseException, *, frames: int = _FRAMES) -> "ErrorText":
        """Describe `error` within bounds.

        300 characters of text, the last 4,000 of the traceback, which holds the last `frames` calls. A
        group of one is described as that one.
        """
        group = members(error)
        if group is not None and len(group) == 1:
            return cls.of(group[0], frames=frames)
        try:
            text = str(error)
        except Exception as fault:  # noqa: BLE001 - a broken __str__ must not end the supervisor
            text = f"<no text: its __str__ raised {type(fault).__name__}>"
        try:
            calls = _frames_of(error, frames)[-_TRACEBACK:]
        except Exception as fault:  # noqa: BLE001 - so with a module whose loader can't be asked for its text
            calls = f"<no traceback: describing it raised {type(fault).__name__}>"
        return cls(type(error).__qualname__, bounded(text), calls)

    def __str__(self) -> str:
        return f"{self.type}: {self.text}" if self.text else self.type


def _frames_of(error: BaseException, most: int) -> str:
    """The last `most` calls of the traceback, as Python writes them.

    Not by `traceback.format_tb`: looking for the columns to underline takes most of a restart's time.
    """
    calls: deque[tuple[FrameType, int | None]]  # typeshed knows of no call without a line number
    calls = deque(traceback.walk_tb(error.__traceback__), maxlen=most)
    return "".join([_call(frame, number) for frame, number in calls])


def _call(frame: FrameType, number: int | None) -> str:
    code = frame.f_code
    if number is None:  # code that was made or changed by a program
        return f'  File "{code.co_filename}", in {code.co_name}\n'
    linecache.lazycache(code.co_filename, frame.f_globals)
    return _place(code.co_filename, number, code.co_name)


@lru_cache(maxsize=512)  # what crashes again and again does so at the same places
def _place(file: str, number: int, function: str) -> str:
    line = linecache.getline(file, number).strip()
    place = f'  File "{file}", line {number}, in {function}\n'
    return f"{place}    {bounded(line)}\n" if line else place


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
