"""An error as bounded text: what it says, where it was raised, and what it comes from."""

import linecache
import traceback
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from types import FrameType

from attrs import frozen

from supervision.fatal import members

_TEXT = 300
_TRACEBACK = 4000
_FRAMES = 40
_ORIGINS = 3
"""Causes, and members of a group, that are told."""
_ORIGIN_TEXT = 80
_ORIGIN_CALLS = 600

_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"
_MEMBER = "The above exception is one of {} in the following group:"


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

        300 characters of text; 4,000 of the traceback, which holds the last `frames` calls, and before
        them, as Python writes it, what the error comes from: three of its causes, or of a group's
        members, which the group's text names as well. A group of one is described as that one.
        """
        group = members(error)
        if group is not None and len(group) == 1:
            return cls.of(group[0], frames=frames)
        text = _text_of(error)
        if group is not None:
            text = f"{bounded(text, _ORIGIN_TEXT)}: {'; '.join(map(_short, group[:_ORIGINS]))}"
        try:
            calls = _traceback_of(error, frames)
        except Exception as fault:  # noqa: BLE001 - so with a module whose loader can't be asked for its text
            calls = f"<no traceback: describing it raised {type(fault).__name__}>"
        return cls(type(error).__qualname__, bounded(text), calls)

    def __str__(self) -> str:
        return f"{self.type}: {self.text}" if self.text else self.type


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as fault:  # noqa: BLE001 - a broken __str__ must not end the supervisor
        return f"<no text: its __str__ raised {type(fault).__name__}>"


def _short(error: BaseException) -> str:
    """The type and a short text."""
    return str(ErrorText(type(error).__qualname__, bounded(_text_of(error), _ORIGIN_TEXT)))


# --- the traceback ------------------------------------------------------------------------------


def _traceback_of(error: BaseException, frames: int) -> str:
    """What it comes from, first; then its own calls in what is left of the room, the last ones."""
    if error.__cause__ is None and error.__context__ is None and members(error) is None:
        return _frames_of(error, frames)[-_TRACEBACK:]  # most crashes: a restart is quicker so
    origins = [
        f"{_frames_of(origin, frames)[-_ORIGIN_CALLS:]}{_short(origin)}\n\n{how}\n\n"
        for origin, how in _origins(error)
    ]
    before = "".join(reversed(origins))
    return before + _frames_of(error, frames)[-(_TRACEBACK - len(before)) :]


def _origins(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """The nearest ones, and how each led to what comes after it. Causes may go in a circle."""
    group = members(error)
    if group is not None:
        yield from ((one, _MEMBER.format(len(group))) for one in group[:_ORIGINS])
        return
    current = error
    for _ in range(_ORIGINS):
        if current.__cause__ is not None:
            origin, how = current.__cause__, _CAUSE
        elif current.__context__ is not None and not current.__suppress_context__:
            origin, how = current.__context__, _CONTEXT
        else:
            return
        yield origin, how
        current = origin


def _frames_of(error: BaseException, most: int) -> str:
    """The last `most` calls of the traceback, as Python writes them.

    Not by `traceback.format_tb`: looking for the columns to underline takes most of a restart's time.
    """
    calls: deque[tuple[FrameType, int | None]]  # typeshed knows of no call without a line number
    calls = deque(traceback.walk_tb(error.__traceback__), maxlen=most)
    return "".join([_call(frame, number) for frame, number in calls])


def _call(frame: FrameType, number: int | None) -> str:
    code = frame.f_code
    if not number:  # code that was made or changed by a program: None, or 0 where a tracer runs
        return f'  File "{code.co_filename}", in {code.co_name}\n'
    linecache.lazycache(code.co_filename, frame.f_globals)
    return _place(code.co_filename, number, code.co_name)


@lru_cache(maxsize=512)  # what crashes again and again does so at the same places
def _place(file: str, number: int, function: str) -> str:
    line = linecache.getline(file, number).strip()
    place = f'  File "{file}", line {number}, in {function}\n'
    return f"{place}    {bounded(line)}\n" if line else place
