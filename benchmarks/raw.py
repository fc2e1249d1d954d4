"""The yardstick: the same things done with bare trio, without supervision."""

import statistics
from collections.abc import Callable
from functools import partial
from time import perf_counter

import trio
import trio.testing

from benchmarks.timing import KIB, Measured, Meter, read, resident, stopwatch, traced

MAILBOX = 1024
SMALL_MAILBOX = 64
SENDS = 60_000
ASKS = 20_000
ACTORS = 10_000
CRASHES = 2_000

Question = tuple[object, list[object], trio.Event]


def send() -> Measured:
    """`await send` on one side, `async for` on the other: messages per second."""
    return {"per_second": trio.run(_send)}


async def _send() -> float:
    sender, receiver = trio.open_memory_channel[int](MAILBOX)

    async def serve() -> None:
        async for _ in receiver:
            pass

    with stopwatch() as watch:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            for number in range(SENDS):
                await sender.send(number)
            sender.close()
    return SENDS / watch.seconds


async def _answer(receiver: "trio.MemoryReceiveChannel[Question]") -> None:
    async for message, answers, answered in receiver:
        answers.append(message)
        answered.set()


async def _ask(sender: "trio.MemorySendChannel[Question]", message: object) -> object:
    answers: list[object] = []
    answered = trio.Event()
    await sender.send((message, answers, answered))
    await answered.wait()
    return answers[0]


def ask(clients: int = 1) -> Measured:
    """A question through a channel, the answer through an Event made for it: answers per second."""
    return {"per_second": trio.run(_ask_all, clients)}


ask_100 = partial(ask, 100)


async def _ask_all(clients: int) -> float:
    sender, receiver = trio.open_memory_channel[Question](MAILBOX)

    async def client() -> None:
        for number in range(ASKS // clients):
            await _ask(sender, number)

    async with trio.open_nursery() as server:
        server.start_soon(_answer, receiver)
        with stopwatch() as watch:
            async with trio.open_nursery() as nursery:
                for _ in range(clients):
                    nursery.start_soon(client)
        server.cancel_scope.cancel()
    return ASKS / watch.seconds


async def _start(nursery: trio.Nursery) -> "trio.MemorySendChannel[Question]":
    sender, receiver = trio.open_memory_channel[Question](SMALL_MAILBOX)
    nursery.start_soon(_answer, receiver)
    return sender


def start() -> Measured:
    """A task with a channel, from `start_soon` to its first answer, one after another: µs each."""
    return {"us": trio.run(_start_all)}


async def _start_all() -> float:
    async with trio.open_nursery() as nursery:
        with stopwatch() as watch:
            alive = []
            for number in range(ACTORS):
                sender = await _start(nursery)
                alive.append(sender)
                await _ask(sender, number)
        nursery.cancel_scope.cancel()
    return watch.seconds / ACTORS * 1e6


def idle(meter: Meter = resident) -> Measured:
    """What a waiting task with a channel takes: KiB each."""
    return {"kib": trio.run(_idle, meter)}


idle_traced = partial(idle, traced)


async def _idle(meter: Meter) -> float:
    async with trio.open_nursery() as nursery:
        before = read(meter)
        alive = [await _start(nursery) for _ in range(ACTORS)]
        await trio.testing.wait_all_tasks_blocked()
        after = read(meter)
        nursery.cancel_scope.cancel()
    return (after - before) / len(alive) / KIB


def restart() -> Measured:
    """A loop that catches what its body raises: µs from a crash told to the next message handled, median."""
    return {"us": trio.run(_restart)}


class Ordered(Exception):  # noqa: N818 - what the benchmark ordered
    """The crash that was ordered."""


async def _restart() -> float:
    sender, receiver = trio.open_memory_channel["Callable[[], None]"](SMALL_MAILBOX)

    async def serve() -> None:
        while True:
            try:
                while True:
                    message = await receiver.receive()
                    message()
            except Ordered:
                await trio.lowlevel.checkpoint()  # or a loop of crashes would let nobody run

    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve)
        latency = await time_restarts(sender.send_nowait)
        nursery.cancel_scope.cancel()
    return latency


async def time_restarts(tell: "Callable[[Callable[[], None]], None]") -> float:
    """Tell somebody who calls its messages to crash and to go on: µs until it went on, median."""
    latencies = []
    handled = trio.Event()

    def crash() -> None:
        raise Ordered

    def note() -> None:
        handled.set()

    for _ in range(CRASHES):
        handled = trio.Event()
        began = perf_counter()
        tell(crash)
        tell(note)
        await handled.wait()
        latencies.append(perf_counter() - began)
    return statistics.median(latencies) * 1e6
