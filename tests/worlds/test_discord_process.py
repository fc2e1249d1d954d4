"""The stand-in for Discord as a process, that takes orders."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from subprocess import PIPE
from typing import Any

import hikari
import httpx
import trio
from attrs import frozen

from daemon.aio import open_loop

ROOT = Path(__file__).parents[2]


@frozen
class Process:
    rest_url: str
    control_url: str
    token: str
    application_id: str
    bot_id: str
    client: httpx.AsyncClient

    async def order(self, order: str, /, **fields: Any) -> Any:
        answer = await self.client.post(f"{self.control_url}/{order}", json=fields)
        return answer.json()


@asynccontextmanager
async def discord_process() -> AsyncIterator[Process]:
    async with trio.open_nursery() as nursery, httpx.AsyncClient(timeout=60) as client:
        command = [sys.executable, "-m", "tests.worlds.discord"]
        run = partial(trio.run_process, command, stdin=PIPE, stdout=PIPE, cwd=ROOT)
        process = await nursery.start(run)
        with trio.fail_after(90):
            line = await process.stdout.receive_some()
        yield Process(**json.loads(line), client=client)
        await process.stdin.aclose()
        await process.stdout.aclose()


async def post(url: str, token: str, channel: str) -> None:
    app = hikari.RESTApp(url=url)
    await app.start()
    async with app.acquire(token, hikari.TokenType.BOT) as rest:
        await rest.create_message(int(channel), "hello")
    await app.close()


async def test_a_process_is_told_what_to_have_and_tells_what_was_sent():
    async with discord_process() as discord, open_loop("rest") as loop:
        guild = await discord.order("add_guild", name="Snow")
        ann = await discord.order("add_member", guild=guild["id"], name="Ann", manage_guild=True)
        channel = await discord.order("add_channel", guild=guild["id"], name="codes")
        await loop.call(post, discord.rest_url, discord.token, channel["id"])
        said = await discord.order("say", channel=channel["id"], member=ann["id"], text="thanks")
        sent, thanks = await discord.order("messages", channel=channel["id"])
        assert (sent["content"], sent["author"]["id"]) == ("hello", discord.bot_id)
        assert (thanks["id"], thanks["author"]["id"]) == (said["id"], ann["id"])
        asked = await discord.order("requests")
        assert asked == [["POST", f"/channels/{channel['id']}/messages", 200]]
        assert await discord.order("gateway") == {"sessions": 0, "identifies": 0, "resumes": 0}
        assert "there is no order" in (await discord.order("nothing"))["error"]
        assert "KeyError" in (await discord.order("messages", channel="1"))["error"]
