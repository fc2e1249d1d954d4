"""Whom the campaign has to look at, and when. Pure; time is an argument."""

import heapq
from collections.abc import Iterable
from itertools import count, islice

from attrs import define, field

from actors.giftcodes.model import PlayerKey


@define
class Roster:
    """An ordered set of players to look at now, and a heap of those to look at later."""

    _now: dict[PlayerKey, None] = field(factory=dict)
    _later: list[tuple[float, int, PlayerKey]] = field(factory=list)
    _order: "count[int]" = field(factory=count)

    def look_at(self, players: Iterable[PlayerKey]) -> None:
        """Look at these as soon as can be; who is waiting already keeps the place."""
        self._now.update(dict.fromkeys(players))

    def look_later(self, player: PlayerKey, at: float) -> None:
        """Look at the player at `at`."""
        heapq.heappush(self._later, (at, next(self._order), player))

    def take(self, most: int, now: float) -> list[PlayerKey]:
        """The next players to look at, those whose time has come included; at most `most`."""
        while self._later and self._later[0][0] <= now:
            self._now[heapq.heappop(self._later)[2]] = None
        taken = list(islice(self._now, most))
        for player in taken:
            del self._now[player]
        return taken

    @property
    def next_at(self) -> float | None:
        """When there is somebody to look at: 0.0 for now, None for never."""
        if self._now:
            return 0.0
        return self._later[0][0] if self._later else None

    @property
    def next_later(self) -> float | None:
        """When the first of those who wait is due."""
        return self._later[0][0] if self._later else None
