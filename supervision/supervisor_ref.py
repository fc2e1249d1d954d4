"""A supervisor's address: its children are asked for, and administered by hand, through it."""

from typing import overload

from attrs import frozen

from supervision.asking import refuse_own_end
from supervision.cell import Cell
from supervision.dynamic import DynamicCell
from supervision.dynamic_ref import DynamicRef
from supervision.errors import ChildNotFound, InvalidSpec, NotRunning
from supervision.policy import AutoShutdown
from supervision.ref import ActorRef
from supervision.requests import Requests
from supervision.snapshot import Counts, Node, snapshot
from supervision.spec import ActorSpec, ChildSpec, DynamicSpec, SupervisorSpec
from supervision.supervisor_cell import ChildCell, SupervisorCell
from supervision.validation import check_text, wrong


@frozen
class SupervisorRef:
    """A supervisor's address. Valid across its restarts.

    What is asked is answered at once, from records: also amid a restart or a stop. What is ordered by
    hand waits until it is done; whoever stops waiting does not undo it. It holds for the present life of
    the supervisor: a restarted one has the children that its specification names, and no others.
    Arguments of a wrong type are refused at once: `InvalidSpec`.

    Example:
        >>> class Crawler(Actor):
        ...     async def receive(self, message: object) -> str:
        ...         return f"crawls {message}"
        >>> async def main() -> None:
        ...     async with open_tree(SupervisorSpec("app", [SupervisorSpec("crawlers", [])])) as tree:
        ...         crawlers = tree.supervisor("crawlers")
        ...         extra = await crawlers.start_child(ActorSpec("extra", Crawler))
        ...         print(await extra.ask("a page"), crawlers.counts().active)
        ...         await crawlers.stop_child("extra")
        ...         await crawlers.delete_child("extra")
        ...         print(crawlers.children())
        >>> trio.run(main)
        crawls a page 1
        ()
    """

    _cell: SupervisorCell

    @property
    def path(self) -> str:
        """Where it is in the tree."""
        return self._cell.path

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self._cell.name

    def __repr__(self) -> str:
        return f"<SupervisorRef {self._cell.path}>"

    @property
    def running(self) -> bool:
        """It has started and is not being stopped: what is ordered by hand would be heard."""
        return self._cell.runner is not None and self._cell.state == "running"

    # --- what is asked --------------------------------------------------------------------------

    @property
    def spec(self) -> SupervisorSpec:
        """Its own specification, with every default: frozen, and JSON-ready by its `to_json()`."""
        return self._cell.spec

    def children(self) -> tuple[Node, ...]:
        """The state of all children it knows, in start order."""
        return tuple(map(snapshot, self._cell.children.values()))

    def counts(self) -> Counts:
        """How many children it has, of what sort."""
        return Counts.of(self._cell.children.values())

    def child(self, name: str) -> Node:
        """The state of one child. Raises `ChildNotFound`."""
        return snapshot(self._child(name))

    def child_spec(self, name: str) -> ChildSpec:
        """The specification of one child, with every default. Raises `ChildNotFound`."""
        return self._child(name).spec

    def _child(self, name: str) -> ChildCell:
        check_text(self.path, "name", name)
        number = self._cell.numbers.get(name)
        if number is None:
            raise ChildNotFound(f"{self.path} has no child {name!r}")
        return self._cell.children[number]

    # --- what is ordered by hand ----------------------------------------------------------------

    @overload
    async def start_child(self, spec: ActorSpec) -> ActorRef: ...
    @overload
    async def start_child(self, spec: SupervisorSpec) -> "SupervisorRef": ...
    @overload
    async def start_child(self, spec: DynamicSpec) -> DynamicRef: ...
    async def start_child(self, spec: ChildSpec) -> "ActorRef | SupervisorRef | DynamicRef":
        """Add a child behind the others; return its ref once it has started.

        Raises:
            InvalidSpec: it is not a child's specification, or significant without `auto_shutdown`.
            AlreadyRunning: a child of this name is running.
            AlreadyPresent: a child of this name is known, but not running.
            Restarting: a child of this name is being restarted, or the group that the child would be in.
            NotRunning: the supervisor is not running now, or one of them was stopped meanwhile.
            StartFailed: the child could not be started; it is forgotten. Nothing is counted.
            Decline: it said "not now"; it is known, and not running (a temporary one is forgotten).
        """
        self._check(spec)
        return ref_of(await self._requests().start(spec).wait())

    async def stop_child(self, name: str) -> None:
        """Stop a child and wait for its end. One that is not running stays so; it may amid a restart.

        It stays known, and is started again only by hand, or with the supervisor. A temporary child is
        forgotten.

        Raises:
            ChildNotFound: there is no child of this name.
            NotRunning: the supervisor is not running now.
            AskCycle: it is the child itself that asks, or one below it: it would wait for itself.
        """
        check_text(self.path, "name", name)
        refuse_own_end(self._cell, name)
        await self._requests().stop(name).wait()

    async def restart_child(self, name: str) -> None:
        """Start a child that is not running; wait until it has started. It costs no budget.

        Raises:
            ChildNotFound: there is no child of this name.
            AlreadyRunning: it is running, starting or stopping.
            Restarting: it is about to be started again anyway.
            NotRunning: the supervisor is not running now, or one of them was stopped meanwhile.
            StartFailed: it could not be started; it stays known. That is neither counted nor repeated.
            Decline: it said "not now".
        """
        check_text(self.path, "name", name)
        await self._requests().restart(name).wait()

    async def delete_child(self, name: str) -> None:
        """Forget a child that is not running; its name is free.

        Raises:
            ChildNotFound: there is no child of this name.
            AlreadyRunning: it is running, starting or stopping.
            Restarting: it is about to be started again.
            NotRunning: the supervisor is not running now.
        """
        check_text(self.path, "name", name)
        await self._requests().delete(name).wait()

    def _requests(self) -> Requests:
        runner = self._cell.runner
        if runner is None or not self.running:
            raise NotRunning(f"{self.path} is {self._cell.state}")
        return runner.requests

    def _check(self, spec: object) -> None:
        if not isinstance(spec, ActorSpec | SupervisorSpec | DynamicSpec):
            raise wrong(self.path, "spec", spec, "a child's specification")
        if spec.significant and self.spec.auto_shutdown is AutoShutdown.NEVER:
            rule = "must not be significant: the auto_shutdown of its supervisor is 'never'"
            raise InvalidSpec(f"{self.path}: spec = {spec.name!r}: {rule}")


def ref_of(cell: object) -> ActorRef | SupervisorRef | DynamicRef:
    """The address of a child."""
    match cell:
        case Cell():
            return ActorRef(cell)
        case SupervisorCell():
            return SupervisorRef(cell)
        case DynamicCell():
            return DynamicRef(cell)
        case _:
            raise TypeError(f"no address of a {type(cell).__name__}")
