"""The runtime, measured at what `raw` does without it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import trio
import trio.testing
from attrs import define, field

from benchmarks import raw
from benchmarks.timing import KIB, Measured, Meter, pin, read, resident, stopwatch, traced
from supervision import Actor, ActorRef, ActorSpec, DynamicRef, DynamicSpec, SupervisorSpec, Tree, open_tree

TELLS = 300_000
BURST = 64
"""Messages told before others run: the sender must let the actor have a turn."""
TIMEOUT = 5.0
SNAPSHOTS = 5
SIBLINGS = 1_000
"""Children of one plain supervisor: more than any tree written down by hand has."""


class Echo(Actor):
    """Answers with the question."""

    async def receive(self, message: object) -> object:
        return message


@define(eq=False)
class Counter(Actor):
    """Says when it has handled so many messages."""

    left: int
    done: trio.Event = field(factory=trio.Event)

    async def receive(self, _message: object) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Caller(Actor):
    """Calls its messages."""

    async def receive(self, message: object) -> None:
        assert callable(message)
        message()


@asynccontextmanager
async def one_actor(actor: Actor) -> AsyncIterator[ActorRef]:
    """A tree of one actor."""
    spec = ActorSpec("actor", lambda: actor, mailbox=raw.MAILBOX)
    async with open_tree(SupervisorSpec("bench", [spec])) as tree:
        yield tree.ref("actor")


@asynccontextmanager
async def crowd_tree() -> AsyncIterator[tuple[Tree, DynamicRef]]:
    """A tree with a dynamic supervisor, still without children."""
    template = ActorSpec("echo", Echo, mailbox=raw.SMALL_MAILBOX)
    async with open_tree(SupervisorSpec("bench", [DynamicSpec("crowd", template)])) as tree:
        yield tree, tree.dynamic("crowd")


async def fill(crowd: DynamicRef) -> None:
    """Start the children, and let them come to rest."""
    for number in range(raw.ACTORS):
        await crowd.start_child(str(number))
    await trio.testing.wait_all_tasks_blocked()


# --- messages -----------------------------------------------------------------------------------


def tell() -> Measured:
    """`tell`, a turn for the others after every burst: messages per second."""
    return {"per_second": trio.run(_tell)}


async def _tell() -> float:
    counter = Counter(TELLS)
    async with one_actor(counter) as ref:
        with stopwatch() as watch:
            for _ in range(TELLS // BURST):
                for number in range(BURST):
                    ref.tell(number)
                await trio.lowlevel.checkpoint()
            for number in range(TELLS % BURST):
                ref.tell(number)
            await counter.done.wait()
    return TELLS / watch.seconds


def send() -> Measured:
    """`await send`: messages per second."""
    return {"per_second": trio.run(_send)}


async def _send() -> float:
    counter = Counter(raw.SENDS)
    async with one_actor(counter) as ref:
        with stopwatch() as watch:
            for number in range(raw.SENDS):
                await ref.send(number)
            await counter.done.wait()
    return raw.SENDS / watch.seconds


def ask(clients: int = 1, limit: float | None = None) -> Measured:
    """`ask`, without a timeout or with one: answers per second."""
    return {"per_second": trio.run(_ask_all, clients, limit)}


ask_100 = partial(ask, 100)
ask_with_timeout = partial(ask, 1, TIMEOUT)
ask_100_with_timeout = partial(ask, 100, TIMEOUT)


def ask_pinned() -> Measured:
    """`ask` on one core."""
    pin()
    return ask()


async def _ask_all(clients: int, limit: float | None) -> float:
    async with one_actor(Echo()) as ref:

        async def client() -> None:
            for number in range(raw.ASKS // clients):
                await ref.ask(number, timeout=limit)

        with stopwatch() as watch:
            async with trio.open_nursery() as nursery:
                for _ in range(clients):
                    nursery.start_soon(client)
    return raw.ASKS / watch.seconds


# --- lives --------------------------------------------------------------------------------------


def start() -> Measured:
    """An actor from `start_child` to its first answer, one after another: µs each."""
    return {"us": trio.run(_start_all)}


async def _start_all() -> float:
    async with crowd_tree() as (_, crowd):
        with stopwatch() as watch:
            for number in range(raw.ACTORS):
                ref = await crowd.start_child(str(number))
                await ref.ask(number, timeout=None)
    return watch.seconds / raw.ACTORS * 1e6


def idle(meter: Meter = resident) -> Measured:
    """What a waiting actor takes, its supervisor's record of it included: KiB each."""
    return {"kib": trio.run(_idle, meter)}


idle_traced = partial(idle, traced)


async def _idle(meter: Meter) -> float:
    async with crowd_tree() as (_, crowd):
        before = read(meter)
        await fill(crowd)
        return (read(meter) - before) / raw.ACTORS / KIB


def restart() -> Measured:
    """A supervised actor: µs from the crash told to the next message handled, median."""
    return {"us": trio.run(_restart)}


async def _restart() -> float:
    spec = ActorSpec("actor", Caller, mailbox=raw.SMALL_MAILBOX)
    async with open_tree(SupervisorSpec("bench", [spec], intensity=raw.CRASHES)) as tree:
        return await raw.time_restarts(tree.ref("actor").tell)


def stop_dynamic() -> Measured:
    """Children of a dynamic supervisor, stopped at the same time: seconds for all."""
    return {"seconds": trio.run(_stop_dynamic)}


async def _stop_dynamic() -> float:
    async with crowd_tree() as (tree, crowd):
        await fill(crowd)
        return await _time_stop(tree)


def stop_in_order() -> Measured:
    """Children of a plain supervisor, stopped one after another, the last one first: µs each."""
    return {"us": trio.run(_stop_in_order)}


async def _stop_in_order() -> float:
    children = [ActorSpec(str(number), Echo, mailbox=raw.SMALL_MAILBOX) for number in range(SIBLINGS)]
    async with open_tree(SupervisorSpec("bench", children)) as tree:
        return await _time_stop(tree) / SIBLINGS * 1e6


async def _time_stop(tree: Tree) -> float:
    with stopwatch() as watch:
        tree.stop()
        while tree.root.state != "stopped":
            await trio.lowlevel.checkpoint()
    return watch.seconds


def snapshot() -> Measured:
    """The status of a tree with every child listed: µs a node."""
    return {"us": trio.run(_snapshot)}


async def _snapshot() -> float:
    async with crowd_tree() as (tree, crowd):
        await fill(crowd)
        with stopwatch() as watch:
            for _ in range(SNAPSHOTS):
                tree.snapshot(every_child=True)
        return watch.seconds / SNAPSHOTS / (raw.ACTORS + 2) * 1e6
