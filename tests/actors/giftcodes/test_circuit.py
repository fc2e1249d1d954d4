import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.circuit import Breaker, CircuitPolicy, Fault, fault_of, fault_of_reason
from actors.giftcodes.model import Circuit, FailureClass, Scope, Status
from actors.ports import Verdict

BLOCKED = Verdict(Status.PROTOCOL_CHANGED, FailureClass.PROTOCOL, Scope.SYSTEM)
LOST = Verdict(Status.NETWORK_ERROR, FailureClass.TEMPORARY, Scope.ADDRESS)
THROTTLED = Verdict(Status.RATE_LIMITED, FailureClass.RATE_LIMITED, Scope.ADDRESS)
FINE = Verdict(Status.SUCCESS, FailureClass.SUCCESS)
EXPIRED = Verdict(Status.EXPIRED, FailureClass.PERMANENT, Scope.CODE)
UPSTREAM = Verdict(Status.UPSTREAM_ERROR, FailureClass.TEMPORARY)


def call(breaker: Breaker, verdict: Verdict, now: float, told: float | None = None) -> None:
    breaker.finish(breaker.start(), verdict, now, told)


def pauses(verdict: Verdict, times: int) -> list[float]:
    """The pauses of that many failures in a row, each by the canary of the one before."""
    breaker, now = Breaker(), 1000.0
    seen: list[float] = []
    for _ in range(times):
        call(breaker, verdict, now)
        seen.append(breaker.until - now)
        now = breaker.until
    return seen


@pytest.mark.parametrize(
    ("verdict", "first", "longest"), [(BLOCKED, 60, 3600), (LOST, 5, 300), (THROTTLED, 60, 3600)]
)
def test_a_pause_doubles_with_every_failure_up_to_the_longest(
    verdict: Verdict, first: float, longest: float
) -> None:
    seen = pauses(verdict, 12)
    assert seen[:3] == [first, 2 * first, 4 * first]
    assert seen[-1] == longest


@pytest.mark.parametrize("verdict", [FINE, EXPIRED, UPSTREAM])
def test_any_answer_about_a_player_or_a_code_closes_it(verdict: Verdict) -> None:
    breaker = Breaker()
    call(breaker, BLOCKED, 0.0)
    call(breaker, verdict, 60.0)
    assert breaker.next_start(60.0) == 60.0
    call(breaker, BLOCKED, 61.0)
    assert breaker.until == 121.0  # the first failure again


def test_one_canary_goes_when_the_pause_is_over() -> None:
    breaker = Breaker()
    call(breaker, LOST, 0.0)
    assert breaker.next_start(1.0) == 5.0
    assert breaker.next_start(5.0) == 5.0
    canary = breaker.start()
    assert breaker.next_start(6.0) == math.inf
    breaker.finish(canary, LOST, 7.0)
    assert breaker.next_start(7.0) == 17.0


def test_a_canary_that_was_not_sent_makes_room_for_another() -> None:
    breaker = Breaker()
    call(breaker, LOST, 0.0)
    breaker.unused(breaker.start())
    assert breaker.next_start(5.0) == 5.0
    breaker.finish(breaker.start(), None, 6.0)  # its holder died: nobody knows
    assert breaker.next_start(6.0) == 6.0


@pytest.mark.parametrize("verdict", [BLOCKED, LOST, THROTTLED])
def test_calls_that_were_in_flight_when_it_opened_do_not_double(verdict: Verdict) -> None:
    breaker = Breaker()
    early, late = breaker.start(), breaker.start()
    breaker.finish(early, verdict, 0.0)
    until = breaker.until
    breaker.finish(late, verdict, 1.0)
    assert (breaker.until, breaker.failures) == (until, 1)


def test_a_late_answer_with_a_graver_fault_lengthens_the_pause_without_doubling() -> None:
    breaker = Breaker()
    early, late, later = breaker.start(), breaker.start(), breaker.start()
    breaker.finish(early, LOST, 0.0)
    breaker.finish(late, BLOCKED, 1.0)
    assert (breaker.fault, breaker.until, breaker.failures) == (Fault.SYSTEM, 61.0, 1)
    breaker.finish(later, LOST, 2.0)
    assert (breaker.fault, breaker.until) == (Fault.SYSTEM, 61.0)


def test_a_429_waits_as_long_as_the_server_says() -> None:
    breaker = Breaker()
    call(breaker, THROTTLED, 0.0, told=17.0)
    assert breaker.until == 17.0
    call(breaker, THROTTLED, 17.0, told=17.0)
    assert breaker.until == 17.0 + 34.0


def test_a_429_that_says_try_at_once_is_no_busy_loop() -> None:
    breaker = Breaker()
    call(breaker, THROTTLED, 0.0, told=0.0)
    assert breaker.until == 1.0


def test_a_longer_retry_after_of_a_late_429_counts() -> None:
    breaker = Breaker()
    early, late = breaker.start(), breaker.start()
    breaker.finish(early, THROTTLED, 0.0, 10.0)
    breaker.finish(late, THROTTLED, 1.0, 20.0)
    assert (breaker.until, breaker.failures) == (21.0, 1)


def test_a_call_that_got_through_before_a_429_does_not_end_the_pause() -> None:
    breaker = Breaker()
    early, late = breaker.start(), breaker.start()
    breaker.finish(early, THROTTLED, 0.0)
    breaker.finish(late, FINE, 1.0)
    assert breaker.next_start(1.0) == 60.0
    call(breaker, FINE, 60.0)
    assert breaker.next_start(60.0) == 60.0


def test_a_lost_connection_from_before_the_last_success_is_old_news_but_a_refusal_is_not() -> None:
    breaker = Breaker()
    stale, refused = breaker.start(), breaker.start()
    call(breaker, LOST, 0.0)
    call(breaker, FINE, 5.0)
    breaker.finish(stale, LOST, 6.0)
    assert breaker.fault is None
    breaker.finish(refused, BLOCKED, 6.0)
    assert breaker.fault is Fault.SYSTEM


def test_an_operator_closes_it() -> None:
    breaker = Breaker()
    call(breaker, BLOCKED, 0.0)
    breaker.close()
    assert breaker.next_start(1.0) == 1.0
    assert breaker.record("wos") == Circuit("wos")


@pytest.mark.parametrize("verdict", [BLOCKED, LOST, THROTTLED])
def test_a_restart_does_not_knock_again_at_once(verdict: Verdict) -> None:
    before = Breaker()
    call(before, verdict, 0.0)
    call(before, verdict, before.until)
    after = Breaker()
    after.restore(before.record("wos"), now=before.until - 1)
    assert after.next_start(before.until - 1) == before.until
    assert after.record("wos") == before.record("wos")
    call(after, verdict, now := after.until)
    fault = fault_of(verdict)
    assert fault is not None
    assert after.until - now == CircuitPolicy().pause(fault, 3)  # the third in a row


def test_a_pause_from_a_clock_that_was_wrong_is_cut() -> None:
    breaker = Breaker()
    breaker.restore(Circuit("wos", Status.PROTOCOL_CHANGED, until=1e12, failures=3), now=0.0)
    assert breaker.until == 86_400.0


@pytest.mark.parametrize(
    ("reason", "fault"),
    [
        ("", None),
        (Status.NETWORK_ERROR, Fault.NETWORK),
        (Status.RATE_LIMITED, Fault.THROTTLED),
        (Status.PROTOCOL_CHANGED, Fault.SYSTEM),
        ("a word of a later version", Fault.SYSTEM),
    ],
)
def test_a_recorded_reason_tells_the_fault(reason: str, fault: Fault | None) -> None:
    assert fault_of_reason(reason) is fault


@given(st.sampled_from(Fault), st.integers(1, 10_000), st.none() | st.floats())
def test_a_pause_is_always_between_a_second_and_a_day(
    fault: Fault, failures: int, told: float | None
) -> None:
    assert 1.0 <= CircuitPolicy().pause(fault, failures, told) <= 86_400.0
