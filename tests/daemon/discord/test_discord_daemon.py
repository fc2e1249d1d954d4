"""The whole of `perkd run` with a stand-in Discord in the test's own process."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.giftcodes.model import Channel, Guild, Watched
from tests.daemon.discord.conftest import until
from tests.worlds.processes import Host, imported, open_host, small_world


@asynccontextmanager
async def open_perkd(directory: Path, discord: Any, more: str = "", **env: str) -> AsyncIterator[Host]:
    """A host whose perkd is to connect to this Discord; not yet started."""
    world, players = small_world()
    async with open_host(directory, world) as host:
        host.write_config(f'[discord]\nrest_url = "{discord.rest_url}"\n{more}')
        host.env = {"DISCORD_TOKEN": discord.token, **env}
        host.add_players(players)
        yield host


def snow(discord: Any) -> Any:
    """The server that there is."""
    return next(iter(discord.guilds.values()))


async def until_connected(host: Host) -> dict[str, Any]:
    return await host.until(lambda status: (status.get("discord") or {}).get("state") == "connected")


async def test_perkd_connects_and_shows_it_in_its_status(tmp_path: Path, discord: Any) -> None:
    async with open_perkd(tmp_path, discord) as host, host.perkd() as process:
        await until_connected(host)
        status = await host.until(lambda status: status["discord"]["guilds"] == 1)
        shown = await host.command("status", check=False)
        assert await host.stop(process) == 0
    assert status["discord"]["name"] == "perkd"
    assert status["problems"] == []
    gateways = next(node for node in status["tree"]["children"] if node["name"] == "gateways")
    assert [node["name"] for node in gateways["children"]] == ["discord", "watcher"]
    assert b"connected" in shown.stdout
    assert b"1 server" in shown.stdout
    assert discord.token not in host.log_text()
    assert discord.gateway.sessions == 0


async def test_a_code_is_announced_in_the_channel_of_a_server_and_on_the_terminal(
    tmp_path: Path, discord: Any
) -> None:
    guild = snow(discord)
    channel = guild.add_channel("codes")
    async with open_perkd(tmp_path, discord) as host:
        terminal = Guild("terminal", "Terminal", channels=(Channel("terminal", since=0.0),))
        host.commit([Guild(guild.id, guild.name, channels=(Channel(channel.id, since=0.0),)), terminal])
        async with host.perkd() as process:
            await host.until_settled()
            await until(lambda: bool(channel.messages))
            assert await host.stop(process) == 0
    assert len(channel.messages) == 1
    assert "SNOW" in str(channel.messages[0].payload())
    assert "📣 [wos] SNOW" in host.log_text()


async def test_what_was_found_while_discord_was_away_is_posted_once_when_it_is_back(
    tmp_path: Path, discord: Any
) -> None:
    guild = snow(discord)
    channel = guild.add_channel("codes")
    discord.faults.answer("GET", "/oauth2/applications/@me", status=503, times=2)
    async with open_perkd(tmp_path, discord) as host:
        host.commit([Guild(guild.id, guild.name, channels=(Channel(channel.id, since=0.0),))])
        async with host.perkd() as process:
            status = await host.until_settled()
            assert status["discord"]["state"] == "away"
            assert status["discord"]["reason"] == "Discord is out of order (HTTP 503)"
            await until(lambda: bool(channel.messages))
            assert await host.stop(process) == 0
    assert len(channel.messages) == 1
    assert host.log_text().count("Discord is away, the rest of perkd goes on") == 1


async def test_the_commands_are_registered(tmp_path: Path, discord: Any) -> None:
    async with open_perkd(tmp_path, discord) as host, host.perkd():
        await until_connected(host)
        await until(lambda: bool(discord.commands))
    assert {"register", "redeem", "codes", "manage", "perkd"} <= {
        command["name"] for command in discord.commands
    }


async def test_an_owner_sees_the_status_by_a_command(tmp_path: Path, discord: Any) -> None:
    guild = snow(discord)
    ann, channel = guild.add_member("Ann"), guild.add_channel("general")
    async with open_perkd(tmp_path, discord, f"owners = [{ann.id}]") as host, host.perkd():
        await until_connected(host)
        await until(lambda: bool(discord.commands))
        answer = await ann.slash(channel, "perkd status")
    assert answer.ephemeral
    assert "failed inside" not in f"{answer.text}{answer.embeds}"


async def test_a_wrong_token_leaves_the_rest_of_perkd_working(tmp_path: Path, discord: Any) -> None:
    wrong = f"{discord.token}x"
    async with open_perkd(tmp_path, discord, DISCORD_TOKEN=wrong) as host, host.perkd() as process:
        await host.until_settled()
        status = await host.until(lambda status: status["discord"]["state"] == "away")
        assert await host.stop(process) == 0
    assert "DISCORD_TOKEN is refused" in status["discord"]["reason"]
    assert status["health"] == "degraded"
    assert any("Discord is away: the token in DISCORD_TOKEN" in problem for problem in status["problems"])
    assert wrong not in host.log_text()
    assert wrong not in str(status)


async def test_what_admins_must_mend_is_in_the_status(tmp_path: Path, discord: Any) -> None:
    discord.intents_allowed(message_content=False, members=False)
    guild = snow(discord)
    async with open_perkd(tmp_path, discord) as host:
        gone, watched = Channel("123456789012345678", since=0.0), Watched("77", "wos", since=0.0)
        host.commit([Guild(guild.id, guild.name, channels=(gone,), watched=(watched,))])
        async with host.perkd():
            status = await host.until(lambda status: bool((status["discord"] or {}).get("channel_troubles")))
    assert status["discord"]["intents_off"] == ["Message Content"]
    assert [one["channel"] for one in status["discord"]["channel_troubles"]] == [gone.id]
    problems = "\n".join(status["problems"])
    assert "Message Content Intent is off" in problems
    assert f"channel {gone.id} of {guild.name} ({guild.id}) gets no codes since" in problems


@pytest.mark.parametrize("moment", ["connecting", "connected"])
async def test_an_ordered_stop_is_quick(tmp_path: Path, discord: Any, moment: str) -> None:
    stall = discord.gateway.stall("ready") if moment == "connecting" else None
    async with open_perkd(tmp_path, discord) as host, host.perkd() as process:
        await (until_connected(host) if stall is None else stall.reached.wait())
        began = trio.current_time()
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    assert trio.current_time() - began < 5.0
    assert "Traceback" not in host.log_text()
    assert "Unclosed" not in host.log_text()


async def test_without_a_token_perkd_says_so_once_and_has_no_gateway(tmp_path: Path) -> None:
    world, _ = small_world()
    async with open_host(tmp_path, world) as host:
        host.write_config()
        host.env = {"DISCORD_TOKEN": ""}
        async with host.perkd():
            status = await host.until_ready()
    assert status["discord"] is None
    assert "gateways" not in [node["name"] for node in status["tree"]["children"]]
    assert host.log_text().count("perkd runs without Discord: DISCORD_TOKEN is not set") == 1


def test_without_a_token_nothing_of_discord_is_imported(tmp_path: Path) -> None:
    """The daemon's modules, and a daemon that is assembled."""
    config = tmp_path / "config.toml"
    config.write_text('[perkd]\ndata_dir = "var"\n')
    assert not imported(config, "hikari", "lightbulb", "aiohttp")
