"""The parts of the status, as they are written in JSON; see docs/commands.md."""

from collections.abc import Iterable
from datetime import UTC, datetime

from actors.giftcodes.announcing_messages import AnnouncerNumbers
from actors.giftcodes.pool_policy import GameLane
from actors.giftcodes.source_health import PollerStats
from actors.storage import StoreHealth


def store_json(store: StoreHealth) -> dict[str, object]:
    """One of the stores."""
    return {
        "state": store.state,
        "lag": store.lag,
        "lag_seconds": None if store.lag_seconds is None else round(store.lag_seconds, 3),
        "last_error": store.last_error,
    }


def lag(stores: Iterable[StoreHealth]) -> int | None:
    """Of the one that is farthest behind; None where that is not known."""
    lags = [store.lag for store in stores]
    known = [lag for lag in lags if lag is not None]
    return max(known) if len(known) == len(lags) else None


def posts_json(numbers: AnnouncerNumbers | None) -> dict[str, object] | None:
    """What is posted; None: the announcer did not tell."""
    if numbers is None:
        return None
    return {
        "waiting": numbers.waiting,
        "posted": numbers.posted,
        "edited": numbers.edited,
        "failing": numbers.failing or None,
    }


def lane_json(lane: GameLane) -> dict[str, object]:
    """A game's rate window and pause."""
    return {
        "used": lane.used,
        "limit": lane.limit,
        "period": lane.period,
        "waiting": lane.waiting,
        "in_flight": lane.in_flight,
        "paused_until": iso(lane.paused_until),
        "reason": lane.reason,
    }


def source_json(stats: PollerStats | None) -> dict[str, object]:
    """A source; None: it did not tell."""
    if stats is None:
        return {"state": "no answer"}
    return {
        "state": "healthy" if stats.healthy else "failing",
        "checks": stats.checks,
        "consecutive_errors": stats.consecutive_errors,
        "interval": stats.interval,
        "last_ok_at": iso(stats.last_ok_at),
        "last_error": stats.last_error or None,
    }


def iso(at: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC, to the second."""
    return None if at is None else datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
