"""A crash of each actor in turn, with the real store and real HTTP: the work is done, and it shows."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import trio

from daemon.app import Daemon, open_daemon
from daemon.config import load_config
from daemon.simulator import SimPlayer, World
from supervision.testing import crash
from tests.worlds.processes import FAST, Host, open_host, small_world

PLAYERS = 12
ACTORS = (
    "storage",
    "status/setup",
    "status/control",
    "status/audit",
    "giftcodes/redemption/session_pool",
    "giftcodes/redemption/verifier",
    "giftcodes/campaign",
    "giftcodes/announcer",
    "giftcodes/pollers/feed",
)
"""All that are always there."""


@pytest.mark.parametrize("path", ACTORS)
async def test_a_crash_in_the_middle_leaves_the_campaign_complete_and_shows(
    tmp_path: Path, path: str
) -> None:
    world, players = small_world(players=PLAYERS, latency=0.03)
    async with _running(tmp_path, world, players) as (host, made):
        await _until(made, lambda seen: (seen["giftcodes"]["redeemed"] or 0) >= 2)
        crash(made.tree.ref(path))
        # Its restart waits for half a second: meanwhile somebody who asks is told, not left hanging.
        await _until(made, lambda seen: _node(seen["tree"], path)["restarts"] == 1)
        status = await _until(
            made, lambda seen: seen["giftcodes"]["redeemed"] == PLAYERS and seen["health"] == "healthy"
        )
        node = _node(status["tree"], path)
        assert "ordered for" in node["last_error"]
        assert made.events.crashes >= 1
        document = await host.until(lambda seen: seen["health"] == "healthy")
        assert _node(document["tree"], path)["restarts"] == 1
    game = world.stats.games["wos"]
    assert game.double_redemptions == 0
    assert world.stats.max_in_flight <= 2
    # A call in flight when its redeemer went down with the pool is made again: two at most.
    assert game.endpoints["gift_code"] <= PLAYERS + 2


async def test_the_actors_named_here_are_all_there_are(tmp_path: Path) -> None:
    world, players = small_world(players=0)
    async with _running(tmp_path, world, players) as (_, made):
        status = await made.report.make()
        assert set(_leaves(cast("dict[str, Any]", status["tree"]))) == {
            *ACTORS,
            "giftcodes/redemption/redeemers",
        }


@asynccontextmanager
async def _running(
    directory: Path, world: World, players: list[SimPlayer]
) -> AsyncIterator[tuple[Host, Daemon]]:
    async with open_host(directory, world) as host:
        host.write_config(FAST)
        host.add_players(players)
        config = load_config(host.config, os.environ)
        async with open_daemon(config) as made, trio.open_nursery() as nursery:
            await nursery.start(made.tree.run)
            yield host, made
            made.tree.stop()


async def _until(made: Daemon, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    status: dict[str, Any] = {}
    with trio.move_on_after(30):
        while True:
            status = await made.report.make()
            if met(status):
                return status
            await trio.sleep(0.01)
    raise AssertionError(f"not within 30 s: {status}")


def _node(tree: dict[str, Any], path: str) -> dict[str, Any]:
    for name in path.split("/"):
        (tree,) = [child for child in tree["children"] if child["name"] == name]
    return tree


def _leaves(node: dict[str, Any], path: str = "") -> list[str]:
    children = node["children"]
    if not children:
        return [path]
    return [leaf for child in children for leaf in _leaves(child, f"{path}/{child['name']}".lstrip("/"))]
