"""Clocks and memory, as the probes read them."""

import gc
import os
import resource
import sys
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

from attrs import define

KIB = 1024
Measured = dict[str, float]


@define
class Stopwatch:
    """Seconds of the block it was made for."""

    seconds: float = 0.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time the block. What was garbage before is gone before the clock starts."""
    gc.collect()
    watch = Stopwatch()
    began = perf_counter()
    try:
        yield watch
    finally:
        watch.seconds = perf_counter() - began


def resident() -> int:
    """Bytes of this process that are in memory (RSS)."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * KIB


def traced() -> int:
    """Bytes that Python's allocators gave out since tracing began."""
    return tracemalloc.get_traced_memory()[0]


Meter = Callable[[], int]


def read(meter: Meter) -> int:
    """What the meter says when nothing is garbage. Tracing begins with the first reading of `traced`."""
    if meter is traced and not tracemalloc.is_tracing():
        tracemalloc.start()
    gc.collect()
    return meter()


def pin(choose: Callable[[Iterable[int]], int] = min) -> None:
    """Keep this thread, and those it will start, on one core: the first, or the one that `choose` says."""
    os.sched_setaffinity(0, {choose(os.sched_getaffinity(0))})
