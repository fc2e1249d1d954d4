"""The whole tree: its ends, cancellation from outside, what it finds and what it refuses."""

from typing import NoReturn

import pytest
import trio

from supervision import (
    Actor,
    ActorDead,
    ActorSpec,
    AskTimeout,
    Crashed,
    DynamicSpec,
    InvalidSpec,
    StartFailed,
    StopOverdue,
    SupervisorSpec,
    Tree,
    TreeFailed,
    open_tree,
    run_until_signal,
)
from supervision.cell import AnyCell
from supervision.dynamic_runner import _member
from supervision.snapshot import snapshot
from supervision.testing import Do, Probes, crash, settle
from supervision.wheel import Wheel

pytestmark = pytest.mark.usefixtures("any_order")

LATER = Do(sleep=1000)


def family(probes: Probes, grace: float = 5.0) -> SupervisorSpec:
    return SupervisorSpec("t", [probes.spec(name, grace=grace) for name in "abc"])


# --- cancellation from outside -------------------------------------------------------------------


async def test_a_cancellation_from_outside_becomes_an_ordered_stop(
    autojump_clock: object, probes: Probes
) -> None:
    with trio.move_on_after(3) as scope:
        async with open_tree(family(probes)):
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert probes.did()[3:] == ["stop c", "stop b", "stop a"]


async def test_the_ordered_stop_after_a_cancellation_has_a_deadline(
    autojump_clock: object, probes: Probes
) -> None:
    with trio.move_on_after(1):
        async with open_tree(family(probes, grace=1000), stop_within=10) as tree:
            for name in "abc":
                tree.ref(name).tell(LATER)
            await trio.sleep_forever()
    assert trio.current_time() == 11
    assert sorted(probes.did()[3:]) == ["crash a", "crash b", "crash c"]
    assert {child.state for child in tree.snapshot().children} == {"stopped"}


async def test_a_cancellation_during_the_start_stops_what_has_started(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a"), probes.spec("b", [Do(sleep=2)]), probes.spec("c")]
    with trio.move_on_after(1) as scope:
        async with open_tree(SupervisorSpec("t", children)):
            raise AssertionError("never started")
    assert scope.cancelled_caught
    assert probes.did() == ["start a", "start b", "stop b", "stop a"]


async def test_a_tree_that_runs_in_a_cancelled_scope_stops_in_order(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes))
    with trio.CancelScope() as scope:
        scope.cancel()
        await tree.run()
    did = probes.did()
    assert did == [f"start {step[6:]}" for step in did[: len(did) // 2]] + [
        f"stop {step[6:]}" for step in did[: len(did) // 2][::-1]
    ]


async def test_who_asks_from_elsewhere_is_told_when_a_cancelled_tree_has_ended(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes, grace=1))

    async def ask() -> None:
        with pytest.raises(ActorDead):
            await tree.ref("a").ask("queued behind", None)

    async def run_for(seconds: float) -> None:
        with trio.move_on_after(seconds):
            await tree.run()

    with trio.fail_after(100):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_for, 2)
            tree.ref("a").tell(LATER)
            nursery.start_soon(ask)


async def test_a_failure_is_told_also_when_the_surroundings_are_cancelled(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", grace=9), probes.spec("b")], intensity=0)
    tree = Tree(spec)
    tree.ref("a").tell(LATER)
    tree.ref("b").tell(Do(sleep=1, error=ValueError("boom")))
    with pytest.raises(TreeFailed, match="boom"):
        with trio.move_on_after(2):
            await tree.run()


async def test_an_error_in_the_block_stops_the_tree_in_order_and_comes_out(
    autojump_clock: object, probes: Probes
) -> None:
    async def block() -> NoReturn:
        async with open_tree(family(probes)):
            raise LookupError("mine")

    with pytest.RaisesGroup(LookupError):
        await block()
    assert probes.did()[3:] == ["stop c", "stop b", "stop a"]


# --- cancelling at once --------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.5, 2.5])
async def test_cancel_ends_everything_at_once_whatever_it_is_doing(
    autojump_clock: object, probes: Probes, seconds: float
) -> None:
    inner = SupervisorSpec("in", [probes.spec("b"), DynamicSpec("d", probes.template(grace=1000))])
    tree = Tree(SupervisorSpec("t", [probes.spec("a", [Do(sleep=1)], grace=1000), inner, probes.spec("z")]))

    async def disturb() -> None:
        await trio.sleep(1.25)
        if seconds > 1:
            tree.ref("a").tell(LATER)
            (await tree.dynamic("in/d").start_child("x", "x")).tell(LATER)
            await trio.sleep(0.75)
            tree.stop()

    with trio.fail_after(100):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tree.run)
            nursery.start_soon(disturb)
            await trio.sleep(seconds)
            tree.cancel()
            nursery.cancel_scope.deadline = trio.current_time() + 2
    assert tree.snapshot().state == "stopped"
    assert {child.state for child in tree.snapshot().children} == {"stopped"}
    assert all(log.alive == 0 for log in probes.logs.values())
    for path in ("a", "in/b", "z"):
        with pytest.raises(ActorDead):
            tree.ref(path).tell(1)


async def test_a_tree_that_was_cancelled_before_it_ran_ends_at_once(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes))
    tree.cancel()
    await tree.run()
    assert probes.did() == []


async def test_an_actor_that_fails_of_the_cancellation_does_not_spoil_it(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes), probes.trace)

    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("b").tell(LATER)
        await settle()
        tree.cancel()
    assert probes.trace.of(Crashed) == []


async def test_what_does_not_end_when_a_tree_is_cancelled_is_reported(
    autojump_clock: object, probes: Probes
) -> None:
    release = trio.Event()

    class Stubborn(Actor):
        async def receive(self, message: object) -> None:
            with trio.CancelScope(shield=True):
                await release.wait()

    children = [DynamicSpec("d", ActorSpec("w", Stubborn)), ActorSpec("s", Stubborn), probes.spec("b")]
    tree = Tree(SupervisorSpec("t", children), probes.trace)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        for ref in await tree.dynamic("d").start_child("1"), tree.ref("s"):
            ref.tell("work")
        await settle()
        tree.cancel()
        await trio.sleep(12)
        shown = [child.state for child in tree.snapshot().children[1:]]
        with trio.move_on_after(20), pytest.raises(AskTimeout):
            await tree.ref("s").ask("are you there?")
        release.set()
    assert shown == ["overdue", "stopped"]
    reports = [StopOverdue(path, waited) for waited in (5, 10) for path in ("t/d/1", "t/s")]
    assert probes.trace.of(StopOverdue) == reports
    assert tree.snapshot().state == "stopped"


async def test_of_several_that_linger_only_those_that_are_left_are_reported_again(
    autojump_clock: object, probes: Probes
) -> None:
    class Stubborn(Actor):
        async def receive(self, message: object) -> None:
            assert isinstance(message, int)
            with trio.CancelScope(shield=True):
                await trio.sleep(message)

    tree = Tree(SupervisorSpec("t", [ActorSpec(name, Stubborn) for name in "ab"]), probes.trace)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell(7)
        tree.ref("b").tell(11)
        await settle()
        tree.cancel()
    assert probes.trace.names([StopOverdue]) == ["StopOverdue t/a", "StopOverdue t/b", "StopOverdue t/b"]


# --- running -------------------------------------------------------------------------------------


async def test_a_tree_runs_once(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes)) as tree:
        with pytest.raises(RuntimeError, match="t: a tree runs once"):
            await tree.run()


async def test_without_a_signal_it_runs_until_it_is_stopped(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(family(probes))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(run_until_signal, tree)
        await settle()
        tree.stop()
    assert probes.did()[3:] == ["stop c", "stop b", "stop a"]


async def test_running_until_a_signal_tells_failures_bare(autojump_clock: object, probes: Probes) -> None:
    with pytest.raises(StartFailed, match="t/a: OSError"):
        await run_until_signal(Tree(SupervisorSpec("t", [probes.spec("a", [Do(error=OSError())])])))
    tree = Tree(SupervisorSpec("t", [probes.spec("b")], intensity=0))
    tree.ref("b").tell(Do(error=ValueError()))
    with pytest.raises(TreeFailed):
        await run_until_signal(tree)
    for fatal in SystemExit(4), GeneratorExit():
        tree = Tree(SupervisorSpec("t", [probes.spec("c")]))
        tree.ref("c").tell(Do(error=fatal))
        with pytest.raises(type(fatal)):
            await run_until_signal(tree)


async def test_running_until_a_signal_can_be_cancelled_like_anything_else(
    autojump_clock: object, probes: Probes
) -> None:
    with trio.move_on_after(3) as scope:
        await run_until_signal(Tree(family(probes)))
    assert scope.cancelled_caught
    assert probes.did()[3:] == ["stop c", "stop b", "stop a"]


async def test_a_failed_tree_arrives_in_a_group_at_the_block_around_it(
    autojump_clock: object, probes: Probes
) -> None:
    async def block() -> None:
        async with open_tree(SupervisorSpec("t", [probes.spec("a")], intensity=0)) as tree:
            crash(tree.ref("a"))
            await trio.sleep_forever()

    with pytest.RaisesGroup(pytest.RaisesExc(TreeFailed, match="Injected")):
        await block()


# --- finding -------------------------------------------------------------------------------------


async def test_what_is_not_there_is_named(autojump_clock: object, probes: Probes) -> None:
    inner = SupervisorSpec("in", [probes.spec("a"), DynamicSpec("d", probes.template())])
    tree = Tree(SupervisorSpec("t", [inner]))
    assert tree.ref("in/a").path == "t/in/a"
    assert tree.dynamic("in/d").path == "t/in/d"
    for path, why in {
        "x": "t has no child 'x'",
        "in/x": "t/in has no child 'x'",
        "in/a/x": "t/in/a has no child 'x'",
        "in/d/x": "t/in/d has no child 'x'",
        "in": "is a supervisor, not an actor",
        "": "t has no child ''",
    }.items():
        with pytest.raises(KeyError, match=why):
            tree.ref(path)
    with pytest.raises(KeyError, match="in/a: is not a dynamic supervisor"):
        tree.dynamic("in/a")


# --- what a tree refuses -------------------------------------------------------------------------


def test_a_tree_names_what_it_is_not_made_of(probes: Probes) -> None:
    with pytest.raises(InvalidSpec, match="Tree: spec = 'x': must be a SupervisorSpec"):
        Tree("x")  # type: ignore[arg-type]
    with pytest.raises(InvalidSpec, match="Tree: stop_within = -1: must be 0 seconds or more"):
        Tree(family(probes), stop_within=-1)


async def test_what_only_actors_do_is_not_heard_of_a_root_nor_shown_of_a_bare_cell(probes: Probes) -> None:
    tree = Tree(family(probes))
    with pytest.raises(AssertionError):
        tree.heard_declined(tree.root, "no")
    with pytest.raises(AssertionError):
        tree.heard_ending(tree.root)
    with pytest.raises(TypeError, match="t is not a child of a dynamic supervisor"):
        _member(tree.root)
    with pytest.raises(TypeError, match="no snapshot of a AnyCell"):
        snapshot(AnyCell("t/x", tree))


async def test_the_wheel_keeps_only_what_is_pending(autojump_clock: object) -> None:
    wheel = Wheel()
    fired: list[int] = []
    entries = [wheel.add(float(number), lambda number=number: fired.append(number)) for number in range(600)]  # type: ignore[misc]
    for entry in entries[100:]:
        entry.cancel()

    def add_another() -> None:
        wheel.add(1.5, lambda: fired.append(-1))

    wheel.add(0.5, add_another)
    with trio.move_on_after(1000):
        await wheel.run()
    assert fired == [0, 1, -1, *range(2, 100)]
    assert not any(entry.pending for entry in entries)
    entries[0].expire()
    assert fired.count(0) == 1
