"""DiscordActor, with the real hikari against the stand-in: connecting, being refused, stopping."""

import logging
import os
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hikari
import pytest
import trio

from daemon.discord.bot import Admission
from daemon.discord.link import DiscordAway
from supervision.testing import crash
from tests.daemon.discord.conftest import open_actor, until


async def test_it_acknowledges_its_start_before_it_is_connected(discord: Any) -> None:
    discord.gateway.stall("ready")
    async with open_actor(discord) as running:
        numbers = await running.numbers()
        assert numbers.state == "connecting"
        assert not running.link.is_open


async def test_a_bot_that_has_connected_opens_the_link_and_tells_its_numbers(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    discord.add_guild("Rain")
    with caplog.at_level(logging.INFO, logger="perkd.discord"):
        async with open_actor(discord) as running:
            await running.link.wait_open()
            numbers = await running.until(lambda numbers: numbers.guilds == 2)
            me = await running.link.rest(lambda rest: rest.fetch_my_user())
    assert (numbers.state, numbers.name, numbers.shards) == ("connected", "perkd", 1)
    assert (numbers.unavailable, numbers.reconnects, numbers.listener_failures) == ((), 0, 0)
    assert numbers.commands == "" or "sent" in numbers.commands
    assert str(me.id) == discord.bot_id
    assert len(running.connects) == 1
    assert "Connected to Discord as perkd, which is in 2 servers" in caplog.text


async def test_an_ordered_stop_closes_the_session_and_the_link(discord: Any) -> None:
    async with open_actor(discord) as running:
        await running.link.wait_open()
        assert discord.gateway.sessions == 1
    assert not running.link.is_open
    with pytest.raises(DiscordAway, match="has stopped"):
        running.link.connection()
    await until(lambda: discord.gateway.sessions == 0)


@pytest.mark.parametrize("phase", ["connect", "hello", "ready"])
async def test_a_stop_while_it_connects_is_quick_and_leaves_no_connection(discord: Any, phase: str) -> None:
    stall = discord.gateway.stall(phase)
    async with open_actor(discord, start_within=60.0):
        await stall.reached.wait()
        began = trio.current_time()
    assert trio.current_time() - began < 5.0
    assert discord.gateway.sessions == 0


async def test_a_wrong_token_is_said_with_its_variable_and_waits_for_a_person(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = discord.token[:-1] + ("x" if discord.token[-1] != "x" else "y")
    async with open_actor(discord, token=wrong) as running:
        numbers = await running.until_state("away")
    assert "DISCORD_TOKEN is refused" in numbers.reason
    assert "https://discord.com/developers/applications" in numbers.reason
    assert numbers.next_attempt is not None
    assert numbers.next_attempt - numbers.since == pytest.approx(300.0, abs=1.0)
    assert wrong not in caplog.text
    assert discord.gateway.identifies == 0
    assert any(record.levelno == logging.ERROR for record in caplog.records)


@pytest.mark.parametrize("token", ["hunter2", "not a token at all", "MTIz", "ключ.x.y", "Bot MTIz.x.y"])
async def test_what_can_be_no_token_is_said_to_be_none_and_never_shown(
    discord: Any, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_actor(discord, token=token) as running:
        numbers = await running.until_state("away")
    assert "DISCORD_TOKEN holds no bot token" in numbers.reason
    assert token not in caplog.text
    assert token not in repr(numbers)


async def test_a_privileged_intent_that_is_off_is_not_asked_for_and_is_told(discord: Any) -> None:
    discord.intents_allowed(message_content=False, members=False)
    async with open_actor(discord) as running:
        numbers = await running.until_state("connected")
    assert numbers.switched_off == ("Message Content",)
    assert discord.gateway.identifies == 1


async def test_a_privileged_intent_that_is_on_is_asked_for(discord: Any) -> None:
    discord.intents_allowed(message_content=True, members=True)
    async with open_actor(discord) as running:
        numbers = await running.until_state("connected")
    assert numbers.switched_off == ()


async def test_an_intent_that_the_gateway_refuses_is_named_with_the_page_that_switches_it_on(
    discord: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when it is switched off between the question and the identify."""
    discord.intents_allowed(message_content=False, members=False)
    admission = Admission(hikari.Intents.GUILDS | hikari.Intents.MESSAGE_CONTENT, 1, 0.0)

    async def outdated(_account: object) -> Admission:
        return admission

    monkeypatch.setattr("daemon.discord.actor.ask_admission", outdated)
    async with open_actor(discord) as running:
        numbers = await running.until_state("away")
    assert "4014" in numbers.reason
    assert "Message Content Intent" in numbers.reason
    assert "https://discord.com/developers/applications" in numbers.reason
    assert numbers.next_attempt is not None
    assert numbers.next_attempt - numbers.since == pytest.approx(300.0, abs=1.0)


async def test_a_gateway_that_refuses_is_given_up_after_the_deadline_and_tried_again_soon(
    discord: Any,
) -> None:
    discord.gateway.refuse()
    async with open_actor(discord, start_within=1.0) as running:
        numbers = await running.until_state("away")
        assert "gateway did not let the bot in within 1 s" in numbers.reason
        assert numbers.next_attempt is not None
        assert numbers.next_attempt - numbers.since == pytest.approx(2.0, abs=0.5)
        discord.gateway.refuse(False)
        await running.until_state("connected")
    assert len(running.connects) == 1


async def test_a_rest_api_that_cannot_be_reached_is_no_crash(discord: Any) -> None:
    async with open_actor(discord, rest_url="http://127.0.0.1:9/api/v10") as running:
        numbers = await running.until_state("away")
        snapshot = running.tree.snapshot()
    assert "http://127.0.0.1:9/api/v10 can't be reached" in numbers.reason
    assert snapshot.children[0].restarts == 0


async def test_a_rest_api_that_is_out_of_order_is_no_crash(discord: Any) -> None:
    discord.faults.answer("GET", "/oauth2/applications/@me", status=503, times=1)
    async with open_actor(discord) as running:
        numbers = await running.until_state("away")
        assert numbers.reason == "Discord is out of order (HTTP 503)"
        await running.until_state("connected")


async def test_no_session_is_started_where_discord_allows_none_for_now(discord: Any) -> None:
    discord.faults.answer(
        "GET",
        "/gateway/bot",
        status=200,
        body={
            "url": discord.gateway.url,
            "shards": 1,
            "session_start_limit": {
                "total": 1000,
                "remaining": 0,
                "reset_after": 7_200_000,
                "max_concurrency": 1,
            },
        },
    )
    async with open_actor(discord) as running:
        numbers = await running.until_state("away")
    assert "too often" in numbers.reason
    assert numbers.next_attempt is not None
    assert numbers.next_attempt - numbers.since == pytest.approx(7200.0, abs=1.0)
    assert discord.gateway.identifies == 0


async def test_a_listener_that_fails_is_in_the_log_with_its_traceback(
    discord: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_client: object, bot: hikari.GatewayBot, _loop: object) -> None:
        async def careless(_event: hikari.GuildAvailableEvent) -> None:
            raise ZeroDivisionError("of a listener")

        bot.subscribe(hikari.GuildAvailableEvent, careless)

    async with open_actor(discord, register=[fail]) as running:
        numbers = await running.until(lambda numbers: numbers.listener_failures > 0)
    assert numbers.state == "connected"
    record = next(record for record in caplog.records if "listener failed" in record.getMessage())
    assert "careless at GuildAvailableEvent" in record.getMessage()
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_what_was_not_to_be_expected_is_a_crash_and_a_fresh_bot(discord: Any) -> None:
    failures = [ZeroDivisionError("once")]

    def fail_once(_client: object, _bot: object, _loop: object) -> None:
        if failures:
            raise failures.pop()

    async with open_actor(discord, register=[fail_once]) as running:
        await running.link.wait_open()
        assert running.tree.snapshot().children[0].restarts == 1


@pytest.mark.slow
async def test_twenty_crashes_leave_no_thread_no_socket_and_no_session(discord: Any) -> None:
    async with open_actor(discord) as running:
        for round_ in range(20):
            await until(lambda round_=round_: len(running.connects) > round_)
            crash(running.ref)
        await until(lambda: len(running.connects) == 21)
        await until(lambda: discord.gateway.sessions == 1)
        assert threads() == 1
        assert sockets(discord) > 0
    assert threads() == 0
    assert sockets(discord) == 0


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["connect", "hello", "ready"])
async def test_twenty_crashes_while_it_connects_leave_no_thread_and_no_socket(
    discord: Any, phase: str
) -> None:
    async with open_actor(discord) as running:
        for _ in range(20):
            stall = discord.gateway.stall(phase)
            await stall.reached.wait()
            crash(running.ref)
            await until(lambda: threads() == 0)
    assert threads() == 0
    assert discord.gateway.sessions == 0
    assert sockets(discord) == 0


def threads() -> int:
    """How many loops of Discord there are."""
    return sum(thread.name == "asyncio discord" for thread in threading.enumerate())


def sockets(discord: Any) -> int:
    """How many connections to the stand-in there are, counted at the bot's end."""
    ports = {urlsplit(discord.rest_url).port, urlsplit(discord.gateway.url).port}
    return sum(_peer(int(path.name)) in ports for path in Path("/dev/fd").iterdir())


def _peer(descriptor: int) -> int | None:
    """The port at the other end, where this is a TCP connection."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as found:
            return int(found.getpeername()[1])
    except (OSError, IndexError, ValueError):
        return None
