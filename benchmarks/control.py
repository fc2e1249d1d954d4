"""The running daemon, asked for its status by another process, through its Unix socket."""

import gc
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import PIPE
from time import perf_counter

import trio
from attrs import define, field

from actors.ports import Put
from benchmarks.campaign import BATCH, GAME, NO_LATENCY, SilentBoard, find_code, running, until_waiting
from benchmarks.giftcodes import CROWD, LOOKS
from benchmarks.timing import Measured
from daemon.app import open_daemon
from daemon.config import load_config
from daemon.logs import configure_logging
from daemon.process import collect_garbage_seldom
from daemon.simulator import World, serve
from daemon.storage import SQLiteBackend
from daemon.storing import database
from supervision import Tree


def status() -> Measured:
    """The whole exchange of `perkd status` with a daemon of 10,000 redeemers: milliseconds.

    `pause` is the longest collection of garbage in the daemon, `alarms` how many answers said
    anything but `healthy`, although nothing was wrong.
    """
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_status, Path(directory))


async def _status(directory: Path) -> Measured:
    world = CROWD.world(NO_LATENCY)
    with (directory / "perkd.log").open("w") as log:
        configure_logging("json", "info", log)
        async with trio.open_nursery() as nursery:
            port = await nursery.start(serve, world)
            config = load_config(write_config(directory, world, port), {})
            fill(database(config))
            async with open_daemon(config, SilentBoard()) as made:
                measured = await _ask_daemon(made.tree, config.status.socket)
            nursery.cancel_scope.cancel()
    return measured


async def _ask_daemon(tree: Tree, socket: Path) -> Measured:
    async with running(tree):
        with watch_collector() as pauses:
            async with asking(socket) as busy:
                await find_code(tree)
                await until_waiting(tree, CROWD.players)
        async with asking(socket) as calm:
            await calm.enough.wait()
        tree.cancel()
    times = sorted(calm.times)
    return {
        "median": times[len(times) // 2],
        "worst": times[-1],
        "worst_busy": max(busy.times),
        "alarms": sum(health != "healthy" for health in (*busy.health, *calm.health)),
        "pause": max(pauses, default=0.0),
    }


def write_config(directory: Path, world: World, port: int, *, listen: str = "") -> Path:
    """The configuration of a daemon whose game is `world`."""
    key, config = directory / "key", directory / "config.toml"
    key.write_text(world.games[GAME].key)
    config.write_text(
        f"""
        [perkd]
        data_dir = "{directory}"
        [status]
        socket = "{directory / "perkd.sock"}"
        listen = "{listen}"
        [games.{GAME}]
        protocol = "v2"
        base_url = "http://127.0.0.1:{port}/{GAME}/api"
        origin = "http://127.0.0.1:{port}"
        sign_key_file = "{key}"
        """
    )
    return config


def fill(path: Path) -> None:
    """Put the players and codes into the store."""
    records, backend = CROWD.records(time.time()), SQLiteBackend(path)
    backend.open()
    for first in range(0, len(records), BATCH):
        backend.commit([Put(record) for record in records[first : first + BATCH]])
    backend.close()


@define
class Asked:
    """What another process hears from the daemon: milliseconds and health of each answer."""

    times: list[float] = field(factory=list)
    health: list[str] = field(factory=list)
    first: trio.Event = field(factory=trio.Event)
    enough: trio.Event = field(factory=trio.Event)

    async def listen(self, lines: trio.abc.ReceiveStream) -> None:
        """Take down its times until it ends."""
        rest = b""
        async for chunk in lines:
            *complete, rest = (rest + chunk).split(b"\n")
            for line in complete:
                taken, health = line.decode().split()
                self.times.append(float(taken))
                self.health.append(health)
            if self.times:
                self.first.set()
            if len(self.times) >= LOOKS:
                self.enough.set()


@asynccontextmanager
async def asking(socket: Path) -> AsyncIterator[Asked]:
    """Another process asks for the status again and again, for the length of the block."""
    asked = Asked()
    command = [sys.executable, "-m", "benchmarks.status_client", str(socket)]
    async with trio.open_nursery() as nursery:
        process = await trio.lowlevel.open_process(command, stdin=PIPE, stdout=PIPE)
        assert process.stdin is not None
        assert process.stdout is not None
        nursery.start_soon(asked.listen, process.stdout)
        await asked.first.wait()
        yield asked
        await process.stdin.aclose()
        await process.wait()
    assert process.returncode == 0


@contextmanager
def watch_collector() -> Iterator[list[float]]:
    """How long each collection of garbage took, in milliseconds."""
    pauses: list[float] = []
    began = 0.0

    def note(phase: str, _: dict[str, int]) -> None:
        nonlocal began
        if phase == "start":
            began = perf_counter()
        else:
            pauses.append((perf_counter() - began) * 1e3)

    gc.callbacks.append(note)
    try:
        yield pauses
    finally:
        gc.callbacks.remove(note)
