"""A page of a dynamic supervisor's children: there may be ten thousand, and a person looks at fifty."""

from heapq import nsmallest

from attrs import frozen

from daemon.hiding import hide_secrets
from supervision import DynamicRef, Node

MOST = 200
"""Children of one page, at most."""
_ORDER = {"backing_off": 0, "overdue": 1, "stopping": 2, "starting": 3, "stopped": 4, "running": 5}
_FEW = 20
"""A share of one in so many is a few."""


@frozen
class Page:
    """Some of the children that were looked for: what is not well first, then by name."""

    total: int
    """How many there are that fit."""
    offset: int
    children: tuple[Node, ...]

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        children = [child.to_json() for child in self.children]
        hide_secrets(children)
        return {"total": self.total, "offset": self.offset, "children": children}


def page_of(
    dynamic: DynamicRef, *, words: str = "", state: str = "", offset: int = 0, most: int = 50
) -> Page:
    """The children whose name holds `words` and that are in `state` ("" for any).

    Only those of the page are looked at closely: of ten thousand that would take too long.
    """
    folded = words.casefold()
    fitting = [
        (_ORDER.get(known, 0), -restarts, key)
        for key, known, restarts in dynamic.states()
        if (not folded or folded in key.casefold()) and (not state or known == state)
    ]
    end = offset + min(most, MOST)
    # Choosing the first few of thousands costs less than putting all in order.
    chosen = nsmallest(end, fitting) if end < len(fitting) // _FEW else sorted(fitting)[:end]
    children = tuple(dynamic.child(key) for _, _, key in chosen[offset:])
    return Page(len(fitting), offset, children)
