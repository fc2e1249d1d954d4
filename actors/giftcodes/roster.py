"""Whom the campaign has to look at, and when. Pure; time is an argument."""

import heapq
import math
from collections.abc import Iterable
from itertools import islice

from attrs import define, field

from actors.giftcodes.model import PlayerKey


@define
class Roster:
    """An ordered set of players to look at now, and a heap of those to look at later.

    A player waits once, for the earliest of the times it was noted for; entries that were overtaken are
    dropped when they come up.
    """

    _now: dict[PlayerKey, None] = field(factory=dict)
    _later: list[tuple[float, PlayerKey]] = field(factory=list)
    _at: dict[PlayerKey, float] = field(factory=dict)

    def look_at(self, players: Iterable[PlayerKey]) -> None:
        """Look at these as soon as can be; who is waiting already keeps the place."""
        self._now.update(dict.fromkeys(players))

    def look_later(self, player: PlayerKey, at: float) -> None:
        """Look at the player at `at`."""
        if at < self._at.get(player, math.inf):
            self._at[player] = at
            heapq.heappush(self._later, (at, player))

    def take(self, most: int, now: float) -> list[PlayerKey]:
        """The next players to look at, those whose time has come included; at most `most`."""
        self._drop_overtaken()
        while self._later and self._later[0][0] <= now:
            self._now[heapq.heappop(self._later)[1]] = None
            self._drop_overtaken()
        taken = list(islice(self._now, most))
        for player in taken:
            del self._now[player]
            self._at.pop(player, None)  # the look itself notes the next time
        self._drop_overtaken()
        return taken

    def _drop_overtaken(self) -> None:
        while self._later and self._at.get(self._later[0][1]) != self._later[0][0]:
            heapq.heappop(self._later)

    @property
    def next_at(self) -> float | None:
        """When there is somebody to look at: 0.0 for now, None for never."""
        return 0.0 if self._now else self.next_later

    @property
    def next_later(self) -> float | None:
        """When the first of those who wait is due."""
        return self._later[0][0] if self._later else None
