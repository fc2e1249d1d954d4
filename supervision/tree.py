"""A whole tree: built from a specification, run, asked, stopped."""

import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from supervision.cell import AnyCell, Cell
from supervision.child import End
from supervision.dynamic import DynamicCell
from supervision.dynamic_ref import DynamicRef
from supervision.errors import StartFailed, StopTree, TreeFailed
from supervision.events import AnyEvent
from supervision.fatal import innermost, is_fatal
from supervision.lingering import Lingering
from supervision.ref import ActorRef
from supervision.snapshot import Node, snapshot
from supervision.spec import SupervisorSpec
from supervision.supervisor import SupervisorRunner
from supervision.supervisor_cell import SupervisorCell
from supervision.supervisor_ref import SupervisorRef
from supervision.validation import check_text, is_a, is_hook, seconds
from supervision.wheel import Wheel

_log = logging.getLogger(__name__)


@define(eq=False)
class Tree:
    """A supervision tree.

    Refs are there before the tree runs, so that factories can close over them. `on_event` hears
    everything that happens; what it raises is logged and does no harm. When the surrounding scope is
    cancelled, that becomes an ordered stop which may take `stop_within` seconds.

    Example:
        >>> class Greeter(Actor):
        ...     async def receive(self, message: object) -> str:
        ...         return f"Hello {message}"
        >>> async def main() -> None:
        ...     tree = Tree(SupervisorSpec("app", [ActorSpec("greeter", Greeter)]))
        ...     async with trio.open_nursery() as nursery:
        ...         await nursery.start(tree.run)
        ...         print(await tree.ref("greeter").ask("World"))
        ...         tree.stop()
        >>> trio.run(main)
        Hello World
    """

    spec: SupervisorSpec = field(validator=is_a(SupervisorSpec))
    on_event: Callable[[AnyEvent], None] | None = field(default=None, validator=is_hook)
    stop_within: float = field(default=30.0, validator=seconds)
    wheel: Wheel = field(factory=Wheel, init=False)
    root: SupervisorCell = field(init=False)
    _shield: trio.CancelScope = field(factory=lambda: trio.CancelScope(shield=True), init=False)
    _begun: bool = field(default=False, init=False)
    _stop_wanted: bool = field(default=False, init=False)
    _fatal: BaseException | None = field(default=None, init=False)
    _failure: Exception | None = field(default=None, init=False)
    _acknowledge: Callable[[], None] = field(default=lambda: None, init=False)
    _acknowledged: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        self.root = SupervisorCell(self.spec.name, self, spec=self.spec)

    # --- for everybody --------------------------------------------------------------------------

    def ref(self, path: str) -> ActorRef:
        """The actor at `path`, below the root: `giftcodes/campaign`. Raises KeyError if there is none."""
        cell = self._find(path)
        if not isinstance(cell, Cell):
            raise KeyError(f"{path}: is a supervisor, not an actor")
        return ActorRef(cell)

    def dynamic(self, path: str) -> DynamicRef:
        """The dynamic supervisor at `path`, below the root. Raises KeyError if there is none."""
        cell = self._find(path)
        if not isinstance(cell, DynamicCell):
            raise KeyError(f"{path}: is not a dynamic supervisor")
        return DynamicRef(cell)

    def supervisor(self, path: str = "") -> SupervisorRef:
        """The supervisor at `path`, below the root; the root itself without one.

        Raises KeyError if there is none. Dynamic supervisors have their own refs.
        """
        cell = self.root if path == "" else self._find(path)
        if not isinstance(cell, SupervisorCell):
            raise KeyError(f"{path}: is not a supervisor of named children")
        return SupervisorRef(cell)

    def _find(self, path: str) -> AnyCell:
        check_text(self.spec.name, "path", path)
        cell: AnyCell = self.root
        for name in path.split("/"):
            match cell:
                case SupervisorCell():
                    found = cell.find(name)
                case DynamicCell():
                    found = cell.children.get(name)
                case _:
                    found = None
            if found is None:
                raise KeyError(f"{path}: {cell.path} has no child {name!r}")
            cell = found
        return cell

    def snapshot(self, *, every_child: bool = False) -> Node:
        """The status of all, as it is now. Children of dynamic supervisors are listed with `every_child`."""
        return snapshot(self.root, every_child=every_child)

    def stop(self) -> None:
        """Begin an ordered stop; `run` returns when it is over."""
        self._stop_wanted = True
        self.root.request_stop()

    def cancel(self) -> None:
        """Cancel everything at once: no order, no grace."""
        self._stop_wanted = True
        self._shield.cancel()

    async def run(self, task_status: "trio.TaskStatus[None]" = trio.TASK_STATUS_IGNORED) -> None:
        """Run the tree until it is stopped, once. `nursery.start` returns when everything has started.

        Raises:
            StartFailed: a child could not be started; those before it have been stopped. To
                `nursery.start` also: the tree was stopped before everything had started.
            TreeFailed: the root's restart budget is spent.
            KeyboardInterrupt, SystemExit: an actor raised it; the tree was stopped in order first. So it
                is with whatever else is no `Exception`.
        """
        if self._begun:
            raise RuntimeError(f"{self.spec.name}: a tree runs once; make a new one")
        self._begun = True
        self._acknowledge = task_status.started
        lingering, beside = Lingering(self.root), trio.CancelScope(shield=True)
        try:
            async with trio.open_nursery() as outer:
                outer.start_soon(self._turn_cancel_into_stop)
                outer.start_soon(self._run_beside, beside, lingering)
                try:
                    with self._shield:
                        await self._run_root(lingering)
                finally:
                    beside.cancel()
                outer.cancel_scope.cancel()
        finally:
            self.root.end_for_good()
            self._raise_failure()  # more telling than the Cancelled that may be under way
        if not self._acknowledged and task_status is not trio.TASK_STATUS_IGNORED:
            raise StartFailed(f"{self.spec.name}: stopped before everything had started")

    def _raise_failure(self) -> None:
        if self._fatal is not None and not isinstance(self._fatal, StopTree):
            raise self._fatal
        if self._failure is not None:
            raise self._failure

    async def _run_root(self, lingering: Lingering) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lingering.notice)
            self.root.prepare()
            self.root.runner = runner = SupervisorRunner(self.root, self)
            if self._stop_wanted:
                self.root.request_stop()
            await runner.run()
            nursery.cancel_scope.cancel()

    @trio.lowlevel.enable_ki_protection
    async def _run_beside(self, scope: trio.CancelScope, lingering: Lingering) -> None:
        """What goes on, also when the tree is cancelled, until all have ended."""
        with scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.wheel.run)
                nursery.start_soon(lingering.report)

    async def _turn_cancel_into_stop(self) -> None:
        try:
            await trio.sleep_forever()
        finally:
            self._shield.deadline = min(self._shield.deadline, trio.current_time() + self.stop_within)
            self.stop()

    # --- for the runtime ------------------------------------------------------------------------

    @property
    def ending(self) -> bool:
        """An actor has ended the whole tree."""
        return self._fatal is not None

    def emit(self, event: AnyEvent) -> None:
        """Tell `on_event`."""
        if self.on_event is not None:
            try:
                self.on_event(event)
            except BaseException as error:  # noqa: BLE001 - a hook that raises must do no harm
                # Not to be raised here: this is the middle of a supervisor's work.
                if is_fatal(error):
                    self.end_tree(error)
                else:
                    _log.exception("the event hook raised on %s", type(event).__name__)

    def end_tree(self, error: BaseException) -> None:
        """An actor wants the whole tree to end."""
        if self._fatal is None:
            self._fatal = innermost(error)
        self.stop()

    def heard_started(self, cell: AnyCell) -> None:
        """The root has started."""
        if cell.state == "starting":
            cell.state = "running"
        self._acknowledged = True
        self._acknowledge()

    def heard_declined(self, cell: AnyCell, reason: str) -> None:
        """Supervisors do not decline."""
        raise AssertionError(f"{cell.path} declined: {reason}")

    def heard_start_failed(self, cell: AnyCell, error: BaseException) -> None:
        """The root could not start."""
        cell.state = "stopped"
        self._failure = error if isinstance(error, StartFailed) else StartFailed(str(error))

    def heard_ending(self, cell: AnyCell) -> None:
        """Supervisors have no background tasks."""
        raise AssertionError(f"{cell.path} has background tasks")

    def heard_ended(self, cell: AnyCell, end: End, error: BaseException | None, lost: str | None) -> None:
        """The root has ended."""
        del error, lost
        cell.state = "stopped"
        if end is End.GAVE_UP:
            cause = cell.last_error or "a child ended too often, if cleanly"
            self._failure = TreeFailed(f"{cell.path} gave up: {cause}")


@asynccontextmanager
async def open_tree(
    spec: SupervisorSpec, *, on_event: Callable[[AnyEvent], None] | None = None, stop_within: float = 30.0
) -> AsyncGenerator[Tree, None]:
    """Run a tree around a block: started when the block begins, stopped in order when it ends."""
    tree = Tree(spec, on_event, stop_within)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        try:
            yield tree
        finally:
            tree.stop()
