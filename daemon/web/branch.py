"""A page of a dynamic supervisor's children: there may be ten thousand, and a person looks at fifty."""

from collections.abc import Sequence

from attrs import frozen

from supervision import Node

MOST = 200
"""Children of one page, at most."""
_ORDER = {"backing_off": 0, "overdue": 1, "stopping": 2, "starting": 3, "stopped": 4, "running": 5}


@frozen
class Page:
    """Some of the children that were looked for: what is not well first, then by name."""

    total: int
    """How many there are that fit."""
    offset: int
    children: tuple[Node, ...]

    def to_json(self) -> dict[str, object]:
        """A JSON-ready document."""
        return {
            "total": self.total,
            "offset": self.offset,
            "children": [child.to_json() for child in self.children],
        }


def page_of(
    children: Sequence[Node], *, words: str = "", state: str = "", offset: int = 0, most: int = 50
) -> Page:
    """The children whose name holds `words` and that are in `state` ("" for any)."""
    fitting = [
        child
        for child in children
        if words.casefold() in child.name.casefold() and (not state or child.state == state)
    ]
    fitting.sort(key=lambda child: (_ORDER.get(child.state, 0), -child.restarts, child.name))
    return Page(len(fitting), offset, tuple(fitting[offset : offset + min(most, MOST)]))
