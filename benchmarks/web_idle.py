"""The daemon with 10,000 redeemers while another process opens 10,000 connections and leaves them idle."""

import json
import sys
import tempfile
from pathlib import Path

import trio

from benchmarks.campaign import NO_LATENCY, SilentBoard, find_code, running, until_waiting
from benchmarks.control import fill, write_config
from benchmarks.giftcodes import CROWD
from benchmarks.recording import describe_delays, watched_loop
from benchmarks.timing import Measured
from daemon.app import open_daemon
from daemon.config import load_config
from daemon.logs import configure_logging
from daemon.process import collect_garbage_seldom
from daemon.simulator import serve
from daemon.storing import database
from tests.worlds.ports import free_port

NUMBER = 10_000
QUIET = 5.0
"""Seconds that are watched before, to compare with."""


def flood() -> Measured:
    """How late the daemon's loop is meanwhile, and before: milliseconds; how the health check fares."""
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_flood, Path(directory))


async def _flood(directory: Path) -> Measured:
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
                async with watched_loop() as delays:
                    await trio.sleep(QUIET)
                    before = describe_delays(delays)
                    delays.clear()
                    told = await _flooded(web)
                    meanwhile = describe_delays(delays)
                made.tree.cancel()
            nursery.cancel_scope.cancel()
    return {"quiet_p99": before["p99"], **meanwhile, **told}


async def _flooded(port: int) -> Measured:
    command = [sys.executable, "-m", "benchmarks.web_flood", str(port), str(NUMBER)]
    done = await trio.run_process(command, capture_stdout=True)
    told: Measured = json.loads(done.stdout)
    return told
