"""Two daemons: one finds a code, the other reads it at the first one's /feed and redeems it."""

from pathlib import Path

import httpx
import trio

from daemon.simulator import Listing, SimCode
from tests.worlds.ports import free_port
from tests.worlds.processes import FAST, open_host, small_world

TOKEN = "a token of a test"
FEED = """
[[sources]]
name = "neighbour"
game = "wos"
kind = "websocket"
url = "ws://127.0.0.1:{port}/feed"
token_env = "NEIGHBOUR_TOKEN"
"""


async def test_a_code_that_one_daemon_finds_is_redeemed_by_another(tmp_path: Path) -> None:
    (tmp_path / "finder").mkdir()
    (tmp_path / "reader").mkdir()
    port = free_port()
    finding, players = small_world()
    reading, others = small_world()
    reading.sources["feed"].listings.clear()
    reading.games["wos"].add_code(SimCode("FROST"))
    finding.games["wos"].add_code(SimCode("FROST"))
    async with (
        open_host(tmp_path / "finder", finding) as finder,
        open_host(tmp_path / "reader", reading) as reader,
    ):
        finder.write_config(FAST)
        finder.env = {"PORT": str(port), "PERKD_STATUS_TOKEN": TOKEN}
        finder.add_players(players)
        reader.write_config(FAST + FEED.format(port=port))
        reader.env = {"NEIGHBOUR_TOKEN": TOKEN}
        reader.add_players(others)
        async with reader.perkd() as second:
            async with finder.perkd() as first:
                await finder.until_settled(1)
                status = await reader.until_settled(1)
                assert status["giftcodes"]["redeemed"] == 3
                assert await finder.stop(first) == 0
            await reader.until_logged("Feed neighbour is not connected")
            finding.sources["feed"].add(Listing("FROST"))
            async with finder.perkd() as first:  # it comes back, with one code more
                await finder.until_settled(2)
                status = await reader.until_settled(2)
                assert status["giftcodes"]["redeemed"] == 6
                assert await finder.stop(first) == 0
            assert await reader.stop(second) == 0
        assert TOKEN not in finder.log_text() + reader.log_text()


async def test_a_reader_without_the_token_is_refused(tmp_path: Path) -> None:
    world, _ = small_world()
    port = free_port()
    async with open_host(tmp_path, world) as host:
        host.write_config(FAST)
        host.env = {"PORT": str(port), "PERKD_STATUS_TOKEN": TOKEN}
        async with host.perkd() as process:
            await host.until_ready()
            assert await _upgrade(port, {}) == 403
            assert await _upgrade(port, {"authorization": "Bearer another"}) == 403
            assert await host.stop(process) == 0


async def _upgrade(port: int, headers: dict[str, str]) -> int:
    asked = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    with trio.fail_after(10):
        async with httpx.AsyncClient() as client:
            return (
                await client.get(f"http://127.0.0.1:{port}/feed", headers={**asked, **headers})
            ).status_code
