"""The shell of a dynamic supervisor: many children by key, from one template, each for itself."""

import math
import random
from contextvars import Context, copy_context

import trio
from attrs import define, field

from supervision.cell import AnyCell
from supervision.child import End
from supervision.dynamic import DynamicCell, Member
from supervision.dynamic_core import Budget, DynamicCore, Forget, Retry
from supervision.error_text import ErrorText
from supervision.errors import Decline, StartFailed
from supervision.events import (
    BackingOff,
    Crashed,
    GaveUp,
    ShutDown,
    StartDeclined,
    Started,
    StartError,
    Stopped,
)
from supervision.fatal import is_fatal
from supervision.host import Inbox
from supervision.incarnation import spawn
from supervision.intensity import RestartWindow
from supervision.overdue import Overdue, wait_until
from supervision.policy import AutoShutdown
from supervision.waiting import Waiting


@define(eq=False)
class DynamicRunner:
    """One incarnation of a dynamic supervisor."""

    cell: DynamicCell
    parent: Inbox
    stopping: bool = field(default=False, init=False)
    _core: DynamicCore = field(init=False)
    _nursery: trio.Nursery = field(init=False)
    _context: Context | None = field(default=None, init=False)
    """The supervisor's own, in which children are spawned: no caller's leaks into them. None: not running."""
    _waiting: Waiting = field(factory=Waiting, init=False)
    _bell: trio.Event = field(factory=trio.Event, init=False)
    _overdue: Overdue = field(init=False)
    _end: End = field(default=End.STOPPED, init=False)

    def __attrs_post_init__(self) -> None:
        spec = self.cell.spec
        self._overdue = Overdue(self.cell.host.emit)
        self._core = DynamicCore(
            spec.template.kind,
            spec.template.backoff,
            RestartWindow(spec.intensity, spec.period),
            spec.child_intensity,
            spec.child_period,
            random.random,
            spec.auto_shutdown if spec.template.significant else AutoShutdown.NEVER,
        )

    # --- told by others -------------------------------------------------------------------------

    def start(self, member: Member) -> None:
        """Spawn a child: at once, or as soon as the supervisor runs."""
        self._spawn_at(-math.inf, member, trio.current_time())

    def request_stop(self) -> None:
        """Stop all children at the same time."""
        self.stopping = True
        self._bell.set()

    def stop_member(self, member: Member) -> None:
        """Stop one child, for good."""
        if member.unwanted:
            return  # a second request must not make the grace longer
        member.unwanted = True
        if not member.incarnation or member.state == "backing_off":
            member.how = End.STOPPED.value
            self._forget(member)  # not spawned yet, or between two lives: there is no task to end
            return
        member.request_stop()
        self._overdue.watch(member, trio.current_time() + member.spec.grace)
        self._bell.set()

    def heard_started(self, cell: AnyCell) -> None:
        """A child acknowledged its start."""
        member = _member(cell)
        if member.state == "starting":
            member.state = "running"
        if member.budget is not None:
            member.budget.since = trio.current_time()
        self.cell.host.emit(Started(cell.path, cell.incarnation))
        member.acknowledge_start()

    def heard_declined(self, cell: AnyCell, reason: str) -> None:
        """A child said "not now": it is forgotten."""
        member = _member(cell)
        member.how = "declined"
        self.cell.host.emit(StartDeclined(cell.path, reason))
        self._fail_start(member, Decline(f"{cell.path} declined: {reason or 'it gave no reason'}"))

    def heard_start_failed(self, cell: AnyCell, error: BaseException) -> None:
        """A child could not be started: at the first start it is forgotten, later it is tried again."""
        member = _member(cell)
        member.last_error, member.how = ErrorText.of(error), End.START_FAILED.value
        self.cell.host.emit(StartError(cell.path, member.last_error))
        if is_fatal(error):
            self.cell.host.end_tree(error)
        if member.starting is not None:
            self._fail_start(member, StartFailed(f"{member.path}: {member.last_error}"))
        else:
            self._decide(member, End.FINISHED if self.cell.host.ending else End.CRASHED)

    def heard_ending(self, cell: AnyCell) -> None:
        """A child is over but for its background tasks: they are reported if they don't end."""
        cell.state = "stopping"
        self._overdue.watch(cell, trio.current_time())
        self._bell.set()

    def heard_ended(self, cell: AnyCell, end: End, error: BaseException | None, lost: str | None) -> None:
        """A child's task is over."""
        member = _member(cell)
        member.how = end.value
        if lost is not None:
            member.count_lost(lost)
        if end is End.CRASHED and error is not None:
            member.last_error = ErrorText.of(error)
            self.cell.host.emit(Crashed(cell.path, cell.incarnation, member.last_error, lost))
        else:
            self.cell.host.emit(Stopped(cell.path, end.value, lost))
        if is_fatal(error):
            self.cell.host.end_tree(error)
            end = End.FINISHED
        if member.starting is not None and not member.unwanted:
            self._fail_start(member, StartFailed(f"{member.path}: ended while it started"))
            return
        self._decide(member, end)

    # --- decisions ------------------------------------------------------------------------------

    def _decide(self, member: Member, end: End) -> None:
        self._overdue.over(member)
        if self.stopping or member.unwanted:
            self._forget(member)
            return
        now = trio.current_time()
        if member.budget is None:
            member.budget = Budget()
        match self._core.ended(member.budget, end, now):
            case Retry(due):
                self._wait_for(member, due, now)
            case Forget(spent):
                if spent:
                    self.cell.host.emit(GaveUp(member.path, member.give_up()))
                self._forget(member)
                if self._core.shuts_down(len(self.cell.children)):
                    self.cell.host.emit(ShutDown(self.cell.path, member.path))
                    self._end = End.SHUTDOWN
                    self.request_stop()
            case _:  # it gives up
                self.cell.last_error, self._end = member.give_up(), End.GAVE_UP
                self._forget(member)
                self.request_stop()

    def _wait_for(self, member: Member, due: float, now: float) -> None:
        member.state, member.due = "backing_off", due
        if due > now:
            self.cell.host.emit(BackingOff(member.path, round(due - now, 3)))
        self._spawn_at(due, member, now)

    def _spawn_at(self, due: float, member: Member, now: float) -> None:
        if due <= now and self._context is not None:
            self._spawn(self._context, member)
            return
        self._waiting.add(due, member)
        self._bell.set()

    def _spawn(self, context: Context, member: Member) -> None:
        member.prepare()
        spawn(member, self, self._nursery, context)

    def _fail_start(self, member: Member, error: Exception) -> None:
        starting, member.starting = member.starting, None
        self._forget(member)  # first: whoever waits finds the key free
        if starting is not None:
            starting.fail(error)

    def _forget(self, member: Member) -> None:
        self._overdue.over(member)
        del self.cell.children[member.key]
        member.end_for_good()
        member.bequeath(self.cell)
        self._bell.set()

    # --- the loop -------------------------------------------------------------------------------

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        """Serve until stopped, or until the budget of all children together is spent."""
        async with trio.open_nursery() as self._nursery:
            self._context = copy_context()
            self.parent.heard_started(self.cell)
            try:
                while not self.stopping:
                    self._spawn_due(self._context, trio.current_time())
                    await self._wait()
            finally:  # also when the tree is cancelled: no child may follow
                self.stopping, self._context = True, None
            await self._stop_all()
        self.cell.runner = None
        if self._end is End.GAVE_UP:
            self.cell.host.emit(GaveUp(self.cell.path, self.cell.last_error))
        self.parent.heard_ended(self.cell, self._end, None, None)

    def _spawn_due(self, context: Context, now: float) -> None:
        while (member := self._waiting.take(now)) is not None:
            self._spawn(context, member)

    async def _wait(self) -> None:
        self._bell = trio.Event()
        await wait_until(self._bell, min(self._waiting.next_due(), self._overdue.next_due()))
        self._overdue.tick(trio.current_time())

    async def _stop_all(self) -> None:
        for member in list(self.cell.children.values()):
            self.stop_member(member)
        self._waiting.clear()  # nobody is started any more: a due time that passes must wake nobody
        while self.cell.children:
            await self._wait()


def _member(cell: AnyCell) -> Member:
    if not isinstance(cell, Member):
        raise TypeError(f"{cell.path} is not a child of a dynamic supervisor")
    return cell
