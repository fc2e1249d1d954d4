"""The dynamic supervisor as others see it: its record, its children's records, its address."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

import outcome
import trio
from attrs import define, field, frozen

from supervision.cell import AnyCell, Cell
from supervision.dynamic_core import Budget
from supervision.errors import AlreadyRunning, NotRunning
from supervision.question import Question
from supervision.ref import ActorRef
from supervision.spec import DynamicSpec
from supervision.validation import check_key

if TYPE_CHECKING:
    from supervision.dynamic_runner import DynamicRunner


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
        member.state = "starting"
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
