"""How fast outcomes are recorded, and whether that holds up the others."""

import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter

import trio
from attrs import evolve

from actors.giftcodes.model import Call, Outcome, Redemption, Status
from actors.ports import Put, Store
from actors.storage import StoreClient
from actors.writer import StorageActor
from benchmarks.timing import Measured, stopwatch
from daemon.process import collect_garbage_seldom
from daemon.storage import SQLiteBackend
from supervision import ActorSpec, SupervisorSpec, Tree, open_tree

OUTCOMES = 4_000
SESSIONS = 16
"""Redeemers that record at the same time; so many that the store is never idle."""
TICK = 0.001
STORAGE = "storage"

MakeTree = Callable[[Path], SupervisorSpec]
"""From an empty directory to a tree whose actor `STORAGE` keeps the state there."""


# --- the stores ---------------------------------------------------------------------------------


def _file_alone(directory: Path) -> SupervisorSpec:
    path = directory / "perkd.sqlite3"
    return SupervisorSpec("bench", [ActorSpec(STORAGE, lambda: StorageActor(lambda: SQLiteBackend(path)))])


# --- probes -------------------------------------------------------------------------------------


def sqlite() -> Measured:
    """The file alone: outcomes per second, and the event loop's delay meanwhile in milliseconds."""
    return measure(_file_alone)


def measure(make_tree: MakeTree) -> Measured:
    """What any store is measured by: it may be anywhere, but ends with its tree."""
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_measure, make_tree(Path(directory)))


async def _measure(spec: SupervisorSpec) -> Measured:
    async with open_tree(spec) as tree:
        store = StoreClient(tree.ref(STORAGE), timeout=60.0)
        await record_outcomes(store, SESSIONS)  # what is made at first use is made now
        async with watched_loop() as delays:
            with stopwatch() as watch:
                await record_outcomes(store, OUTCOMES)
        await _require_all(store, tree)
    return {"per_second": OUTCOMES / watch.seconds, **describe_delays(delays)}


async def _require_all(store: Store, tree: Tree) -> None:
    records = await store.find(Redemption, code="SNOW", outcome=Outcome.REDEEMED.value)
    assert len(records) == OUTCOMES, (len(records), tree.snapshot().to_json())


async def record_outcomes(store: Store, number: int) -> None:
    """Record so many, each as a redeemer does: that a call is about to be made, then its answer."""
    numbers = iter(range(number))
    async with trio.open_nursery() as nursery:
        for _ in range(SESSIONS):
            nursery.start_soon(_record_next, store, numbers)


async def _record_next(store: Store, numbers: Iterator[int]) -> None:
    for number in numbers:
        fid, now = str(100_000_000 + number), time.time()
        pair = Redemption("wos", fid, "SNOW", attempts=1, state="7", due_at=now, first_at=now, last_at=now)
        call = Call("wos", fid, f"{number:032x}", now)
        await store.commit(Put(pair), Put(call))
        redeemed = evolve(pair, outcome=Outcome.REDEEMED, status=Status.SUCCESS.value, last_at=time.time())
        await store.commit(Put(redeemed), Put(evolve(call, done_at=time.time())))


# --- the event loop's delay ---------------------------------------------------------------------


@asynccontextmanager
async def watched_loop() -> AsyncIterator[list[float]]:
    """How much later than asked for a sleep of a millisecond ends, again and again: milliseconds."""
    delays: list[float] = []

    async def tick() -> None:
        while True:
            began = perf_counter()
            await trio.sleep(TICK)
            delays.append((perf_counter() - began - TICK) * 1e3)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(tick)
        yield delays
        nursery.cancel_scope.cancel()


def describe_delays(delays: list[float]) -> Measured:
    """The 99th percentile, and the worst."""
    ordered = sorted(delays)
    return {"p99": ordered[int(len(ordered) * 0.99)], "worst": ordered[-1]}
