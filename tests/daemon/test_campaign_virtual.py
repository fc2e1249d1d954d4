from itertools import pairwise

import trio

from actors.giftcodes.direction import BATCH
from actors.giftcodes.model import Outcome
from daemon.assembly import REDEEMERS
from daemon.simulator import Latency, SimCode, SimGame
from supervision import Crashed
from tests.worlds.giftcodes import make_rig


async def test_a_new_code_is_redeemed_for_every_player(autojump_clock):
    rig = make_rig()
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(10)
    async with rig.running():
        assert await rig.find_code("SNOW")
        await rig.until_settled("SNOW", 10)
        numbers = await rig.numbers()
    assert {r.outcome for r in rig.records("SNOW").values()} == {Outcome.REDEEMED}
    assert (numbers.owed, numbers.redeemed, numbers.live_codes) == (0, 10, 1)
    assert rig.calls() == 10
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
    stats = rig.world.stats.as_json()
    assert ended - started <= 1.02 * 1980
    assert (stats["requests"], stats["rate_limited"], stats["double_redemptions"]) == (1000, 0, 0)
    assert stats["max_in_flight"] <= 2


async def test_while_thousands_of_redeemers_are_started_the_campaign_answers(autojump_clock):
    rig = make_rig()
    rig.world.games["wos"].add_code(SimCode("SNOW"))
    await rig.add_players(2000)
    async with rig.running() as tree:
        await rig.find_code("SNOW")
        seen = [0]
        while seen[-1] < 1900:
            assert (await rig.numbers()).owed > 1900
            seen.append(len(tree.dynamic(REDEEMERS).keys()))
    assert max(after - before for before, after in pairwise(seen)) <= 2 * BATCH
