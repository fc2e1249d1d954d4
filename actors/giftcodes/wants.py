"""Who wants codes: unasked, or one by one; and whom the guilds that registered them let wait. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from attrs import define, field

from actors.giftcodes.model import Code, CodeKey, Guild, Player, PlayerKey, Registration, Wish

_NO_WISHES: Mapping[str, Wish] = {}


@define
class Wants:
    """What players, the guilds that registered them, and members who ask by hand, want.

    A player is waiting while every guild that registered it is paused: nothing at all is done for it, wished
    or not. Else it gets codes unasked when it wants that itself, and so does one of its guilds that is not
    paused. A guild without a record has the settings of a new one; a player that nobody registered is as its
    own record says.
    """

    priorities: dict[PlayerKey, int] = field(factory=dict)
    """The highest of the guilds that registered the player and are not paused."""
    waiting: set[PlayerKey] = field(factory=set)
    """Players of nothing but paused guilds."""
    _known: set[PlayerKey] = field(factory=set)
    _unasked: dict[str, set[str]] = field(factory=dict)
    """game → the fids of players who get codes unasked."""
    _wishes: dict[CodeKey, dict[str, Wish]] = field(factory=dict)
    """code → fid → the wish of the newest activation."""

    def set_players(
        self, players: Iterable[Player], registrations: Iterable[Registration], guilds: Iterable[Guild]
    ) -> None:
        """Take over who there is, who registered them, and how those guilds are set up."""
        known = {guild.id: guild for guild in guilds}
        registered: set[PlayerKey] = set()
        served: set[PlayerKey] = set()
        self.priorities = {}
        for registration in registrations:
            key = PlayerKey(registration.game, registration.fid)
            guild = known.get(registration.guild)
            if guild is None or not guild.paused:
                mine = 0 if guild is None else guild.priority
                self.priorities[key] = max(self.priorities.get(key, mine), mine)
                if guild is None or guild.auto_redeem:
                    served.add(key)
            registered.add(key)
        self.waiting = registered.difference(self.priorities)
        self._known, self._unasked = set(), {}
        for player in players:
            key = player.player_key
            self._known.add(key)
            if player.auto_redeem and (key in served or key not in registered):
                self._unasked.setdefault(player.game, set()).add(player.fid)

    def set_wishes(self, wishes: Iterable[Wish]) -> set[PlayerKey]:
        """Take over all wishes there are; returns the players for whom that changed something."""
        new: defaultdict[CodeKey, dict[str, Wish]] = defaultdict(dict)
        for wish in wishes:
            of_code = new[CodeKey(wish.game, wish.code)]
            other = of_code.get(wish.fid)
            if other is None or other.activation < wish.activation:
                of_code[wish.fid] = wish
        changed: set[PlayerKey] = set()
        for code in new.keys() | self._wishes.keys():
            was, now = self._wishes.get(code, _NO_WISHES), new.get(code, _NO_WISHES)
            differing = (fid for fid in was.keys() | now.keys() if was.get(fid) != now.get(fid))
            changed.update(PlayerKey(code.game, fid) for fid in differing)
        self._wishes = dict(new)
        return changed

    def wish(self, player: PlayerKey, code: Code) -> Wish | None:
        """The wish for this activation of the code; None also while the player is waiting."""
        of_code = self._wishes.get(code.code_key)
        found = None if of_code is None else of_code.get(player.fid)
        if found is None or found.activation != code.activation or player in self.waiting:
            return None
        return found

    def gets_unasked(self, player: PlayerKey) -> bool:
        """Whether the player gets every code without asking."""
        return player.fid in self._unasked.get(player.game, ())

    def count(self, code: Code, up_to: int) -> int:
        """How many players want the code; counted no further than `up_to`."""
        unasked = len(self._unasked.get(code.game, ()))
        return up_to if unasked >= up_to else min(up_to, len(self.of(code)))

    def of(self, code: Code) -> set[str]:
        """The fids of the players who want the code. Not to be changed."""
        unasked = self._unasked.get(code.game, set())
        of_code = self._wishes.get(code.code_key)
        if not of_code:
            return unasked
        keys = (PlayerKey(code.game, fid) for fid in of_code)
        return unasked.union(
            key.fid for key in keys if key in self._known and self.wish(key, code) is not None
        )
