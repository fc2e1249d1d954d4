"""Administration by hand amid restarts, and when the supervisor itself is away or ends."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from supervision import (
    ActorDead,
    AskTimeout,
    Backoff,
    Decline,
    DynamicSpec,
    NotRunning,
    Restarting,
    StartFailed,
    Strategy,
    SupervisionError,
    SupervisorRef,
    SupervisorSpec,
    Tree,
    TreeFailed,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

STRICT: dict[str, Any] = {"intensity": 0}
"""Any restart that is counted ends the tree."""


def family(probes: Probes, names: str = "abc", **options: Any) -> SupervisorSpec:
    return SupervisorSpec("t", [probes.spec(name) for name in names], **options)


def states(ref: SupervisorRef) -> dict[str, str]:
    return {node.name: node.state for node in ref.children()}


# --- amid restarts ---------------------------------------------------------------------------------

Order = Callable[[SupervisorRef, Probes], Awaitable[object]]


@pytest.mark.parametrize(
    "order",
    [
        lambda top, _: top.restart_child("b"),
        lambda top, _: top.delete_child("b"),
        lambda top, probes: top.start_child(probes.spec("b")),
    ],
)
@pytest.mark.parametrize("strategy", Strategy)
async def test_a_child_that_is_being_restarted_can_be_stopped_but_nothing_else(
    autojump_clock: object, probes: Probes, order: Order, strategy: Strategy
) -> None:
    children = [probes.spec("a"), probes.spec("b", backoff=Backoff(9)), probes.spec("c")]
    async with open_tree(SupervisorSpec("t", children, strategy)) as tree:
        top = tree.supervisor()
        crash(tree.ref("b"))
        await settle()
        assert states(top)["b"] == "backing_off"
        with pytest.raises(Restarting, match="t/b is being restarted"):
            await order(top, probes)
        await top.stop_child("b")
        await trio.sleep(20)
        assert states(top) == {"a": "running", "b": "stopped", "c": "running"}


async def test_during_a_group_restart_nothing_is_added(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec("a"), probes.spec("b", backoff=Backoff(9))]
    async with open_tree(SupervisorSpec("t", children, Strategy.REST_FOR_ONE)) as tree:
        await tree.supervisor().stop_child("a")
        crash(tree.ref("b"))
        await settle()
        with pytest.raises(Restarting, match="t/c is being restarted"):
            await tree.supervisor().start_child(probes.spec("c"))
        await tree.supervisor().restart_child("a")  # before the group: no concern of it


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_after_a_group_restart_everything_can_be_ordered_again(
    autojump_clock: object, probes: Probes, strategy: Strategy
) -> None:
    async with open_tree(family(probes, strategy=strategy)) as tree:
        crash(tree.ref("b"))
        await settle()
        top = tree.supervisor()
        await top.start_child(probes.spec("d"))
        await top.stop_child("c")
        await top.restart_child("c")
        assert states(top) == dict.fromkeys("abcd", "running")


async def test_a_group_restart_leaves_out_who_was_stopped_by_hand(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, strategy=Strategy.ONE_FOR_ALL)) as tree:
        await tree.supervisor().stop_child("b")
        probes.did()
        crash(tree.ref("a"))
        await settle()
        assert probes.did() == ["crash a", "stop c", "start a", "start c"]


async def test_a_member_that_starts_with_its_group_can_be_stopped_and_the_next_waits_for_its_end(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a"), probes.spec("b", [None, Do(sleep=8)]), probes.spec("c")]
    async with open_tree(SupervisorSpec("t", children, Strategy.ONE_FOR_ALL)) as tree:
        crash(tree.ref("a"))
        await settle()
        probes.did()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tree.supervisor().stop_child, "b")
            await trio.sleep(1)
            with pytest.raises(Restarting):
                await tree.supervisor().restart_child("c")
            assert probes.did() == []
        assert trio.current_time() == 5  # b's grace
        await settle()
        assert probes.did() == ["crash b", "start c"]
        assert states(tree.supervisor())["b"] == "stopped"


@pytest.mark.parametrize("new", [True, False])
async def test_a_start_by_hand_that_a_group_restart_takes_in_says_so_and_goes_on_with_the_group(
    autojump_clock: object, probes: Probes, new: bool
) -> None:
    async def start() -> None:
        top, child = tree.supervisor(), probes.spec("b", [Do(sleep=8)])
        with pytest.raises(Restarting, match="t/b had not started when its group was restarted"):
            await (top.start_child(child) if new else top.restart_child("b"))
        told.append("told")

    told: list[str] = []
    children = [probes.spec("a")] + ([] if new else [probes.spec("b", [None, Do(sleep=8)])])
    spec = SupervisorSpec("t", children, Strategy.ONE_FOR_ALL, intensity=1)
    async with open_tree(spec) as tree, trio.open_nursery() as nursery:
        if not new:
            await tree.supervisor().stop_child("b")
        nursery.start_soon(start)
        await settle()
        crash(tree.ref("a"))
        await trio.sleep(20)
        assert told == ["told"]
        assert states(tree.supervisor()) == {"a": "running", "b": "running"}


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_a_start_by_hand_that_ends_well_while_its_group_is_being_stopped_is_one_of_the_group(
    autojump_clock: object, probes: Probes, strategy: Strategy
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")], strategy)) as tree:
        top = tree.supervisor()
        async with trio.open_nursery() as starts:
            starts.start_soon(top.start_child, probes.spec("b", [Do(sleep=2)]))
            await settle()
            starts.start_soon(top.start_child, probes.spec("c", [Do(sleep=4)]))
            await trio.sleep(1)
            crash(tree.ref("a"))  # c is to stop first: that takes until its start is over, at 4
        await trio.sleep(10)
        assert states(top) == {"a": "running", "b": "running", "c": "running"}
        assert probes.did()[-3:] == ["start a", "start b", "start c"]


async def test_a_start_by_hand_that_declines_when_its_group_has_stopped_it_starts_again_with_the_group(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a")], Strategy.ONE_FOR_ALL)
    async with open_tree(spec) as tree:
        with pytest.RaisesGroup(Restarting):
            async with trio.open_nursery() as starts:
                late = probes.spec("b", [Do(sleep=2, error=Decline("too late"))])
                starts.start_soon(tree.supervisor().start_child, late)
                await trio.sleep(1)
                crash(tree.ref("a"))
        await settle()
        assert states(tree.supervisor()) == {"a": "running", "b": "running"}


# --- the supervisor itself ---------------------------------------------------------------------------


async def test_a_restarted_supervisor_has_the_children_of_its_specification(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec(name) for name in "abc"], intensity=0)
    async with open_tree(SupervisorSpec("t", [inner])) as tree:
        ref, old = tree.supervisor("in"), tree.ref("in/b")
        added = await ref.start_child(probes.spec("d"))
        await ref.stop_child("a")
        await ref.stop_child("b")
        await ref.delete_child("b")
        assert states(ref) == {"a": "stopped", "c": "running", "d": "running"}
        crash(tree.ref("in/c"))
        await settle()
        assert states(ref) == dict.fromkeys("abc", "running")
        assert not added.alive
        assert await old.ask("as before") == "as before"
        await ref.start_child(probes.spec("d"))
        assert await tree.ref("in/d").ask(1) == 1


@pytest.mark.parametrize(
    "order",
    [
        lambda top, _: top.stop_child("a"),
        lambda top, _: top.restart_child("a"),
        lambda top, _: top.delete_child("a"),
        lambda top, probes: top.start_child(probes.spec("z")),
    ],
)
async def test_a_supervisor_that_is_not_running_is_not_asked_in_vain(
    autojump_clock: object, probes: Probes, order: Order
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a", [Do(sleep=9)])]))
    top = tree.supervisor()
    with pytest.raises(NotRunning, match="t is stopped"):
        await order(top, probes)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        with pytest.raises(NotRunning, match="t is starting"):
            await order(top, probes)
        await trio.sleep(20)
        assert top.running
        tree.ref("a").tell(Do(sleep=3))
        await settle()
        tree.stop()
        with pytest.raises(NotRunning, match="t is stopping"):
            await order(top, probes)
    with pytest.raises(NotRunning, match="t is stopped"):
        await order(top, probes)


async def test_a_supervisor_that_gives_up_refuses_what_is_ordered_by_hand(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a"), probes.spec("b")], **STRICT)
    async with open_tree(SupervisorSpec("t", [inner])) as tree:
        tree.ref("in/a").tell(Do(sleep=3))
        await settle()
        crash(tree.ref("in/b"))
        await settle()
        with pytest.raises(NotRunning, match="t/in is not running: it is starting, or ending"):
            await tree.supervisor("in").stop_child("b")


@pytest.mark.parametrize("how", [Tree.stop, Tree.cancel])
@pytest.mark.parametrize("steps", range(12))
async def test_what_is_ordered_by_hand_never_hangs_when_the_tree_ends(
    autojump_clock: object, probes: Probes, how: Callable[[Tree], None], steps: int
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a"), probes.spec("b")])
    tree = Tree(SupervisorSpec("t", [inner]))
    told: list[str] = []

    async def attempt(function: Callable[[Any], Awaitable[object]], argument: object) -> None:
        try:
            await function(argument)
        except SupervisionError as error:
            told.append(type(error).__name__)
        else:
            told.append("done")

    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        ref = tree.supervisor("in")
        nursery.start_soon(attempt, ref.start_child, probes.spec("c", [Do(sleep=1)], grace=0))
        nursery.start_soon(attempt, ref.stop_child, "a")
        nursery.start_soon(attempt, ref.delete_child, "b")
        nursery.start_soon(attempt, ref.restart_child, "x")
        for _ in range(steps):
            await trio.lowlevel.checkpoint()
        how(tree)
    assert len(told) == 4
    assert set(told) <= {"done", "NotRunning", "AlreadyRunning", "ChildNotFound"}
    assert all(log.alive == 0 for log in probes.logs.values())


async def test_who_waits_for_the_start_of_a_dynamic_child_is_let_go_when_the_tree_is_cancelled(
    autojump_clock: object, probes: Probes
) -> None:
    async def start() -> None:
        with pytest.raises(NotRunning, match="t/d/1 was stopped before it had started"):
            await tree.dynamic("d").start_child("1", "1", Do(sleep=1000))
        told.append("told")

    told: list[str] = []
    tree = Tree(SupervisorSpec("t", [DynamicSpec("d", probes.template())]))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        nursery.start_soon(start)
        await settle()
        tree.cancel()
    assert told == ["told"]


async def test_what_is_meant_for_the_tree_ends_it_from_a_start_by_hand_as_well(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    with pytest.RaisesGroup(SystemExit):
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            with pytest.raises(StartFailed, match="t/b: SystemExit"):
                await tree.supervisor().start_child(probes.spec("b", [Do(error=SystemExit(3))]))
    assert probes.did()[-1] == "stop a"


async def test_a_budget_spent_after_a_start_by_hand_ends_the_supervisor_as_ever(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes, **STRICT))
    with pytest.RaisesGroup(TreeFailed):
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            crash(await tree.supervisor().start_child(probes.spec("d")))
    assert not tree.ref("a").alive


async def test_a_timeout_of_an_ask_is_not_needed_to_learn_that_a_child_was_stopped(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes)) as tree, trio.open_nursery() as nursery:
        tree.ref("a").tell(Do(sleep=1))
        await settle()
        nursery.start_soon(tree.supervisor().stop_child, "a")
        with pytest.raises((ActorDead, AskTimeout)) as fault:
            await tree.ref("a").ask("queued", timeout=None)
        assert fault.type is ActorDead
