"""VIP threads, measured: how late a message is, what a session costs, how long hundreds take to start."""

import random
import statistics
import tempfile
from pathlib import Path
from time import perf_counter

import trio

from actors.vip.words import Word
from benchmarks.timing import KIB, Measured, Meter, read, resident, traced
from benchmarks.vip_world import CALM, PATIENCE, Hall
from daemon.process import collect_garbage_seldom

SESSIONS, FEW = 500, 10
PER_SECOND = 20
SECONDS = 15
CLICKS = 100
LONG = 1_000
_MS = 1000.0


def latency() -> Measured:
    """500 sessions, 20 messages a second in all, both ways: from being told to being given away, in ms.

    Recorded in SQLite meanwhile; before that all sessions start with a missed message each.
    """
    collect_garbage_seldom()  # as `perkd run` does
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_latency, Hall(Path(directory), SESSIONS))


async def _latency(hall: Hall) -> Measured:
    async with hall.stored():
        for number in range(SESSIONS):
            hall.ask(number, f"missed {number}", told=False)
        began = perf_counter()
        async with hall.running():
            await hall.until_sent(SESSIONS)
            started = perf_counter() - began
            await trio.sleep(1.0)
            late = await _talk(hall)
    return {
        "start": started,
        "p50": statistics.median(late),
        "p99": statistics.quantiles(late, n=100)[98],
        "worst": max(late),
    }


async def _talk(hall: Hall) -> list[float]:
    chance = random.Random(1)  # noqa: S311 - whom it meets, not a secret
    told, already = dict[str, float](), len(hall.sent_at)
    begun = trio.current_time()
    for count in range(PER_SECOND * SECONDS):
        await trio.sleep_until(begun + count / PER_SECOND)
        body, number = f"m{count}", chance.randrange(SESSIONS)
        told[body] = perf_counter()
        hall.ask(number, body) if chance.random() < 0.5 else hall.answer(number, body)
    await hall.until_sent(already + len(told))
    return [(hall.sent_at[body] - at) * _MS for body, at in told.items()]


def clicks() -> Measured:
    """100 clicks at once, of one member and of as many members: milliseconds until all are answered."""
    collect_garbage_seldom()
    with tempfile.TemporaryDirectory() as directory:
        return trio.run(_clicks, Hall(Path(directory), 0, spare=CLICKS + 1))


async def _clicks(hall: Hall) -> Measured:
    async with hall.stored(), hall.running():
        one = await _pressed(hall, ["1"] * CLICKS)
        assert len(hall.world.threads) == 1
        everybody = await _pressed(hall, [str(100 + n) for n in range(CLICKS)])
        assert len(hall.world.threads) == 1 + CLICKS
    return {"one": one * _MS, "all": everybody * _MS}


async def _pressed(hall: Hall, members: list[str]) -> float:
    began = perf_counter()
    tickets = [f"{member}-{number}" for number, member in enumerate(members)]
    for member, ticket in zip(members, tickets, strict=True):
        hall.click(member, ticket)
    with trio.fail_after(PATIENCE):
        while not all(hall.world.answers[ticket] for ticket in tickets):  # noqa: ASYNC110 - as a person looks
            await trio.sleep(0.001)
    words = [hall.world.answers[ticket][-1].word for ticket in tickets]
    assert set(words) <= {Word.OPENED, Word.ALREADY_OPEN}
    return perf_counter() - began


def idle(meter: Meter = resident) -> Measured:
    """An open session in which nobody writes: KiB each, without threads, chats, and the store."""
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as directory:
        trio.run(_idle, Hall(Path(first), FEW, pace=CALM), resident)  # what is made at first use is made now
        return {"kib": trio.run(_idle, Hall(Path(directory), SESSIONS, pace=CALM), meter)}


def idle_traced() -> Measured:
    """The same, as Python's allocators count it."""
    return idle(traced)


async def _idle(hall: Hall, meter: Meter) -> float:
    async with hall.stored():
        for number in range(hall.sessions):
            hall.ask(number, f"missed {number}", told=False)
        before = read(meter)
        async with hall.running():
            await hall.until_sent(hall.sessions)
            await trio.sleep(1.0)
            return (read(meter) - before) / hall.sessions / KIB


def long_session(meter: Meter = traced) -> Measured:
    """A session after 1,000 messages more: KiB, as Python's allocators count them."""
    with tempfile.TemporaryDirectory() as directory:
        return {"kib": trio.run(_long_session, Hall(Path(directory), 1), meter)}


async def _long_session(hall: Hall, meter: Meter) -> float:
    read(meter)  # tracing begins
    async with hall.stored(), hall.running():
        await _exchange(hall, "before", 400)
        before = read(meter)
        await _exchange(hall, "after", LONG)
        return (read(meter) - before) / KIB


async def _exchange(hall: Hall, name: str, count: int) -> None:
    """Messages both ways, of which the two sides keep nothing."""
    for number in range(count):
        body = f"{name} {number}"
        hall.ask(0, body) if number % 2 else hall.answer(0, body)
        await hall.until_sent(len(hall.sent_at) + (body not in hall.sent_at))
    await trio.sleep(1.0)
    world = hall.world
    world.steps.log.clear()
    hall.sent_at.clear()
    for thread in world.threads.values():
        thread.messages.clear()
    for chat in world.chats.values():
        chat.messages.clear()
        chat.everything.clear()
        chat.seen_keys.clear()
