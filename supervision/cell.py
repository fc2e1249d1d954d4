"""The cell: what outlives the incarnations of one actor. It owns the mailbox; refs point to it."""

import math
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Protocol

import outcome
import trio
from attrs import define, field

from supervision.core import End
from supervision.errors import ActorDead, AskTimeout
from supervision.events import ErrorText, Event

if TYPE_CHECKING:
    from supervision.actor import Actor
    from supervision.spec import ActorSpec
    from supervision.wheel import Wheel

current_cell: ContextVar["Cell | None"] = ContextVar("current_cell", default=None)
"""The cell whose actor the running task belongs to."""


@define(eq=False)
class Question:
    """A message somebody waits for the answer of."""

    message: object
    path: str
    _task: trio.lowlevel.Task | None = None
    _answer: "outcome.Maybe[object] | None" = None

    @property
    def answered(self) -> bool:
        """There is an answer, or nobody waits any more."""
        return self._answer is not None

    def settle(self, answer: "outcome.Maybe[object]") -> None:
        """Give the answer. The first counts; one that comes too late is dropped."""
        if self._answer is not None:
            return
        self._answer = answer
        self.message = None
        if self._task is not None:
            task, self._task = self._task, None
            trio.lowlevel.reschedule(task, answer)

    def fail(self, error: Exception) -> None:
        """Answer with an error."""
        self.settle(outcome.Error(error))

    def expire(self) -> None:
        """Too late."""
        self.fail(AskTimeout(f"{self.path} did not answer {type(self.message).__name__} in time"))

    async def wait(self) -> object:
        """The answer; raises what the question failed with."""
        if self._answer is not None:
            answer = self._answer
            await trio.lowlevel.checkpoint()
            return answer.unwrap()

        def abort(_: object) -> trio.lowlevel.Abort:
            self._task = None
            self._answer = _NOBODY
            return trio.lowlevel.Abort.SUCCEEDED

        self._task = trio.lowlevel.current_task()
        return await trio.lowlevel.wait_task_rescheduled(abort)


_NOBODY: "outcome.Maybe[object]" = outcome.Value(None)


class _Wake:
    """Put into an empty mailbox to make an idle actor look up."""


WAKE = _Wake()


class Host(Protocol):
    """What a cell needs of the tree it is in."""

    wheel: "Wheel"

    def emit(self, event: Event) -> None:
        """Tell an event to whoever listens."""
        ...

    def end_tree(self, error: BaseException | None) -> None:
        """Stop everything in order, because of `error`."""
        ...


class Inbox(Protocol):
    """Where a child's supervisor hears of it."""

    def heard_started(self, cell: "AnyCell") -> None:
        """The child acknowledged its start."""
        ...

    def heard_declined(self, cell: "AnyCell", reason: str) -> None:
        """The child said "not now"."""
        ...

    def heard_start_failed(self, cell: "AnyCell", error: BaseException | None) -> None:
        """The child could not be started."""
        ...

    def heard_ended(self, cell: "AnyCell", end: End, error: BaseException | None, lost: str | None) -> None:
        """The child's task is over; `lost` is the type of the message it was working on."""
        ...


@define(eq=False)
class AnyCell:
    """What cells of actors and of supervisors have in common."""

    path: str
    host: Host
    state: str = "stopped"
    incarnation: int = 0
    last_error: ErrorText | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def restarts(self) -> int:
        """Incarnations after the first."""
        return max(0, self.incarnation - 1)


@define(eq=False)
class Cell(AnyCell):
    """An actor's record."""

    spec: "ActorSpec" = field(kw_only=True)
    args: tuple[object, ...] = field(default=(), kw_only=True)
    inbox_send: "trio.MemorySendChannel[object]" = field(init=False)
    inbox_receive: "trio.MemoryReceiveChannel[object]" = field(init=False)
    actor: "Actor | None" = field(default=None, init=False)
    scope: trio.CancelScope | None = field(default=None, init=False)
    nursery: trio.Nursery | None = field(default=None, init=False)
    idle: bool = field(default=False, init=False)
    stopping: bool = field(default=False, init=False)
    """End after the current message."""
    stop_asked: bool = field(default=False, init=False)
    """… because the supervisor said so."""
    stop_by: float = field(default=math.inf, init=False)
    """When the grace of an asked stop is over."""
    dead: bool = field(default=False, init=False)
    working_on: object = field(default=None, init=False)
    asking: "Cell | None" = field(default=None, init=False)
    watchers: "list[tuple[Cell, object]]" = field(factory=list, init=False)
    background: "set[trio.CancelScope] | None" = field(default=None, init=False)
    background_over: trio.Event | None = field(default=None, init=False)
    background_error: BaseException | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self.inbox_send, self.inbox_receive = trio.open_memory_channel[object](self.spec.mailbox)

    @property
    def queued(self) -> int:
        """Messages waiting in the mailbox."""
        return self.inbox_send.statistics().current_buffer_used

    def prepare(self) -> None:
        """Make ready for the next incarnation."""
        if self.dead:
            self.dead = False
            self.inbox_send, self.inbox_receive = trio.open_memory_channel[object](self.spec.mailbox)
        self.incarnation += 1
        self.state = "starting"
        self.stopping = self.stop_asked = False
        self.stop_by = math.inf

    def clear_incarnation(self) -> None:
        """Let go of everything that belonged to the incarnation that ended."""
        self.actor = self.scope = self.nursery = None
        self.background = self.background_over = self.background_error = None
        self.idle = False

    def request_stop(self) -> None:
        """Ask the running incarnation to end; it is cancelled when its grace is over."""
        self.stopping = self.stop_asked = True
        self.state = "stopping"
        grace = self.spec.grace
        self.stop_by = trio.current_time() + grace if grace > 0 else -math.inf
        if self.scope is None:
            return
        self.scope.deadline = self.stop_by
        if self.idle:
            # Full: the actor has just been given messages, and will look up by itself.
            with suppress(trio.WouldBlock, trio.BrokenResourceError):
                self.inbox_send.send_nowait(WAKE)

    def end_for_good(self) -> None:
        """Nobody will read this mailbox again: fail who asks, tell who watches. Doing it twice is fine."""
        if self.dead:
            return
        self.dead = True
        while True:
            try:
                left = self.inbox_receive.receive_nowait()
            except (trio.WouldBlock, trio.EndOfChannel, trio.ClosedResourceError):
                break
            if isinstance(left, Question):
                left.fail(ActorDead(f"{self.path} has ended"))
        self.inbox_receive.close()
        watchers, self.watchers = self.watchers, []
        for watcher, notice in watchers:
            watcher.notify(notice)

    def notify(self, notice: object) -> None:
        """Deliver a message of the runtime itself; where the mailbox is full, as soon as there is room."""
        if self.dead:
            return
        try:
            self.inbox_send.send_nowait(notice)
        except trio.WouldBlock:
            self.host.wheel.add(trio.current_time() + _RETRY, lambda: self.notify(notice))
        except trio.BrokenResourceError:
            pass  # it ended for good meanwhile


_RETRY = 0.05
"""Seconds after which a notice or timer that met a full mailbox is tried again."""
