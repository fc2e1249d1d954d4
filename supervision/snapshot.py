"""The status of a tree, read at once from its records: frozen, JSON-ready, no live object in it."""

from collections.abc import Collection

import trio
from attrs import asdict, field, frozen

from supervision.cell import AnyCell, Cell
from supervision.dynamic import DynamicCell
from supervision.supervisor_cell import SupervisorCell


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
    lost: dict[str, int] = field(factory=dict)
    """How many messages of which type it crashed on: what poisons it shows here."""
    restart_in: float | None = None
    """Seconds until the next start; None unless it is backing off."""
    dead_letters: dict[str, int] = field(factory=dict)
    """How many messages of which type nobody will ever read; of a supervisor: of forgotten children."""

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        document: dict[str, object] = {
            "name": self.name,
            "kind": self.kind,
            "state": self.state,
            "restarts": self.restarts,
            "mailbox": self.mailbox,
            "last_error": self.last_error,
            "lost": dict(self.lost),
            "restart_in": self.restart_in,
            "dead_letters": dict(self.dead_letters),
            "children": [child.to_json() for child in self.children],
        }
        if self.children_by_state is not None:
            document["children_by_state"] = self.children_by_state
        return document


@frozen
class Counts:
    """How many children a supervisor has, as OTP's `count_children` counts them."""

    specs: int
    """Children it knows, running or not; of a dynamic supervisor 1, its template."""
    active: int
    """Those that have a task: starting, running or stopping."""
    supervisors: int
    """Children that are supervisors, running or not."""
    workers: int
    """Children that are actors, running or not."""

    @classmethod
    def of(cls, children: Collection[AnyCell], specs: int | None = None) -> "Counts":
        """Count them."""
        active = sum(child.state not in {"stopped", "backing_off"} for child in children)
        workers = sum(isinstance(child, Cell) for child in children)
        return cls(len(children) if specs is None else specs, active, len(children) - workers, workers)

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        return asdict(self)


def snapshot(cell: AnyCell, *, every_child: bool = False) -> Node:
    """The node of `cell`. Children of dynamic supervisors are counted, and listed with `every_child`."""
    match cell:
        case SupervisorCell():
            below = (snapshot(child, every_child=every_child) for child in cell.children.values())
            return _node(cell, "supervisor", children=tuple(below))
        case DynamicCell():
            listed = cell.children.values() if every_child else ()
            return _node(cell, "dynamic", children=tuple(map(snapshot, listed)), by_state=cell.counts())
        case Cell():
            return _node(cell, "actor", cell.queued)
        case _:
            raise TypeError(f"no snapshot of a {type(cell).__name__}")


def _node(
    cell: AnyCell,
    kind: str,
    mailbox: int = 0,
    *,
    children: tuple[Node, ...] = (),
    by_state: dict[str, int] | None = None,
) -> Node:
    return Node(
        cell.name,
        kind,
        cell.state,
        cell.restarts,
        mailbox,
        None if cell.last_error is None else str(cell.last_error),
        children,
        by_state,
        {} if cell.lost is None else dict(cell.lost),
        _restart_in(cell) if cell.state == "backing_off" else None,
        {} if cell.dead_letters is None else dict(cell.dead_letters),
    )


def _restart_in(cell: AnyCell) -> float:
    return round(max(0.0, cell.due - trio.current_time()), 3)
