"""Thousands of actors: started, crashed, restarted, stopped. Nothing is left of them."""

import gc
import sys

import trio
import trio.testing

from supervision import Actor, ActorSpec, DynamicSpec, SupervisorSpec, Tree, open_tree
from supervision.testing import crash, settle

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
