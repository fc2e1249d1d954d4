"""The dynamic supervisor: many children by key from one template, started and stopped at run time."""

import heapq
import random
from collections import Counter, deque
from collections.abc import Iterable

import outcome
import trio
from attrs import define, field, frozen

from supervision.cell import AnyCell, Cell, Inbox
from supervision.core import End
from supervision.dynamic_core import Budget, DynamicCore, Forget, GiveUp, Retry
from supervision.errors import AlreadyRunning, Decline, NotRunning, StartFailed
from supervision.events import (
    BackingOff,
    Crashed,
    ErrorText,
    GaveUp,
    StartDeclined,
    Started,
    StartError,
    Stopped,
)
from supervision.fatal import is_fatal
from supervision.incarnation import live
from supervision.intensity import RestartWindow
from supervision.overdue import Overdue
from supervision.question import Question
from supervision.ref import ActorRef
from supervision.spec import DynamicSpec
from supervision.validation import check_key


@define(eq=False)
class Member(Cell):
    """A child of a dynamic supervisor."""

    key: str = field(default="", kw_only=True)
    budget: Budget | None = field(default=None, init=False)
    starting: Question | None = field(default=None, init=False)
    """Who waits for the first start."""
    unwanted: bool = field(default=False, init=False)
    """It was stopped by request: not to be started again."""
    gone: trio.Event | None = field(default=None, init=False)
    """Set when it has ended for good; made when somebody waits for that."""

    def end_for_good(self) -> None:
        """Let those who wait for its start or its end go on as well."""
        super().end_for_good()
        self.settle_start(outcome.Error(NotRunning(f"{self.path} was stopped before it had started")))
        if self.gone is not None:
            self.gone.set()

    def settle_start(self, answer: "outcome.Maybe[object]") -> None:
        """Answer who waits for the first start, if anybody still does."""
        question, self.starting = self.starting, None
        if question is not None:
            question.settle(answer)


@define(eq=False)
class DynamicCell(AnyCell):
    """A dynamic supervisor's record."""

    spec: DynamicSpec = field(kw_only=True)
    children: dict[str, Member] = field(factory=dict, init=False)
    runner: "DynamicRunner | None" = field(default=None, init=False)

    def prepare(self) -> None:
        """Make ready for the next incarnation."""
        self.incarnation += 1
        self.state = "starting"

    def request_stop(self) -> None:
        """Stop all children at the same time."""
        if self.runner is not None:
            self.state = "stopping"
            self.runner.request_stop()

    def end_for_good(self) -> None:
        """Its children have ended for good with it."""
        self.state, self.runner = "stopped", None
        for child in list(self.children.values()):
            child.end_for_good()
        self.children.clear()

    def counts(self) -> dict[str, int]:
        """Children by state."""
        return dict(Counter(child.state for child in self.children.values()))


@frozen
class DynamicRef:
    """The address of a dynamic supervisor. Valid across restarts."""

    _cell: DynamicCell

    @property
    def path(self) -> str:
        """Where it is in the tree."""
        return self._cell.path

    @property
    def running(self) -> bool:
        """`start_child` would be heard now."""
        return self._cell.runner is not None and not self._cell.runner.stopping

    async def start_child(self, key: str, *args: object) -> ActorRef:
        """Start a child under `key`, its factory called with `args`; return its ref once it has started.

        Whoever stops waiting does not stop the child: it goes on starting.

        Raises:
            InvalidSpec: the key can't be part of a path.
            AlreadyRunning: there is a child with this key.
            NotRunning: the supervisor is not running now, or child or supervisor were stopped meanwhile.
            StartFailed: the child could not be started; its key is free again.
            Decline: the child said "not now"; its key is free again.
        """
        check_key(self.path, key)
        cell, runner = self._cell, self._cell.runner
        if runner is None or runner.stopping:
            raise NotRunning(f"{cell.path} is not running")
        if key in cell.children:
            raise AlreadyRunning(f"{cell.path}/{key} is there already")
        member = Member(f"{cell.path}/{key}", cell.host, spec=cell.spec.template, args=args, key=key)
        member.starting = question = Question(None, member.path)
        cell.children[key] = member
        runner.start(member)
        await question.wait()
        return ActorRef(member)

    async def stop_child(self, key: str) -> None:
        """Stop the child under `key` and wait for its end; without one, nothing happens."""
        member = self._cell.children.get(key)
        if member is None or self._cell.runner is None:
            await trio.lowlevel.checkpoint()
            return
        if member.gone is None:
            member.gone = trio.Event()
        self._cell.runner.stop_member(member)
        await member.gone.wait()

    def get(self, key: str) -> ActorRef | None:
        """The child under `key`, or None."""
        member = self._cell.children.get(key)
        return None if member is None else ActorRef(member)

    def keys(self) -> Iterable[str]:
        """The keys of all children, as they are now."""
        return tuple(self._cell.children)

    def __len__(self) -> int:
        return len(self._cell.children)

    def __contains__(self, key: object) -> bool:
        return key in self._cell.children


@define(eq=False)
class DynamicRunner:
    """One incarnation of a dynamic supervisor."""

    cell: DynamicCell
    parent: Inbox
    stopping: bool = field(default=False, init=False)
    _core: DynamicCore = field(init=False)
    _nursery: trio.Nursery = field(init=False)
    _to_spawn: deque[Member] = field(factory=deque, init=False)
    _waiting: "list[tuple[float, int, Member]]" = field(factory=list, init=False)
    _order: int = field(default=0, init=False)
    _bell: trio.Event = field(factory=trio.Event, init=False)
    _overdue: Overdue = field(init=False)
    _gave_up: bool = field(default=False, init=False)

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
        )

    # --- told by others -------------------------------------------------------------------------

    def start(self, member: Member) -> None:
        """Spawn a child: by the supervisor's own task, so that no caller's context leaks into it."""
        self._to_spawn.append(member)
        self._bell.set()

    def request_stop(self) -> None:
        """Stop all children at the same time."""
        self.stopping = True
        self._bell.set()

    def stop_member(self, member: Member) -> None:
        """Stop one child, for good."""
        if member.unwanted:
            return  # a second request must not make the grace longer
        member.unwanted = True
        if member.state in {"stopped", "backing_off"}:
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
        member.settle_start(outcome.Value(None))

    def heard_declined(self, cell: AnyCell, reason: str) -> None:
        """A child said "not now": it is forgotten."""
        member = _member(cell)
        self.cell.host.emit(StartDeclined(cell.path, reason))
        self._fail_start(member, Decline(reason))

    def heard_start_failed(self, cell: AnyCell, error: BaseException) -> None:
        """A child could not be started: at the first start it is forgotten, later it is tried again."""
        member = _member(cell)
        member.last_error = ErrorText.of(error)
        self.cell.host.emit(StartError(cell.path, member.last_error))
        if is_fatal(error):
            self.cell.host.end_tree(error)
        if member.starting is not None:
            self._fail_start(member, StartFailed(f"{member.path}: {member.last_error}"))
        else:
            self._decide(member, End.FINISHED if is_fatal(error) else End.CRASHED)

    def heard_ending(self, cell: AnyCell) -> None:
        """A child is over but for its background tasks: they are reported if they don't end."""
        cell.state = "stopping"
        self._overdue.watch(cell, trio.current_time())
        self._bell.set()

    def heard_ended(self, cell: AnyCell, end: End, error: BaseException | None, lost: str | None) -> None:
        """A child's task is over."""
        member = _member(cell)
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
        if member.starting is not None:
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
                    self.cell.host.emit(GaveUp(member.path, member.last_error))
                self._forget(member)
            case GiveUp():
                self._gave_up, self.cell.last_error = True, member.last_error
                self._forget(member)
                self.request_stop()

    def _wait_for(self, member: Member, due: float, now: float) -> None:
        member.state, member.due = "backing_off", due
        if due > now:
            self.cell.host.emit(BackingOff(member.path, round(due - now, 3)))
        self._order += 1
        heapq.heappush(self._waiting, (due, self._order, member))
        self._bell.set()

    def _fail_start(self, member: Member, error: Exception) -> None:
        starting, member.starting = member.starting, None
        self._forget(member)  # first: whoever waits finds the key free
        if starting is not None:
            starting.fail(error)

    def _forget(self, member: Member) -> None:
        self._overdue.over(member)
        if self.cell.children.get(member.key) is member:
            del self.cell.children[member.key]
        member.end_for_good()
        self._bell.set()

    # --- the loop -------------------------------------------------------------------------------

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        """Serve until stopped, or until the budget of all children together is spent."""
        async with trio.open_nursery() as self._nursery:
            self.parent.heard_started(self.cell)
            while not self.stopping:
                self._spawn_due(trio.current_time())
                await self._wait()
            await self._stop_all()
        self.cell.runner = None
        if not self._gave_up:
            self.parent.heard_ended(self.cell, End.STOPPED, None, None)
        else:
            self.cell.host.emit(GaveUp(self.cell.path, self.cell.last_error))
            self.parent.heard_ended(self.cell, End.GAVE_UP, None, None)

    def _spawn_due(self, now: float) -> None:
        while self._waiting and self._waiting[0][0] <= now:
            member = heapq.heappop(self._waiting)[2]
            if member.state == "backing_off":
                self._to_spawn.append(member)
        while self._to_spawn:
            member = self._to_spawn.popleft()
            if not member.dead:
                member.prepare()
                self._nursery.start_soon(live, member, self, self._nursery, name=member.path)

    async def _wait(self) -> None:
        self._bell = trio.Event()
        due = self._waiting[0][0] if self._waiting else float("inf")
        with trio.move_on_at(min(due, self._overdue.next_due())):
            await self._bell.wait()
        await trio.lowlevel.checkpoint()
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
