"""A pause that a person ordered: nothing but time and another order ends it."""

import pytest
import trio

from actors.giftcodes.circuit import NO_END, PAUSED_BY_OPERATOR, Breaker, Fault, fault_of_reason
from actors.giftcodes.model import Circuit, FailureClass, PlayerKey, Scope, Status
from actors.giftcodes.pool_core import PoolCore
from actors.giftcodes.session_pool import PauseGame, PoolNumbers, PoolStatus, ResumeGame, SessionPoolActor
from actors.ports import RateHint, Verdict
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import ActorSpec, SupervisorSpec, open_tree
from supervision.testing import settle

FINE = Verdict(Status.SUCCESS, FailureClass.SUCCESS)
BLOCKED = Verdict(Status.PROTOCOL_CHANGED, FailureClass.PROTOCOL, Scope.SYSTEM)
THROTTLED = Verdict(Status.RATE_LIMITED, FailureClass.RATE_LIMITED, Scope.ADDRESS)
LOST = Verdict(Status.NETWORK_ERROR, FailureClass.TEMPORARY, Scope.ADDRESS)


@pytest.mark.parametrize("verdict", [FINE, BLOCKED, THROTTLED, LOST, None])
def test_what_a_call_that_was_out_brings_changes_nothing(verdict: Verdict | None) -> None:
    breaker = Breaker()
    ticket = breaker.start()
    breaker.pause(600.0)
    breaker.finish(ticket, verdict, 10.0, told=9_000.0)
    assert (breaker.reason, breaker.until) == (PAUSED_BY_OPERATOR, 600.0)
    assert breaker.next_start(599.0) == 600.0


def test_it_takes_the_place_of_an_earlier_pause_and_is_recorded() -> None:
    breaker = Breaker()
    breaker.finish(breaker.start(), BLOCKED, 0.0)
    assert breaker.fault is Fault.SYSTEM
    breaker.pause(NO_END)
    record = breaker.record("wos")
    assert record == Circuit("wos", PAUSED_BY_OPERATOR, NO_END, 1)
    assert fault_of_reason(record.reason) is Fault.ORDERED


def test_a_restart_does_not_shorten_it_to_a_day_as_it_does_with_others() -> None:
    ordered, other = Breaker(), Breaker()
    ordered.restore(Circuit("wos", PAUSED_BY_OPERATOR, NO_END, 1), 0.0)
    other.restore(Circuit("wos", Status.RATE_LIMITED, NO_END, 1), 0.0)
    assert ordered.until == NO_END
    assert other.until == 86_400.0


def test_only_that_game_waits() -> None:
    core = PoolCore()
    for game in ("wos", "ks"):
        core.request(PlayerKey(game, "1"), (), 0.0)
    core.pause("wos", 100.0)
    assert [grant.player.game for grant in core.grant(1.0)] == ["ks"]
    assert core.ordered_ends() == {"wos": 100.0}
    core.resume("wos")
    assert [grant.player.game for grant in core.grant(2.0)] == ["wos"]
    core.release(next(iter(core.grants)).id, 3.0, called=True, verdict=FINE, hint=RateHint())


async def test_it_ends_by_itself_without_a_call_and_is_in_the_store_until_then(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = MemoryStore(), SteadyClock()
    tree_of = SupervisorSpec("root", [ActorSpec("pool", lambda: SessionPoolActor(store, clock))])
    async with open_tree(tree_of) as tree:
        pool = tree.ref("pool")
        pool.tell(PauseGame("wos", clock.now() + 600.0))
        numbers: PoolNumbers = await pool.ask(PoolStatus())
        assert numbers.games[0].reason == PAUSED_BY_OPERATOR
        await settle()
        (stored,) = await store.find(Circuit)
        assert stored.reason == PAUSED_BY_OPERATOR
        assert "wos paused for 600 s, as ordered" in caplog.text
        await trio.sleep(599.0)
        assert (await pool.ask(PoolStatus())).games[0].reason == PAUSED_BY_OPERATOR
        await trio.sleep(1.1)
        assert (await pool.ask(PoolStatus())).games[0].reason == ""
        await settle()
        assert (await store.find(Circuit))[0].reason == ""


async def test_one_without_an_end_holds_until_it_is_lifted(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    store, clock = MemoryStore(), SteadyClock()
    tree_of = SupervisorSpec("root", [ActorSpec("pool", lambda: SessionPoolActor(store, clock))])
    async with open_tree(tree_of) as tree:
        pool = tree.ref("pool")
        pool.tell(PauseGame("wos"))
        await trio.sleep(10 * 86_400.0)
        assert (await pool.ask(PoolStatus())).games[0].paused_until == NO_END
        assert "until it is resumed" in caplog.text
        pool.tell(ResumeGame("wos"))
        assert (await pool.ask(PoolStatus())).games[0].reason == ""
