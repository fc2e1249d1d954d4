"""How codes end, and live again."""

import trio

from actors.giftcodes.model import CodeState, Outcome, Player
from actors.ports import Delete
from daemon.simulator import Fault, Latency, SimCode
from daemon.simulator.population import CodeState as SimState
from supervision import Crashed
from tests.worlds.campaign_codes import DAY, a_rig

# --- ends ---------------------------------------------------------------------------------------


async def test_two_verdicts_end_a_code_for_fifty_players_with_two_calls(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED), latency=Latency(0.1, 0.3))
    await rig.add_players(50)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 50)
        await trio.sleep(600)
        assert (await rig.numbers()).owed == 0
    assert rig.calls() == 2
    assert rig.code("OLD").state is CodeState.EXPIRED
    assert {(r.outcome, r.status) for r in rig.records("OLD").values()} == {(Outcome.FAILED, "EXPIRED")}
    assert sum(r.attempts for r in rig.records("OLD").values()) == 2


async def test_one_verdict_ends_no_code(autojump_clock):
    rig = a_rig(SimCode("SNOW"), latency=Latency(0.1, 0.3))
    rig.world.order(Fault(answer="USED", times=1))
    await rig.add_players(20)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 20)
    outcomes = [record.outcome for record in rig.records("SNOW").values()]
    assert (outcomes.count(Outcome.REDEEMED), outcomes.count(Outcome.FAILED)) == (19, 1)
    assert (rig.code("SNOW").state, rig.calls()) == (CodeState.LIVE, 20)


async def test_a_success_in_between_clears_the_verdict(autojump_clock):
    rig = a_rig(SimCode("SNOW"))
    rig.world.order(*(Fault(fid=str(1000 + n), answer="CDK NOT FOUND") for n in (0, 4, 8)))
    await rig.add_players(12)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 12)
    outcomes = [record.outcome for record in rig.records("SNOW").values()]
    assert (rig.code("SNOW").state, outcomes.count(Outcome.REDEEMED)) == (CodeState.LIVE, 9)


async def test_of_one_player_one_verdict_is_enough(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 1)
        await trio.sleep(1)
    assert (rig.calls(), rig.code("OLD").state) == (1, CodeState.EXPIRED)


async def test_a_confirmer_that_gets_no_clear_answer_is_replaced_by_another(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    rig.world.order(*(Fault(fid=str(1000 + n), answer="TIMEOUT RETRY") for n in range(1, 5)))
    await rig.add_players(20)
    async with rig.running():
        started = trio.current_time()
        await rig.find_code("OLD")
        assert await rig.until_settled("OLD", 20) - started < 30
    assert rig.calls() <= 7


async def test_a_confirmer_that_has_the_code_already_is_followed_by_one_other_at_a_time(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    rig.world.games["wos"].remember("OLD", [str(1000 + n) for n in range(1, 6)])
    await rig.add_players(50)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 50)
    assert rig.calls() <= 7
    outcomes = [record.outcome for record in rig.records("OLD").values()]
    assert outcomes.count(Outcome.ALREADY) <= 5


async def test_a_removed_confirmer_holds_up_nobody(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    rig.world.order(Fault(fid="1001", answer="TOO FREQUENT"))
    rig.world.order(Fault(fid="1002", answer="TOO FREQUENT"))
    await rig.add_players(3)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until(lambda: rig.calls() >= 3)
        await rig.store.commit(Delete(Player, "wos/1001"), Delete(Player, "wos/1002"))
        await rig.changed("players")
        await rig.add_players(2, start=2000)
        await rig.changed("players")
        await rig.until(lambda: rig.code("OLD").state is CodeState.EXPIRED, within=60)


async def test_a_code_whose_date_is_past_is_not_tried(autojump_clock):
    rig = a_rig(SimCode("SNOW"))
    await rig.add_players(3)
    async with rig.running():
        await rig.find_code("SNOW", expires=rig.clock.now() - 1)
        await trio.sleep(600)
    assert (rig.calls(), rig.code("SNOW").state) == (0, CodeState.EXPIRED)


# --- lives again --------------------------------------------------------------------------------


async def test_an_ended_code_is_tried_by_one_player_once_a_day(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    await rig.add_players(10)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 10)
        for _ in range(3 * 24):
            await trio.sleep(3600)
            assert await rig.find_code("OLD")
        await trio.sleep(60)  # the last trial ends
    assert rig.calls() in {4, 5}
    assert set(rig.records("OLD", 2)) == set()


async def test_a_code_that_works_again_is_redeemed_for_everybody_anew(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    await rig.add_players(10)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 10)
        rig.world.games["wos"].add_code(SimCode("OLD"))
        await trio.sleep(DAY + 1)
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 10, activation=2)
        await trio.sleep(1)
    assert (rig.code("OLD").state, rig.code("OLD").activation) == (CodeState.LIVE, 2)
    assert rig.code("OLD").live_from >= rig.code("OLD").first_seen + DAY
    assert {record.outcome for record in rig.records("OLD", 2).values()} == {Outcome.REDEEMED}
    assert rig.calls() == 12
    assert rig.board.posted == [("terminal", "terminal", "OLD")] * 2


async def test_the_store_going_away_while_a_code_works_again_loses_nothing(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED), latency=Latency(1.0, 1.0))
    await rig.add_players(5)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 5)
        rig.world.games["wos"].add_code(SimCode("OLD"))
        assert await rig.retry_code("OLD")
        await rig.until(lambda: rig.calls() == 3)
        rig.store.away = True
        await trio.sleep(60)
        rig.store.away = False
        await rig.until_settled("OLD", 5, activation=2)
    assert {record.outcome for record in rig.records("OLD", 2).values()} == {Outcome.REDEEMED}
    assert rig.trace.of(Crashed) == []


async def test_a_canary_that_is_removed_does_not_block_the_next_one(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    await rig.add_players(2)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 2)
        rig.network.down = True
        assert await rig.retry_code("OLD")
        await trio.sleep(100)
        await rig.store.commit(Delete(Player, "wos/1000"), Delete(Player, "wos/1001"))
        await rig.add_players(1, start=2000)
        await rig.changed("players")
        rig.network.down = False
        rig.world.games["wos"].add_code(SimCode("OLD"))
        assert await rig.retry_code("OLD")
        await rig.until_settled("OLD", 1, activation=2)
