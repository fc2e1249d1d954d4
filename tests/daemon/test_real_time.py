"""The published limit, in real time: reached, and never overrun."""

from pathlib import Path

import pytest

from actors.giftcodes.model import Outcome, Redemption
from tests.worlds.processes import open_host, small_world

PLAYERS = 45


@pytest.mark.slow
async def test_forty_five_players_at_thirty_a_minute_without_a_single_429(tmp_path: Path) -> None:
    """Default settings, a real process, real HTTP: about 62 s."""
    world, players = small_world(players=PLAYERS, latency=0.05, limit=30, spacing=3.0)
    async with open_host(tmp_path, world) as host:
        host.write_config()
        host.add_players(players)
        async with host.perkd() as process:
            status = await host.until(lambda seen: seen["giftcodes"]["redeemed"] == PLAYERS, within=90)
            assert status["giftcodes"]["failed"] == 0
            # The bound of a sliding window is 60 s for the 31st call; the rest is starting and margins.
            assert status["uptime"] < 68
            assert await host.stop(process) == 0
        records = host.find(Redemption)
        assert {(record.outcome, record.attempts) for record in records} == {(Outcome.REDEEMED, 1)}
    stats = world.stats.as_json()
    assert stats["requests"] == PLAYERS
    assert stats["rate_limited"] == 0
    assert stats["max_in_flight"] <= 2
    assert stats["double_redemptions"] == 0
