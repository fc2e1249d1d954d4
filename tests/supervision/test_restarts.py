"""The window, backoff, giving up and escalation, on running trees."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from supervision import (
    Actor,
    ActorCrashed,
    ActorDead,
    ActorSpec,
    BackingOff,
    Backoff,
    Decline,
    DynamicSpec,
    GaveUp,
    Kind,
    StartError,
    Stopped,
    Strategy,
    SupervisorSpec,
    Tree,
    TreeFailed,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

BOOM = Do(error=ValueError("boom"))
QUIT = Do(stop=True)


def tree_of(probes: Probes, *children: object, **options: object) -> Tree:
    return Tree(SupervisorSpec("t", children, **options), probes.trace)  # type: ignore[arg-type]


@asynccontextmanager
async def failing(tree: Tree) -> AsyncIterator[list[TreeFailed]]:
    """Run a tree that fails before the block is over, or soon after."""
    failures: list[TreeFailed] = []

    async def run(task_status: "trio.TaskStatus[None]") -> None:
        with pytest.raises(TreeFailed) as failure:
            await tree.run(task_status)
        failures.append(failure.value)

    with trio.fail_after(1000):
        async with trio.open_nursery() as nursery:
            await nursery.start(run)
            yield failures


# --- intensity and period ------------------------------------------------------------------------


async def test_by_default_one_restart_in_five_seconds_is_allowed(
    autojump_clock: object, probes: Probes
) -> None:
    tree = tree_of(probes, probes.spec("a"))
    async with failing(tree) as failures:
        tree.ref("a").tell(BOOM)
        await trio.sleep(5.25)
        tree.ref("a").tell(BOOM)
        await trio.sleep(5)
        assert failures == []
        tree.ref("a").tell(BOOM)  # exactly one period ago still counts
    assert [str(failure) for failure in failures] == ["t gave up: ValueError: boom"]
    assert probes.logs["a"].lives == 3


async def test_with_intensity_zero_the_first_crash_ends_it(autojump_clock: object, probes: Probes) -> None:
    tree = tree_of(probes, probes.spec("a"), probes.spec("b"), intensity=0)
    async with failing(tree):
        tree.ref("a").tell(BOOM)
    assert probes.did() == ["start a", "start b", "crash a", "stop b"]


async def test_a_group_restart_costs_one_unit(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec(name) for name in "abcde"]
    async with open_tree(SupervisorSpec("t", children, Strategy.ONE_FOR_ALL, intensity=1)) as tree:
        tree.ref("c").tell(BOOM)
        await settle()
        assert [child.restarts for child in tree.snapshot().children] == [1] * 5


async def test_every_repeat_of_a_failed_start_costs_one_unit(autojump_clock: object, probes: Probes) -> None:
    fails = [None, *[Do(error=OSError("still down"))] * 9]
    tree = tree_of(probes, probes.spec("a", fails), intensity=4)
    async with failing(tree) as failures:
        tree.ref("a").tell(BOOM)
    assert str(failures[0]) == "t gave up: OSError: still down"
    assert probes.logs["a"].lives == 1 + 4
    assert len(probes.trace.of(StartError)) == 4


@pytest.mark.parametrize("dynamic", [False, True])
async def test_giving_up_over_clean_ends_says_so_without_a_cause(
    autojump_clock: object, probes: Probes, dynamic: bool
) -> None:
    child = DynamicSpec("d", probes.template(), intensity=0) if dynamic else probes.spec("a")
    tree = tree_of(probes, child, intensity=0)
    async with failing(tree) as failures:
        (await tree.dynamic("d").start_child("a", "a") if dynamic else tree.ref("a")).tell(QUIT)
    assert str(failures[0]) == "t gave up: a child ended too often, if cleanly"
    assert {event.error for event in probes.trace.of(GaveUp)} == {None}  # type: ignore[attr-defined]


@pytest.mark.parametrize("dynamic", [False, True])
async def test_giving_up_over_clean_ends_does_not_blame_an_earlier_crash(
    autojump_clock: object, probes: Probes, dynamic: bool
) -> None:
    child = DynamicSpec("d", probes.template(), intensity=1) if dynamic else probes.spec("a")
    tree = tree_of(probes, child, intensity=0 if dynamic else 1)
    async with failing(tree) as failures:
        ref = await tree.dynamic("d").start_child("a", "a") if dynamic else tree.ref("a")
        ref.tell(BOOM)
        await trio.sleep(900)
        for order in (QUIT, QUIT):
            ref.tell(order)
    assert str(failures[0]) == "t gave up: a child ended too often, if cleanly"
    assert {event.error for event in probes.trace.of(GaveUp)} == {None}  # type: ignore[attr-defined]


async def test_giving_up_stops_the_others_in_reverse_and_says_so(
    autojump_clock: object, probes: Probes
) -> None:
    tree = tree_of(probes, *[probes.spec(name) for name in "abc"], intensity=0)
    async with failing(tree) as failures:
        tree.ref("b").tell(BOOM)
    assert str(failures[0]) == "t gave up: ValueError: boom"
    assert probes.did()[3:] == ["crash b", "stop c", "stop a"]
    assert [str(event.error) for event in probes.trace.of(GaveUp)] == ["ValueError: boom"]  # type: ignore[attr-defined]


async def test_giving_up_is_abnormal_to_the_supervisor_above_even_for_a_transient_one(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a"), probes.spec("b")], intensity=0, kind=Kind.TRANSIENT)
    async with open_tree(SupervisorSpec("t", [inner]), on_event=probes.trace) as tree:
        tree.ref("in/a").tell(BOOM)
        await settle()
        assert probes.did() == ["start a", "start b", "crash a", "stop b", "start a", "start b"]
        assert await tree.ref("in/a").ask(3) == 3
        assert tree.snapshot().children[0].restarts == 1
        assert tree.snapshot().children[0].last_error == "ValueError: boom"


async def test_a_temporary_supervisor_that_gives_up_takes_its_branch_with_it(
    autojump_clock: object, probes: Probes
) -> None:
    deep = SupervisorSpec("deep", [probes.spec("a"), DynamicSpec("d", probes.template())])
    inner = SupervisorSpec("in", [deep, probes.spec("b")], intensity=0, kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [inner], intensity=0)) as tree:
        child = await tree.dynamic("in/deep/d").start_child("x", "x")
        tree.ref("in/b").tell(BOOM)
        await settle()
        assert tree.snapshot().state == "running"
        for ref in (tree.ref("in/b"), tree.ref("in/deep/a"), child):
            with pytest.raises(ActorDead):
                await ref.ask(1)


async def test_failure_climbs_as_far_as_the_budgets_say(autojump_clock: object, probes: Probes) -> None:
    low = SupervisorSpec("low", [probes.spec("a")], intensity=1)
    mid = SupervisorSpec("mid", [low], intensity=1)
    tree = tree_of(probes, mid, intensity=0)
    async with failing(tree) as failures:
        while not failures:
            crash(tree.ref("mid/low/a"))
            await settle()
    assert probes.logs["a"].lives == 4
    assert [event.path for event in probes.trace.of(GaveUp)] == ["t/mid/low", "t/mid/low", "t/mid", "t"]


async def test_a_supervisor_that_cannot_start_again_is_tried_again_by_the_one_above(
    autojump_clock: object, probes: Probes
) -> None:
    a = probes.spec("a", [None, Do(error=OSError("port taken"))])
    inner = SupervisorSpec("in", [a, probes.spec("b")], intensity=0, backoff=Backoff(3))
    async with open_tree(SupervisorSpec("t", [inner], intensity=2), on_event=probes.trace) as tree:
        crash(tree.ref("in/b"))
        await trio.sleep(4)
        node = tree.snapshot().children[0]
        assert (node.state, node.last_error) == ("backing_off", "StartFailed: t/in/a: OSError: port taken")
        await trio.sleep(6)
        assert tree.snapshot().children[0].state == "running"


@pytest.mark.parametrize("steps", range(16))
async def test_a_stop_at_any_step_of_giving_up_ends_everything(
    autojump_clock: object, probes: Probes, steps: int
) -> None:
    inner = SupervisorSpec(
        "in", [probes.spec("a"), DynamicSpec("d", probes.template(), intensity=0)], intensity=0
    )
    tree = tree_of(probes, inner, probes.spec("b"))
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            crash(await tree.dynamic("in/d").start_child("x", "x"))
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            tree.stop()
    assert all(log.alive == 0 for log in probes.logs.values())
    assert {node.state for node in (tree.snapshot(), *tree.snapshot().children)} == {"stopped"}


# --- backoff -------------------------------------------------------------------------------------


async def test_the_wait_grows_is_told_and_shown(autojump_clock: object, probes: Probes) -> None:
    fails = [None, *[Do(error=OSError())] * 3]
    child = probes.spec("a", fails, backoff=Backoff(1, max=3))
    async with open_tree(SupervisorSpec("t", [child], intensity=9), on_event=probes.trace) as tree:
        crash(tree.ref("a"))
        await trio.sleep(0.25)
        node = tree.snapshot().children[0]
        assert (node.state, node.restart_in) == ("backing_off", 0.75)
        await trio.sleep(20)
        assert [event.delay for event in probes.trace.of(BackingOff)] == [1, 2, 3, 3]  # type: ignore[attr-defined]
        assert tree.snapshot().children[0].restart_in is None


async def test_the_row_of_waits_begins_anew_after_a_calm_time(autojump_clock: object, probes: Probes) -> None:
    backoff = Backoff(1, max=8, reset_after=10)
    async with open_tree(SupervisorSpec("t", [probes.spec("a", backoff=backoff)], intensity=9)) as tree:
        waits = []
        for calm in (0, 9.9, 0, 10.1, 0):
            await trio.sleep(calm)
            await settle()
            crash(tree.ref("a"))
            await settle()
            waits.append(tree.supervisor().child("a").restart_in)
            await trio.sleep(waits[-1] or 0)
        assert waits == [1, 2, 4, 1, 2]


async def test_a_long_start_that_fails_is_not_taken_for_a_calm_time(
    autojump_clock: object, probes: Probes
) -> None:
    starts = [None, *[Do(sleep=100, error=OSError())] * 3, None]
    child = probes.spec("a", starts, backoff=Backoff(1, max=8, reset_after=10))
    async with open_tree(SupervisorSpec("t", [child], intensity=9), on_event=probes.trace) as tree:
        crash(tree.ref("a"))
        await trio.sleep(1000)
    assert [event.delay for event in probes.trace.of(BackingOff)] == [1, 2, 4, 8]  # type: ignore[attr-defined]


async def test_others_are_served_while_a_child_waits(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec("a", backoff=Backoff(30)), probes.spec("b")]
    async with open_tree(SupervisorSpec("t", children, intensity=9)) as tree:
        crash(tree.ref("a"))
        await settle()
        tree.ref("b").tell(BOOM)
        assert await tree.ref("b").ask(1) == 1
        assert trio.current_time() == 0


async def test_a_stop_during_a_backoff_is_immediate(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec("a"), probes.spec("b", backoff=Backoff(30))]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        crash(tree.ref("b"))
        await settle()
        probes.did()
    assert trio.current_time() == 0
    assert probes.did() == ["stop a"]
    assert [child.state for child in tree.snapshot().children] == ["stopped", "stopped"]


@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_a_group_waits_for_the_backoff_of_the_one_that_crashed(
    autojump_clock: object, probes: Probes, strategy: Strategy
) -> None:
    children = [probes.spec("a", backoff=Backoff(10)), probes.spec("b")]
    async with open_tree(SupervisorSpec("t", children, strategy)) as tree:
        crash(tree.ref("a"))
        await trio.sleep(9)
        assert [child.state for child in tree.snapshot().children] == ["backing_off"] * 2
        assert probes.did()[2:] == ["crash a", "stop b"]
        await trio.sleep(2)
        assert probes.did() == ["start a", "start b"]


@pytest.mark.parametrize("wait", [0, 4])
async def test_a_fresh_start_of_an_earlier_one_ends_the_backoff_of_those_after_it(
    autojump_clock: object, probes: Probes, wait: float
) -> None:
    children = [
        probes.spec("a", backoff=Backoff(wait)),
        probes.spec("b", backoff=Backoff(20)),
        probes.spec("c"),
    ]
    spec = SupervisorSpec("t", children, Strategy.REST_FOR_ONE, intensity=9)
    async with open_tree(spec, on_event=probes.trace) as tree:
        crash(tree.ref("b"))
        await trio.sleep(1)
        assert [node.restart_in for node in tree.snapshot().children] == [None, 19, 19]
        crash(tree.ref("a"))
        await settle()
        if wait:
            assert [node.restart_in for node in tree.snapshot().children] == [4, 4, 4]
            told = [event.delay for event in probes.trace.events if isinstance(event, BackingOff)]
            assert told == [20, 20, 4, 4, 4]
        await trio.sleep(wait)
        await settle()
        assert probes.did()[3:] == ["crash b", "stop c", "crash a", "start a", "start b", "start c"]
        crash(tree.ref("b"))
        await settle()
        assert tree.snapshot().children[1].restart_in == 30, "the row goes on, up to max"


async def test_giving_up_while_a_sibling_backs_off_ends_that_wait(
    autojump_clock: object, probes: Probes
) -> None:
    tree = tree_of(probes, probes.spec("a", backoff=Backoff(30)), probes.spec("b"), intensity=1)
    async with failing(tree):
        crash(tree.ref("a"))
        await settle()
        crash(tree.ref("b"))
    assert trio.current_time() == 0
    assert [child.state for child in tree.snapshot().children] == ["stopped", "stopped"]


async def test_declining_a_restart_leaves_the_child_stopped_and_costs_nothing_more(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", [None, Do(error=Decline("no network"))])]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        crash(tree.ref("a"))
        await settle()
        assert tree.snapshot().children[0].state == "stopped"
        assert probes.logs["a"].lives == 2
        tree.ref("a").tell("it may run again one day")


async def test_a_restart_loop_notices_a_deadline(autojump_clock: object) -> None:
    class Doomed(Actor):
        async def started(self) -> None:
            if self.incarnation > 1:
                raise OSError

        async def receive(self, message: object) -> None:
            raise ValueError

    tree = Tree(SupervisorSpec("t", [ActorSpec("a", Doomed)], intensity=10**9), stop_within=0)
    with trio.move_on_after(0.01) as scope:
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            tree.ref("a").tell("go")
            for _ in range(200):
                await trio.lowlevel.checkpoint()
            scope.cancel()
    assert scope.cancelled_caught


# --- what is left of the one that ended ----------------------------------------------------------


async def test_a_crash_tells_its_asker_the_cause_and_names_the_lost_message(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        with pytest.raises(ActorCrashed, match="t/a crashed with ValueError: boom while it worked on Do"):
            await tree.ref("a").ask(BOOM)
        await settle()
        assert probes.trace.names()[1:] == ["Crashed t/a", "Started t/a"]
        assert tree.snapshot().children[0].lost == {"Do": 1}


async def test_a_child_that_ended_for_good_says_so_to_all_who_speak_to_it(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(
        SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)]), on_event=probes.trace
    ) as tree:
        ref = tree.ref("a")
        await ref.ask(QUIT)
        await settle()
        assert probes.trace.of(Stopped) == [Stopped("t/a", "normal")]
        with pytest.raises(ActorDead):
            ref.tell(1)
        with pytest.raises(ActorDead):
            await ref.send(1)
        with pytest.raises(ActorDead):
            await ref.ask(1)
