"""The window against servers that count in every way a server may."""

import heapq
import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.giftcodes.rate import MARGIN, RateWindow
from actors.ports import RateHint

HOLD = 60.0 + MARGIN


def sliding_overrun(arrivals: Sequence[float], limit: int, period: float = 60.0) -> bool:
    """Some stretch of `period` (its end excluded) holds more than `limit` arrivals."""
    ordered = sorted(arrivals)
    return any(late - early < period for early, late in zip(ordered, ordered[limit:], strict=False))


def fixed_overrun(arrivals: Sequence[float], limit: int, phase: float, period: float = 60.0) -> bool:
    windows: dict[int, int] = {}
    for at in arrivals:
        number = math.floor((at - phase) / period)
        windows[number] = windows.get(number, 0) + 1
    return any(count > limit for count in windows.values())


def first_hit_overrun(arrivals: Sequence[float], limit: int, period: float = 60.0) -> bool:
    """A window that opens with the first request after the last one closed."""
    opened, count = -math.inf, 0
    for at in sorted(arrivals):
        if at >= opened + period:
            opened, count = at, 0
        count += 1
        if count > limit:
            return True
    return False


def drive(window: RateWindow, latencies: Sequence[tuple[float, float]], concurrency: int) -> list[float]:
    """Call as soon as allowed; a latency is (on the way there, on the way back). Returns the arrivals."""
    now = 1_000.0
    arrivals: list[float] = []
    in_flight: list[float] = []
    for there, back in latencies:
        while True:
            start = window.next_start(now) if len(in_flight) < concurrency else math.inf
            if start <= now:
                break
            if in_flight and in_flight[0] <= start:
                now = max(now, heapq.heappop(in_flight))
                window.finish(now)
            else:
                now = start
        window.start(now)
        arrivals.append(now + there)
        heapq.heappush(in_flight, now + there + back)
    return arrivals


latency = st.one_of(st.just(0.0), st.floats(0, 0.5), st.floats(0, 40))


@settings(max_examples=150, deadline=None)
@given(
    latencies=st.lists(st.tuples(latency, latency), max_size=120),
    limit=st.integers(1, 12),
    concurrency=st.integers(1, 4),
    phase=st.floats(0, 60),
)
def test_no_server_ever_sees_more_than_the_limit(
    latencies: list[tuple[float, float]], limit: int, concurrency: int, phase: float
) -> None:
    arrivals = drive(RateWindow(limit), latencies, concurrency)
    assert not sliding_overrun(arrivals, limit)
    assert not fixed_overrun(arrivals, limit, phase)
    assert not first_hit_overrun(arrivals, limit)


def test_a_thousand_quick_calls_take_no_longer_than_the_bound_of_a_sliding_window() -> None:
    arrivals = drive(RateWindow(), [(0.05, 0.05)] * 1000, concurrency=2)
    assert arrivals[-1] - arrivals[0] <= 1.02 * 1980


def test_a_call_is_reused_only_after_more_than_a_period() -> None:
    window = RateWindow(1)
    window.start(0.0)
    assert window.next_start(5.0) == math.inf
    window.finish(5.0)
    assert window.next_start(5.0) == pytest.approx(5.0 + HOLD)
    assert window.next_start(65.0) > 65.0
    assert window.next_start(5.0 + HOLD) <= 5.0 + HOLD


def test_a_call_that_never_left_costs_nothing() -> None:
    window = RateWindow(1)
    window.start(0.0)
    window.unused()
    assert window.next_start(0.0) == 0.0
    assert window.used(0.0) == 0


def test_a_lower_limit_holds_at_once_and_a_higher_one_never_exceeds_the_configured() -> None:
    window = RateWindow(30)
    window.learn(RateHint(limit=20), 0.0)
    assert (window.limit, window.learned) == (20, 20)
    window.learn(RateHint(limit=100), HOLD + 1)
    assert (window.limit, window.learned) == (30, None)


def test_endpoints_with_different_limits_do_not_make_the_limit_flap() -> None:
    window = RateWindow(30)
    window.learn(RateHint(limit=20), 0.0)
    window.learn(RateHint(limit=30), 1.0)
    assert window.limit == 20


@pytest.mark.parametrize("hint", [RateHint(limit=0), RateHint(limit=-5), RateHint(remaining=-1), RateHint()])
def test_headers_that_make_no_sense_are_ignored(hint: RateHint) -> None:
    window = RateWindow(30)
    window.learn(hint, 0.0)
    assert (window.limit, window.used(0.0)) == (30, 0)


def test_requests_that_somebody_else_spent_count_from_now() -> None:
    window = RateWindow(30)
    window.start(0.0)
    window.finish(1.0)
    window.learn(RateHint(limit=30, remaining=9), 1.0, started=0.0)
    assert window.used(1.0) == 21
    window.learn(RateHint(limit=30, remaining=9), 2.0, started=1.0)
    assert window.used(2.0) == 21  # the same ones again


def test_a_slow_answer_tells_of_calls_that_no_longer_count() -> None:
    window = RateWindow(30)
    window.start(100.0)
    window.finish(100.0)
    window.start(150.0)  # arrives at once; its answer takes 20 s, and says that two were counted
    window.finish(170.0)
    window.learn(RateHint(limit=30, remaining=28), 170.0, started=150.0)
    assert window.used(170.0) == 1


def test_an_answer_later_than_anything_remembered_accuses_nobody() -> None:
    window = RateWindow(30)
    window.start(0.0)
    window.finish(1000.0)
    window.learn(RateHint(limit=30, remaining=0), 1000.0, started=0.0)
    assert window.used(1000.0) == 1


def test_a_limit_lower_than_what_is_spent_waits_for_enough_to_expire() -> None:
    window = RateWindow(30)
    for second in range(10):
        window.start(second)
        window.finish(second)
    window.learn(RateHint(limit=3), 9.0)
    assert window.next_start(9.0) == pytest.approx(7.0 + HOLD)


def test_a_spent_window_opens_when_the_server_said() -> None:
    window = RateWindow(30)
    window.spend(100.0, until=112.0)
    assert window.used(100.0) == 30
    assert window.next_start(100.0) == pytest.approx(112.0)
    window = RateWindow(30)
    window.spend(100.0, until=100.0 + 600)
    assert window.next_start(100.0) == pytest.approx(100.0 + HOLD)


def test_calls_of_an_earlier_life_count() -> None:
    window = RateWindow(2)
    window.restore([70.0, 50.0, 999.0], now=100.0)
    assert window.used(100.0) == 3
    assert window.next_start(100.0) == pytest.approx(70.0 + HOLD)


def test_a_learned_limit_survives_a_new_configuration() -> None:
    window = RateWindow(30)
    window.learn(RateHint(limit=20), 0.0)
    window.configure(25)
    assert window.limit == 20
    window.configure(10)
    assert window.limit == 10
    plain = RateWindow(30)
    plain.configure(40)
    assert plain.limit == 40


def test_what_no_longer_counts_is_forgotten() -> None:
    window = RateWindow(30)
    for second in range(10_000):
        window.start(float(second * 3))
        window.finish(float(second * 3))
    assert len(window._done) < 100


@settings(max_examples=150, deadline=None)
@given(
    latencies=st.lists(st.tuples(latency, latency), max_size=80),
    limit=st.integers(2, 10),
    mode=st.sampled_from(["sliding", "fixed"]),
)
def test_our_own_calls_are_never_taken_for_somebody_elses(
    latencies: list[tuple[float, float]], limit: int, mode: str
) -> None:
    """`Remaining` is counted when a call arrives: later ones of ours are missing, earlier ones in it."""
    window = RateWindow(limit)
    now = 1_000.0
    arrivals: list[float] = []
    in_flight: list[tuple[float, float, float]] = []
    for there, back in latencies:
        while (start := window.next_start(now) if len(in_flight) < 2 else math.inf) > now:
            if in_flight and in_flight[0][0] <= start:
                done, begun, arrived = heapq.heappop(in_flight)
                now = max(now, done)
                window.finish(now)
                since = arrived - 60 if mode == "sliding" else math.floor(arrived / 60) * 60 - 1e-9
                seen = sum(since < other <= arrived for other in arrivals)
                before = window.used(now)
                window.learn(RateHint(limit=limit, remaining=limit - seen), now, started=begun)
                assert window.used(now) == before
            else:
                now = start
        window.start(now)
        arrivals.append(now + there)
        heapq.heappush(in_flight, (now + there + back, now, now + there))
