"""Sources that answer nonsense, or not at all: said clearly, without harm to the others."""

from pathlib import Path

import pytest

from daemon.simulator import Fault, Listing, SimCode, SimSource
from tests.worlds.processes import FAST, open_host, small_world

OTHER = """
[[sources]]
name = "other"
game = "wos"
kind = "{kind}"
url = "{url}"
interval = 0.5
"""

NONSENSE = {
    "ten MiB": (Fault(source="other", answer="HUGE"), "1048576"),
    "HTML": (Fault(source="other", answer="HTML"), "HTML"),
    "invalid UTF-8": (Fault(source="other", answer="INVALID UTF-8"), "UTF-8"),
    "garbage": (Fault(source="other", answer="BAD JSON"), "JSON"),
    "an error": (Fault(source="other", answer="HTTP 503"), "HTTP 503"),
    "a cut connection": (Fault(source="other", cut="body"), "got"),
}


@pytest.mark.parametrize("what", NONSENSE)
async def test_nonsense_from_one_source_is_said_and_harms_nobody(tmp_path: Path, what: str) -> None:
    fault, word = NONSENSE[what]
    world, players = small_world()
    world.add_source(SimSource(name="other", game="wos", listings=[Listing("FROST")]))
    world.games["wos"].add_code(SimCode("FROST"))
    world.order(fault)
    async with open_host(tmp_path, world) as host:
        url = f"http://127.0.0.1:{host.port}/sources/other.json"
        host.write_config(FAST + "[poller]\nfetch_attempts = 1\n" + OTHER.format(kind="json", url=url))
        host.add_players(players)
        async with host.perkd() as process:
            status = await host.until(
                lambda seen: (
                    seen["giftcodes"]["redeemed"] == 3
                    and seen["giftcodes"]["sources"]["other"].get("consecutive_errors", 0) >= 2
                )
            )
            assert status["health"] == "degraded"
            assert any("source other is not healthy" in problem for problem in status["problems"])
            (line, *_) = [line for line in host.log_text().splitlines() if "from other failed" in line]
            assert word in line
            assert len(line) < 500
            world.reset_faults()
            status = await host.until_settled(2)
            assert status["giftcodes"]["redeemed"] == 6
            await host.until(lambda seen: seen["health"] == "healthy")
            assert await host.stop(process) == 0
        assert "crashed" not in host.log_text()
        assert "Traceback" not in host.log_text()


async def test_a_source_where_nobody_listens_makes_it_degraded(tmp_path: Path) -> None:
    world, players = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST + OTHER.format(kind="rss", url="http://127.0.0.1:9/rss"))
        host.add_players(players)
        async with host.perkd() as process:
            status = await host.until(
                lambda seen: seen["giftcodes"]["redeemed"] == 3 and seen["health"] == "degraded"
            )
            assert any("source other" in problem for problem in status["problems"])
            assert (await host.command("status", check=False)).returncode == 1
            await host.until_logged("Fetching gift codes from other failed")
            assert await host.stop(process) == 0


async def test_a_code_that_is_pushed_is_redeemed(tmp_path: Path) -> None:
    world, players = small_world()
    pushing = SimSource(name="push", game="wos")
    world.add_source(pushing)
    world.games["wos"].add_code(SimCode("FROST"))
    async with open_host(tmp_path, world) as host:
        url = f"ws://127.0.0.1:{host.port}/sources/push/ws"
        host.write_config(FAST + OTHER.format(kind="websocket", url=url))
        host.add_players(players)
        async with host.perkd() as process:
            await host.until_logged("Feed other is connected")
            await host.until_settled(1)
            pushing.add(Listing("FROST"))
            status = await host.until_settled(2)
            assert status["giftcodes"]["redeemed"] == 6
            assert await host.stop(process) == 0
        assert "Traceback" not in host.log_text()
