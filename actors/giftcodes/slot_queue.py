"""Who waits for a slot of one game: by rank, then in order of asking; those in their pause set apart."""

import heapq
import math
from itertools import count

from attrs import define, field

from actors.giftcodes.model import PlayerKey

_SPARE = 64
"""Dead heap entries that are always put up with before a heap is rebuilt."""

Rank = tuple[float, ...]


@define(eq=False)
class Waiting:
    """One request. `ready_at` is when its player may be called again; inf while it is being called."""

    player: PlayerKey
    rank: Rank
    sequence: int
    ready_at: float
    stamp: int = 0
    """Of the one heap entry that counts; entries with another stamp are dead."""


@define(eq=False)
class SlotQueue:
    """The requests for one game. Every operation is O(log n), amortised; a request has one live entry.

    Changed and withdrawn requests leave dead entries behind, which are dropped when they come up, or all
    at once when they are the larger half.
    """

    _requests: dict[PlayerKey, Waiting] = field(factory=dict, init=False)
    _ready: list[tuple[Rank, int, int, Waiting]] = field(factory=list, init=False)
    _resting: list[tuple[float, int, Waiting]] = field(factory=list, init=False)
    _stamps: "count[int]" = field(factory=lambda: count(1), init=False)

    def __len__(self) -> int:
        return len(self._requests)

    def __contains__(self, player: PlayerKey) -> bool:
        return player in self._requests

    @property
    def entries(self) -> int:
        """Heap entries, dead ones among them."""
        return len(self._ready) + len(self._resting)

    def put(self, player: PlayerKey, rank: Rank, sequence: int, ready_at: float) -> None:
        """A player waits, from `ready_at` on. One that waits already keeps its sequence and gets the rank."""
        waiting = self._requests.get(player)
        if waiting is None:
            waiting = self._requests[player] = Waiting(player, rank, sequence, ready_at)
            self._place(waiting)
        elif waiting.rank != rank:
            waiting.rank = rank
            self._place(waiting)

    def remove(self, player: PlayerKey) -> bool:
        """A player waits no more. False if it didn't."""
        waiting = self._requests.pop(player, None)
        if waiting is None:
            return False
        waiting.stamp = 0
        self._compact()
        return True

    def rest(self, player: PlayerKey, ready_at: float) -> None:
        """If the player waits, it does so from `ready_at` on."""
        waiting = self._requests.get(player)
        if waiting is not None and waiting.ready_at != ready_at:
            waiting.ready_at = ready_at
            self._place(waiting)

    def head(self, now: float) -> Waiting | None:
        """The next in order among those that are ready."""
        while self._resting and (
            self._resting[0][0] <= now or self._resting[0][1] != self._resting[0][2].stamp
        ):
            _, stamp, waiting = heapq.heappop(self._resting)
            if stamp == waiting.stamp:
                waiting.ready_at = -math.inf
                self._place(waiting)
        while self._ready and self._ready[0][2] != self._ready[0][3].stamp:
            heapq.heappop(self._ready)
        return self._ready[0][3] if self._ready else None

    def next_ready(self, now: float) -> float:
        """When somebody is ready: `now`, later, or inf."""
        if self.head(now) is not None:
            return now
        return self._resting[0][0] if self._resting else math.inf

    def _place(self, waiting: Waiting) -> None:
        waiting.stamp = next(self._stamps)
        self._push(waiting)
        self._compact()

    def _push(self, waiting: Waiting) -> None:
        if waiting.ready_at == -math.inf:
            heapq.heappush(self._ready, (waiting.rank, waiting.sequence, waiting.stamp, waiting))
        elif waiting.ready_at < math.inf:
            heapq.heappush(self._resting, (waiting.ready_at, waiting.stamp, waiting))

    def _compact(self) -> None:
        if self.entries <= 2 * len(self._requests) + _SPARE:
            return
        self._ready.clear()
        self._resting.clear()
        for waiting in self._requests.values():
            self._push(waiting)
