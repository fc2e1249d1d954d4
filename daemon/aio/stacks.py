"""What a thread or an asyncio task is doing, in one line, innermost call first."""

import asyncio
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_DEPTH = 12
_TASKS = 8
_PATH_PARTS = 2


def describe_thread(thread: threading.Thread) -> str:
    """Where the thread is. No values of variables: they may be secret."""
    frame = None if thread.ident is None else sys._current_frames().get(thread.ident)  # noqa: SLF001 - documented
    if frame is None:
        return "no stack"
    return _line(
        (frame.f_code.co_filename, line, frame.f_code.co_name) for frame, line in traceback.walk_stack(frame)
    )


def describe_tasks(loop: asyncio.AbstractEventLoop) -> str:
    """Where the loop's unfinished tasks wait. May be asked from any thread."""
    tasks = sorted(asyncio.all_tasks(loop), key=asyncio.Task.get_name)
    told = [describe_task(task) for task in tasks[:_TASKS]]
    if len(tasks) > _TASKS:
        told.append(f"and {len(tasks) - _TASKS} more")
    return "; ".join(told) or "none"


def describe_task(task: "asyncio.Task[object]") -> str:
    """The task's name, and the innermost line of Python it waits in."""
    places = [(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name) for frame in _awaited(task)]
    return f"{task.get_name()} in {_line(iter(places[::-1]))}"


def _awaited(task: "asyncio.Task[object]") -> Iterator[FrameType]:
    awaited: object = task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None) or getattr(awaited, "gi_frame", None)
        if frame is not None:
            yield frame
        awaited = getattr(awaited, "cr_await", None) or getattr(awaited, "gi_yieldfrom", None)


def _line(places: Iterator[tuple[str, int | None, str]]) -> str:
    told = [
        f"{'/'.join(Path(file).parts[-_PATH_PARTS:])}:{line} {name}"
        for (file, line, name), _ in zip(places, range(_DEPTH), strict=False)
    ]
    return " < ".join(told) or "no stack"
