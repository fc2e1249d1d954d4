"""What an answer's headers say about the budget of our address."""

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from actors.ports import RateHint

_TOO_MANY_REQUESTS = 429
_LONGEST_PAUSE = 86_400.0  # a header may not pause a game for longer than a day
_EPOCH_FROM = 1_000_000_000  # seconds: 2001. A larger reset is a date, a smaller one a duration
_EPOCH_MILLISECONDS_FROM = 1_000_000_000_000


def rate_hint(http_status: int, headers: Mapping[str, str], now: float) -> RateHint:
    """Read `X-RateLimit-Limit`, `X-RateLimit-Remaining`, `Retry-After` and `X-RateLimit-Reset`.

    `X-RateLimit-Reset` has no standard: numbers from 10¹² are read as unix milliseconds, from 10⁹ as unix
    seconds, smaller ones as seconds from now. It says when the window ends, so that it only means "wait"
    when the budget is spent (429, or nothing remaining). `Retry-After` wins over it. Values that make no
    sense are ignored; a pause is a day at most.

    Args:
        http_status: of the answer.
        headers: of the answer; the look-up must not care about case (httpx's does not).
        now: unix seconds, for headers that tell a date where the answer has no `Date` of its own.
    """
    limit = _count(headers.get("X-RateLimit-Limit"))
    remaining = _count(headers.get("X-RateLimit-Remaining"))
    # The server's own clock makes dates right even where ours is off.
    server_now = _date(headers.get("Date"))
    now = now if server_now is None else server_now
    wait = _retry_after(headers.get("Retry-After"), now)
    if wait is None and (http_status == _TOO_MANY_REQUESTS or remaining == 0):
        wait = _reset(headers.get("X-RateLimit-Reset"), now)
    return RateHint(
        limit=limit or None,  # a budget of nothing would stop the game for ever
        remaining=remaining,
        retry_after=None if wait is None else min(wait, _LONGEST_PAUSE),
    )


def _count(text: str | None) -> int | None:
    return int(text) if text is not None and re.fullmatch(r"[0-9]{1,9}", text.strip()) else None


def _seconds(text: str | None) -> float | None:
    plain = text is not None and re.fullmatch(r"[0-9]{1,15}(\.[0-9]{1,9})?", text.strip())
    return float(text) if plain and text is not None else None


def _date(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        date = parsedate_to_datetime(text)
        stamp = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return stamp if math.isfinite(stamp) else None


def _retry_after(text: str | None, now: float) -> float | None:
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    date = _date(text)
    return None if date is None else max(0.0, date - now)


def _reset(text: str | None, now: float) -> float | None:
    value = _seconds(text)
    if value is None or value < _EPOCH_FROM:
        return value
    if value >= _EPOCH_MILLISECONDS_FROM:
        value /= 1000
    return max(0.0, value - now)
