"""Which players the members of each guild registered. Pure."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable

from attrs import define, field

from actors.giftcodes.model import PlayerKey, Registration

_GuildGame = tuple[str, str]
_Players = tuple[frozenset[str], frozenset[str]]
"""The fids that were registered; those of them that get codes unasked."""

_NOBODY: frozenset[str] = frozenset()


@define
class Members:
    """Guilds and their players, both ways; remembers for which guilds that has changed."""

    _players: dict[_GuildGame, _Players] = field(factory=dict)
    _guilds: dict[PlayerKey, frozenset[str]] = field(factory=dict)
    _changed: set[str] = field(factory=set)

    def set_registrations(
        self, registrations: Iterable[Registration], gets_unasked: Callable[[PlayerKey], bool]
    ) -> None:
        """Take over all registrations there are."""
        fids: defaultdict[_GuildGame, set[str]] = defaultdict(set)
        guilds: defaultdict[PlayerKey, set[str]] = defaultdict(set)
        for registration in registrations:
            fids[registration.guild, registration.game].add(registration.fid)
            guilds[PlayerKey(registration.game, registration.fid)].add(registration.guild)
        players = {
            (guild, game): (
                frozenset(found),
                frozenset(fid for fid in found if gets_unasked(PlayerKey(game, fid))),
            )
            for (guild, game), found in fids.items()
        }
        keys = players.keys() | self._players.keys()
        self._changed.update(key[0] for key in keys if players.get(key) != self._players.get(key))
        self._players = players
        self._guilds = {player: frozenset(found) for player, found in guilds.items()}

    def fids(self, guild: str, game: str) -> Collection[str]:
        """The game's players that the guild's members registered."""
        return self._players.get((guild, game), (_NOBODY, _NOBODY))[0]

    def guilds_of(self, player: PlayerKey) -> Collection[str]:
        """The guilds whose members registered the player."""
        return self._guilds.get(player, _NOBODY)

    def take_changed(self) -> set[str]:
        """The guilds that have other players, or other ones who get codes unasked, than when last asked."""
        changed, self._changed = self._changed, set()
        return changed
