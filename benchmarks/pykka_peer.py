"""A peer: pykka, an actor library on threads, without supervision."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pykka

from benchmarks import raw
from benchmarks.timing import Measured, pin, stopwatch

TELLS = 60_000


class Echo(pykka.ThreadingActor):
    """Answers with the question."""

    def on_receive(self, message: Any) -> Any:
        return message


@contextmanager
def one_actor(kind: type[Echo] = Echo) -> Iterator[pykka.ActorRef[Echo]]:
    """An actor with its thread."""
    ref = kind.start()
    try:
        yield ref
    finally:
        ref.stop()


def tell() -> Measured:
    """`tell`, as fast as it goes: the mailbox has no bound. Messages per second until all are handled."""
    with one_actor() as ref:
        with stopwatch() as watch:
            for number in range(TELLS):
                ref.tell(number)
            ref.ask("the last")
        return {"per_second": TELLS / watch.seconds}


def ask() -> Measured:
    """`ask` of one client: answers per second."""
    with one_actor() as ref:
        return _ask(ref)


def _ask(ref: pykka.ActorRef[Echo]) -> Measured:
    with stopwatch() as watch:
        for number in range(raw.ASKS):
            ref.ask(number)
    return {"per_second": raw.ASKS / watch.seconds}


def ask_pinned() -> Measured:
    """`ask` of one client, all threads on one core."""
    pin()
    return ask()


class Apart(Echo):
    """Answers with the question, on the last core."""

    def on_start(self) -> None:
        pin(max)


def ask_apart() -> Measured:
    """`ask` of one client, actor and client on a core each, where there are two."""
    with one_actor(Apart) as ref:
        ref.ask("started")
        pin(min)
        return _ask(ref)
