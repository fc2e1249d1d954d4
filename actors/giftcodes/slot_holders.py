"""Who asked for slots: two may ask for one player, its redeemer and somebody who verifies it. Pure.

Ten thousand redeemers ask for one player each, so that is what takes little room.
"""

from attrs import define, field

from actors.giftcodes.model import PlayerKey
from actors.giftcodes.slot_queue import Rank
from supervision import ActorRef

_Request = tuple[ActorRef, Rank]


@define(eq=False)
class SlotHolders:
    """The open requests behind the queue's one entry for each player, by holder."""

    _open: dict[PlayerKey, tuple[_Request, ...]] = field(factory=dict)
    """In the order of asking."""
    _first: dict[ActorRef, PlayerKey] = field(factory=dict)
    """Every holder that ever asked, and has not ended; with the player it first asked for."""
    _others: dict[ActorRef, set[PlayerKey]] = field(factory=dict)
    """Whom holders are asking for besides."""

    def add(self, player: PlayerKey, holder: ActorRef, rank: Rank) -> bool:
        """A request, or a new rank for it. True for a holder not seen before: its end is to be watched."""
        requests = self._open.get(player, ())
        if self._is_asking(player, holder):
            requests = tuple((one, rank if one == holder else was) for one, was in requests)
        else:
            requests = (*requests, (holder, rank))
        self._open[player] = requests
        is_new = holder not in self._first
        if self._first.setdefault(holder, player) != player:
            self._others.setdefault(holder, set()).add(player)
        return is_new

    def rank(self, player: PlayerKey) -> Rank | None:
        """The lowest rank somebody asks with; None: nobody asks."""
        return min((rank for _, rank in self._open.get(player, ())), default=None)

    def first(self, player: PlayerKey) -> ActorRef:
        """Who gets the player's next slot: the lowest rank, then who asked first. There must be somebody."""
        return min(self._open[player], key=lambda request: request[1])[0]

    def close(self, player: PlayerKey, holder: ActorRef | None = None) -> None:
        """The holder's request is served or withdrawn; without a holder everybody's."""
        left = []
        for request in self._open.pop(player, ()):
            if holder is None or request[0] == holder:
                self._others.get(request[0], set()).discard(player)
            else:
                left.append(request)
        if left:
            self._open[player] = tuple(left)

    def end(self, holder: ActorRef) -> list[PlayerKey]:
        """The holder has ended for good. Returns for whom it was asking."""
        first = self._first.pop(holder, None)
        players = self._others.pop(holder, set()) | (set() if first is None else {first})
        asked = [player for player in players if self._is_asking(player, holder)]
        for player in asked:
            self.close(player, holder)
        return asked

    def _is_asking(self, player: PlayerKey, holder: ActorRef) -> bool:
        return any(one == holder for one, _ in self._open.get(player, ()))
