"""How fast outcomes are recorded in the file and in MongoDB, and how far behind MongoDB is meanwhile."""

import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from actors.pair import Pair
from actors.replica import ReplicaActor, ReplicaClient
from actors.replicated import ReplicatedStore
from actors.replicated_storage import ReplicatedStorageActor
from actors.storage import StoreClient, one_thread
from benchmarks.recording import OUTCOMES, SESSIONS, STORAGE, describe_delays, record_outcomes, watched_loop
from benchmarks.timing import Measured, stopwatch
from daemon.process import collect_garbage_seldom
from daemon.storage import SQLiteStore
from daemon.storage.mongodb import MongoAddress, open_replica
from supervision import ActorSpec, SupervisorSpec, Tree

SERVER = "PERKD_TEST_MONGODB_URI"
"""Names the server; without it a stand-in in a process of its own, which shares the machine's cores."""
CATCH_UP_WITHIN = 120.0
"""Seconds."""


def both() -> Measured:
    """Outcomes per second with both stores, the event loop's delay meanwhile, MongoDB's lag at the end."""
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory, mongodb_server() as uri:
        return trio.run(_measure, Path(directory), MongoAddress.parse(uri, f"bench_{uuid.uuid4().hex[:8]}"))


@contextmanager
def mongodb_server() -> Iterator[str]:
    """The address of a server, which ends with the block where it is the stand-in."""
    if SERVER in os.environ:
        yield os.environ[SERVER]
        return
    line = [sys.executable, "-m", "tests.worlds.mongodb"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["uri"]
        process.kill()


def _spec(directory: Path, address: MongoAddress, tree: list[Tree]) -> SupervisorSpec:
    def store() -> ReplicatedStore:
        replica = ReplicaClient(tree[0].ref("mongodb"))
        return ReplicatedStore(
            Pair(SQLiteStore(directory / "perkd.sqlite3"), replica, one_thread(), time.time)
        )

    return SupervisorSpec(
        "bench",
        [
            ActorSpec(
                "mongodb", lambda: ReplicaActor(lambda: open_replica(address, holder=uuid.uuid4().hex))
            ),
            ActorSpec(STORAGE, lambda: ReplicatedStorageActor(store())),
        ],
    )


async def _measure(directory: Path, address: MongoAddress) -> Measured:
    trees: list[Tree] = []
    tree = Tree(_spec(directory, address, trees))
    trees.append(tree)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        store = StoreClient(tree.ref(STORAGE), timeout=60.0)
        await record_outcomes(store, SESSIONS)  # what is made at first use is made now
        async with watched_loop() as delays:
            with stopwatch() as watch:
                await record_outcomes(store, OUTCOMES)
        lag = await _lag(store)
        with stopwatch() as catching_up:
            await _until_level(store)
        tree.stop()
    return {
        "per_second": OUTCOMES / watch.seconds,
        **describe_delays(delays),
        "lag": lag,
        "catch_up": catching_up.seconds,
    }


async def _lag(store: StoreClient) -> float:
    lag = (await store.status()).stores[1].lag
    return float("nan") if lag is None else float(lag)


async def _until_level(store: StoreClient) -> None:
    with trio.fail_after(CATCH_UP_WITHIN):
        while await _lag(store) != 0:  # noqa: ASYNC110 - what it waits for happens in MongoDB
            await trio.sleep(0.01)
