"""The mailbox: a memory channel that its actor reads in bursts."""

from collections import Counter

import trio
from attrs import asdict, frozen

NOTHING = object()
"""Stands for no message: None is a message like any other."""

RETRY = 0.05
"""Seconds until a timer or a notice that met a full mailbox tries again."""


@frozen
class MailboxStatistics:
    """A mailbox as it was when it was looked at."""

    queued: int
    """Messages that have been put and not taken."""
    room: int
    """How many it holds at most."""
    waiting: int
    """Tasks that wait for room."""
    closed: bool
    """Nobody will read it again."""

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        return asdict(self)


class Mailbox:
    """Messages for one actor, in the order they were put. It outlives the incarnations that read it.

    The actor takes what is there without a turn of the scheduler for each message, and sleeps beside the
    channel, not in it: an `ask` takes a tenth less time so, and whoever wants the actor to look up
    needs no message for it.
    """

    __slots__ = ("_inlet", "_outlet", "_reader", "_refused")

    def __init__(self, room: int) -> None:
        self._inlet, self._outlet = trio.open_memory_channel[object](room)
        self._reader: trio.lowlevel.Task | None = None
        self._refused: dict[int, int] | None = None
        """By identity of the message: how many tasks that waited as it closed are still to learn of that."""

    @property
    def queued(self) -> int:
        """Messages that have been put and not taken."""
        return self._inlet.statistics().current_buffer_used

    def statistics(self) -> MailboxStatistics:
        """How full it is, and who waits."""
        seen = self._inlet.statistics()
        closed = not seen.open_receive_channels
        return MailboxStatistics(
            seen.current_buffer_used, int(seen.max_buffer_size), seen.tasks_waiting_send, closed
        )

    def offer(self, message: object) -> bool:
        """Put a message in, if there is room: tells whether there was.

        Raises:
            trio.BrokenResourceError: the mailbox has been closed.
        """
        try:
            self._inlet.send_nowait(message)
        except trio.WouldBlock:
            return False
        if self._reader is not None:
            self.wake()
        return True

    async def put(self, message: object) -> None:
        """Put a message in, waiting for room. Cancelled, it has not put it in.

        Raises:
            trio.BrokenResourceError: the mailbox has been closed.
        """
        await trio.lowlevel.checkpoint_if_cancelled()
        if self.offer(message):
            await trio.lowlevel.cancel_shielded_checkpoint()
        else:
            await self._inlet.send(message)  # the actor is awake: it sleeps only when all was taken
            if self._refused is not None and self._refused.get(id(message)):
                self._refused[id(message)] -= 1
                raise trio.BrokenResourceError

    def take_nowait(self) -> object:
        """The next message, or NOTHING."""
        try:
            return self._outlet.receive_nowait()
        except trio.WouldBlock:
            return NOTHING

    async def sleep(self) -> None:
        """Wait until there may be a message, or `wake` was called. For one task at a time."""
        self._reader = trio.lowlevel.current_task()
        await trio.lowlevel.wait_task_rescheduled(self._stop_sleeping)

    def wake(self) -> None:
        """Have the actor look up, if it sleeps."""
        reader, self._reader = self._reader, None
        if reader is not None:
            trio.lowlevel.reschedule(reader)

    def close(self) -> list[object]:
        """Take no more messages; return those that are left. Who waits for room gets an error."""
        left: list[object] = []
        queued = self.queued
        while (message := self.take_nowait()) is not NOTHING:
            left.append(message)
        if len(left) > queued:  # each that is taken lets one in, whose task takes that for success
            self._refused = Counter(map(id, left[queued:]))
        self._outlet.close()
        return left[:queued]

    def _stop_sleeping(self, _: object) -> trio.lowlevel.Abort:
        self._reader = None
        return trio.lowlevel.Abort.SUCCEEDED
