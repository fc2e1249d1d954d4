"""DiscordActor, once it is connected: the gateway is lost, comes back, or closes for good."""

import threading
from typing import Any

import pytest
import trio

from daemon.discord.link import DiscordAway
from tests.daemon.discord.conftest import open_actor, until


@pytest.mark.parametrize("code", [1006, 4000])
async def test_a_connection_that_is_lost_is_resumed_and_the_link_stays_open(discord: Any, code: int) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        before = running.link.connection()
        await discord.gateway.close(code)
        await running.until_state("reconnecting")
        assert running.link.connection() is before
        numbers = await running.until(lambda numbers: numbers.reconnects == 1)
        assert numbers.state == "connected"
        assert running.tree.snapshot().children[0].restarts == 0
    assert (discord.gateway.identifies, discord.gateway.resumes) == (1, 1)


async def test_an_order_to_reconnect_is_obeyed_and_resumed(discord: Any) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        await discord.gateway.op7()
        numbers = await running.until(lambda numbers: numbers.reconnects == 1)
    assert numbers.state == "connected"
    assert (discord.gateway.identifies, discord.gateway.resumes) == (1, 1)


@pytest.mark.parametrize(("resumable", "identifies"), [(True, 1), (False, 2)])
async def test_an_invalid_session_is_resumed_or_replaced(
    discord: Any, *, resumable: bool, identifies: int
) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        await discord.gateway.op9(resumable=resumable)
        numbers = await running.until(lambda numbers: numbers.reconnects == 1 and numbers.guilds == 1)
    assert numbers.state == "connected"
    assert discord.gateway.identifies == identifies


@pytest.mark.parametrize(
    ("code", "words"),
    [(4004, "refused by the gateway"), (4014, "privileged intent"), (4012, "close code 4012")],
)
async def test_a_gateway_that_closes_for_good_closes_the_link_and_says_why(
    discord: Any, code: int, words: str
) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        await discord.gateway.close(code)
        numbers = await running.until_state("away")
        with pytest.raises(DiscordAway, match=str(code)):
            running.link.connection()
        assert running.tree.snapshot().children[0].restarts == 0
    assert words in numbers.reason
    assert numbers.next_attempt is not None
    assert numbers.next_attempt - numbers.since == pytest.approx(300.0, abs=1.0)


async def test_after_a_close_for_good_the_next_bot_is_a_fresh_one(
    discord: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.discord.trouble.SLOW", 0.2)
    async with open_actor(discord) as running:
        await running.link.wait_open()
        before = running.link.connection()
        await discord.gateway.close(4004)
        await until(lambda: discord.gateway.identifies == 2)
        await running.until_state("connected")
        after = running.link.connection()
    assert after.loop is not before.loop
    assert after.bot is not before.bot
    assert discord.gateway.identifies == 2


async def test_a_server_that_is_unavailable_at_the_start_is_told_until_it_is_back(discord: Any) -> None:
    rain = discord.add_guild("Rain", available=False)
    async with open_actor(discord) as running:
        numbers = await running.until(lambda numbers: numbers.guilds == 1)
        assert [guild.id for guild in numbers.unavailable] == [rain.id]
        rain.set_available(True)
        numbers = await running.until(lambda numbers: numbers.guilds == 2)
        assert numbers.unavailable == ()
        rain.set_available(False)
        numbers = await running.until(lambda numbers: numbers.guilds == 1)
    assert [(guild.id, guild.name) for guild in numbers.unavailable] == [(rain.id, "Rain")]


async def test_servers_that_the_bot_joins_and_leaves_are_counted(discord: Any) -> None:
    async with open_actor(discord) as running:
        await running.until(lambda numbers: numbers.guilds == 1)
        rain = discord.add_guild("Rain")
        await running.until(lambda numbers: numbers.guilds == 2)
        rain.remove_bot()
        numbers = await running.until(lambda numbers: numbers.guilds == 1)
    assert numbers.unavailable == ()


async def test_the_latency_is_told_after_the_first_heartbeat(discord: Any) -> None:
    discord.gateway.heartbeat = 0.1
    async with open_actor(discord) as running:
        numbers = await running.until(lambda numbers: numbers.latency is not None)
    assert numbers.latency is not None
    assert 0.0 <= numbers.latency < 5.0


async def test_a_thread_that_is_stuck_is_told_and_holds_up_nobody(discord: Any) -> None:
    held, waited = threading.Event(), list[bool]()
    async with open_actor(discord) as running, trio.open_nursery() as nursery:
        await running.link.wait_open()
        loop = running.link.connection().loop
        nursery.start_soon(loop.sync, lambda: waited.append(held.wait(30.0)))
        await running.until(lambda numbers: numbers.stuck)
        assert not waited
        held.set()
        await running.until(lambda numbers: not numbers.stuck)
    assert waited == [True]


async def test_commands_that_discord_does_not_take_are_told_and_sent_again(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot serves all the same: Discord knows the commands of the last time."""
    discord.faults.answer("GET", "/applications/*/commands", status=400, times=1)
    async with open_actor(discord) as running:
        await running.link.wait_open()
        numbers = await running.until(lambda numbers: "HTTP 400" in numbers.commands)
        assert numbers.state == "connected"
        await running.until(lambda numbers: numbers.commands == "")
    assert caplog.text.count("Discord does not take perkd's commands: HTTP 400") == 1


async def test_commands_whose_reply_was_cut_are_sent_again_by_the_same_bot(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    discord.faults.cut_reply("GET", "/applications/*/commands")
    async with open_actor(discord) as running:
        await running.link.wait_open()
        first = running.link.connection()
        await running.until(lambda numbers: "payload is not completed" in numbers.commands)
        await running.until(lambda numbers: numbers.commands == "")
        assert running.link.connection() is first
    assert caplog.text.count("Discord does not take perkd's commands: ") == 1
