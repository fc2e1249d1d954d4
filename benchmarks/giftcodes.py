"""The gift-code half, measured: how long a campaign takes, what ten thousand redeemers cost."""

import math
from time import perf_counter

import trio
import trio.testing

from actors.giftcodes.model import Redemption
from benchmarks.campaign import (
    GAME,
    LIMIT,
    NEW_CODE,
    PERIOD,
    Case,
    find_code,
    make_data,
    running,
    until_waiting,
)
from benchmarks.timing import KIB, Measured, Meter, read, resident, traced
from daemon.simulator import Latency
from daemon.status import StatusReport

CAMPAIGN = Case(players=1_000, settled_codes=0)
CROWD = Case(players=10_000)
SHORT_LATENCY = Latency(0.1, 0.3)
TOO_LATE = 100_000.0
"""Virtual seconds after which a campaign is not waited for any more."""
LOOKS = 50


def makespan() -> Measured:
    """A code for 1,000 players on a virtual clock: times the least that the window allows."""
    began = perf_counter()
    measured = trio.run(_makespan, clock=trio.testing.MockClock(autojump_threshold=0))
    return {**measured, "real_seconds": perf_counter() - began}


async def _makespan() -> Measured:
    data = await make_data(CAMPAIGN, SHORT_LATENCY)
    tree = data.tree()
    async with running(tree):
        began = data.clock.now()
        await find_code(tree)
        with trio.fail_after(TOO_LATE):
            while data.redeemed < CAMPAIGN.players:  # noqa: ASYNC110 - virtual seconds cost nothing
                await trio.sleep(1.0)
        records = data.store.backend.find(Redemption, code=NEW_CODE)
    stats = data.world.stats.as_json()
    least = (math.ceil(CAMPAIGN.players / LIMIT) - 1) * PERIOD
    return {
        "ratio": (max(record.last_at or 0.0 for record in records) - began) / least,
        "rate_limited": stats["rate_limited"],
        "in_flight": stats["max_in_flight"],
    }


def waiting(meter: Meter = resident) -> Measured:
    """Redeemers that wait for their slot: KiB each, over the same records in a store without the tree."""
    return {"kib": trio.run(_waiting, meter)}


def waiting_traced() -> Measured:
    """The same, as Python's allocators count it."""
    return waiting(traced)


async def _waiting(meter: Meter) -> float:
    data = await make_data(CROWD)
    before = read(meter)
    tree = data.tree()
    async with running(tree):
        await find_code(tree)
        await until_waiting(tree, CROWD.players)
        after = read(meter)
        tree.cancel()
    return (after - before) / CROWD.players / KIB


def status() -> Measured:
    """The status with 10,000 redeemers, made in the process that asks: milliseconds."""
    return trio.run(_status)


async def _status() -> Measured:
    data = await make_data(CROWD)
    tree = data.tree()
    report = StatusReport(tree, data.clock, backend=None)
    async with running(tree):
        await find_code(tree)
        await until_waiting(tree, CROWD.players)
        calm = [await _time_status(report) for _ in range(LOOKS)]
        document = await report.make()
        tree.cancel()
    assert document["health"] == "healthy", document["problems"]
    assert GAME in str(document["giftcodes"])
    return {"median": sorted(calm)[LOOKS // 2], "worst": max(calm)}


async def _time_status(report: StatusReport) -> float:
    await trio.lowlevel.checkpoint()
    began = perf_counter()
    await report.make()
    return (perf_counter() - began) * 1e3
