"""A running daemon and its page in a real browser."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import frozen

from daemon.app import Daemon, open_daemon
from daemon.config import load_config
from daemon.simulator import SimPlayer
from tests.worlds.browser import Tab, open_tab
from tests.worlds.ports import free_port
from tests.worlds.processes import Host, open_host, small_world

TOKEN = "a token of a test"


@frozen
class Shown:
    """A page, and what it shows."""

    tab: Tab
    host: Host
    made: Daemon
    url: str


@asynccontextmanager
async def showing(
    directory: Path,
    *,
    players: list[SimPlayer] | int = 3,
    more: str = "",
    token: str = "",
    **game: Any,
) -> AsyncIterator[Shown]:
    """A daemon that runs in this process, where a test can have it crash, and its page in a browser."""
    number = players if isinstance(players, int) else len(players)
    world, made_up = small_world(players=number, **game)
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERKD_STATUS_TOKEN", token)
        async with open_host(directory, world) as host:
            host.write_config(more, listen=f"127.0.0.1:{port}")
            host.add_players(made_up if isinstance(players, int) else players)
            config = load_config(host.config, {})
            async with open_daemon(config) as made, trio.open_nursery() as nursery:
                await nursery.start(made.tree.run)
                async with open_tab(directory) as tab:
                    url = f"http://127.0.0.1:{port}/"
                    await tab.open(url)
                    await tab.until("document.querySelector('[data-path]')")
                    yield Shown(tab, host, made, url)
                made.tree.stop()


async def log_in(shown: Shown) -> None:
    """Give the token as a person does."""
    await shown.tab.open(f"{shown.url}login")
    await shown.tab.type("#token", TOKEN)
    before = shown.tab.loaded
    await shown.tab.press("Enter")
    await shown.tab.until_loaded(before)
    await shown.tab.until("document.documentElement.hasAttribute('data-may-act')")
    await shown.tab.until("document.querySelector('[data-path]')")
