"""The session pool's settings, and how it shows itself."""

from attrs import field, frozen

from actors.giftcodes.circuit import CircuitPolicy

OVERDUE_MARGIN = 60.0
"""Seconds beyond the timeout of a call after which a grant that was not released is reported."""


@frozen
class PoolPolicy:
    """`[redeem]` of the configuration, as far as the pool goes by it. Times in seconds."""

    concurrency: int = 2
    requests_per_minute: int = 30
    player_spacing: float = 3.0
    call_timeout: float = 30.0
    circuit: CircuitPolicy = field(factory=CircuitPolicy)

    @property
    def overdue(self) -> float:
        """A grant that was not released after this long is overdue."""
        return self.call_timeout + OVERDUE_MARGIN


@frozen
class GameLane:
    """How one game stands, for the status page."""

    game: str
    waiting: int
    in_flight: int
    used: int
    """Calls that count against the window now; of `limit` per `period` seconds."""
    limit: int
    period: float
    paused_until: float | None
    """Unix seconds; None while calls go through. In the past: the next call is the canary."""
    reason: str
    """The status word that paused the game; "" = not paused."""
