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

    _priorities: dict[str, dict[str, int]] = field(factory=dict)
    """game → fid → the highest of the guilds that registered the player and are not paused."""
    _waiting: dict[str, set[str]] = field(factory=dict)
    """game → the fids of players of nothing but paused guilds."""
    _known: dict[str, set[str]] = field(factory=dict)
    _unasked: dict[str, set[str]] = field(factory=dict)
    """game → the fids of players who get codes unasked."""
    _wishes: dict[CodeKey, dict[str, Wish]] = field(factory=dict)
    """code → fid → the wish of the newest activation."""

    def set_players(
        self, players: Iterable[Player], registrations: Iterable[Registration], guilds: Iterable[Guild]
    ) -> None:
        """Take over who there is, who registered them, and how those guilds are set up."""
        known = {guild.id: (guild.paused, guild.priority, guild.auto_redeem) for guild in guilds}
        registered, served = _by_game(), _by_game()
        priorities: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for one in registrations:
            game, fid = one.game, one.fid
            paused, mine, auto_redeem = known.get(one.guild, _NEW)
            registered[game].add(fid)
            if not paused:
                of_game = priorities[game]
                of_game[fid] = max(of_game.get(fid, mine), mine)
                if auto_redeem:
                    served[game].add(fid)
        self._priorities = dict(priorities)
        self._waiting = {game: fids - priorities[game].keys() for game, fids in registered.items()}
        there, unasked = _by_game(), _by_game()
        for player in players:
            game, fid = player.game, player.fid
            there[game].add(fid)
            if player.auto_redeem and (fid in served[game] or fid not in registered[game]):
                unasked[game].add(fid)
        self._known, self._unasked = dict(there), dict(unasked)

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

    def wish(self, player: Player | PlayerKey, code: Code) -> Wish | None:
        """The wish for this activation of the code; None also while the player is waiting."""
        if not self._wishes:
            return None
        found = self._wishes.get(code.code_key, _NO_WISHES).get(player.fid)
        if found is None or found.activation != code.activation or self.is_waiting(player):
            return None
        return found

    def is_waiting(self, player: Player | PlayerKey) -> bool:
        """Whether nothing is done for the player: all its guilds are paused."""
        return player.fid in self._waiting.get(player.game, ())

    def gets_unasked(self, player: Player | PlayerKey) -> bool:
        """Whether the player gets every code without asking."""
        return player.fid in self._unasked.get(player.game, ())

    def priority(self, player: Player | PlayerKey) -> int:
        """The highest of the guilds that registered the player and are not paused; 0 where there is none."""
        of_game = self._priorities.get(player.game)
        return 0 if of_game is None else of_game.get(player.fid, 0)

    def count(self, code: Code, up_to: int) -> int:
        """How many players want the code; counted no further than `up_to`."""
        unasked = len(self._unasked.get(code.game, ()))
        return up_to if unasked >= up_to else min(up_to, len(self.of(code)))

    def of(self, code: Code) -> set[str]:
        """The fids of the players who want the code. Not to be changed."""
        unasked = self._unasked.get(code.game, set())
        wishes = self._wishes.get(code.code_key)
        if not wishes:
            return unasked
        able = self._known.get(code.game, set()) - self._waiting.get(code.game, set())
        asked = {fid for fid, wish in wishes.items() if wish.activation == code.activation}
        return unasked | (asked & able)


_NEW = (False, 0, True)
"""Paused, priority and whether codes are redeemed unasked: of a guild without a record."""


def _by_game() -> defaultdict[str, set[str]]:
    return defaultdict(set)
