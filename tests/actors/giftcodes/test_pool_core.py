import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import Call, Circuit, PlayerKey, Status
from actors.giftcodes.pool_core import PoolCore
from actors.giftcodes.pool_policy import PoolPolicy
from actors.giftcodes.rate import MARGIN
from actors.ports import RateHint, Verdict
from tests.worlds.pool_values import BLOCKED, FINE, THROTTLED, ks, wos


def granted(core: PoolCore, now: float) -> list[PlayerKey]:
    return [grant.player for grant in core.grant(now)]


def serve(core: PoolCore, now: float, verdict: Verdict | None = FINE) -> list[PlayerKey]:
    """Grant and at once complete whatever can be granted now; in the order of the grants."""
    order = []
    while grants := core.grant(now):
        for grant in grants:
            order.append(grant.player)
            core.release(grant.id, now, called=True, verdict=verdict)
    return order


# --- order ------------------------------------------------------------------------------------------


def test_lower_ranks_go_first_and_among_equals_who_asked_first() -> None:
    core = PoolCore()
    for number, rank in enumerate([(2.0,), (1.0, 5.0), (1.0,), (2.0,), (1.0,)]):
        core.request(wos(number), rank, 0.0)
    assert serve(core, 0.0) == [wos(2), wos(4), wos(1), wos(0), wos(3)]


def test_asking_again_changes_the_rank_and_keeps_the_place() -> None:
    core = PoolCore()
    for number in range(4):
        core.request(wos(number), (1.0,), 0.0)
    core.request(wos(0), (2.0,), 0.0)
    core.request(wos(3), (0.0,), 0.0)
    core.request(wos(0), (1.0,), 0.0)
    assert serve(core, 0.0) == [wos(3), wos(0), wos(1), wos(2)]


def test_who_withdraws_is_not_granted() -> None:
    core = PoolCore()
    core.request(wos(1), (), 0.0)
    core.request(wos(2), (), 0.0)
    assert core.withdraw(wos(1))
    assert not core.withdraw(wos(1))
    assert serve(core, 0.0) == [wos(2)]


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3)), max_size=50))
def test_the_order_is_by_rank_then_by_asking_over_all_games(asked: list[tuple[bool, int]]) -> None:
    core = PoolCore(PoolPolicy(requests_per_minute=1000))
    players = [(rank, number, (wos if mine else ks)(number)) for number, (mine, rank) in enumerate(asked)]
    for rank, _, player in players:
        core.request(player, (float(rank),), 0.0)
    assert serve(core, 0.0) == [player for _, _, player in sorted(players)]


# --- limits -----------------------------------------------------------------------------------------


def test_at_most_two_slots_are_out_over_all_games() -> None:
    core = PoolCore()
    for number in range(3):
        core.request(wos(number), (), 0.0)
        core.request(ks(number), (), 0.0)
    first, second = core.grant(0.0)
    assert core.grant(1.0) == []
    assert core.next_wake(1.0) == math.inf
    core.release(first.id, 2.0, called=True, verdict=FINE)
    assert len(core.grant(2.0)) == 1
    assert core.release(second.id, 2.0, called=False) is second


def test_a_game_with_a_spent_window_holds_up_no_other() -> None:
    core = PoolCore(PoolPolicy(requests_per_minute=3))
    for number in range(5):
        core.request(wos(number), (0.0,), 0.0)
    for number in range(2):
        core.request(ks(number), (1.0,), 0.0)
    assert serve(core, 0.0) == [wos(0), wos(1), wos(2), ks(0), ks(1)]
    assert core.next_wake(0.0) == pytest.approx(60.0 + MARGIN)
    assert serve(core, core.next_wake(0.0)) == [wos(3), wos(4)]


def test_a_paused_game_holds_up_no_other_and_tries_one_canary() -> None:
    core = PoolCore()
    core.request(wos(0), (), 0.0)
    (grant,) = core.grant(0.0)
    core.release(grant.id, 0.0, called=True, verdict=BLOCKED)
    for number in range(3):
        core.request(wos(number), (0.0,), 0.0)
        core.request(ks(number), (1.0,), 0.0)
    assert serve(core, 0.0) == [ks(0), ks(1), ks(2)]
    assert core.next_wake(0.0) == 60.0
    (canary,) = core.grant(60.0)
    assert core.next_wake(60.0) == math.inf
    core.release(canary.id, 61.0, called=True, verdict=FINE)
    assert granted(core, 61.0) == [wos(1), wos(2)]


def test_a_players_next_call_waits_for_the_last_one_and_three_seconds() -> None:
    core = PoolCore()
    core.request(wos(1), (), 0.0)
    (grant,) = core.grant(0.0)
    core.request(wos(1), (), 1.0)
    assert core.grant(1.0) == []
    core.release(grant.id, 10.0, called=True, verdict=FINE)
    core.request(wos(2), (9.0,), 10.0)
    assert granted(core, 10.0) == [wos(2)]  # who rests holds up nobody
    assert core.next_wake(10.0) == pytest.approx(13.0 + MARGIN)
    assert granted(core, core.next_wake(10.0)) == [wos(1)]


def test_a_slot_that_was_not_used_costs_nothing() -> None:
    core = PoolCore(PoolPolicy(requests_per_minute=1))
    core.request(wos(1), (), 0.0)
    (grant,) = core.grant(0.0)
    core.release(grant.id, 0.0, called=False)
    core.request(wos(1), (), 0.0)
    assert granted(core, 0.0) == [wos(1)]


def test_a_slot_released_twice_is_counted_once() -> None:
    core = PoolCore()
    core.request(wos(1), (), 0.0)
    (grant,) = core.grant(0.0)
    assert core.release(grant.id, 0.0, called=True, verdict=FINE) is grant
    assert core.release(grant.id, 0.0, called=True, verdict=BLOCKED) is None
    (lane,) = core.games(0.0)
    assert (lane.used, lane.in_flight, lane.reason) == (1, 0, "")


def test_grants_of_different_lives_never_share_an_id() -> None:
    ids = set()
    for incarnation in (1, 2):
        core = PoolCore(incarnation=incarnation)
        for number in range(2):
            core.request(wos(number), (), 0.0)
        ids |= {grant.id for grant in core.grant(0.0)}
    assert len(ids) == 4


def test_what_could_not_be_handed_over_waits_in_its_old_place_after_a_pause() -> None:
    core = PoolCore(PoolPolicy(concurrency=1))
    for number in range(3):
        core.request(wos(number), (), 0.0)
    (grant,) = core.grant(0.0)
    core.put_back(grant.id, 0.0, 1.0)
    (second,) = core.grant(0.0)
    assert second.player == wos(1)
    core.release(second.id, 1.0, called=False)
    assert granted(core, 1.0) == [wos(0)]


def test_who_asked_again_meanwhile_keeps_the_new_rank() -> None:
    core = PoolCore(PoolPolicy(concurrency=1))
    core.request(wos(0), (5.0,), 0.0)
    core.request(wos(1), (5.0,), 0.0)
    (grant,) = core.grant(0.0)
    core.request(wos(0), (1.0,), 0.0)
    core.put_back(grant.id, 0.0, 1.0)
    assert serve(core, 2.0) == [wos(0), wos(1)]


# --- answers ----------------------------------------------------------------------------------------


def test_a_429_pauses_its_game_and_its_window_counts_as_spent() -> None:
    core = PoolCore()
    core.request(wos(1), (), 0.0)
    (grant,) = core.grant(0.0)
    core.release(grant.id, 0.0, called=True, verdict=THROTTLED, hint=RateHint(30, 0, 12.0))
    core.request(wos(2), (), 0.0)
    (lane,) = core.games(0.0)
    assert (lane.used, lane.paused_until, lane.reason) == (30, 12.0, "RATE_LIMITED")
    assert core.next_wake(0.0) == pytest.approx(12.0)
    core.resume("wos")  # an operator closes the circuit: the window still counts
    assert core.next_wake(0.0) == pytest.approx(12.0)


def test_a_lower_limit_that_a_server_told_is_recorded() -> None:
    core = PoolCore()
    core.request(wos(1), (), 0.0)
    (grant,) = core.grant(0.0)
    core.release(grant.id, 0.0, called=True, verdict=FINE, hint=RateHint(limit=10, remaining=9))
    assert core.circuit("wos") == Circuit("wos", limit=10)


def test_a_new_policy_holds_from_now_on() -> None:
    core = PoolCore()
    for number in range(9):
        core.request(wos(number), (), 0.0)
    core.reload(PoolPolicy(concurrency=3, requests_per_minute=4))
    assert len(core.grant(0.0)) == 3
    assert core.games(0.0)[0].limit == 4


# --- restarts ---------------------------------------------------------------------------------------


def test_a_restart_does_not_overrun_the_window() -> None:
    core = PoolCore()
    calls = [Call("wos", str(number), f"c{number}", 1100.0, 1100.0 + number) for number in range(29)]
    calls.append(Call("wos", "99", "unanswered", 1120.0))
    calls.append(Call("wos", "98", "unanswered, from long ago", 900.0))
    core.restore(calls, [], 1130.0)
    core.request(wos(500), (), 1130.0)
    assert core.grant(1130.0) == []
    assert core.next_wake(1130.0) == pytest.approx(1160.0 + MARGIN)


def test_a_restart_keeps_the_players_spacing_even_of_who_asked_before_it_was_known() -> None:
    core = PoolCore()
    core.request(wos(1), (), 100.0)
    core.restore([Call("wos", "1", "a", 98.0, 99.0), Call("wos", "2", "b", 98.5)], [], 100.0)
    core.request(wos(2), (), 100.0)
    assert core.grant(100.0) == []
    assert core.next_wake(100.0) == pytest.approx(102.0 + MARGIN)
    assert granted(core, 102.5) == [wos(1)]
    assert core.next_wake(102.5) == pytest.approx(103.0 + MARGIN)


def test_a_restart_keeps_pauses_and_learned_limits() -> None:
    core = PoolCore()
    circuit = Circuit("wos", Status.PROTOCOL_CHANGED, until=200.0, failures=2, limit=12)
    core.restore([], [circuit], 100.0)
    core.request(wos(1), (), 100.0)
    assert core.next_wake(100.0) == 200.0
    assert core.circuit("wos") == circuit
    (grant,) = core.grant(200.0)
    core.release(grant.id, 200.0, called=True, verdict=BLOCKED)
    assert core.circuit("wos").until == 200.0 + 240.0


# --- size -------------------------------------------------------------------------------------------


def test_asking_again_and_again_leaves_nothing_behind() -> None:
    core = PoolCore()
    for turn in range(5_000):
        for number in range(3):
            core.request(wos(number), (float(turn % 7),), 0.0)
        if turn % 50 == 0:
            core.withdraw(wos(2))
    assert core._lanes["wos"].queue.entries <= 2 * 3 + 64


def test_players_spacing_is_forgotten_when_it_is_over() -> None:
    core = PoolCore(PoolPolicy(requests_per_minute=100_000))
    for number in range(1_000):
        core.request(wos(number), (), float(number))
        serve(core, float(number))
    assert len(core._done_at) <= 5
