from email.utils import formatdate

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ports import RateHint
from daemon.gameapi.hints import rate_hint

NOW = 1_790_000_000.0


def hint(status: int = 200, **headers: str) -> RateHint:
    return rate_hint(status, httpx.Headers({k.replace("_", "-"): v for k, v in headers.items()}), NOW)


def test_no_headers_say_nothing() -> None:
    assert hint() == hint(429) == RateHint()


def test_limit_and_remaining_are_counts() -> None:
    assert hint(X_RateLimit_Limit="30", X_RateLimit_Remaining="29") == RateHint(30, 29)
    assert hint(x_ratelimit_limit=" 30 ", x_ratelimit_remaining="0") == RateHint(30, 0)


@pytest.mark.parametrize("text", ["", "-1", "thirty", "3.5", "30, 30", "1e9", "9" * 30, "NaN", "inf"])
def test_garbage_is_ignored(text: str) -> None:
    assert hint(429, X_RateLimit_Limit=text, X_RateLimit_Remaining=text).limit is None
    assert hint(429, Retry_After=text if text not in ("3.5", "9" * 30) else "x").retry_after is None


def test_a_limit_of_nothing_is_garbage_too() -> None:
    assert hint(X_RateLimit_Limit="0").limit is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("42", 42.0),
        ("0", 0.0),
        ("1.5", 1.5),
        (formatdate(NOW + 42, usegmt=True), 42.0),
        (formatdate(NOW - 42, usegmt=True), 0.0),
        ("999999999", 86_400.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, seconds: float) -> None:
    assert hint(429, Retry_After=text).retry_after == seconds
    assert hint(503, Retry_After=text).retry_after == seconds


def test_a_date_is_read_by_the_servers_clock() -> None:
    fast = NOW + 3600  # theirs; or ours is slow
    headers = {"Date": formatdate(fast, usegmt=True), "Retry_After": formatdate(fast + 20, usegmt=True)}
    assert hint(429, **headers).retry_after == 20.0
    assert hint(429, Date=headers["Date"], X_RateLimit_Reset=str(int(fast) + 20)).retry_after == 20.0


@pytest.mark.parametrize(
    ("reset", "seconds"),
    [("17", 17.0), (str(int(NOW) + 17), 17.0), (str((int(NOW) + 17) * 1000), 17.0), (str(int(NOW) - 5), 0.0)],
)
def test_a_reset_is_seconds_from_now_or_a_date(reset: str, seconds: float) -> None:
    assert hint(429, X_RateLimit_Reset=reset).retry_after == seconds
    assert hint(200, X_RateLimit_Reset=reset, X_RateLimit_Remaining="0").retry_after == seconds


def test_a_reset_means_no_pause_while_something_remains() -> None:
    assert hint(200, X_RateLimit_Reset="17", X_RateLimit_Remaining="3").retry_after is None
    assert hint(200, X_RateLimit_Reset="17").retry_after is None


def test_retry_after_wins_over_reset() -> None:
    assert hint(429, Retry_After="5", X_RateLimit_Reset="17").retry_after == 5.0


NAMES = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "Retry-After", "X-RateLimit-Reset", "Date")
VALUES = st.text(st.characters(max_codepoint=255)) | st.sampled_from(
    ["Mon, 99 Foo 99999 99:99:99 +999999", "Thu, 01 Jan 1970 00:00:00 -0000", "1 Jan 9999999 0:0", ","]
)


@given(st.integers(100, 599), st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_header_can_do_harm(status: int, headers: dict[str, str]) -> None:
    found = rate_hint(status, headers, NOW)
    assert found.limit is None or found.limit > 0
    assert found.remaining is None or found.remaining >= 0
    assert found.retry_after is None or 0 <= found.retry_after <= 86_400
