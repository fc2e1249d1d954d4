"""Telling the service manager: started, alive, about to end (systemd's `Type=notify` and its watchdog).

The watchdog is fed from real progress: only while the actors that do the work answer. A daemon that merely
lives is killed and started again; one that waits for what is away (a store, a source) is left alone.
"""

import logging
import os
import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import trio
from attrs import define, field, frozen

from supervision import Actor, ActorRef, SupervisionError

logger = logging.getLogger("perkd")

SOCKET = "NOTIFY_SOCKET"
WATCHDOG = "WATCHDOG_USEC"
WATCHDOG_PID = "WATCHDOG_PID"
ANSWER_WITHIN = 5.0
"""Seconds an actor has to answer; busy is not stuck."""
ASK_AGAIN = 2.0
"""Seconds until an actor that did not answer is asked again: one slow answer must not cost half the time."""


@frozen
class Notifier:
    """The way to the service manager, which listens at a datagram socket."""

    address: str
    every: float | None
    """Seconds between two signs of life: half of what the manager waits for; None: it waits for none."""

    @classmethod
    def of(cls, env: Mapping[str, str], pid: int) -> "Notifier | None":
        """As the environment names it; None where no manager wants to be told."""
        address = env.get(SOCKET, "")
        if not address.startswith(("/", "@")):
            return None
        return cls(address, _half(env, pid))

    def tell(self, *lines: str) -> None:
        """Send `lines` (`READY=1`, `STATUS=…`); a manager that is gone is no reason to fail."""
        name = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
            way.setblocking(False)
            try:
                way.sendto("\n".join(lines).encode(), name)
            except OSError as error:
                logger.debug("the service manager could not be told: %s", error)


def _half(env: Mapping[str, str], pid: int) -> float | None:
    if env.get(WATCHDOG_PID, str(pid)) != str(pid):  # meant for another process
        return None
    with suppress(ValueError):
        microseconds = int(env.get(WATCHDOG, "0"))
        if microseconds > 0:
            return microseconds / 2_000_000
    return None


def from_environment() -> Notifier | None:
    """The service manager that started this process, if there is one."""
    return Notifier.of(os.environ, os.getpid())


@define(eq=False)
class NotifyActor(Actor):
    """Says that perkd has started once the whole tree has, then that it lives while `asked` answer."""

    notifier: Notifier
    asked: Sequence[tuple[ActorRef, object]]
    """Actors that do the work, and a question that each answers at once."""
    has_started: Callable[[], bool]
    """Whether the tree stands: all of it has started, and nobody has asked it to stop."""
    summary: Callable[[], str]
    """One line for `systemctl status`."""
    _silent: str = field(default="", init=False)
    """Who did not answer the last time."""

    async def started(self) -> None:
        """Acknowledge at once: others start after this one."""
        self.start_soon(self._run)

    async def stopped(self) -> None:
        """Tell that the end has begun, so that the manager waits for it; not where this actor alone ends."""
        if not self.has_started():
            self.notifier.tell("STOPPING=1")

    async def _run(self) -> None:
        while not self.has_started():  # noqa: ASYNC110 - the tree has no event for it
            await trio.sleep(0.1)
        self.notifier.tell("READY=1", f"STATUS={self.summary()}")
        every = self.notifier.every
        while every is not None:
            if silent := await self._who_is_silent():
                if silent != self._silent:
                    logger.error("The watchdog is not fed: %s", silent)
            else:
                self.notifier.tell("WATCHDOG=1", f"STATUS={self.summary()}")
            self._silent = silent
            await trio.sleep(min(every, ASK_AGAIN) if silent else every)

    async def _who_is_silent(self) -> str:
        """Who does not answer, as a sentence; "" when all do."""
        silent: list[str] = []
        async with trio.open_nursery() as nursery:
            for ref, question in self.asked:
                nursery.start_soon(self._ask, ref, question, silent)
        return f"{', '.join(sorted(silent))}: no answer within {ANSWER_WITHIN:g} s" if silent else ""

    @staticmethod
    async def _ask(ref: ActorRef, question: object, silent: list[str]) -> None:
        try:
            await ref.ask(question, timeout=ANSWER_WITHIN)
        except SupervisionError:
            silent.append(ref.path)
