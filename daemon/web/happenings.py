"""What happened in the tree lately, for those who watch it: the newest events, numbered."""

from collections import deque
from collections.abc import Callable
from typing import Any

import trio
from attrs import define, field, frozen

from daemon.hiding import hide_secrets
from supervision import Event, StartDeclined, Started, Stopped

KEPT = 1000
"""Events kept; older ones are in the log."""


@frozen
class Happening:
    """An event with its number (they count up without gaps in one life) and unix time."""

    number: int
    at: float
    event: dict[str, Any]
    """As `Event.to_json` makes it: `event` is its kind, `path` where it happened."""

    def to_json(self) -> dict[str, Any]:
        """One flat object."""
        return {"number": self.number, "at": round(self.at, 3), **self.event}


@define(eq=False)
class Happenings:
    """Hears the events of a tree; cheap, since ten thousand redeemers may start at once.

    Children of dynamic supervisors that come and go as they should are not kept: `quiet` tells which paths
    are theirs.
    """

    now: Callable[[], float]
    """Unix seconds."""
    quiet: tuple[str, ...] = ()
    """Paths of dynamic supervisors."""
    last: int = field(default=0, init=False)
    """The number of the newest."""
    _kept: "deque[Happening]" = field(factory=lambda: deque(maxlen=KEPT), init=False)
    _bell: trio.Event = field(factory=trio.Event, init=False)

    def __call__(self, event: Event) -> None:
        """Keep one event."""
        match event:
            case Started(path, 1) | Stopped(path) | StartDeclined(path) if self._is_quiet(path):
                return
        self.last += 1
        told = event.to_json()
        hide_secrets(told)
        self._kept.append(Happening(self.last, self.now(), told))
        self._bell.set()
        self._bell = trio.Event()

    def _is_quiet(self, path: str) -> bool:
        return any(path.startswith(f"{above}/") for above in self.quiet)

    def after(self, number: int, *, most: int = KEPT, kind: str = "", path: str = "") -> list[Happening]:
        """Those newer than `number`, oldest first; at most the newest `most` that fit.

        Args:
            number: 0 for all that are kept.
            most: how many.
            kind: such as `Crashed`, in any case; "" for all.
            path: the actor, or what is above it; "" for all.
        """
        found = [
            one
            for one in self._kept
            if one.number > number
            and (not kind or str(one.event["event"]).casefold() == kind.casefold())
            and (not path or one.event["path"] == path or str(one.event["path"]).startswith(f"{path}/"))
        ]
        return found[-most:] if most else []

    async def wait(self, number: int) -> None:
        """Wait until there is one newer than `number`."""
        while self.last <= number:
            await self._bell.wait()
