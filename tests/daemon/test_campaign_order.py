import trio

from actors.giftcodes.model import Outcome
from daemon.simulator import Latency, SimCode, SimGame
from tests.worlds.giftcodes import make_rig


async def test_a_player_that_is_logged_in_redeems_before_the_next_one_logs_in(autojump_clock: object) -> None:
    rig = make_rig(SimGame(name="wos", key="k", protocol="v1"), latency=Latency(0.1, 0.1))
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(150)
    async with rig.running():
        assert await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 150)
    logged_in = {r.fid: r.at for r in rig.world.stats.last if r.endpoint == "player"}
    redeemed = {r.fid: r.at for r in rig.world.stats.last if r.endpoint == "gift_code"}
    # Not after all others have logged in, which took as many windows as there are thirties of players.
    assert max(redeemed[fid] - logged_in[fid] for fid in redeemed) < 65
    assert {record.outcome for record in rig.records("SNOW").values()} == {Outcome.REDEEMED}


async def test_an_ended_code_costs_no_more_than_the_calls_in_flight(autojump_clock: object) -> None:
    rig = make_rig(SimGame(name="wos", key="k"), latency=Latency(0.1, 0.3))
    await rig.add_players(50)
    async with rig.running():
        assert await rig.find_code("GONE")  # the simulator knows no such code
        await rig.until_settled("GONE", 50)
        await trio.sleep(100)
    # The second of the two calls in flight may have been claimed before the first was answered.
    assert rig.world.stats.game("wos").requests <= 3
