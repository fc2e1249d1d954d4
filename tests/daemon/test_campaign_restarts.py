"""Restarts, outages of the store, and crashes of every actor: the campaign is completed all the same."""

import random

import pytest
import trio
from attrs import evolve

from actors.giftcodes.budgets import Budgets
from actors.giftcodes.model import Call, Outcome
from actors.giftcodes.poller import PollerActor
from actors.ports import FoundCode
from daemon.assembly import ANNOUNCER, CAMPAIGN, POLLERS, POOL, REDEEMERS
from daemon.simulator import Fault, Latency, SimCode, SimGame
from daemon.simulator.population import CodeState as SimState
from supervision import Crashed
from supervision.testing import crash
from tests.worlds.giftcodes import Poisoned, Rig, make_rig


def a_rig(*codes: SimCode, protocol: str = "v2", captcha: bool = False, seed: int = 0) -> Rig:
    game = SimGame(name="wos", key="k", protocol=protocol, captcha=captcha)
    game.add_code(*(codes or (SimCode("SNOW"),)))
    return make_rig(game, latency=Latency(0.1, 0.6), seed=seed)


def within_budgets(rig: Rig, code: str = "SNOW") -> bool:
    budgets = Budgets()
    return all(
        getattr(record.spent, name) <= getattr(budgets, name)
        for record in rig.records(code).values()
        for name in ("relogin", "login", "rate_limited", "unknown", "temporary", "captcha", "crash", "total")
    )


# --- restarts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("protocol", ["v1", "v2"])
async def test_lives_cut_off_at_random_make_one_outcome_each_and_hardly_an_extra_call(
    autojump_clock, seed, protocol
):
    chance = random.Random(seed)
    rig = a_rig(protocol=protocol, seed=seed)
    rig.world.order(Fault(answer="TIMEOUT RETRY", probability=0.1), Fault(msg="ODD", probability=0.03))
    await rig.add_players(40)
    lives = 9
    for life in range(1, lives + 1):
        async with rig.running():
            await rig.until_found("SNOW")
            with trio.move_on_after(chance.uniform(3, 60) if life < lives else 1e6):
                await rig.until_settled("SNOW", 40)
            if life < lives:
                rig.kill()
    assert len(rig.records("SNOW")) == 40
    assert within_budgets(rig)
    stats = rig.world.stats.as_json()
    assert stats["double_redemptions"] == 0
    assert stats["rate_limited"] == 0
    redeems = rig.calls("SNOW")
    recorded = sum(record.attempts for record in rig.records("SNOW").values())
    assert redeems <= recorded
    answers = rig.world.stats.game("wos").answers
    assert answers["RECEIVED"] <= 2 * (lives - 1)
    redeemed = {fid for fid, _ in rig.world.games["wos"].redeemed}
    got = (Outcome.REDEEMED, Outcome.ALREADY)
    assert redeemed == {f for f, record in rig.records("SNOW").items() if record.outcome in got}


async def test_an_ordered_stop_finishes_the_call_and_records_its_answer(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(delay=4.0))
    await rig.add_players(4)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until(lambda: rig.calls() == 2)
    assert [record.outcome for record in rig.records("SNOW").values()] == [Outcome.REDEEMED] * 2
    assert all(call.done_at is not None for call in rig.store.backend.find(Call))
    assert rig.trace.of(Crashed) == []
    async with rig.running():
        await rig.until_settled("SNOW", 4)
    assert rig.calls() == 4


async def test_a_pair_whose_calls_were_all_cut_short_is_given_up_without_an_eleventh(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(delay=1000.0))
    await rig.add_players(1)
    for _ in range(12):
        async with rig.running():
            await rig.until_found("SNOW")
            calls = rig.calls()
            with trio.move_on_after(70):
                await rig.until(lambda calls=calls: rig.calls() > calls)
            rig.kill()
    record = rig.record("SNOW")
    assert (rig.calls(), record.spent.total) == (10, 10)
    assert (record.outcome, record.retries) == (Outcome.FAILED, True)


# --- the store is away --------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0.0, 0.3, 5.0, 30.0])
async def test_the_store_away_for_a_minute_crashes_none_of_hundreds(autojump_clock, after):
    rig = a_rig()
    await rig.add_players(400)
    async with rig.running():
        await rig.find_code("SNOW")
        await trio.sleep(after)
        rig.store.away = True
        calls = rig.calls()
        await trio.sleep(60)
        assert rig.calls() <= calls + 2
        rig.store.away = False
        await rig.until_settled("SNOW", 400)
    assert rig.trace.of(Crashed) == []
    assert rig.calls() == 400
    assert {record.attempts for record in rig.records("SNOW").values()} == {1}


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("protocol", ["v1", "v2", "captcha"])
async def test_a_store_that_comes_and_goes_loses_nothing(autojump_clock, seed, protocol):
    chance = random.Random(seed)
    captcha = protocol == "captcha"
    rig = a_rig(
        SimCode("SNOW"), SimCode("OLD", SimState.EXPIRED), protocol=protocol[:2] if not captcha else "v1",
        captcha=captcha, seed=seed,
    )  # fmt: skip
    rig.world.order(Fault(answer="TIMEOUT RETRY", probability=0.1))
    await rig.add_players(15)
    async with rig.running() as tree, trio.open_nursery() as nursery:

        async def weather() -> None:
            for _ in range(120):
                await trio.sleep(chance.expovariate(1.0))
                rig.store.outages = chance.choice([0, 1, 1, 2, 5])
                rig.store.lose_answers = chance.random() < 0.2
                if chance.random() < 0.05:
                    crash(tree.ref(CAMPAIGN))
            rig.store.lose_answers = False

        nursery.start_soon(weather)
        await rig.until_found("SNOW", "OLD")
        await rig.until_settled("SNOW", 15)
        await rig.until_settled("OLD", 15)
    assert within_budgets(rig)
    assert within_budgets(rig, "OLD")
    assert {event.path.rpartition("/")[2] for event in rig.trace.of(Crashed)} <= {"campaign"}
    assert rig.world.stats.as_json()["double_redemptions"] == 0
    redeemed = {fid for fid, _ in rig.world.games["wos"].redeemed}
    got = (Outcome.REDEEMED, Outcome.ALREADY)
    assert redeemed == {f for f, record in rig.records("SNOW").items() if record.outcome in got}


async def test_a_daemon_that_starts_without_its_store_waits_for_it(autojump_clock):
    rig = a_rig()
    await rig.add_players(5)
    rig.store.away = True
    async with rig.running():
        assert not await rig.find_code("SNOW")
        assert not (await rig.numbers()).loaded
        await trio.sleep(120)
        rig.store.away = False
        await rig.until_found("SNOW")
        await rig.until_settled("SNOW", 5)
    assert rig.trace.of(Crashed) == []
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]


# --- crashes ------------------------------------------------------------------------------------


class OneList:
    """A source that lists one code."""

    async def fetch(self) -> tuple[FoundCode, ...]:
        await trio.lowlevel.checkpoint()
        return (FoundCode("wos", "SNOW"),)

    def accept(self) -> None:
        pass


def with_poller(rig: Rig) -> Rig:
    rig.parts = evolve(
        rig.parts, pollers={"list": lambda campaign: PollerActor("list", OneList(), campaign, rig.clock)}
    )
    return rig


def restarts(node: dict[str, object], path: str) -> int:
    for name in path.split("/"):
        (node,) = [child for child in node["children"] if child["name"] == name]
    return node["restarts"]


@pytest.mark.parametrize("path", [CAMPAIGN, POOL, ANNOUNCER, f"{POLLERS}/list"])
@pytest.mark.parametrize("at", [0.0, 0.35, 7.7])
async def test_a_crash_of_any_actor_leaves_the_campaign_complete_and_shows(autojump_clock, path, at):
    rig = with_poller(a_rig())
    await rig.add_players(40)
    async with rig.running() as tree:
        await trio.sleep(at)
        crash(tree.ref(path))
        await rig.until_settled("SNOW", 40)
        await trio.sleep(1)
        assert restarts(tree.snapshot().to_json(), path) == 1
        assert (await rig.numbers()).owed == 0
    assert {record.outcome for record in rig.records("SNOW").values()} <= {Outcome.REDEEMED, Outcome.ALREADY}
    assert rig.calls() <= 42
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]


async def test_a_crash_of_each_redeemer_in_turn_leaves_the_campaign_complete(autojump_clock):
    rig = a_rig()
    await rig.add_players(30)
    async with rig.running() as tree:
        await rig.find_code("SNOW")
        redeemers = tree.dynamic(REDEEMERS)
        await rig.until(lambda: len(redeemers) > 20)
        for key in redeemers.keys():  # noqa: SIM118 - no mapping
            ref = redeemers.get(key)
            if ref is not None:
                crash(ref)
                await trio.sleep(0.3)
        await rig.until_settled("SNOW", 30)
    assert {record.outcome for record in rig.records("SNOW").values()} <= {Outcome.REDEEMED, Outcome.ALREADY}
    assert within_budgets(rig)


@pytest.mark.parametrize("seed", range(8))
async def test_crashes_at_random_everywhere_are_got_over(autojump_clock, seed):
    chance = random.Random(seed)
    rig = with_poller(a_rig(SimCode("SNOW"), SimCode("OLD", SimState.EXPIRED), protocol="v1", seed=seed))
    rig.world.order(Fault(answer="TIMEOUT RETRY", probability=0.1))
    await rig.add_players(25)
    async with rig.running() as tree:
        await rig.until_found("SNOW", "OLD")
        for _ in range(25):
            await trio.sleep(chance.expovariate(0.25))
            redeemers = tree.dynamic(REDEEMERS)
            paths = [CAMPAIGN, CAMPAIGN, POOL, ANNOUNCER, *redeemers.keys()]
            path = chance.choice(paths)
            ref = redeemers.get(path) if ":" in path else tree.ref(path)
            if ref is not None:
                crash(ref)
        await rig.until_settled("SNOW", 25)
        await rig.until_settled("OLD", 25)
        await trio.sleep(100)
        assert (await rig.numbers()).owed == 0
    assert within_budgets(rig)
    assert rig.world.stats.as_json()["double_redemptions"] == 0
    redeemed = {fid for fid, _ in rig.world.games["wos"].redeemed}
    got = (Outcome.REDEEMED, Outcome.ALREADY)
    assert redeemed == {f for f, record in rig.records("SNOW").items() if record.outcome in got}


async def test_a_pair_that_crashes_its_redeemer_three_times_is_set_aside_and_others_go_on(autojump_clock):
    rig = a_rig(SimCode("SNOW"), SimCode("BAD"))
    poison = Poisoned(rig.apis["wos"], "BAD")
    rig.apis["wos"] = poison
    await rig.add_players(3)
    async with rig.running():
        await rig.find_code("SNOW", "BAD")
        await rig.until_settled("BAD", 3)
        await rig.until_settled("SNOW", 3)
        await trio.sleep(3600)
    assert {(r.outcome, r.status, r.spent.crash) for r in rig.records("BAD").values()} == {
        (Outcome.FAILED, "CRASHED", 3)
    }
    assert {record.outcome for record in rig.records("SNOW").values()} == {Outcome.REDEEMED}
    assert poison.raised == 9


async def test_a_pair_that_is_taken_up_again_and_crashes_is_set_aside_as_well(autojump_clock):
    rig = a_rig()
    rig.world.order(Fault(answer="TIMEOUT RETRY", times=10))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
        poison = Poisoned(rig.apis["wos"], "SNOW")
        rig.apis["wos"] = poison
        await trio.sleep(2 * 3600)
    assert (rig.record("SNOW").status, poison.raised, rig.calls()) == ("CRASHED", 3, 10)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_at_any_time_each_pair_gets_its_outcome(autojump_clock, seed):
    chance = random.Random(seed)
    protocol, captcha = chance.choice([("v1", False), ("v2", False), ("v1", True)])
    codes = SimCode("SNOW"), SimCode("OLD", SimState.EXPIRED)
    rig = with_poller(a_rig(*codes, protocol=protocol, captcha=captcha, seed=seed))
    rig.world.order(
        Fault(answer="TIMEOUT RETRY", probability=0.1),
        Fault(cut="connection", after_redeeming=True, probability=0.03),
    )
    await rig.add_players(15)
    for last in (False, False, True):
        async with rig.running() as tree:
            await rig.until_found("SNOW", "OLD")
            for _ in range(15):
                await trio.sleep(chance.expovariate(0.3))
                rig.store.outages = chance.choice([0, 0, 1, 1, 2, 5])
                rig.store.lose_answers = chance.random() < 0.2
                redeemers = tree.dynamic(REDEEMERS)
                path = chance.choice([CAMPAIGN, POOL, ANNOUNCER, *redeemers.keys()])
                ref = redeemers.get(path) if ":" in path else tree.ref(path)
                if ref is not None and chance.random() < 0.5:
                    crash(ref)
            rig.store.outages, rig.store.lose_answers = 0, False
            if not last:
                rig.kill()
                continue
            await rig.until_settled("SNOW", 15)
            await rig.until_settled("OLD", 15)
    assert within_budgets(rig)
    assert within_budgets(rig, "OLD")
    assert rig.world.stats.as_json()["double_redemptions"] == 0
    redeemed = {fid for fid, _ in rig.world.games["wos"].redeemed}
    got = (Outcome.REDEEMED, Outcome.ALREADY)
    assert {f for f, r in rig.records("SNOW").items() if r.outcome in got} <= redeemed
