"""When a code expires, as sources write it."""

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from actors.giftcodes.codes import clean_code

_LONGEST = 64
_DAY = 86400.0
_DATE_ONLY = frozenset({len("2026-10-31"), len("20261031")})
_MILLISECONDS = 1e11
"""A larger number can't be seconds (that would be the year 5138): it counts milliseconds, as JavaScript."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_expiry(value: object) -> float | None:
    """Unix seconds of an expiry; None where there is none, or none that makes sense.

    Understood are ISO 8601 with `Z`, an offset or nothing (then it is UTC), the dates of e-mail and RSS
    (RFC 5322), and unix time as a number. A date without a time means the end of that day. Nonsense is
    None and not an error: a code without its expiry is worth more than none.
    """
    match value:
        case bool():
            return None
        case int() | float():
            return _from_number(value)
        case str() if len(value) <= _LONGEST:
            return _from_text(clean_code(value))
        case _:
            return None


def _from_number(value: float) -> float | None:
    try:
        number = float(value)
    except OverflowError:
        return None
    if not math.isfinite(number) or number <= 0:
        return None
    return number / 1000 if number > _MILLISECONDS else number


def _from_text(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _from_mail_date(text)
    return _seconds(moment) + (_DAY if len(text) in _DATE_ONLY else 0.0)


def _from_mail_date(text: str) -> float | None:
    try:
        return _seconds(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _seconds(moment: datetime) -> float:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) / timedelta(seconds=1)
