"""Who is redeemed for: communities, the players that their members registered, and who asked for whom."""

from typing import ClassVar

from attrs import frozen

from actors.record import Record

TERMINAL_GUILD = "terminal"
"""The one guild that exists before Discord is set up: the operator's terminal."""


@frozen(order=True)
class PlayerKey:
    """Who is redeemed for. A player is one (game, fid), however many guilds registered it."""

    game: str
    fid: str

    def __str__(self) -> str:
        return f"{self.game}/{self.fid}"


@frozen
class Channel:
    """A place codes are posted to; it is owed codes whose activation began at or after `since`."""

    id: str
    since: float
    games: tuple[str, ...] = ()
    """The games it wants; empty means all."""
    by: str = ""
    """The member who set it up, and is told when it can't be posted to any more; "" nobody."""
    renewed_at: float | None = None
    """When it was set up again the same, after it could not be posted to; None never."""


@frozen
class Watched:
    """A channel whose messages are read for codes of `game`; those sent at or after `since`."""

    id: str
    game: str
    since: float
    by: str = ""
    """The member who set it up."""


@frozen
class Guild(Record):
    """A community. A higher `priority` is served first."""

    collection: ClassVar[str] = "guilds"

    id: str
    name: str
    priority: int = 0
    channels: tuple[Channel, ...] = ()
    auto_redeem: bool = True
    """Whether codes are redeemed unasked for the players that its members registered."""
    paused: bool = False
    """Nothing is redeemed for players that only this guild, or others that pause, registered."""
    summary: bool = True
    """Whether members who asked for it are mentioned when a code is done."""
    watched: tuple[Watched, ...] = ()

    @property
    def key(self) -> str:
        """The guild's id."""
        return self.id


@frozen
class Player(Record):
    """A player that codes are redeemed for. `state` is the state or kingdom number (`kid`), "" unknown."""

    collection: ClassVar[str] = "players"
    indexed: ClassVar[tuple[str, ...]] = ("game",)

    game: str
    fid: str
    state: str = ""
    name: str = ""
    auto_redeem: bool = True
    added_at: float = 0.0

    @property
    def player_key(self) -> PlayerKey:
        """The (game, fid) pair."""
        return PlayerKey(self.game, self.fid)

    @property
    def key(self) -> str:
        """`game/fid`."""
        return str(self.player_key)

    @property
    def label(self) -> str:
        """What logs call the player: the name, or the fid where none is known."""
        return self.name or self.fid


@frozen
class Registration(Record):
    """Who asked for a player: (guild, member, player). The guild's priority orders the work."""

    collection: ClassVar[str] = "registrations"
    indexed: ClassVar[tuple[str, ...]] = ("guild", "game", "member", "fid")

    guild: str
    member: str
    game: str
    fid: str
    at: float = 0.0
    mention: bool = False
    """The member wants to be mentioned when a code is done for the player."""

    @property
    def key(self) -> str:
        """`guild/member/game/fid`."""
        return f"{self.guild}/{self.member}/{self.game}/{self.fid}"
