"""The dynamic supervisor as others see it: its record, its children's records, its address."""

from collections import Counter
from typing import TYPE_CHECKING

import trio
from attrs import define, field

from supervision.cell import AnyCell, Cell
from supervision.dynamic_core import Budget
from supervision.errors import NotRunning
from supervision.question import Question
from supervision.spec import DynamicSpec

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
        self.fail_start(NotRunning(f"{self.path} was stopped before it had started"))
        if self.gone is not None:
            self.gone.set()

    def acknowledge_start(self) -> None:
        """Tell who waits for the first start that it has started."""
        question, self.starting = self.starting, None
        if question is not None:
            question.answer(None)

    def fail_start(self, error: Exception) -> None:
        """Tell who waits for the first start, if anybody still does, that it won't."""
        question, self.starting = self.starting, None
        if question is not None:
            question.fail(error)


@define(eq=False)
class DynamicCell(AnyCell):
    """A dynamic supervisor's record."""

    spec: DynamicSpec = field(kw_only=True)
    children: dict[str, Member] = field(factory=dict, init=False)
    runner: "DynamicRunner | None" = field(default=None, init=False)

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
            child.bequeath(self)
        self.children.clear()

    def counts(self) -> dict[str, int]:
        """Children by state."""
        return dict(Counter(child.state for child in self.children.values()))
