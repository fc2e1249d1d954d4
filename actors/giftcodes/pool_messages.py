"""What the session pool is told and asked, and what it tells.

`session_pool` hands these on: import them from there.
"""

from attrs import field, frozen

from actors.giftcodes.model import PlayerKey
from actors.giftcodes.pool_policy import GameLane, PoolPolicy
from actors.ports import RateHint, Verdict
from supervision import ActorRef


@frozen
class RequestSlot:
    """`holder` wants to make one call for `player`; a lower rank goes first.

    Asking again changes the rank and keeps the place in the order. Several may ask for one player: each gets
    a slot, one after the other.
    """

    holder: ActorRef
    player: PlayerKey
    rank: tuple[float, ...] = ()


@frozen
class WithdrawSlot:
    """The player's holder wants no slot any more. One that was granted meanwhile must still be released."""

    player: PlayerKey
    holder: ActorRef | None = None
    """Whose request; None: everybody's for this player."""


@frozen
class SlotGranted:
    """To a holder: make one call now, and release `grant` in a `finally`."""

    grant: int
    player: PlayerKey | None = None
    """For whom: a holder may have asked for several."""


@frozen
class ReleaseSlot:
    """A slot comes back: whether a call was made (or may have been), how it ended, what its headers said."""

    grant: int
    called: bool
    verdict: Verdict | None = None
    hint: RateHint = field(factory=RateHint)


@frozen
class HolderEnded:
    """The runtime: a holder has ended for good. `player` is the first it asked for."""

    player: PlayerKey
    holder: ActorRef


@frozen
class Listen:
    """`listener` wants to be told `GamePaused` and `GameResumed`, those of now at once."""

    listener: ActorRef


@frozen
class GamePaused:
    """To the listener: no calls to `game` until `until` (unix seconds); then one canary tries."""

    game: str
    reason: str
    until: float


@frozen
class GameResumed:
    """To the listener: calls to `game` go through again."""

    game: str


@frozen
class PauseGame:
    """An operator: no calls to `game` until `until` (unix seconds), None: until it is resumed.

    It is recorded, so that it holds after a restart. Calls that are out end as they would.
    """

    game: str
    until: float | None = None


@frozen
class ResumeGame:
    """An operator: try again now. The window of the game counts on."""

    game: str


@frozen
class Reload:
    """A new policy holds from now on."""

    policy: PoolPolicy


@frozen
class PoolStatus:
    """Asks for `PoolNumbers`."""


@frozen
class PoolNumbers:
    """How the pool stands."""

    loaded: bool
    """False until the store has told of earlier lives' calls: nothing is granted before."""
    in_flight: int
    waiting: int
    games: tuple[GameLane, ...]
