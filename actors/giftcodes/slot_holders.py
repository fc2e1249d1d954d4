"""Who asked for slots: two may ask for one player, its redeemer and somebody who verifies it. Pure."""

from attrs import define, field

from actors.giftcodes.model import PlayerKey
from actors.giftcodes.slot_queue import Rank
from supervision import ActorRef


@define(eq=False)
class SlotHolders:
    """The open requests behind the queue's one entry for each player, by holder."""

    _open: dict[PlayerKey, dict[ActorRef, Rank]] = field(factory=dict)
    """In the order of asking."""
    _asking: dict[ActorRef, set[PlayerKey]] = field(factory=dict)
    """Every holder that ever asked, and has not ended; with what it asks for now."""

    def add(self, player: PlayerKey, holder: ActorRef, rank: Rank) -> bool:
        """A request, or a new rank for it. True for a holder not seen before: its end is to be watched."""
        self._open.setdefault(player, {})[holder] = rank
        is_new = holder not in self._asking
        self._asking.setdefault(holder, set()).add(player)
        return is_new

    def rank(self, player: PlayerKey) -> Rank | None:
        """The lowest rank somebody asks with; None: nobody asks."""
        return min(self._open.get(player, {}).values(), default=None)

    def first(self, player: PlayerKey) -> ActorRef:
        """Who gets the player's next slot: the lowest rank, then who asked first. There must be somebody."""
        requests = self._open[player]
        return min(requests, key=requests.__getitem__)

    def close(self, player: PlayerKey, holder: ActorRef | None = None) -> None:
        """The holder's request is served or withdrawn; without a holder everybody's."""
        requests = self._open.get(player, {})
        for one in [*requests] if holder is None else [holder]:
            requests.pop(one, None)
            self._asking.get(one, set()).discard(player)
        if not requests:
            self._open.pop(player, None)

    def end(self, holder: ActorRef) -> list[PlayerKey]:
        """The holder has ended for good. Returns for whom it was asking."""
        players = list(self._asking.get(holder, ()))
        for player in players:
            self.close(player, holder)
        self._asking.pop(holder, None)
        return players
