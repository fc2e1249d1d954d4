import trio

from daemon.simulator import Fault, Latency, SimCode, SimGame
from tests.worlds.giftcodes import make_rig
from actors.giftcodes.model import Outcome
from supervision import Crashed


async def test_a_new_code_is_redeemed_for_every_player(autojump_clock):
    rig = make_rig(SimGame(name="wos", key="k"))
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(10)
    async with rig.running():
        assert await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 10)
        print(await rig.numbers())
    assert {r.outcome for r in rig.records("SNOW").values()} == {Outcome.REDEEMED}
    assert rig.trace.of(Crashed) == []
    assert rig.board.posted == [("terminal", "terminal", "SNOW")]


async def test_a_thousand_players_take_hardly_longer_than_the_window_allows(autojump_clock):
    rig = make_rig(SimGame(name="wos", key="k"), latency=Latency(0.1, 0.3))
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(1000)
    async with rig.running():
        started = trio.current_time()
        assert await rig.find_code("SNOW")
        ended = await rig.until_settled("SNOW", 1000)
    stats = rig.world.stats
    print(ended-started, stats)
    assert ended - started <= 1.02 * 1980
