"""The status of a tree, read at once from its records: frozen, JSON-ready, no live object in it."""

from attrs import frozen

from supervision.cell import AnyCell, Cell
from supervision.dynamic import DynamicCell
from supervision.supervisor import SupervisorCell


@frozen
class Node:
    """One child. `kind` is `actor`, `supervisor` or `dynamic`."""

    name: str
    kind: str
    state: str
    """starting, running, backing_off, stopping, overdue or stopped."""
    restarts: int
    mailbox: int
    """Messages waiting."""
    last_error: str | None
    children: "tuple[Node, ...]" = ()
    children_by_state: dict[str, int] | None = None
    """Of a dynamic supervisor: how many children are in each state."""

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        document: dict[str, object] = {
            "name": self.name,
            "kind": self.kind,
            "state": self.state,
            "restarts": self.restarts,
            "mailbox": self.mailbox,
            "last_error": self.last_error,
            "children": [child.to_json() for child in self.children],
        }
        if self.children_by_state is not None:
            document["children_by_state"] = self.children_by_state
        return document


def snapshot(cell: AnyCell, *, every_child: bool = False) -> Node:
    """The node of `cell`. Children of dynamic supervisors are counted, and listed with `every_child`."""
    error = None if cell.last_error is None else str(cell.last_error)
    match cell:
        case SupervisorCell():
            children = tuple(snapshot(child, every_child=every_child) for child in cell.children)
            return Node(cell.name, "supervisor", cell.state, cell.restarts, 0, error, children)
        case DynamicCell():
            listed = cell.children.values() if every_child else ()
            children = tuple(snapshot(child) for child in listed)
            return Node(cell.name, "dynamic", cell.state, cell.restarts, 0, error, children, cell.counts())
        case Cell():
            return Node(cell.name, "actor", cell.state, cell.restarts, cell.queued, error)
        case _:
            raise TypeError(f"no snapshot of a {type(cell).__name__}")
