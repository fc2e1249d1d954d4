import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from actors.giftcodes.model import Call, Circuit, FailureClass, PlayerKey, Scope, Status
from actors.giftcodes.session_pool import (
    GamePaused,
    GameResumed,
    Listen,
    PoolNumbers,
    PoolPolicy,
    PoolStatus,
    ReleaseSlot,
    Reload,
    RequestSlot,
    ResumeGame,
    SessionPoolActor,
    SlotGranted,
    WithdrawSlot,
)
from actors.ports import Put, RateHint, Verdict
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import (
    Actor,
    ActorRef,
    ActorSpec,
    DynamicSpec,
    Kind,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probe, ProbeLog, crash, settle

FINE = Verdict(Status.SUCCESS, FailureClass.SUCCESS)
BLOCKED = Verdict(Status.PROTOCOL_CHANGED, FailureClass.PROTOCOL, Scope.SYSTEM)
LOST = Verdict(Status.NETWORK_ERROR, FailureClass.TEMPORARY, Scope.ADDRESS)
THROTTLED = Verdict(Status.RATE_LIMITED, FailureClass.RATE_LIMITED, Scope.ADDRESS)


def wos(number: int) -> PlayerKey:
    return PlayerKey("wos", str(number))


class Ask:
    """To a holder: want a slot."""


@define
class World:
    """The game's API as the holders see it, and what the test wants them to do."""

    store: MemoryStore
    clock: SteadyClock
    verdict: Verdict = FINE
    hint: RateHint = field(factory=RateHint)
    latency: float = 0.5
    keep: bool = False
    """Holders do not release."""
    calls: list[tuple[PlayerKey, float]] = field(factory=list)
    served: list[tuple[int, str]] = field(factory=list)
    grants: list[int] = field(factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    tree: Tree | None = None

    @property
    def pool(self) -> ActorRef:
        assert self.tree is not None
        return self.tree.ref("pool")

    async def holder(self, player: PlayerKey) -> ActorRef:
        assert self.tree is not None
        return await self.tree.dynamic("holders").start_child(player.fid, self, player)

    async def holders(self, count: int) -> list[ActorRef]:
        refs = [await self.holder(wos(number)) for number in range(count)]
        for number, ref in enumerate(refs):
            self.pool.tell(RequestSlot(ref, wos(number), ()))  # not by themselves: the order is wanted
        return refs

    async def status(self) -> PoolNumbers:
        numbers = await self.pool.ask(PoolStatus())
        assert isinstance(numbers, PoolNumbers)
        return numbers

    @property
    def order(self) -> list[str]:
        """Who was served, in the order of the grants: of two at once, either may call first."""
        return [fid for _, fid in sorted(self.served)]


@define(eq=False)
class Holder(Actor):
    """Makes one call per slot, and records it as a redeemer does."""

    world: World
    player: PlayerKey

    async def receive(self, message: object) -> object:
        match message:
            case Ask():
                await self.world.pool.send(RequestSlot(self.ref, self.player, ()))
            case SlotGranted(grant):
                self.world.grants.append(grant)
                if not self.world.keep:
                    await self._call(grant)
            case Do(sleep=sleep, error=error, stop=stop):
                await trio.sleep(sleep)
                if error is not None:
                    raise error
                if stop:
                    self.stop()
        return None

    async def _call(self, grant: int) -> None:
        world, now = self.world, self.world.clock.now()
        verdict = None
        try:
            record = Call("wos", self.player.fid, f"{grant}", now)
            await world.store.commit(Put(record))
            world.calls.append((self.player, now))
            world.served.append((grant, self.player.fid))
            world.in_flight += 1
            world.most_in_flight = max(world.in_flight, world.most_in_flight)
            await trio.sleep(world.latency)
            verdict = world.verdict
        finally:
            world.in_flight -= 1
            world.pool.tell(ReleaseSlot(grant, called=True, verdict=verdict, hint=world.hint))
        await world.store.commit(Put(Call("wos", self.player.fid, f"{grant}", now, world.clock.now())))


@pytest.fixture
def world() -> World:
    clock = SteadyClock(lambda: 1_000_000.0)
    return World(MemoryStore(lambda: 0.0), clock)


@asynccontextmanager
async def life(
    world: World,
    policy: PoolPolicy | None = None,
    *,
    mailbox: int = 64,
    listener: Callable[[], ActorRef] | None = None,
    extra: tuple[ActorSpec, ...] = (),
) -> AsyncIterator[Tree]:
    """One life of a tree with a pool and, on demand, holders."""

    def pool() -> SessionPoolActor:
        return SessionPoolActor(world.store, world.clock, policy or PoolPolicy(), listener and listener())

    holder = ActorSpec("holder", Holder, kind=Kind.TRANSIENT, mailbox=mailbox)
    spec = SupervisorSpec(
        "t", [*extra, ActorSpec("pool", pool, mailbox=20_000), DynamicSpec("holders", holder)], intensity=10
    )
    async with open_tree(spec) as tree:
        world.tree = tree
        yield tree


def pending_timers(tree: Tree) -> int:
    return sum(deadline.pending for _, _, deadline in tree.wheel._heap)


# --- slots ------------------------------------------------------------------------------------------


async def test_holders_are_served_in_order_two_at_a_time_and_within_the_window(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world):
        await world.holders(65)
        await trio.sleep(200)
        assert world.order == [str(number) for number in range(65)]
        assert world.most_in_flight == 2
        times = [at for _, at in world.calls]
        assert times[29] - times[0] < 10
        assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_nothing_is_armed_while_nobody_waits_and_no_call_was_made(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world) as tree:
        (holder,) = await world.holders(1)
        world.keep = True
        await settle()
        world.pool.tell(ReleaseSlot(world.grants[0], called=False))
        holder.tell(Do(stop=True))
        await settle()
        assert pending_timers(tree) == 0


async def test_a_spent_window_arms_one_timer_however_many_ask(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world, PoolPolicy(requests_per_minute=2)) as tree:
        await world.holders(500)
        await trio.sleep(10)
        assert (await world.status()).waiting == 498
        assert pending_timers(tree) == 1


async def test_who_dies_waiting_waits_no_more(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        refs = await world.holders(4)
        await settle()
        refs[2].tell(Do(stop=True))
        await settle()
        assert (await world.status()).waiting == 1


async def test_a_slot_whose_holder_died_comes_back_and_counts_as_a_call(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        refs = await world.holders(3)
        await settle()
        refs[0].tell(Do(stop=True))
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting, numbers.games[0].used) == (2, 0, 3)


async def test_a_holder_that_crashes_in_its_call_gives_the_slot_back_once(
    autojump_clock: MockClock, world: World
) -> None:
    world.latency = 5.0
    async with life(world):
        (ref,) = await world.holders(1)
        await trio.sleep(1)
        crash(ref)
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.games[0].used) == (0, 1)


async def test_who_withdraws_is_passed_over(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        await world.holders(3)
        await settle()
        world.pool.tell(WithdrawSlot(wos(2)))
        assert (await world.status()).waiting == 0


async def test_a_slot_from_an_earlier_life_of_the_pool_is_not_released_again(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        await world.holders(2)
        await settle()
        earlier = list(world.grants)
        crash(world.pool)
        await settle()
        await world.holder(wos(7))
        world.pool.tell(RequestSlot((await world.holder(wos(8))), wos(8), ()))
        await settle()
        for grant in earlier:
            world.pool.tell(ReleaseSlot(grant, called=True, verdict=BLOCKED))
        numbers = await world.status()
        assert len(set(world.grants)) == 3
        assert (numbers.in_flight, numbers.games[0].reason) == (1, "")


async def test_a_holder_whose_mailbox_is_full_is_offered_its_slot_again(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world, mailbox=1):
        ref = await world.holder(wos(1))
        ref.tell(Do(sleep=10))
        await settle()
        ref.tell(Do())  # its mailbox is full now
        world.pool.tell(RequestSlot(ref, wos(1), ()))
        await trio.sleep(5)
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting) == (0, 1)
        await trio.sleep(10)
        assert world.order == ["1"]


async def test_asking_for_the_dead_gives_nobody_a_slot(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        ref = await world.holder(wos(1))
        await ref.ask(Do(stop=True))
        await settle()
        world.pool.tell(RequestSlot(ref, wos(1), ()))
        await settle()
        numbers = await world.status()
        assert (numbers.in_flight, numbers.waiting, numbers.games[0].used) == (0, 0, 0)


async def test_a_slot_held_far_too_long_is_reported_and_stays_held(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.keep = True
    async with life(world) as tree:
        (ref,) = await world.holders(1)
        await trio.sleep(95)
        (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
        assert "t/holders/0 holds its slot for wos/0 since 90 s" in record.getMessage()
        assert pending_timers(tree) == 0
        assert (await world.status()).in_flight == 1
        ref.tell(Do(stop=True))
        await settle()
        assert (await world.status()).in_flight == 0


# --- restarts and the store -------------------------------------------------------------------------


async def test_no_life_overruns_the_window_of_the_one_before(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        await world.holders(40)
        await trio.sleep(5.3)
    async with life(world):
        await world.holders(40)
        await trio.sleep(130)
    times = [at for _, at in world.calls]
    assert len(times) >= 60
    assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_no_crash_of_the_pool_overruns_the_window(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        refs = await world.holders(80)
        for _ in range(8):
            await trio.sleep(3.3)
            crash(world.pool)
            await settle()
            for ref in refs:
                ref.tell(Ask())
        await trio.sleep(300)
    times = [at for _, at in world.calls]
    assert {player for player, _ in world.calls} == {wos(number) for number in range(80)}
    assert all(late - early > 60 for early, late in zip(times, times[30:], strict=False))


async def test_nothing_is_granted_before_the_last_calls_are_known(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    now = world.clock.now()
    await world.store.commit(*(Put(Call("wos", "9", str(number), now - 1, now)) for number in range(30)))
    world.store.away = True
    async with life(world):
        await world.holders(3)
        await trio.sleep(50)
        numbers = await world.status()
        assert (numbers.loaded, numbers.waiting, numbers.in_flight) == (False, 3, 0)
        assert caplog.text.count("No slot is granted before the last calls have been read") == 1
        caplog.set_level(logging.INFO)
        world.store.away = False
        await trio.sleep(100)
        assert caplog.text.count("The last calls have been read from the store") == 1
        assert len(world.calls) == 3
        assert min(at for _, at in world.calls) > now + 60


async def test_a_pause_survives_a_restart_and_an_outage_of_the_store(
    autojump_clock: MockClock, world: World
) -> None:
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(0.1)
        world.store.outages = 4
        await trio.sleep(30)
    (circuit,) = world.store.backend.find(Circuit)
    assert (circuit.reason, circuit.failures) == ("PROTOCOL_CHANGED", 1)
    async with life(world):
        await world.holders(2)
        await trio.sleep(29)
        assert len(world.calls) == 1
        await trio.sleep(5)
        assert len(world.calls) == 2  # the canary; it fails, for two minutes this time
        assert (await world.status()).games[0].paused_until == pytest.approx(world.calls[1][1] + 120.5)


async def test_a_pause_that_the_store_did_not_take_is_recorded_at_the_end(
    autojump_clock: MockClock, world: World
) -> None:
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(0.1)
        world.store.away = True
        await trio.sleep(0.5)
        world.store.away = False
    assert [circuit.game for circuit in world.store.backend.find(Circuit)] == ["wos"]


async def test_old_calls_are_cleared_away_in_small_batches(autojump_clock: MockClock, world: World) -> None:
    now = world.clock.now()
    await world.store.commit(*(Put(Call("wos", "9", str(number), now - 4000)) for number in range(450)))
    await world.store.commit(Put(Call("wos", "9", "young", now - 100, now - 99)))
    async with life(world) as tree:
        await trio.sleep(1)
        assert [call.id for call in world.store.backend.find(Call)] == ["young"]
        assert max(len(batch.changes) for batch in world.store.history[2:]) <= 200
        world.store.outages = 1
        await trio.sleep(3700)
        assert world.store.backend.find(Call) == []
        assert pending_timers(tree) == 0


async def test_calls_of_this_life_are_cleared_away_too(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        await world.holders(5)
        await trio.sleep(7300)
        assert world.store.backend.find(Call) == []


# --- pauses -----------------------------------------------------------------------------------------


async def test_operators_are_told_in_clear_words(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.verdict, world.hint = THROTTLED, RateHint(limit=20, remaining=0, retry_after=17.0)
    async with life(world):
        await world.holders(2)
        await trio.sleep(1)
        world.verdict = FINE
        await world.holder(wos(50))
        world.pool.tell(RequestSlot(await world.holder(wos(51)), wos(51), ()))
        await trio.sleep(60)
        world.verdict = BLOCKED
        world.pool.tell(RequestSlot(await world.holder(wos(52)), wos(52), ()))
        await trio.sleep(100)
    lines = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert ("INFO", "wos: its server allows 20 requests per window") in lines
    assert ("WARNING", "⏸️ wos paused for 17 s: RATE_LIMITED") in lines
    assert ("INFO", "▶️ wos resumed") in lines
    (error,) = [text for level, text in lines if level == "ERROR"]
    assert error.startswith("⏸️ wos paused for 60 s: PROTOCOL_CHANGED. ")
    assert "sign key, base_url" in error
    assert "[games.wos]" in error


async def test_a_pause_that_another_call_ends_before_its_time_says_so(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.keep = True
    async with life(world):
        await world.holders(2)
        await trio.sleep(1)
        for grant, verdict in zip(world.grants, (LOST, FINE), strict=True):
            await world.pool.send(ReleaseSlot(grant, called=True, verdict=verdict))
        await trio.sleep(1)
    assert caplog.messages == [
        "⏸️ wos paused for 5 s: NETWORK_ERROR",
        "▶️ wos resumed early: another call got through",
    ]


async def test_a_pause_that_somebody_lifts_is_not_put_down_to_a_call(
    autojump_clock: MockClock, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.verdict = BLOCKED
    async with life(world):
        await world.holders(1)
        await trio.sleep(1)
        await world.pool.ask(ResumeGame("wos"))
    assert caplog.messages[1:] == ["▶️ wos resumed"]


async def test_a_listener_hears_of_pauses_even_if_it_comes_later_or_has_no_room(
    autojump_clock: MockClock, world: World
) -> None:
    log = ProbeLog()
    probe = ActorSpec("listener", lambda: Probe("listener", log), mailbox=1)

    def listener() -> ActorRef:
        assert world.tree is not None
        return world.tree.ref("listener")

    async with life(world, extra=(probe,)) as tree:
        world.verdict = BLOCKED
        await world.holders(1)
        await trio.sleep(2)
        world.pool.tell(Listen(tree.ref("listener")))
        await settle()
        (paused,) = log.heard
        assert isinstance(paused, GamePaused)
        assert (paused.game, paused.reason) == ("wos", "PROTOCOL_CHANGED")
        tree.ref("listener").tell(Do(sleep=5))
        await settle()
        tree.ref("listener").tell("no room now")
        world.pool.tell(ResumeGame("wos"))
        await trio.sleep(10)
        assert log.heard[-1] == GameResumed("wos")
        world.verdict = FINE
        world.pool.tell(RequestSlot(await world.holder(wos(7)), wos(7), ()))
        await trio.sleep(2)
        assert world.order == ["0", "7"]


async def test_a_listener_that_ended_is_forgotten(autojump_clock: MockClock, world: World) -> None:
    log = ProbeLog()
    probe = ActorSpec("listener", lambda: Probe("listener", log), kind=Kind.TEMPORARY)
    world.verdict = BLOCKED
    async with life(world, extra=(probe,)) as tree:
        listener = tree.ref("listener")
        world.pool.tell(Listen(listener))
        await listener.ask(Do(stop=True))
        await settle()
        await world.holders(1)
        await trio.sleep(2)
        assert (await world.status()).games[0].reason == "PROTOCOL_CHANGED"


# --- operators --------------------------------------------------------------------------------------


async def test_a_new_policy_holds_at_once(autojump_clock: MockClock, world: World) -> None:
    async with life(world, PoolPolicy(concurrency=1, requests_per_minute=1)):
        await world.holders(10)
        await trio.sleep(5)
        assert len(world.calls) == 1
        world.pool.tell(Reload(PoolPolicy(concurrency=4, requests_per_minute=20)))
        await trio.sleep(5)
        assert len(world.calls) == 10
        assert world.most_in_flight == 4


async def test_the_status_tells_how_each_game_stands(autojump_clock: MockClock, world: World) -> None:
    world.keep = True
    async with life(world):
        await world.holders(5)
        numbers = await world.status()
        (game,) = numbers.games
        assert (numbers.loaded, numbers.in_flight, numbers.waiting) == (True, 2, 3)
        assert (game.game, game.waiting, game.in_flight, game.used, game.limit) == ("wos", 3, 2, 2, 30)
        assert (game.paused_until, game.reason) == (None, "")


async def test_what_it_does_not_know_crashes_it(autojump_clock: MockClock, world: World) -> None:
    async with life(world):
        world.pool.tell("nonsense")
        await settle()
        assert (await world.status()).loaded


async def test_two_holders_that_ask_for_one_player_get_a_slot_each(
    autojump_clock: MockClock, world: World
) -> None:
    async with life(world):
        one, other = await world.holder(wos(1)), await world.holder(wos(2))
        for holder, rank in ((one, ()), (other, (-1.0,)), (one, (5.0,))):
            world.pool.tell(RequestSlot(holder, wos(0), rank))
        await trio.sleep(20)
        assert world.order == ["1", "2", "1"]
        assert (await world.status()).waiting == 0


async def test_who_withdraws_or_ends_takes_nobody_elses_request_along(
    autojump_clock: MockClock, world: World
) -> None:
    world.keep = True
    async with life(world):
        await world.holders(2)
        await settle()
        one, other = await world.holder(wos(7)), await world.holder(wos(8))
        for holder in (one, other):
            world.pool.tell(RequestSlot(holder, wos(5), ()))
        world.pool.tell(WithdrawSlot(wos(5), one))
        assert (await world.status()).waiting == 1
        world.pool.tell(RequestSlot(one, wos(5), ()))
        other.tell(Do(stop=True))
        await settle()
        assert (await world.status()).waiting == 1
        world.pool.tell(WithdrawSlot(wos(5), one))
        assert (await world.status()).waiting == 0
