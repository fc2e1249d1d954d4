"""A peer: thespian, an actor library that runs actors in one of several ways, its *system bases*.

Two of them are measured. `simpleSystemBase` calls the actor within the caller's `tell` or `ask`: there is
no mailbox, no turn of a scheduler, and nothing happens at the same time; it is as cheap as an actor of
thespian gets. `multiprocTCPBase` is the one its documentation recommends for real use: every actor is a
process, messages are pickled and go through TCP.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from thespian.actors import Actor, ActorSystem  # type: ignore[import-untyped]

from benchmarks import raw
from benchmarks.timing import Measured, stopwatch

SIMPLE, TCP = "simpleSystemBase", "multiprocTCPBase"
MESSAGES = {SIMPLE: raw.ASKS, TCP: 1_000}
PATIENCE = 30.0


class Echo(Actor):  # type: ignore[misc]  # thespian has no types
    """Answers with the question, if it is one."""

    def receiveMessage(self, message: Any, sender: Any) -> None:  # noqa: N802 - thespian's name
        if message is not None:
            self.send(sender, message)


@contextmanager
def one_actor(base: str) -> Iterator[tuple[Any, Any]]:
    """A system with one actor that has answered once: system and address."""
    with TemporaryDirectory() as folder:
        os.environ["THESPLOG_FILE"] = str(Path(folder, "thespian.log"))  # else it is left behind
        system = ActorSystem(base, {"Admin Port": _free_port()} if base == TCP else None)
        try:
            actor = system.createActor(Echo)
            system.ask(actor, "ready", PATIENCE)
            yield system, actor
        finally:
            system.shutdown()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def tell(base: str = SIMPLE) -> Measured:
    """`tell`: messages per second until all are handled."""
    count = MESSAGES[base]
    with one_actor(base) as (system, actor):
        with stopwatch() as watch:
            for _ in range(count):
                system.tell(actor, None)
            system.ask(actor, "the last", PATIENCE)
        return {"per_second": count / watch.seconds}


def ask(base: str = SIMPLE) -> Measured:
    """`ask` of one client, with a timeout: answers per second."""
    count = MESSAGES[base]
    with one_actor(base) as (system, actor):
        with stopwatch() as watch:
            for number in range(1, count + 1):
                assert system.ask(actor, number, PATIENCE) == number
        return {"per_second": count / watch.seconds}


tell_tcp = partial(tell, TCP)
ask_tcp = partial(ask, TCP)
