"""Who asks whom: actors that wait for each other in a ring, or for their own end, are told at once."""

from contextvars import ContextVar
from typing import TYPE_CHECKING

from trio.lowlevel import current_task

from supervision.errors import AskCycle

if TYPE_CHECKING:
    from supervision.cell import AnyCell, Cell

current_cell: ContextVar["Cell | None"] = ContextVar("current_cell", default=None)
"""The cell whose actor began the running task. It need not wait for it: see `_awaits`."""


def _awaits(cell: "Cell") -> bool:
    """Whether the actor waits for the running task: it is its own, or one in a nursery that it opened.

    One that it put into the nursery of somebody else bears its mark as well, but it goes on without that.
    """
    task = current_task()
    while task is not cell.task:
        nursery = task.parent_nursery
        if nursery is None:
            return False
        task = nursery.parent_task
    return True


def refuse_own_end(parent: "AnyCell", name: str) -> None:
    """Refuse that an actor waits for the end of `parent`'s child `name`, which is itself or has it below."""
    asker, path = current_cell.get(), f"{parent.path}/{name}"
    if asker is None or asker.host is not parent.host or not f"{asker.path}/".startswith(f"{path}/"):
        return
    if _awaits(asker):
        raise AskCycle(f"{asker.path} would wait for its own end: stop_child of {path}")


def begin_asking(asker: "Cell", target: "Cell") -> "Cell | None":
    """Note that `asker` waits for an answer of `target`, and return it; None if it does not wait for that.

    Refuses a ring, for it could never be answered.
    """
    if not _awaits(asker):
        return None
    if target is asker or target.asking:  # else no ring: most ask one that waits for nobody
        ring = _ring(target, asker)
        if ring is not None:
            path = " → ".join(cell.path for cell in ring)
            raise AskCycle(f"asking in a ring can't be answered: {path}")
    if asker.asking is None:
        asker.asking = []
    asker.asking.append(target)
    return asker


def _ring(target: "Cell", asker: "Cell") -> "list[Cell] | None":
    """The shortest way from `asker` over `target`, and those whose answers each waits for, back to itself."""
    before = {target: asker}
    for cell in (found := [target]):
        if cell is asker:
            way = [asker]
            while (cell := before[cell]) is not asker:
                way.append(cell)
            return [asker, *reversed(way)]
        for asked in cell.asking or ():
            if asked not in before:
                before[asked] = cell
                found.append(asked)
    return None
