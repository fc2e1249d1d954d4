"""Who wants codes: unasked, or one by one; and whom the guilds that registered them let wait. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from attrs import define, field

from actors.giftcodes.members import Registered, by_guild
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
    _held: dict[str, set[str]] = field(factory=dict)
    """game → the fids of players who would get codes unasked, were no guild paused."""
    _paused: set[str] = field(factory=set)
    """The ids of the guilds that are."""
    _wishes: dict[CodeKey, dict[str, Wish]] = field(factory=dict)
    """code → fid → the wish of the newest activation."""

    def set_players(
        self, players: Iterable[Player], registrations: Iterable[Registration], guilds: Iterable[Guild]
    ) -> None:
        """Take over who there is, who registered them, and how those guilds are set up."""
        self.set_registered(players, by_guild(registrations), guilds)

    def set_registered(
        self, players: Iterable[Player], registered: Registered, guilds: Iterable[Guild]
    ) -> set[PlayerKey]:
        """As `set_players`; returns for whom that changed something, besides their own records."""
        before = (self._priorities, self._waiting, self._unasked)
        known = {guild.id: (guild.paused, guild.priority, guild.auto_redeem) for guild in guilds}
        self._paused = {guild for guild, (paused, *_) in known.items() if paused}
        there, served, promised, everybody = _by_game(), _by_game(), _by_game(), _by_game()
        priorities: defaultdict[str, dict[str, int]] = defaultdict(dict)
        groups = [(known.get(guild, _NEW), game, fids) for (guild, game), fids in registered.items()]
        for (paused, priority, auto_redeem), game, fids in sorted(groups, key=_by_priority):
            there[game] |= fids
            if auto_redeem:
                promised[game] |= fids
            if not paused:
                priorities[game].update(dict.fromkeys(fids, priority))  # the highest comes last
                if auto_redeem:
                    served[game] |= fids
        self._priorities = dict(priorities)
        self._waiting = {game: fids - priorities[game].keys() for game, fids in there.items()}
        willing = _by_game()
        for player in players:
            everybody[player.game].add(player.fid)
            if player.auto_redeem:
                willing[player.game].add(player.fid)
        self._unasked = {game: (fids & served[game]) | (fids - there[game]) for game, fids in willing.items()}
        self._held = {game: fids & (promised[game] - served[game]) for game, fids in willing.items()}
        self._known = dict(everybody)
        return self._changed_since(*before)

    def _changed_since(
        self,
        priorities: dict[str, dict[str, int]],
        waiting: dict[str, set[str]],
        unasked: dict[str, set[str]],
    ) -> set[PlayerKey]:
        changed: set[PlayerKey] = set()
        for game in {*priorities, *waiting, *unasked, *self._priorities, *self._waiting, *self._unasked}:
            other = priorities.get(game, {}).items() ^ self._priorities.get(game, {}).items()
            fids = {fid for fid, _ in other}
            fids |= waiting.get(game, set()) ^ self._waiting.get(game, set())
            fids |= unasked.get(game, set()) ^ self._unasked.get(game, set())
            changed.update(PlayerKey(game, fid) for fid in fids)
        return changed

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
        asked = self._asked(code)
        if not asked:
            return unasked
        asked -= self._waiting.get(code.game, set())
        # Thousands may get it unasked, and a few have asked: both are put together only if need be.
        return unasked if asked <= unasked else unasked | asked

    def held(self, code: Code) -> Collection[str]:
        """The fids of the players who want the code, and get it no earlier than a paused guild goes on."""
        held = self._held.get(code.game, set())
        asked = self._asked(code) & self._waiting.get(code.game, set())
        return held | asked if asked else held

    def is_paused(self, guild: str) -> bool:
        """Whether the guild is."""
        return guild in self._paused

    def _asked(self, code: Code) -> set[str]:
        wishes = self._wishes.get(code.code_key)
        if not wishes:
            return set()
        asked = {fid for fid, wish in wishes.items() if wish.activation == code.activation}
        return asked & self._known.get(code.game, set())

    @property
    def unasked(self) -> Mapping[str, set[str]]:
        """Game → the fids of players who get codes unasked. Not to be changed."""
        return self._unasked

    @property
    def held_unasked(self) -> Mapping[str, set[str]]:
        """Game → the fids of players who would get codes unasked, were no guild paused. Not to be changed."""
        return self._held


_NEW = (False, 0, True)
"""Paused, priority and whether codes are redeemed unasked: of a guild without a record."""


def _by_priority(group: tuple[tuple[bool, int, bool], str, set[str]]) -> int:
    return group[0][1]


def _by_game() -> defaultdict[str, set[str]]:
    return defaultdict(set)
