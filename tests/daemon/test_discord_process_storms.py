"""Discord in trouble, and perkd that ends: recovered, in order, and without a secret in the log."""

import re
import signal
import time
from pathlib import Path

import pytest
import trio

from actors.giftcodes.model import Post
from daemon.simulator import Fault, SimPlayer
from tests.worlds.discord_process import Stage, open_stage

PLAYERS = [SimPlayer(str(2001 + number), kid="7", name=f"P{number}") for number in range(4)]
MESSAGES = "/channels/*/messages"


def assert_quiet(stage: Stage) -> None:
    """No traceback, and nothing secret: tokens of the bot and of interactions."""
    text = stage.host.log_text()
    assert "Traceback" not in text, text
    assert stage.discord.token not in text
    assert not [one for one in stage.discord.interactions.by_token if one in text]
    assert not re.search(r"/(interactions|webhooks)/\d+/", text)


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 429, "retry_after": 0.3}])
async def test_a_short_storm_delays_posts_and_loses_none(tmp_path: Path, fault: dict[str, float]) -> None:
    async with open_stage(tmp_path) as stage:
        servers = [stage.add_server(name) for name in ("Snow", "Frost")]
        registered = [servers[0].registration(one.fid) for one in PLAYERS]
        stage.set_up(*(one.record() for one in servers), *registered, players=PLAYERS)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            stage.discord.faults.answer("*", MESSAGES, times=4, **fault)
            stage.discord.faults.answer("*", f"{MESSAGES}/*", times=2, **fault)
            stage.list_code("SNOW")
            await stage.until_shown(servers[0].channel, "SNOW", "4/4")
            await stage.until_shown(servers[1].channel, "SNOW")
            await stage.until_connected()
            await stage.host.until(lambda seen: seen["health"] == "healthy")
            assert await stage.host.stop(process) == 0
        assert [len(one.channel.messages) for one in servers] == [1, 1]
        assert_quiet(stage)


@pytest.mark.slow
@pytest.mark.parametrize("status", [503, 429])
async def test_a_minute_of_storm_is_recovered_from(tmp_path: Path, status: int) -> None:
    async with open_stage(tmp_path) as stage:
        servers = [stage.add_server(name) for name in ("Snow", "Frost", "Ice")]
        registered = [servers[0].registration(one.fid) for one in PLAYERS]
        stage.set_up(*(one.record() for one in servers), *registered, players=PLAYERS)
        async with stage.host.perkd() as process:
            await stage.until_connected()
            for path in (MESSAGES, f"{MESSAGES}/*"):
                stage.discord.faults.answer("*", path, times=None, status=status, retry_after=1.0)
            stage.list_code("SNOW")
            await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] == len(PLAYERS))
            await trio.sleep(60)  # the storm itself
            stage.discord.faults.clear()
            for server in servers:
                await stage.until_shown(server.channel, "SNOW", within=60)
            await stage.until_shown(servers[0].channel, "SNOW", "4/4", within=60)
            assert await stage.host.stop(process) == 0
        assert [len(one.channel.messages) for one in servers] == [1, 1, 1]
        assert_quiet(stage)


async def test_a_storm_of_answers_to_interactions_breaks_nothing(tmp_path: Path) -> None:
    async with open_stage(tmp_path, players=1) as stage:
        server = stage.add_server()
        stage.set_up(server.record())
        async with stage.host.perkd() as process:
            await stage.until_connected()
            stage.discord.interactions.patience = 3.0
            stage.discord.faults.answer("PATCH", "/webhooks/*/*/messages/@original", times=None, status=404)
            with pytest.raises(Exception, match="did not go on"):
                await server.admin.slash(server.channel, "players mine")
            stage.discord.interactions.patience = 1.0
            stage.discord.faults.clear()
            stage.discord.faults.answer("POST", "/interactions/*/*/callback", times=None, status=404)
            with pytest.raises(Exception, match="did not respond"):
                await server.admin.slash(server.channel, "players mine")
            stage.discord.faults.clear()
            stage.discord.interactions.patience = 20.0
            assert await server.admin.slash(server.channel, "players mine")
            await stage.until_connected()
            await stage.host.until(lambda seen: seen["health"] == "healthy")
            assert await stage.host.stop(process) == 0
        assert_quiet(stage)


@pytest.mark.parametrize("moment", ["start", "post", "answer"])
async def test_sigterm_at_any_moment_ends_in_order(tmp_path: Path, moment: str) -> None:
    async with open_stage(tmp_path, players=1, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.set_up(server.record(), server.registration("2001"), players=PLAYERS[:1])
        faults = stage.discord.faults
        if moment == "start":
            held = faults.hang("GET", "/gateway/bot")
        elif moment == "post":
            held = faults.hang("POST", MESSAGES, done=True)
        else:
            held = faults.hang("PATCH", "/webhooks/*/*/messages/@original")
        async with stage.host.perkd() as process, trio.open_nursery() as nursery:
            if moment == "answer":
                await stage.until_connected()
                nursery.start_soon(server.admin.slash, server.channel, "players mine")
            with trio.fail_after(90):
                await held.reached.wait()
            await stage.host.until_logged("perkd 0")
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            with trio.fail_after(30):
                assert await process.wait() == 0
            assert time.monotonic() - began < 15
            nursery.cancel_scope.cancel()
        assert stage.host.log_text().rstrip().endswith("perkd has stopped")
        assert_quiet(stage)
        faults.clear()
        async with stage.host.perkd() as process:
            await stage.until(lambda: server.channel.messages)
            await stage.host.until_settled()
            await stage.host.until_logged(f"Posted 1 new codes to guild {server.id}")
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert all(one.at for one in stage.host.find(Post))


async def test_a_campaign_that_is_stopped_in_its_middle_goes_on_after_the_restart(tmp_path: Path) -> None:
    async with open_stage(tmp_path, codes=["SNOW"]) as stage:
        server = stage.add_server()
        stage.world.order(Fault(game="wos", delay=0.3))
        registered = [server.registration(one.fid) for one in PLAYERS]
        stage.set_up(server.record(), *registered, players=PLAYERS)
        async with stage.host.perkd() as process:
            await stage.host.until(lambda seen: seen["giftcodes"]["redeemed"] >= 1)
            assert await stage.host.stop(process) == 0
        async with stage.host.perkd() as process:
            await stage.until_shown(server.channel, "SNOW", "4/4")
            assert await stage.host.stop(process) == 0
        assert len(server.channel.messages) == 1
        assert_quiet(stage)
