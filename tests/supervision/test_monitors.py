"""Monitors: one notice when an actor has ended for good."""

import pytest
import trio

from supervision import (
    Actor,
    ActorSpec,
    DeadLetters,
    Down,
    Kind,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

QUIT = Do(stop=True)


def timers(tree: Tree) -> int:
    """How many are pending."""
    return sum(entry.pending for _, _, entry in tree.wheel._heap)


async def test_a_monitor_gets_one_notice_at_the_end_and_none_for_a_restart(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("watcher"), probes.spec("a", kind=Kind.TRANSIENT)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        watcher, ref = tree.ref("watcher"), tree.ref("a")
        ref.monitor(watcher, "a is gone")
        crash(ref)
        await settle()
        assert probes.logs["watcher"].heard == []
        await ref.ask(QUIT)
        await settle()
        assert probes.logs["watcher"].heard == ["a is gone"]
        ref.monitor(watcher, "gone long ago")
        await settle()
        assert probes.logs["watcher"].heard == ["a is gone", "gone long ago"]


async def test_a_notice_waits_for_room_in_the_mailbox(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec("watcher", mailbox=1), probes.spec("a", kind=Kind.TRANSIENT)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        tree.ref("a").monitor(tree.ref("watcher"), "gone")
        tree.ref("watcher").tell(Do(sleep=3))
        await settle()
        tree.ref("watcher").tell("fills it")
        await tree.ref("a").ask(QUIT)
        await trio.sleep(4)
        assert probes.logs["watcher"].heard == [Do(sleep=3), "fills it", "gone"]


async def test_notices_that_wait_for_room_keep_their_order(autojump_clock: object, probes: Probes) -> None:
    names = "abcdef"
    watched = [probes.spec(name, kind=Kind.TRANSIENT) for name in names]
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher", mailbox=2), *watched])) as tree:
        watcher = tree.ref("watcher")
        for order in (Do(sleep=3.03), Do(sleep=0.5), Do()):
            watcher.tell(order)
            await settle()
        for name in names:
            tree.ref(name).monitor(watcher, name)
            await tree.ref(name).ask(QUIT)
            await trio.sleep(0.02)
        assert timers(tree) == 1, "one for all"
        await trio.sleep(9)
        assert probes.logs["watcher"].heard[3:] == [*names]
        assert timers(tree) == 0
        tree.ref("a").monitor(watcher, "at once")
        await settle()
        assert probes.logs["watcher"].heard[-1] == "at once"


async def test_notices_that_wait_for_room_end_with_the_life_of_the_watcher(
    autojump_clock: object, probes: Probes
) -> None:
    watched = [probes.spec(name, kind=Kind.TRANSIENT) for name in "ab"]
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher", mailbox=1), *watched])) as tree:
        watcher = tree.ref("watcher")
        for name, again in (("a", True), ("b", False)):
            tree.ref(name).monitor(watcher, name)
            watcher.tell(Do(sleep=1))
            await settle()
            watcher.tell("fills it")
            await tree.ref(name).ask(QUIT)
            await settle()
            if again:
                await tree.supervisor().stop_child("watcher")
                await tree.supervisor().restart_child("watcher")
        await trio.sleep(9)
        assert probes.logs["watcher"].heard == [Do(sleep=1), Do(sleep=1), "fills it", "b"]


async def test_a_watcher_that_died_first_is_no_trouble(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec(name, kind=Kind.TRANSIENT, mailbox=1) for name in ("watcher", "late", "a")]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        watcher, late, ref = (tree.ref(name) for name in ("watcher", "late", "a"))
        ref.monitor(watcher, "gone")
        ref.monitor(late, "gone")
        await watcher.ask(QUIT)
        late.tell(Do(sleep=1, stop=True))
        await settle()
        late.tell("fills it")  # its notice has to wait, and then it is gone as well
        await ref.ask(QUIT)
        await trio.sleep(2)
        assert not ref.alive
        assert tree.snapshot().state == "running"


async def test_watchers_that_died_are_forgotten(autojump_clock: object, probes: Probes) -> None:
    watchers = [probes.spec(f"w{number}", kind=Kind.TEMPORARY) for number in range(64)]
    async with open_tree(SupervisorSpec("t", [probes.spec("a"), *watchers])) as tree:
        for spec in watchers:
            tree.ref("a").monitor(tree.ref(spec.name), "gone")
            await tree.ref(spec.name).ask(QUIT)
            await settle()
        assert len(tree.ref("a")._cell.watchers) <= 32


async def test_a_watcher_that_crashes_and_asks_again_is_told_once(
    autojump_clock: object, probes: Probes
) -> None:
    told: list[object] = []

    class Watcher(Actor):
        async def started(self) -> None:
            ref.monitor(self.ref)
            ref.monitor(self.ref, ("gone", ref))

        async def receive(self, message: object) -> None:
            told.append(message)

    child, watcher = probes.spec("a", kind=Kind.TRANSIENT), ActorSpec("w", Watcher)
    tree = Tree(SupervisorSpec("t", [child, watcher], intensity=100))
    ref = tree.ref("a")
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        for _ in range(100):
            crash(tree.ref("w"))
            await settle(1)
        assert tree.ref("w")._cell.incarnation == 101
        assert len(ref._cell.watchers or ()) == 2
        await ref.ask(QUIT)
        await settle()
        assert told == [Down("t/a", "normal"), ("gone", ref)]
        tree.stop()


@pytest.mark.parametrize(
    ("first", "second", "heard"),
    [
        ("gone", "gone", ["gone"]),
        (("gone", 1), ("gone", 1), [("gone", 1)]),
        ("gone", "really", ["gone", "really"]),
        (["gone"], ["gone"], [["gone"], ["gone"]]),  # what has no hash is not known again
        (1, ["gone"], [1, ["gone"]]),
    ],
)
async def test_asking_again_with_an_equal_message_is_one_notice_and_with_another_is_another(
    autojump_clock: object, probes: Probes, first: object, second: object, heard: list[object]
) -> None:
    watchers = [probes.spec(name) for name in ("watcher", "other")]
    async with open_tree(SupervisorSpec("t", [*watchers, probes.spec("a", kind=Kind.TRANSIENT)])) as tree:
        ref = tree.ref("a")
        for name in ("watcher", "other"):
            ref.monitor(tree.ref(name), first)
            ref.monitor(tree.ref(name), second)
        await ref.ask(QUIT)
        await settle()
        assert probes.logs["watcher"].heard == probes.logs["other"].heard == heard
        ref.monitor(tree.ref("other"), first)  # none is pending: this is told at once
        await settle()
        assert probes.logs["other"].heard == [*heard, first]


async def test_a_monitor_hears_of_the_end_with_the_whole_branch(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a")], Strategy.ONE_FOR_ONE, 0, kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), inner])) as tree:
        tree.ref("in/a").monitor(tree.ref("watcher"), "gone")
        crash(tree.ref("in/a"))
        await settle()
        assert probes.logs["watcher"].heard == ["gone"]


async def test_a_notice_that_comes_when_the_watcher_has_stopped_is_no_dead_letter(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a"), probes.spec("watcher")])
    async with open_tree(spec, on_event=probes.trace) as tree:
        tree.ref("a").monitor(tree.ref("watcher"))
        tree.ref("watcher").tell(Do(sleep=1))
        await settle()
        tree.stop()  # the watcher first: it reads no more
    assert probes.trace.of(DeadLetters) == []
    assert tree.snapshot().children[1].dead_letters == {}
