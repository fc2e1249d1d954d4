"""The page of a daemon with 10,000 redeemers: what a refresh costs the daemon, and how much it is sent.

Who asks is another process, so that the processor time of this one is the daemon's; the simulator of the game
answers one call every other second beside it.
"""

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

import trio
from attrs import frozen

from benchmarks.campaign import NO_LATENCY, SilentBoard, find_code, running, until_waiting
from benchmarks.control import fill, write_config
from benchmarks.giftcodes import CROWD
from benchmarks.timing import KIB, Measured
from daemon.app import open_daemon
from daemon.config import load_config
from daemon.logs import configure_logging
from daemon.process import collect_garbage_seldom
from daemon.simulator import serve
from daemon.storing import database
from daemon.web import page
from tests.worlds.ports import free_port

LOOKS = 30
"""Of each kind."""
REDEEMERS = "perkd/giftcodes/redemption/redeemers"
STATUS, CODES, CHILDREN, SEARCH = "status", "codes", "children", "search"
PATHS = {
    STATUS: "/ws?brief=1",
    CODES: "/api/progress?limit=10",
    CHILDREN: f"/api/children?path={REDEEMERS}&limit=25",
    SEARCH: "/api/search?words=9&limit=15",
}
"""What a page is sent each second, what it asks for every other one, and what for a person."""


@frozen
class Cost:
    """Of one answer: the daemon's milliseconds of processor time, the asker's milliseconds, KiB."""

    daemon: float
    worst: float
    kib: float


def refresh() -> Measured:
    """One refresh of everything that a page shows live, and the looking for a player."""
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_refresh, Path(directory))


async def _refresh(directory: Path) -> Measured:
    page.COUNTED_FOR = 0.0  # a page asks less often than a code is counted
    world, web = CROWD.world(NO_LATENCY), free_port()
    with (directory / "perkd.log").open("w") as log:
        configure_logging("json", "info", log)
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve, world)
            config = load_config(write_config(directory, world, port, listen=f"127.0.0.1:{web}"), {})
            fill(database(config))
            async with open_daemon(config, SilentBoard()) as made, running(made.tree):
                await find_code(made.tree)
                await until_waiting(made.tree, CROWD.players)
                await trio.sleep(3)
                idle = await _idle()
                costs = {name: await _cost(name, web, idle) for name in PATHS}
                made.tree.cancel()
            nursery.cancel_scope.cancel()
    live = [costs[name] for name in (STATUS, CODES, CHILDREN)]
    return {
        "daemon": sum(cost.daemon for cost in live),
        "kib": sum(cost.kib for cost in live),
        "worst": max(cost.worst for cost in (costs[CODES], costs[CHILDREN])),
        **{name: cost.daemon for name, cost in costs.items()},
        "search_worst": costs[SEARCH].worst,
    }


async def _idle() -> float:
    """The share of a processor that the daemon takes while nobody asks."""
    began, spent = perf_counter(), process_time()
    await trio.sleep(5)
    return (process_time() - spent) / (perf_counter() - began)


async def _cost(name: str, port: int, idle: float) -> Cost:
    scheme = "ws" if name == STATUS else "http"
    command = [
        sys.executable,
        "-m",
        "benchmarks.web_client",
        f"{scheme}://127.0.0.1:{port}{PATHS[name]}",
        "1",
    ]
    await trio.run_process(command, capture_stdout=True)  # what is read once, is read
    command[-1] = str(LOOKS)
    began, spent = perf_counter(), process_time()
    done = await trio.run_process(command, capture_stdout=True)
    asked = json.loads(done.stdout)
    daemon = process_time() - spent - idle * (perf_counter() - began)
    return Cost(max(daemon, 0.0) / LOOKS * 1e3, max(asked["ms"]), max(asked["bytes"]) / KIB)
