"""What a supervisor hears: in which order, and what it deals with where it is told.

The actors here have no background tasks, so that nothing comes between a crash and its report.
"""

from functools import partial

import pytest
import trio

from supervision import (
    Actor,
    ActorSpec,
    BackingOff,
    Backoff,
    Crashed,
    Event,
    GaveUp,
    Started,
    Stopped,
    Strategy,
    SupervisorSpec,
    Tree,
    TreeFailed,
    open_tree,
)
from supervision.actions import Action
from supervision.agenda import FIRST, LAST, Agenda
from supervision.testing import Trace, settle

pytestmark = pytest.mark.usefixtures("any_order")

CRASH = "crash"


class Bare(Actor):
    """Crashes when told to, and cannot live twice."""

    alive: list[str]

    def __init__(self, name: str, alive: list[str], *, fails_again: bool = False) -> None:
        self.name, self.alive, self.fails_again = name, alive, fails_again

    async def started(self) -> None:
        if self.incarnation > 1 and self.fails_again:
            raise OSError("again")
        assert self.name not in self.alive
        self.alive.append(self.name)

    async def receive(self, message: object) -> None:
        self.alive.remove(self.name)
        raise ValueError(message)

    async def stopped(self) -> None:
        self.alive.remove(self.name)


def bare(name: str, alive: list[str], *, fails_again: bool = False, **options: object) -> ActorSpec:
    return ActorSpec(name, lambda: Bare(name, alive, fails_again=fails_again), **options)  # type: ignore[arg-type]


def step(*_: float) -> "list[Action]":
    return []


async def test_what_happened_comes_first_then_ends_in_the_childrens_order_then_requests() -> None:
    agenda, steps = Agenda(), [partial(step, number) for number in range(5)]
    for one, rank in zip(steps, (LAST, 2, 1, FIRST, 1), strict=True):
        agenda.add(one, rank)
    taken = []
    while agenda:
        taken.append(agenda.take())
    assert taken == [steps[3], steps[2], steps[4], steps[1], steps[0]]


async def test_it_rests_until_something_is_added_or_due(autojump_clock: object) -> None:
    agenda = Agenda()
    await agenda.wait(7.0)
    assert (trio.current_time(), agenda.resting) == (7.0, False)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(agenda.wait, 100.0)
        await settle()
        assert (agenda.resting, agenda.rests_until) == (True, 100.0)
        agenda.add(step, FIRST)
        assert not agenda.resting
    await agenda.wait(100.0)  # there is something: it does not sleep
    assert trio.current_time() == 7.0


async def test_siblings_that_crash_at_the_same_moment_are_restarted_once_each(autojump_clock: object) -> None:
    alive: list[str] = []
    trace = Trace()
    spec = SupervisorSpec("t", [bare(name, alive) for name in "abcd"], intensity=3)
    async with open_tree(spec, on_event=trace) as tree:
        for name in "cab":
            tree.ref(name).tell(CRASH)
        await settle()
        assert sorted(alive) == ["a", "b", "c", "d"]
        assert [child.restarts for child in tree.snapshot().children] == [1, 1, 1, 0]
    assert alive == []
    assert len(trace.of(Crashed)) == 3


async def test_one_crash_too_many_stops_the_others_in_reverse_order(autojump_clock: object) -> None:
    alive: list[str] = []
    trace = Trace()
    tree = Tree(SupervisorSpec("t", [bare(name, alive) for name in "abcd"]), trace)
    async with trio.open_nursery() as nursery:
        await nursery.start(run_until_it_fails, tree, "ValueError: crash")
        tree.ref("b").tell(CRASH)
        await settle()
        tree.ref("c").tell(CRASH)
    assert trace.names([Stopped, GaveUp]) == ["Stopped t/d", "Stopped t/b", "Stopped t/a", "GaveUp t"]
    assert alive == []


async def run_until_it_fails(tree: Tree, text: str, task_status: "trio.TaskStatus[None]") -> None:
    with pytest.raises(TreeFailed, match=text):
        await tree.run(task_status)


async def test_a_restart_waits_for_its_backoff_though_the_supervisor_slept(autojump_clock: object) -> None:
    alive: list[str] = []
    patient = bare("b", alive, backoff=Backoff(2.0))
    async with open_tree(SupervisorSpec("t", [bare("a", alive), patient], intensity=9)) as tree:
        tree.ref("b").tell(CRASH)
        await settle()
        tree.ref("a").tell(CRASH)
        await settle()
        assert alive == ["a"]
        await trio.sleep(1.9)
        assert alive == ["a"]
        await trio.sleep(0.2)
        assert alive == ["a", "b"]


@pytest.mark.parametrize("strategy", Strategy)
async def test_a_start_that_fails_again_and_again_uses_up_the_budget(
    autojump_clock: object, strategy: Strategy
) -> None:
    alive: list[str] = []
    trace = Trace()
    children = [bare("a", alive), bare("b", alive, fails_again=True), bare("c", alive)]
    tree = Tree(SupervisorSpec("t", children, strategy, intensity=4), trace)
    async with trio.open_nursery() as nursery:
        await nursery.start(run_until_it_fails, tree, "OSError: again")
        tree.ref("b").tell(CRASH)
    assert trace.names().count("StartError t/b") == 4
    assert alive == []


@pytest.mark.parametrize("kind", [Crashed, BackingOff, Started])
async def test_a_hook_may_stop_the_tree_amid_whatever_it_hears(
    autojump_clock: object, kind: type[Event]
) -> None:
    alive: list[str] = []
    heard = Trace()

    def stop(event: Event) -> None:
        heard(event)
        if isinstance(event, kind) and heard.of(Crashed):
            tree.stop()

    child = bare("a", alive, backoff=Backoff(1.0) if kind is BackingOff else None)
    tree = Tree(SupervisorSpec("t", [child, bare("b", alive)]), stop)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        with trio.fail_after(0.5):
            tree.ref("a").tell(CRASH)
            while tree.root.state != "stopped":
                await trio.lowlevel.checkpoint()
    assert heard.of(kind)
    assert alive == []


async def test_a_loop_of_failing_starts_ends_when_the_tree_is_cancelled(autojump_clock: object) -> None:
    alive: list[str] = []
    trace = Trace()
    tree = Tree(SupervisorSpec("t", [bare("a", alive, fails_again=True)], intensity=10**4), trace)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell(CRASH)
        for _ in range(100):
            await trio.lowlevel.checkpoint()
        tree.cancel()
    assert 10 < len(trace.events) < 200
