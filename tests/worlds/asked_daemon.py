"""A daemon that runs in the test's own process, and somebody who asks its port."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from attrs import define

from daemon.app import Daemon, open_daemon
from daemon.config import load_config
from daemon.simulator import SimPlayer
from tests.worlds.ports import free_port
from tests.worlds.processes import FAST, Host, open_host, small_world

TOKEN = "a token of a test"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@define
class Running:
    """A daemon, and somebody who asks it."""

    host: Host
    made: Daemon
    client: httpx.AsyncClient

    async def get(self, path: str, /, **query: Any) -> Any:
        answer = await self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, code: int = 200, /, **body: str) -> Any:
        answer = await self.client.post(path, json=body, headers=BEARER)
        assert answer.status_code == code, answer.text
        return answer.json()


@asynccontextmanager
async def running(
    directory: Path, players: list[SimPlayer] | None = None, more: str = FAST
) -> AsyncIterator[Running]:
    world, made_up = small_world()
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERKD_STATUS_TOKEN", TOKEN)
        async with open_host(directory, world) as host:
            host.write_config(more, listen=f"127.0.0.1:{port}")
            host.add_players(made_up if players is None else players)
            async with open_daemon(load_config(host.config, {})) as made, trio.open_nursery() as nursery:
                await nursery.start(made.tree.run)
                async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
                    yield Running(host, made, client)
                made.tree.stop()


async def until(look: Callable[[], Awaitable[Any]], met: Callable[[Any], Any], within: float = 60.0) -> Any:
    seen = None
    with trio.move_on_after(within):
        while True:
            seen = await look()
            if met(seen):
                return seen
            await trio.sleep(0.02)
    raise AssertionError(f"not within {within:g} s: {seen}")
