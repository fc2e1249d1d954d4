"""What can be made to go wrong while a stand-in runs."""

from typing import Any

import trio
from attrs import define, field

from tests.worlds.mongodb.errors import RETRYABLE, Document, MongoError


@define(eq=False)
class Cut:
    """The next `command` does its first `after` statements (None: all); then its connection is cut."""

    command: str
    after: int | None = None
    times: int = 1


@define(eq=False)
class Refusal:
    """The next `times` of `command` ("" is any but hello) are refused with `code` and not done."""

    command: str
    code: int
    times: int = 1


@define(eq=False)
class Faults:
    """Switches; change them through the server, which wakes what waits on them."""

    hang: bool = False
    """Connections are accepted, commands read; nothing is done or answered until it is switched off.
    What a client has given up meanwhile is done then, as by a real server that was stalled."""
    hold_writes: bool = False
    """The same for commands that write; others are answered."""
    slow: float = 0.0
    """Each answer comes so many seconds after the command was done."""
    disk_full: bool = False
    """Commands that write are refused (14031)."""
    garbage: bool = False
    """Commands are done, and answered with bytes that are not the protocol."""
    cuts: list[Cut] = field(factory=list)
    refusals: list[Refusal] = field(factory=list)
    hellos_until_primary: int = 0
    """So many hellos are answered as by a secondary before there is a primary again."""
    changed: trio.Event = field(factory=trio.Event)

    def set(self, **switches: Any) -> None:
        """Change switches by name."""
        for name, value in switches.items():
            getattr(self, name)  # a name that is not there is a mistake of the test
            setattr(self, name, value)
        self.changed.set()
        self.changed = trio.Event()

    async def let_by(self, *, writing: bool) -> None:
        """Wait while this command is held."""
        while self.hang or (self.hold_writes and writing):
            await self.changed.wait()

    def refusal(self, name: str, *, writing: bool) -> Document | None:
        """The refusal that was ordered for this command, if any."""
        if self.disk_full and writing:
            return MongoError(14031, "available disk space is less than required minimum").reply()
        for refusal in self.refusals:
            if refusal.command == name or (not refusal.command and name.lower() not in ("hello", "ismaster")):
                refusal.times -= 1
                if not refusal.times:
                    self.refusals.remove(refusal)
                return MongoError(refusal.code, f"refused with {refusal.code} (ordered by the test)").reply()
        return None

    def cut(self, name: str) -> Cut | None:
        """The cut that was ordered for this command, if any."""
        for cut in self.cuts:
            if cut.command == name:
                cut.times -= 1
                if not cut.times:
                    self.cuts.remove(cut)
                return cut
        return None


def with_labels(answer: Document, command: Document) -> Document:
    """A retryable refusal of a numbered write says so, as servers since 4.4 do."""
    if "txnNumber" in command and answer.get("code") in RETRYABLE:
        return {**answer, "errorLabels": ["RetryableWriteError"]}
    return answer
