"""Thousands of actors: started, crashed, restarted, stopped. Nothing is left of them."""

import gc
import sys
from itertools import pairwise

import pytest
import trio
import trio.testing

from supervision import (
    Actor,
    ActorRef,
    ActorSpec,
    Backoff,
    Crashed,
    DynamicSpec,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Trace, crash, settle

MANY = 10_000


class Echo(Actor):
    async def started(self) -> None:
        self.state = bytearray(64)

    async def receive(self, message: object) -> object:
        return message


def spec_of(many: int) -> SupervisorSpec:
    """Each may crash once: what is counted is kept for `period`."""
    return SupervisorSpec("t", [ActorSpec(f"{n}", Echo) for n in range(many)], intensity=many)


def blocks() -> int:
    """Blocks of memory in use. RSS would count what the allocator keeps, tracing would take a minute."""
    gc.collect()
    return sys.getallocatedblocks()


def tasks() -> int:
    return trio.lowlevel.current_statistics().tasks_living


async def run_and_restart(tree: Tree, many: int) -> list[int]:
    """Blocks in use with all running, and with all running again."""
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        running = blocks()
        for number in range(many):
            crash(tree.ref(f"{number}"))
        await settle()
        assert tree.supervisor().counts().active == many
        assert all(node.restarts == 1 for node in tree.supervisor().children())
        assert await tree.ref(f"{many - 1}").ask("still there?") == "still there?"
        again = blocks()
        tree.stop()
    return [running, again]


async def a_life(many: int) -> list[int]:
    """Blocks in use: before, with all running, with all running again, and after."""
    spec = spec_of(many)
    before, tasks_before = blocks(), tasks()
    seen = await run_and_restart(Tree(spec), many)
    assert tasks() == tasks_before, "no task is left"
    return [before, *seen, blocks()]


def test_nothing_is_left_of_ten_thousand_and_memory_is_back_within_ten_percent() -> None:
    async def main() -> list[int]:
        await a_life(100)  # so that caches and what is made only once do not count
        return await a_life(MANY)

    before, running, again, after = trio.run(main)
    assert running - before > MANY
    assert again - before <= 1.1 * (running - before), "a restart leaves next to nothing behind"
    assert after - before <= 0.1 * (running - before), "and a stop nothing"


async def test_what_was_stopped_in_its_backoff_is_not_kept_until_it_would_have_been_due(
    autojump_clock: object,
) -> None:
    template = ActorSpec("x", Echo, backoff=Backoff(10_000, max=10_000))
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", template, intensity=5000)])) as tree:
        workers = tree.dynamic("d")
        kept = await workers.start_child("kept")
        crash(kept)
        for number in range(1000):
            crash(await workers.start_child(f"{number}"))
            await settle(1)
            await workers.stop_child(f"{number}")
        assert len(tree.root.children[0].runner._waiting) < 300  # type: ignore[union-attr, arg-type]
        await trio.sleep(10_000)
        assert await kept.ask("still there?") == "still there?"


class Link(Actor):
    """Asks another when it is told to, and in the end, after a second, the first of `ring`."""

    def __init__(self, ring: list[ActorRef]) -> None:
        self.ring = ring

    async def receive(self, message: object) -> object:
        if isinstance(message, ActorRef):
            return await message.ask("and you?", None)
        await trio.sleep(1)
        return await self.ring[0].ask("and you?", None) if self.ring else message


@pytest.mark.parametrize("closed", [True, False])
async def test_a_row_of_two_thousand_who_wait_for_the_next_is_no_ring_unless_it_is_closed(
    autojump_clock: object, closed: bool
) -> None:
    trace, ring = Trace(), list[ActorRef]()
    links = [ActorSpec(f"{n}", lambda: Link(ring)) for n in range(2000)]
    async with open_tree(SupervisorSpec("t", links, intensity=2000), on_event=trace) as tree:
        refs = [tree.ref(f"{n}") for n in range(2000)]
        ring += refs[:closed]
        for asker, asked in reversed([*pairwise(refs)]):
            asker.tell(asked)
            await settle(1)
        assert trace.of(Crashed) == []
        await trio.sleep(2)
        told = [event.error.text for event in trace.events if isinstance(event, Crashed)]
        way = "asking in a ring can't be answered: t/1999 → t/0 → t/1 → t/2 → "
        assert [text[: len(way)] for text in told[:1]] == [way] * closed


async def test_a_thousand_children_stop_without_a_pass_over_all_for_each(autojump_clock: object) -> None:
    template = ActorSpec("x", Actor, mailbox=1)
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", template)])) as tree:
        for number in range(1000):
            await tree.dynamic("d").start_child(str(number))
        overdue = tree.root.children[0].runner._overdue  # type: ignore[union-attr]
        tree.stop()
        await settle()
        assert overdue._watched == {}
    assert len(tree.dynamic("d")) == 0
