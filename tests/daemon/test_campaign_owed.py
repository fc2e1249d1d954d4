"""Who is owed what, and in which order."""

import trio
from attrs import evolve

from actors.giftcodes.model import Call, Code, CodeState, Guild, Outcome, Player, Redemption, Registration
from actors.giftcodes.pool_policy import PoolPolicy
from actors.ports import Change, Delete, Position, Put, StoreUnavailable
from daemon.assembly import Settings
from daemon.simulator import Latency, SimCode, SimGame
from daemon.simulator.population import CodeState as SimState
from supervision import Crashed
from tests.worlds.campaign_codes import DAY, a_rig
from tests.worlds.giftcodes import Rig, make_rig

# --- who is owed --------------------------------------------------------------------------------


async def test_a_new_player_is_caught_up(autojump_clock):
    rig = a_rig(SimCode("SNOW"), SimCode("HAIL"))
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW", "HAIL")
        await rig.until_settled("HAIL", 1)
        await rig.add_players(1, start=2000)
        await rig.changed("players")
        await rig.until_settled("SNOW", 2)
        await rig.until_settled("HAIL", 2)
    assert rig.calls() == 4


async def test_a_player_without_a_state_number_takes_no_slot_and_is_caught_up_once_it_is_known(
    autojump_clock,
):
    rig = a_rig(SimCode("SNOW"))
    await rig.add_players(100, state="", start=2000)
    await rig.add_players(1)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 101, within=5)
        assert len(rig.store.backend.find(Call)) == 1
        await trio.sleep(DAY)
        nobody = rig.record("SNOW", "2000")
        assert (nobody.outcome, nobody.status, nobody.attempts) == (Outcome.FAILED, "WRONG_STATE", 0)
        assert rig.calls() == 1
        await rig.edit_player("2000", state="7")
        await rig.until(lambda: rig.record("SNOW", "2000").outcome is Outcome.REDEEMED)
    assert rig.calls() == 2


async def test_who_can_not_be_asked_holds_no_doubted_code_up(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED))
    await rig.add_players(3, state="")
    await rig.add_players(10, start=2000)
    async with rig.running():
        await rig.find_code("OLD")
        await rig.until_settled("OLD", 13, within=60)
    assert (rig.code("OLD").state, rig.calls()) == (CodeState.EXPIRED, 2)


async def test_a_corrected_state_number_is_caught_up(autojump_clock):
    rig = a_rig(SimCode("SNOW"))
    await rig.add_players(1, state="8")
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
        assert rig.record("SNOW").status == "WRONG_STATE"
        await trio.sleep(DAY)
        assert rig.calls() == 1
        await rig.edit_player("1000", state="7")
        await rig.until(lambda: rig.record("SNOW").outcome is Outcome.REDEEMED)
    assert rig.calls() == 2


async def test_a_player_without_auto_redeem_is_left_alone_until_it_is_switched_on(autojump_clock):
    rig = a_rig(SimCode("SNOW"))
    await rig.add_players(2)
    async with rig.running():
        await rig.edit_player("1001", auto_redeem=False)
        await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 1)
        await trio.sleep(600)
        assert (rig.calls(), (await rig.numbers()).owed) == (1, 0)
        await rig.edit_player("1001", auto_redeem=True)
        await rig.until_settled("SNOW", 2)


async def test_a_removed_player_is_not_called_for(autojump_clock):
    rig = a_rig(SimCode("SNOW"), latency=Latency(0.5, 0.5))
    await rig.add_players(40)
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.until(lambda: rig.calls() >= 5)
        called = {pair.fid for pair in await rig.store.find(Redemption) if pair.attempts}
        waiting = [fid for fid in map(str, range(1000, 1040)) if fid not in called]
        await rig.store.commit(*(Delete(Player, f"wos/{fid}") for fid in waiting[:20]))
        await rig.changed("players")
        await rig.until_settled("SNOW", 20)
        await trio.sleep(600)
        assert (await rig.numbers()).owed == 0
    assert rig.calls() == 20


async def test_a_retired_code_is_not_called_for_and_keeps_what_was_redeemed(autojump_clock):
    rig = a_rig(SimCode("SNOW"), latency=Latency(0.5, 0.5))
    await rig.add_players(40)
    async with rig.running() as tree:
        await rig.find_code("SNOW")
        await rig.until(lambda: rig.calls() >= 5)
        await rig.store.commit(Put(evolve(rig.code("SNOW"), state=CodeState.RETIRED, ended_at=0.0)))
        await rig.changed("codes")
        calls = rig.calls()
        await trio.sleep(600)
        assert rig.calls() == calls
        assert tree.dynamic("giftcodes/redemption/redeemers").keys() == ()
    redeemed = [r for r in rig.records("SNOW").values() if r.outcome is Outcome.REDEEMED]
    assert len(redeemed) == len(rig.world.games["wos"].redeemed) == calls
    assert {r.outcome for r in rig.records("SNOW").values()} <= {Outcome.REDEEMED, Outcome.FAILED}


def retire(rig: Rig, code: str) -> None:
    """As the service does it, in the middle of anything; the campaign has not heard of it yet."""
    rig.store.backend.commit([Put(evolve(rig.code(code), state=CodeState.RETIRED, ended_at=1.0))])


async def test_a_code_that_is_retired_while_its_end_is_found_out_stays_retired(autojump_clock):
    rig = a_rig(SimCode("OLD", SimState.EXPIRED), latency=Latency(0.5, 0.5))
    await rig.add_players(20)
    async with rig.running():
        await rig.find_code("OLD")
        retire(rig, "OLD")
        await rig.until_settled("OLD", 20)
        await trio.sleep(10)
        assert (await rig.numbers()).live_codes == 0
        await trio.sleep(3 * DAY)
        await rig.find_code("OLD")  # still listed: what was retired is not tried again
        await trio.sleep(10)
    assert (rig.code("OLD").state, rig.calls()) == (CodeState.RETIRED, 2)


async def test_a_code_that_is_retired_before_its_new_life_is_written_again_stays_retired(autojump_clock):
    rig = a_rig(SimCode("OLD"))
    await rig.add_players(3)
    await rig.store.commit(Put(Code("wos", "OLD", CodeState.EXPIRED, ended_at=0.0)))
    commit = rig.store.commit

    async def lose_the_answer(*changes: Change) -> Position:
        position = await commit(*changes)
        if rig.code("OLD").state is CodeState.LIVE:
            rig.store.commit = commit
            retire(rig, "OLD")
            raise StoreUnavailable("it was written, but nobody knows")
        return position

    rig.store.commit = lose_the_answer
    async with rig.running():
        await trio.sleep(1)
        assert await rig.retry_code("OLD")
        await rig.until(lambda: rig.code("OLD").state is CodeState.RETIRED)
        await trio.sleep(100)
        assert (await rig.numbers()).live_codes == 0
        assert (rig.code("OLD").state, rig.calls()) == (CodeState.RETIRED, 1)
        assert await rig.retry_code("OLD")  # an operator's word again: now it begins anew
        await rig.until_settled("OLD", 3, activation=3)
    assert rig.code("OLD").state is CodeState.LIVE


async def test_players_of_a_game_that_is_not_configured_wait_without_harm(autojump_clock):
    rig = a_rig(SimCode("SNOW"))
    await rig.add_players(1)
    await rig.store.commit(Put(Player("ks", "1", "7")))
    async with rig.running():
        await rig.find_code("SNOW")
        await rig.find_code("SNOW", game="ks")
        await rig.until_settled("SNOW", 1)
        await trio.sleep(600)
        assert (await rig.numbers()).owed == 0
    assert rig.trace.of(Crashed) == []


# --- in which order -----------------------------------------------------------------------------


async def test_guilds_of_higher_priority_then_older_codes_go_first(autojump_clock):
    rig = a_rig(SimCode("ONE"), SimCode("TWO"), settings=Settings(pool=PoolPolicy(concurrency=1)))
    await rig.add_players(6)
    await rig.store.commit(
        Put(Guild("low", "Low", priority=1)),
        Put(Guild("high", "High", priority=9)),
        *(Put(Registration("low", "m", "wos", str(1000 + n))) for n in range(4)),
        *(Put(Registration("high", "m", "wos", str(1000 + n))) for n in (1, 3)),
    )
    async with rig.running():
        rig.network.down = True
        await rig.find_code("ONE")
        await trio.sleep(400)
        await rig.find_code("TWO")
        await trio.sleep(10)
        rig.network.down = False
        await rig.until_settled("ONE", 6)
        await rig.until_settled("TWO", 6)
    order = [(request.code, request.fid) for request in rig.world.stats.last]
    first = [fid for code, fid in order if code == "ONE"]
    assert set(first[:2]) == {"1001", "1003"}
    assert set(first[2:4]) == {"1000", "1002"}
    for fid in first:
        assert order.index(("ONE", fid)) < order.index(("TWO", fid))


# --- a game that can't be called ----------------------------------------------------------------


async def test_a_game_without_an_api_is_owed_nothing_and_its_codes_are_announced(autojump_clock):
    wos, ks = SimGame(name="wos", key="k"), SimGame(name="ks", key="k")
    ks.add_code(SimCode("MEAT"))
    rig = make_rig(wos, ks)
    apis = dict(rig.apis)
    del rig.apis["ks"]  # its key is missing
    await rig.add_players(5, "ks")
    async with rig.running():
        await rig.find_code("MEAT", game="ks")
        await trio.sleep(DAY)
        numbers = await rig.numbers()
    assert (numbers.owed, numbers.live_codes) == (0, 1)
    assert (rig.records("MEAT"), rig.calls(game="ks")) == ({}, 0)
    assert rig.board.posted == [("terminal", "terminal", "MEAT")]
    rig.apis.update(apis)  # the key is there, and perkd is started again
    async with rig.running():
        await rig.until_settled("MEAT", 5)
    assert {r.outcome for r in rig.records("MEAT").values()} == {Outcome.REDEEMED}
