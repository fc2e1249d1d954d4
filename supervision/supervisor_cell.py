"""A supervisor's record, with the records of its children: what outlives its incarnations."""

from itertools import count
from typing import TYPE_CHECKING

from attrs import define, field

from supervision.cell import AnyCell, Cell
from supervision.dynamic import DynamicCell
from supervision.spec import ActorSpec, ChildSpec, SupervisorSpec

if TYPE_CHECKING:
    from supervision.supervisor import SupervisorRunner


@define(eq=False)
class SupervisorCell(AnyCell):
    """A supervisor's record.

    The children that its specification names keep their records for ever, so that refs stay valid; a
    child added by hand is known until it is deleted, or its supervisor's incarnation ends.
    """

    spec: SupervisorSpec = field(kw_only=True)
    given: "tuple[ChildCell, ...]" = field(init=False)
    """Those that the specification names."""
    children: "dict[int, ChildCell]" = field(factory=dict, init=False)
    """Those that are known now, by the numbers that the core knows them by."""
    numbers: dict[str, int] = field(factory=dict, init=False)
    runner: "SupervisorRunner | None" = field(default=None, init=False)
    _unused: "count[int]" = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.given = tuple(self._make(spec) for spec in self.spec.children)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have the children again that the specification names, and no others."""
        for number in [number for number in self.children if number >= len(self.given)]:
            self.forget(number)
        self.children = dict(enumerate(self.given))
        self.numbers = {child.name: number for number, child in self.children.items()}
        self._unused = count(len(self.given))

    def add(self, spec: ChildSpec, number: int) -> "ChildCell":
        """Make the record of a child added by hand."""
        cell = self.children[number] = self._make(spec)
        self.numbers[spec.name] = number
        return cell

    def next_number(self) -> int:
        """A number no child of this incarnation has had."""
        return next(self._unused)

    def forget(self, number: int) -> None:
        """A child is not known any more."""
        cell = self.children.pop(number)
        del self.numbers[cell.name]
        cell.end_for_good()
        cell.bequeath(self)

    def find(self, name: str) -> "ChildCell | None":
        """The child of that name; also one that is forgotten now, but will be there again."""
        number = self.numbers.get(name)
        if number is not None:
            return self.children[number]
        return next((child for child in self.given if child.name == name), None)

    def request_stop(self) -> None:
        """Ask for an ordered stop, which takes as long as the children take."""
        if self.runner is not None:
            self.state = "stopping"
            self.runner.request_stop()

    def end_for_good(self) -> None:
        """The whole branch has ended for good."""
        self.state, runner, self.runner = "stopped", self.runner, None
        if runner is not None:
            runner.requests.close()
        for child in [*self.given, *self.children.values()]:
            child.end_for_good()

    def bequeath(self, heir: AnyCell) -> None:
        """The whole branch is about to be forgotten."""
        super().bequeath(heir)
        for child in [*self.given, *self.children.values()]:
            child.bequeath(self)

    def _make(self, spec: ChildSpec) -> "ChildCell":
        path = f"{self.path}/{spec.name}"
        match spec:
            case ActorSpec():
                return Cell(path, self.host, spec=spec)
            case SupervisorSpec():
                return SupervisorCell(path, self.host, spec=spec)
            case _:
                return DynamicCell(path, self.host, spec=spec)


ChildCell = Cell | SupervisorCell | DynamicCell
