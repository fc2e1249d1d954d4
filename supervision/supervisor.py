"""The shell around `core.SupervisorCore`: it spawns, stops, waits, and tells what happened."""

import random
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context

import trio
from attrs import define, field

from supervision.actions import Action, Answer, Finish, Forget, Outcome, Ready, Spawn, Stop
from supervision.agenda import FIRST, LAST, Agenda, Step
from supervision.cell import AnyCell, Cell
from supervision.child import End
from supervision.core import SupervisorCore
from supervision.dynamic_runner import DynamicRunner
from supervision.error_text import ErrorText
from supervision.errors import Decline
from supervision.events import (
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
from supervision.overdue import Overdue
from supervision.policy import Strategy
from supervision.requests import Requests, policy_of, start_failure
from supervision.supervisor_cell import ChildCell, SupervisorCell
from supervision.waits import Waits


@define(eq=False)
class SupervisorRunner:
    """One incarnation of a supervisor."""

    cell: SupervisorCell
    parent: Inbox
    core: SupervisorCore = field(init=False)
    _nursery: trio.Nursery = field(init=False)
    _context: Context = field(init=False)
    """Its own context variables: children are spawned with them, in whoever's task that is done."""
    _agenda: Agenda = field(factory=Agenda, init=False)
    _overdue: Overdue = field(init=False)
    _waits: Waits = field(init=False)
    _finish: Finish | None = field(default=None, init=False)
    requests: Requests = field(init=False)

    def __attrs_post_init__(self) -> None:
        spec = self.cell.spec
        self.core = SupervisorCore(
            [policy_of(child) for child in spec.children],
            spec.strategy,
            RestartWindow(spec.intensity, spec.period),
            random.random,
            spec.auto_shutdown,
        )
        self._waits = Waits(self.cell, self.core)
        self.requests = Requests(self.cell, self.core, self._hear_request)
        self._overdue = Overdue(self.cell.host.emit)

    # --- told by others -------------------------------------------------------------------------

    def _hear_request(self, step: Step) -> None:
        self._agenda.add(step, LAST)

    def _hear_at_once(self, step: Step, rank: float) -> None:
        # Dealt with in the task that tells it: that saves two turns of the scheduler. For what does not
        # depend on what else happens at the same moment.
        if not self._agenda.resting:
            self._agenda.add(step, rank)
            return
        self._do(step(trio.current_time()))
        if self._finish is not None or self._next_due() < self._agenda.rests_until:
            self._agenda.wake()

    def request_stop(self) -> None:
        """Begin an ordered stop."""

        def what(now: float) -> list[Action]:
            actions = self.core.stop(now)
            self._waits.note_all(now)
            return actions

        self._agenda.add(what, FIRST)

    def heard_started(self, cell: AnyCell) -> None:
        """A child acknowledged its start."""
        if cell.state == "starting":
            cell.state = "running"
        self.cell.host.emit(Started(cell.path, cell.incarnation))
        index = self.cell.numbers[cell.name]
        self._hear_at_once(lambda now: self.core.started(index, now), FIRST)

    def heard_declined(self, cell: AnyCell, reason: str) -> None:
        """A child said "not now"."""
        cell.state, cell.how = "stopped", "declined"
        self.cell.host.emit(StartDeclined(cell.path, reason))
        self.requests.failed(
            self.cell.numbers[cell.name], Decline(f"{cell.path} declined: {reason or 'it gave no reason'}")
        )
        self._over(cell, self.core.declined)

    def heard_start_failed(self, cell: AnyCell, error: BaseException) -> None:
        """A child could not be started."""
        cell.state, cell.how = "stopped", End.START_FAILED.value
        cell.last_error = ErrorText.of(error)
        self.cell.host.emit(StartError(cell.path, cell.last_error))
        self.requests.failed(self.cell.numbers[cell.name], start_failure(cell))
        if is_fatal(error):
            self.cell.host.end_tree(error)
        final = self.cell.host.ending
        self._over(cell, lambda index, now: self.core.start_failed(index, now, final=final))

    def heard_ending(self, cell: AnyCell) -> None:
        """A child is over but for its background tasks: they are reported if they don't end."""
        cell.state = "stopping"
        self._overdue.watch(cell, trio.current_time())
        self._agenda.wake()

    def heard_ended(self, cell: AnyCell, end: End, error: BaseException | None, lost: str | None) -> None:
        """A child's task is over."""
        cell.state, cell.how = "stopped", end.value
        if lost is not None:
            cell.count_lost(lost)
        if end is End.CRASHED and error is not None:
            cell.last_error = ErrorText.of(error)
            self.cell.host.emit(Crashed(cell.path, cell.incarnation, cell.last_error, lost))
        elif end is not End.GAVE_UP:
            self.cell.host.emit(Stopped(cell.path, end.value, lost))
        if is_fatal(error):
            self.cell.host.end_tree(error)
            end = End.FINISHED
        elif self.cell.host.ending and end is not End.STOPPED and not isinstance(cell, Cell):
            end = End.FINISHED  # below it may be who has ended the tree, to be started once more with it
        self._over(cell, lambda index, now: self.core.ended(index, end, now), end)

    def _over(
        self, cell: AnyCell, tell_core: Callable[[int, float], list[Action]], end: End = End.CRASHED
    ) -> None:
        self._overdue.over(cell)

        index = self.cell.numbers[cell.name]
        alone = self.cell.spec.strategy is Strategy.ONE_FOR_ONE

        def what(now: float) -> list[Action]:
            actions = tell_core(index, now)
            if alone:
                self._waits.note(index, now)
            else:
                self._waits.note_end(index, now)
            if self.core.over_for_good(index, end):
                self.cell.children[index].end_for_good()
            return actions

        if alone:
            self._hear_at_once(what, index)
        else:
            self._agenda.add(what, index)

    # --- the loop -------------------------------------------------------------------------------

    @trio.lowlevel.enable_ki_protection
    async def run(self) -> None:
        """Start the children, keep them as the spec says, and end when none is left."""
        self._context = copy_context()
        async with trio.open_nursery() as self._nursery:
            if not self._agenda:  # else it was asked to stop before it began
                self._do(self.core.start(trio.current_time()))
            while self._finish is None:
                await self._next()
        self.cell.runner = None
        self.requests.close()
        self._waits.note_all(trio.current_time())
        self._report(self._finish)

    async def _next(self) -> None:
        try:
            await self._wait()
        except KeyboardInterrupt as error:  # Ctrl-C comes out where the main task waits
            self.cell.host.end_tree(error)
        now = trio.current_time()
        self._overdue.tick(now)
        step = self._agenda.take() if self._agenda else self.core.tick
        self._do(step(now))

    async def _wait(self) -> None:
        # Also when there is something to do: a loop of restarts must notice a cancellation.
        await trio.lowlevel.checkpoint()
        await self._agenda.wait(self._next_due())

    def _next_due(self) -> float:
        return min(self.core.next_due(), self._overdue.next_due())

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Spawn(index):
                    self._spawn(self.cell.children[index])
                case Stop(index):
                    child = self.cell.children[index]
                    child.request_stop()
                    if isinstance(child, Cell) and child.state == "stopping":
                        self._overdue.watch(child, trio.current_time() + child.spec.grace)
                case Answer(index, came):
                    self._answer(index, came)
                case Forget(index):
                    self.cell.forget(index)
                case Ready():
                    self.parent.heard_started(self.cell)
                    self._waits.note_all(trio.current_time())
                case _:
                    self._finish = action

    def _answer(self, index: int, came: Outcome) -> None:
        child = self.cell.children[index]
        if came is Outcome.STOPPED:
            self._waits.note(index, trio.current_time())
            if self.core.over_for_good(index, End.STOPPED):
                child.end_for_good()
        self.requests.answer(index, child, came)

    def _spawn(self, child: ChildCell) -> None:
        child.prepare()
        match child:
            case Cell():
                spawn(child, self, self._nursery, self._context)
            # The runner is there before its task first runs: a stop that comes between must be heard.
            case SupervisorCell():
                child.runner = SupervisorRunner(child, self)
                self._spawn_runner(child.path, child.runner.run)
            case _:
                child.runner = DynamicRunner(child, self)
                self._spawn_runner(child.path, child.runner.run)

    def _spawn_runner(self, path: str, run: Callable[[], Awaitable[None]]) -> None:
        self._context.run(lambda: self._nursery.start_soon(run, name=path))

    def _report(self, finish: Finish) -> None:
        culprit = None if finish.index is None else self.cell.children.get(finish.index)
        if finish.end is End.GAVE_UP and culprit is not None:
            self.cell.last_error = culprit.give_up()
            self.cell.host.emit(GaveUp(self.cell.path, self.cell.last_error))
        elif finish.end is End.SHUTDOWN:
            self.cell.host.emit(ShutDown(self.cell.path, None if culprit is None else culprit.path))
        self.cell.begin_anew()
        if finish.end is End.START_FAILED and culprit is not None:
            self.parent.heard_start_failed(self.cell, start_failure(culprit))
        else:
            self.parent.heard_ended(self.cell, finish.end, None, None)
