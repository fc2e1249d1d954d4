"""What is around a cell: the tree it is in, and the supervisor that hears of it."""

from typing import TYPE_CHECKING, Protocol

from supervision.child import End
from supervision.events import AnyEvent

if TYPE_CHECKING:
    from supervision.cell import AnyCell
    from supervision.wheel import Wheel


class Host(Protocol):
    """What a cell needs of the tree it is in."""

    wheel: "Wheel"

    @property
    def ending(self) -> bool:
        """An actor has ended the whole tree: no start that failed is tried again."""
        ...

    def emit(self, event: AnyEvent) -> None:
        """Tell an event to whoever listens."""
        ...

    def end_tree(self, error: BaseException) -> None:
        """Stop everything in order, because of `error`."""
        ...


class Inbox(Protocol):
    """Where a child's supervisor hears of it."""

    def heard_started(self, cell: "AnyCell") -> None:
        """The child acknowledged its start."""
        ...

    def heard_declined(self, cell: "AnyCell", reason: str) -> None:
        """The child said "not now"."""
        ...

    def heard_start_failed(self, cell: "AnyCell", error: BaseException) -> None:
        """The child could not be started."""
        ...

    def heard_ending(self, cell: "AnyCell") -> None:
        """The incarnation is over but for its background tasks, which were cancelled."""
        ...

    def heard_ended(self, cell: "AnyCell", end: End, error: BaseException | None, lost: str | None) -> None:
        """The child's task is over; `lost` is the type of the message it was working on."""
        ...
