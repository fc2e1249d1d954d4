"""The pool's decisions in a world of random latencies and failures, and for anything in any order."""

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.giftcodes.model import PlayerKey
from actors.giftcodes.pool_core import Grant, PoolCore
from actors.giftcodes.pool_policy import PoolPolicy
from actors.ports import RateHint, Verdict
from tests.worlds.pool_values import BLOCKED, FINE, LOST, THROTTLED, ks, wos


class Server:
    """Counts by a sliding or a fixed window, and by player; refuses like the real one."""

    def __init__(self, limit: int, mode: str) -> None:
        self.limit, self.mode = limit, mode
        self.arrivals: list[float] = []
        self.last: dict[PlayerKey, float] = {}
        self.refused = 0
        self.too_frequent = 0

    def answer(self, player: PlayerKey, at: float) -> RateHint:
        since = at - 60.0 if self.mode == "sliding" else math.floor(at / 60.0) * 60.0 - 1e-9
        used = sum(since < arrival <= at for arrival in self.arrivals)
        if used >= self.limit:
            self.refused += 1
            return RateHint(self.limit, 0)
        self.arrivals.append(at)
        if at - self.last.get(player, -math.inf) < 3.0:
            self.too_frequent += 1
        self.last[player] = at
        return RateHint(self.limit, self.limit - used - 1)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    players=st.integers(1, 60),
    limit=st.integers(2, 15),
    mode=st.sampled_from(["sliding", "fixed"]),
    slowest=st.sampled_from([0.0, 0.3, 5.0, 30.0]),
    failing=st.sampled_from([0.0, 0.2]),
)
def test_everybody_is_served_without_a_429_and_never_more_than_two_at_once(
    *, seed: int, players: int, limit: int, mode: str, slowest: float, failing: float
) -> None:
    chance = random.Random(seed)
    policy = PoolPolicy(requests_per_minute=15)  # the server tells its lower limit itself
    core, now = PoolCore(policy), 1_000.0
    servers = {game: Server(limit, mode) for game in ("wos", "ks")}
    owed = {(wos if number % 2 else ks)(number): chance.randint(1, 3) for number in range(players)}
    flying: list[tuple[float, float, Grant]] = []
    for player in owed:
        core.request(player, (float(chance.randint(0, 2)),), now)
    while any(owed.values()):
        for grant in core.grant(now):
            arrival = now + chance.uniform(0, slowest)
            flying.append((arrival + chance.uniform(0, slowest), arrival, grant))
        assert len(flying) <= 2
        wake = core.next_wake(now)
        done = min(flying, key=lambda flight: flight[0], default=None)
        if done is None or wake < done[0]:
            assert now < wake < math.inf, "somebody is forgotten"
            now = wake
            continue
        flying.remove(done)
        now, arrival, grant = done[0], done[1], done[2]
        player = grant.player
        fate = chance.random()
        if fate < failing / 2:
            core.release(grant.id, now, called=False)
        elif fate < failing:
            core.release(grant.id, now, called=True, verdict=None)
        else:
            hint = servers[player.game].answer(player, arrival)
            core.release(grant.id, now, called=True, verdict=FINE, hint=hint)
            owed[player] -= 1
        core.release(grant.id, now, called=True, verdict=BLOCKED)  # twice: ignored
        if owed[player]:
            core.request(player, (float(chance.randint(0, 2)),), now)
    assert [server.refused for server in servers.values()] == [0, 0]
    assert [server.too_frequent for server in servers.values()] == [0, 0]


@pytest.mark.parametrize("mode", ["sliding", "fixed"])
def test_a_thousand_players_take_at_most_two_percent_longer_than_the_bound(mode: str) -> None:
    core, now, server = PoolCore(), 1_000.0, Server(30, mode)
    for number in range(1_000):
        core.request(wos(number), (), now)
    flying: list[tuple[float, Grant]] = []
    served = 0
    while served < 1_000:
        flying += [(now + 0.3, grant) for grant in core.grant(now)]
        if not flying:
            now = core.next_wake(now)
            continue
        now, grant = flying.pop(0)
        hint = server.answer(grant.player, now - 0.1)
        core.release(grant.id, now, called=True, verdict=FINE, hint=hint)
        served += 1
    assert server.refused == 0
    assert now - 1_000.0 <= 1.02 * 1_980


class PoolMachine(RuleBasedStateMachine):
    """Anything in any order: no slot is ever lost, and nobody waits who could be served."""

    def __init__(self) -> None:
        super().__init__()
        self.core = PoolCore(PoolPolicy(requests_per_minute=5))
        self.now = 1_000.0
        self.waiting: set[PlayerKey] = set()
        self.out: dict[int, Grant] = {}
        self.returned: list[int] = []

    @rule(number=st.integers(0, 6), game=st.sampled_from(["wos", "ks"]), rank=st.integers(0, 3))
    def request(self, number: int, game: str, rank: int) -> None:
        player = PlayerKey(game, str(number))
        self.core.request(player, (float(rank),), self.now)
        self.waiting.add(player)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def withdraw(self, data: st.DataObject) -> None:
        player = data.draw(st.sampled_from(sorted(self.waiting)))
        assert self.core.withdraw(player)
        self.waiting.remove(player)

    @rule()
    def grant(self) -> None:
        for grant in self.core.grant(self.now):
            assert grant.player in self.waiting
            assert grant.player not in {other.player for other in self.out.values()}
            self.waiting.remove(grant.player)
            self.out[grant.id] = grant
        assert self.core.next_wake(self.now) > self.now

    @precondition(lambda self: self.out)
    @rule(
        data=st.data(),
        called=st.booleans(),
        verdict=st.sampled_from([None, FINE, BLOCKED, LOST, THROTTLED]),
        hint=st.builds(
            RateHint,
            st.none() | st.integers(0, 10),
            st.none() | st.integers(0, 10),
            st.none() | st.floats(0, 200),
        ),
    )
    def release(self, data: st.DataObject, called: bool, verdict: Verdict | None, hint: RateHint) -> None:
        grant_id = data.draw(st.sampled_from(sorted(self.out)))
        assert self.core.release(grant_id, self.now, called=called, verdict=verdict, hint=hint) is not None
        del self.out[grant_id]
        self.returned.append(grant_id)

    @precondition(lambda self: self.out)
    @rule(data=st.data())
    def put_back(self, data: st.DataObject) -> None:
        grant_id = data.draw(st.sampled_from(sorted(self.out)))
        self.core.put_back(grant_id, self.now, 1.0)
        self.waiting.add(self.out.pop(grant_id).player)
        self.returned.append(grant_id)

    @precondition(lambda self: self.returned)
    @rule(data=st.data())
    def release_again(self, data: st.DataObject) -> None:
        grant_id = data.draw(st.sampled_from(self.returned))
        assert self.core.release(grant_id, self.now, called=True, verdict=BLOCKED) is None

    @rule(seconds=st.floats(0, 100))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(game=st.sampled_from(["wos", "ks"]))
    def resume(self, game: str) -> None:
        self.core.resume(game)

    @invariant()
    def slots_are_accounted_for(self) -> None:
        lanes = self.core.games(self.now)
        assert {grant.id for grant in self.core.grants} == set(self.out)
        assert len(self.out) <= 2
        assert sum(lane.in_flight for lane in lanes) == len(self.out)
        assert sum(lane.waiting for lane in lanes) == len(self.waiting)
        for lane in lanes:
            assert self.core._lanes[lane.game].queue.entries <= 2 * lane.waiting + 64

    def teardown(self) -> None:
        for grant_id in list(self.out):
            self.core.release(grant_id, self.now, called=True)
        while self.waiting:
            for grant in self.core.grant(self.now):
                self.waiting.remove(grant.player)
                self.core.release(grant.id, self.now, called=True, verdict=FINE)
            wake = self.core.next_wake(self.now)
            assert wake < math.inf or not self.waiting, "somebody waits for ever"
            self.now = max(self.now, wake) if self.waiting else self.now


PoolMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestPoolMachine = PoolMachine.TestCase
