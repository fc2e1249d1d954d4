"""Which ends are followed by a restart, and who is restarted."""

import pytest
import trio

from supervision import (
    Actor,
    ActorSpec,
    BackingOff,
    Backoff,
    Decline,
    Kind,
    StopActor,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

BOOM = Do(error=ValueError("boom"))
QUIT = Do(stop=True)


def tree_of(probes: Probes, *children: object, **options: object) -> Tree:
    return Tree(SupervisorSpec("t", children, **options), probes.trace)  # type: ignore[arg-type]


# --- kinds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "order", "lives"),
    [
        (Kind.PERMANENT, BOOM, 2),
        (Kind.PERMANENT, QUIT, 2),
        (Kind.TRANSIENT, BOOM, 2),
        (Kind.TRANSIENT, QUIT, 1),
        (Kind.TEMPORARY, BOOM, 1),
        (Kind.TEMPORARY, QUIT, 1),
    ],
)
async def test_the_kind_says_after_which_end_a_child_is_restarted(
    autojump_clock: object, probes: Probes, kind: Kind, order: Do, lives: int
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", kind=kind)])) as tree:
        ref = tree.ref("a")
        ref.tell(order)
        await settle()
        assert probes.logs["a"].lives == lives
        assert ref.alive is (lives == 2)


async def test_only_restarts_cost_budget(autojump_clock: object, probes: Probes) -> None:
    children = [
        probes.spec("gone", kind=Kind.TEMPORARY),
        probes.spec("done", kind=Kind.TRANSIENT),
        probes.spec("finished"),
    ]
    async with open_tree(SupervisorSpec("t", children, intensity=0)) as tree:
        tree.ref("gone").tell(BOOM)
        tree.ref("done").tell(QUIT)
        tree.ref("finished").tell(Do(error=StopActor()))
        await settle()
        assert tree.snapshot().state == "running"


# --- strategies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("strategy", "did"),
    [
        (Strategy.ONE_FOR_ONE, ["crash b", "start b"]),
        (Strategy.REST_FOR_ONE, ["crash b", "stop d", "stop c", "start b", "start c", "start d"]),
        (
            Strategy.ONE_FOR_ALL,
            ["crash b", "stop d", "stop c", "stop a", "start a", "start b", "start c", "start d"],
        ),
    ],
)
async def test_the_strategy_says_who_is_restarted(
    autojump_clock: object, probes: Probes, strategy: Strategy, did: list[str]
) -> None:
    children = [probes.spec(name) for name in "abcd"]
    async with open_tree(SupervisorSpec("t", children, strategy)) as tree:
        probes.did()
        tree.ref("b").tell(BOOM)
        await settle()
        assert probes.did() == did


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_a_group_restart_leaves_temporary_children_out_and_takes_ended_transient_ones_in(
    autojump_clock: object, probes: Probes, strategy: Strategy
) -> None:
    children = [
        probes.spec("a"),
        probes.spec("temporary", kind=Kind.TEMPORARY),
        probes.spec("transient", kind=Kind.TRANSIENT),
        probes.spec("finished"),
    ]
    async with open_tree(SupervisorSpec("t", children, strategy)) as tree:
        tree.ref("transient").tell(QUIT)
        tree.ref("finished").tell(Do(error=StopActor()))
        await settle()
        assert not tree.ref("transient").alive
        probes.did()
        tree.ref("a").tell(BOOM)
        await settle()
        assert probes.did() == ["crash a", "stop temporary", "start a", "start transient"]
        assert not tree.ref("temporary").alive
        assert not tree.ref("finished").alive
        assert await tree.ref("transient").ask(7) == 7


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_siblings_that_crash_at_the_same_moment_cost_one_restart(
    autojump_clock: object, strategy: Strategy
) -> None:
    children = [ActorSpec(name, Actor) for name in "abc"]
    async with open_tree(SupervisorSpec("t", children, strategy, intensity=1)) as tree:
        for name in "cba":
            crash(tree.ref(name))
        await settle()
        assert [child.restarts for child in tree.snapshot().children] == [1, 1, 1]
        assert [child.state for child in tree.snapshot().children] == ["running"] * 3


async def test_a_crash_while_the_group_is_stopping_is_absorbed(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a"), probes.spec("b"), probes.spec("c", grace=10)]
    async with open_tree(SupervisorSpec("t", children, Strategy.ONE_FOR_ALL, intensity=1)) as tree:
        tree.ref("c").tell(Do(sleep=5))
        await settle()
        crash(tree.ref("b"))
        await trio.sleep(1)
        crash(tree.ref("a"))  # c is still being stopped
        await trio.sleep(9)
        assert probes.did()[3:] == ["crash b", "crash a", "stop c", "start a", "start b", "start c"]


async def test_an_earlier_sibling_that_crashes_meanwhile_widens_the_group(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a"), probes.spec("b"), probes.spec("c", grace=10)]
    async with open_tree(SupervisorSpec("t", children, Strategy.REST_FOR_ONE, intensity=2)) as tree:
        tree.ref("c").tell(Do(sleep=5))
        await settle()
        crash(tree.ref("b"))
        await trio.sleep(1)
        crash(tree.ref("a"))
        await trio.sleep(9)
        assert probes.did()[3:] == ["crash b", "crash a", "stop c", "start a", "start b", "start c"]


async def test_a_transient_child_that_ends_while_its_group_is_stopped_starts_with_it(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a"), probes.spec("b", kind=Kind.TRANSIENT), probes.spec("c", grace=10)]
    async with open_tree(SupervisorSpec("t", children, Strategy.ONE_FOR_ALL)) as tree:
        tree.ref("c").tell(Do(sleep=5))
        await settle()
        crash(tree.ref("a"))
        await trio.sleep(1)
        await tree.ref("b").ask(QUIT)
        await trio.sleep(9)
        assert probes.did()[3:] == ["crash a", "stop b", "stop c", "start a", "start b", "start c"]


@pytest.mark.parametrize(
    ("strategy", "again"),
    [
        (Strategy.REST_FOR_ONE, ["crash b", "start b", "start c"]),
        (Strategy.ONE_FOR_ALL, ["crash b", "stop a", "start a", "start b", "start c"]),
    ],
)
async def test_a_group_restart_in_which_a_child_cannot_start_is_tried_again(
    autojump_clock: object, probes: Probes, strategy: Strategy, again: list[str]
) -> None:
    children = [probes.spec("a"), probes.spec("b", [None, Do(error=OSError())]), probes.spec("c")]
    async with open_tree(SupervisorSpec("t", children, strategy, intensity=2)) as tree:
        crash(tree.ref("a"))
        await settle()
        assert probes.did()[3:] == ["crash a", "stop c", "stop b", "start a", "start b", *again]


@pytest.mark.parametrize(
    ("strategy", "waiting"), [(Strategy.REST_FOR_ONE, "bc"), (Strategy.ONE_FOR_ALL, "abc")]
)
async def test_a_group_that_waits_again_is_told_and_shown_of_each_that_will_start(
    autojump_clock: object, probes: Probes, strategy: Strategy, waiting: str
) -> None:
    children = [
        probes.spec("a", [Do(error=Decline())] * 2),
        probes.spec("b", [None, Do(error=OSError())], backoff=Backoff(20)),
        probes.spec("c"),
    ]
    tree = tree_of(probes, *children, strategy=strategy, intensity=9)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        crash(tree.ref("b"))
        for wait in (20, 30):
            await settle()
            waits = {node.name: node.restart_in for node in tree.snapshot().children if node.restart_in}
            assert waits == dict.fromkeys(waiting, wait)
            told = [(event.path, event.delay) for event in probes.trace.of(BackingOff)]
            assert sorted(told[-len(waiting) :]) == [(f"t/{name}", wait) for name in waiting]
            await trio.sleep(wait)
        tree.stop()
    assert len(told) == 2 * len(waiting)


async def test_a_child_that_ends_while_later_ones_still_start_is_restarted_after_them(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", backoff=Backoff(5)), probes.spec("b", [Do(sleep=3)])]
    tree = tree_of(probes, *children)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        crash(tree.ref("a"))
        await settle()
        assert probes.did() == ["start a", "start b", "crash a"]
        await trio.sleep(3)
        assert tree.snapshot().children[0].state == "backing_off"
        assert probes.trace.of(BackingOff) == [BackingOff("t/a", 5)]
        await trio.sleep(5)
        assert probes.did() == ["start a"]
        tree.stop()


@pytest.mark.parametrize(
    ("strategy", "intensity"),
    [(Strategy.ONE_FOR_ONE, 2), (Strategy.REST_FOR_ONE, 1), (Strategy.ONE_FOR_ALL, 1)],
)
async def test_several_that_end_while_later_ones_still_start_cost_their_group_one_restart(
    autojump_clock: object, probes: Probes, strategy: Strategy, intensity: int
) -> None:
    children = [probes.spec("a"), probes.spec("b"), probes.spec("c", [Do(sleep=3)])]
    tree = tree_of(probes, *children, strategy=strategy, intensity=intensity)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        crash(tree.ref("b"))
        await settle()
        crash(tree.ref("a"))
        await trio.sleep(5)
        assert [child.state for child in tree.snapshot().children] == ["running"] * 3
        assert [probes.logs[name].lives for name in "ab"] == [2, 2]
        tree.stop()
