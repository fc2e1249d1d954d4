"""What may have been sent although nobody said so: its answer was lost, or was not recorded in time."""

from attrs import define, field

from actors.vip.model import CrossingState, Side
from actors.vip.outbox import Outbox
from actors.vip.ports import Content

UNKNOWN = Content(None)
"""What an earlier life sent: its text is stored nowhere."""


@define(eq=False)
class Doubts:
    """Of one direction: by crossing, the content that was last given away without an answer."""

    _given: dict[str, Content] = field(factory=dict)

    def inherit(self, outbox: Outbox, side: Side) -> None:
        """Messages are sent one by one: only the first that waits, or one that is edited, can be in doubt."""
        waiting = [c for c in outbox.waiting() if c.side is side]
        first = min(
            (c for c in waiting if c.state is CrossingState.WAITING), key=lambda c: c.seq, default=None
        )
        for crossing in waiting:
            if crossing is first or crossing.state is CrossingState.SENT:
                self._given.setdefault(crossing.key, UNKNOWN)

    def give(self, key: str, content: Content) -> None:
        """It is given away now; until its answer is recorded nobody knows."""
        self._given[key] = content

    def settle(self, key: str) -> None:
        """What became of it is recorded."""
        self._given.pop(key, None)

    def given(self, key: str) -> Content | None:
        """What may have arrived; `UNKNOWN` where that can't be told; None: nothing."""
        return self._given.get(key)
