"""kill -9 at any moment: nothing recorded is lost, nothing owed is forgotten, nobody is charged twice."""

import random
from pathlib import Path

import trio

from actors.giftcodes.model import Outcome, Redemption
from daemon.simulator import Fault, Latency, Listing, SimCode, SimGame, SimPlayer, SimSource, World
from tests.worlds.processes import Host, open_host

KILLS = 10
PLAYERS = 100
FAST = """
[redeem]
requests_per_minute = 100000
player_spacing = 0.05
[redeem.backoff]
step = 0.2
"""


async def test_ten_kills_during_a_campaign_of_a_hundred_players(tmp_path: Path) -> None:
    world = World(latency=Latency(0.02, 0.06))
    world.add_game(SimGame(name="wos", key="k", limit=100_000, spacing=0.0))
    world.add_source(SimSource(name="feed", game="wos", listings=[Listing("SNOW"), Listing("FROST")]))
    world.games["wos"].add_code(SimCode("SNOW"), SimCode("FROST"))
    world.order(
        Fault(fid="1007", answer="TOO FREQUENT", times=3),
        Fault(fid="1013", msg="SOMETHING NEW"),
        Fault(fid="1021", cut="connection", times=1, after_redeeming=True),
        Fault(fid="1033", answer="HTTP 503", times=2),
    )
    chance = random.Random(7)
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.add_players([SimPlayer(str(1000 + n), kid="7", name=f"P{n}") for n in range(PLAYERS)])
        killed = 0
        while killed < KILLS:
            async with host.perkd() as process:
                await _until_requests(world, _requests(world) + chance.randint(1, 12))
                process.kill()
                killed += 1
        async with host.perkd() as process:
            await _until_all_settled(host)
            assert await host.stop(process) == 0
        records = host.find(Redemption)
        _assert_each_pair_has_one_outcome(records)
        _assert_budgets_hold(records)
        stats = world.stats
        calls = stats.games["wos"].endpoints["gift_code"]
        # Each kill can waste the two calls in flight; the ordered faults cost what they cost.
        faults = 3 + 2 * (3 - 1) + 1 + 2
        assert calls <= 2 * PLAYERS + faults + 2 * killed
        assert stats.max_in_flight <= 2
        assert stats.games["wos"].double_redemptions == 0


def _assert_each_pair_has_one_outcome(records: list[Redemption]) -> None:
    assert len({record.key for record in records}) == len(records) == 2 * PLAYERS
    outcomes = {record.outcome for record in records}
    assert Outcome.PENDING not in outcomes
    failed = {record.fid for record in records if record.outcome is Outcome.FAILED}
    assert failed == {"1013"}


def _assert_budgets_hold(records: list[Redemption]) -> None:
    for record in records:
        assert record.round == 1
        assert record.spent.total <= 10
        assert record.attempts <= 10
        assert record.spent.unknown <= 3


def _requests(world: World) -> int:
    return world.stats.game("wos").requests


async def _until_requests(world: World, count: int) -> None:
    with trio.fail_after(60):
        while _requests(world) < count:  # noqa: ASYNC110 - the simulator has no such event
            await trio.sleep(0.005)


async def _until_all_settled(host: Host) -> None:
    with trio.fail_after(60):
        while True:
            status = await host.status()
            if status is not None and status["giftcodes"]["codes"] == 2 and status["giftcodes"]["owed"] == 0:
                return
            await trio.sleep(0.2)
