"""The peer: pykka, an actor library on threads, without supervision."""

from typing import Any

import pykka

from benchmarks import raw
from benchmarks.timing import Measured, pin, stopwatch


class Echo(pykka.ThreadingActor):
    """Answers with the question."""

    def on_receive(self, message: Any) -> Any:
        return message


def ask() -> Measured:
    """`ask` of one client: answers per second."""
    ref = Echo.start()
    try:
        with stopwatch() as watch:
            for number in range(raw.ASKS):
                ref.ask(number)
    finally:
        ref.stop()
    return {"per_second": raw.ASKS / watch.seconds}


def ask_pinned() -> Measured:
    """`ask` of one client, all threads on one core."""
    pin()
    return ask()
