"""Which players the members of each guild registered. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from attrs import define, field

from actors.giftcodes.model import PlayerKey, Registration

Registered = Mapping[tuple[str, str], set[str]]
"""(guild, game) → the fids that the guild's members registered."""
_Players = tuple[frozenset[str], frozenset[str], frozenset[str]]
"""The fids that were registered; those of them that get codes unasked; those whom a pause lets wait."""

_NOBODY: frozenset[str] = frozenset()
_NO_GUILDS: tuple[str, ...] = ()
_NO_HOLD: Mapping[str, Collection[str]] = {}


def by_guild(registrations: Iterable[Registration]) -> Registered:
    """Who is registered where. There may be tens of thousands: what follows goes set by set."""
    fids: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in registrations:
        fids[one.guild, one.game].add(one.fid)
    return dict(fids)


@define
class Members:
    """Guilds and their players, both ways; remembers for which guilds that has changed."""

    _players: dict[tuple[str, str], _Players] = field(factory=dict)
    _guilds: dict[str, dict[str, tuple[str, ...]]] = field(factory=dict)
    """game → fid → guilds."""
    _changed: set[str] = field(factory=set)

    def set_registered(
        self,
        registered: Registered,
        unasked: Mapping[str, Collection[str]],
        held: Mapping[str, Collection[str]] = _NO_HOLD,
    ) -> None:
        """Take over all registrations there are.

        Args:
            registered: who is registered where.
            unasked: game → the fids that get codes unasked.
            held: game → the fids that would, were no guild paused.
        """
        players: dict[tuple[str, str], _Players] = {}
        guilds: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        for (guild, game), fids in registered.items():
            everybody, asking_not = frozenset(fids), frozenset(fids.intersection(unasked.get(game, ())))
            # One set for both where they are equal, as they mostly are.
            unasked_here = everybody if asking_not == everybody else asking_not
            waiting = frozenset(fids.intersection(held.get(game, ())))
            players[guild, game] = (everybody, unasked_here, waiting or _NOBODY)
            of_game, alone = guilds[game], (guild,)
            twice = fids & of_game.keys()
            of_game.update(dict.fromkeys(fids - twice, alone))
            of_game.update((fid, (*of_game[fid], guild)) for fid in twice)
        keys = players.keys() | self._players.keys()
        self._changed.update(key[0] for key in keys if players.get(key) != self._players.get(key))
        self._players, self._guilds = players, dict(guilds)

    def fids(self, guild: str, game: str) -> Collection[str]:
        """The game's players that the guild's members registered."""
        return self._players.get((guild, game), (_NOBODY, _NOBODY, _NOBODY))[0]

    def guilds_of(self, player: PlayerKey) -> Collection[str]:
        """The guilds whose members registered the player."""
        return self._guilds.get(player.game, {}).get(player.fid, _NO_GUILDS)

    def take_changed(self) -> set[str]:
        """The guilds that have other players than when last asked, or others who are to get codes."""
        changed, self._changed = self._changed, set()
        return changed
