"""Starting in order, stopping in reverse, and everything that comes in between."""

import pytest
import trio

from supervision import (
    Actor,
    ActorDead,
    ActorSpec,
    Decline,
    DynamicSpec,
    Kind,
    StartDeclined,
    Started,
    StartError,
    StartFailed,
    StopOverdue,
    Stopped,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, settle

pytestmark = pytest.mark.usefixtures("any_order")


class Stubborn(Actor):
    """Refuses to end for a while, however it is told."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    async def receive(self, message: object) -> None:
        with trio.CancelScope(shield=True):
            await trio.sleep(self.seconds)


# --- starting ------------------------------------------------------------------------------------


async def test_children_start_in_order_and_stop_in_reverse(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec(name) for name in "abc"])) as tree:
        assert probes.did() == ["start a", "start b", "start c"]
        assert await tree.ref("b").ask(5) == 5
    assert probes.did() == ["stop c", "stop b", "stop a"]


async def test_a_child_starts_only_when_the_one_before_has_acknowledged(
    autojump_clock: object, probes: Probes
) -> None:
    slow = probes.spec("a", [Do(sleep=100)])
    tree = Tree(SupervisorSpec("t", [slow, probes.spec("b")]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await settle()
        assert probes.did() == ["start a"]
        assert [child.state for child in tree.snapshot().children] == ["starting", "stopped"]
        await trio.sleep(101)
        assert probes.did() == ["start b"]
        tree.stop()


async def test_a_nested_supervisor_has_started_when_all_its_children_have(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a", [Do(sleep=1)]), probes.spec("b")])
    async with open_tree(SupervisorSpec("t", [inner, probes.spec("c")])):
        assert probes.did() == ["start a", "start b", "start c"]
    assert probes.did() == ["stop c", "stop b", "stop a"]


async def test_a_failed_start_stops_those_before_in_reverse_and_names_child_and_cause(
    autojump_clock: object, probes: Probes
) -> None:
    broken = probes.spec("c", [Do(error=ValueError("no port"))])
    children = [probes.spec("a"), probes.spec("b"), broken, probes.spec("d")]
    with pytest.raises(StartFailed, match=r"^t/c: ValueError: no port$"):
        await Tree(SupervisorSpec("t", children), probes.trace).run()
    assert probes.did() == ["start a", "start b", "start c", "crash c", "stop b", "stop a"]
    assert [event.path for event in probes.trace.of(StartError)] == ["t/c"]


async def test_a_failed_start_is_not_retried_and_costs_no_budget(
    autojump_clock: object, probes: Probes
) -> None:
    with pytest.raises(StartFailed):
        await Tree(SupervisorSpec("t", [probes.spec("a", [Do(error=OSError())] * 3)], intensity=9)).run()
    assert probes.logs["a"].lives == 1


async def test_a_start_that_fails_deep_in_the_tree_is_named_once_with_its_whole_path(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("x", [Do(error=OSError("full"))])])
    middle = SupervisorSpec("mid", [inner])
    with pytest.raises(StartFailed, match=r"^t/mid/in/x: OSError: full$"):
        await Tree(SupervisorSpec("t", [probes.spec("a"), middle])).run()
    assert probes.did() == ["start a", "start x", "crash x", "stop a"]


async def test_a_factory_that_raises_is_a_failed_start(autojump_clock: object) -> None:
    def factory() -> Actor:
        raise KeyError("token")

    with pytest.raises(StartFailed, match=r"t/a: KeyError: 'token'"):
        await Tree(SupervisorSpec("t", [ActorSpec("a", factory)])).run()


async def test_a_factory_that_makes_something_else_is_a_failed_start(autojump_clock: object) -> None:
    def factory() -> Actor:
        return {}  # type: ignore[return-value]

    with pytest.raises(StartFailed, match="t/a: TypeError: t/a: its factory made a dict, not an Actor"):
        await Tree(SupervisorSpec("t", [ActorSpec("a", factory)])).run()


async def test_a_factory_that_makes_the_same_actor_again_is_a_failed_start(
    autojump_clock: object, probes: Probes
) -> None:
    only = probes.make("a")
    with pytest.raises(StartFailed, match="made the same Probe again"):
        await Tree(SupervisorSpec("t", [ActorSpec("a", lambda: only), ActorSpec("b", lambda: only)])).run()


async def test_declining_is_no_error_and_the_next_child_starts(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", [Do(error=Decline("no token"))]), probes.spec("b")]
    async with open_tree(SupervisorSpec("t", children, intensity=0), on_event=probes.trace) as tree:
        assert [child.state for child in tree.snapshot().children] == ["stopped", "running"]
        assert probes.trace.of(StartDeclined, StartError) == [StartDeclined("t/a", "no token")]
        tree.ref("a").tell("kept for the day it runs")
        assert tree.ref("a").queued == 1


async def test_declining_counts_also_when_it_comes_in_a_group(autojump_clock: object, probes: Probes) -> None:
    group = ExceptionGroup("all of it", [Decline("later")])
    async with open_tree(SupervisorSpec("t", [probes.spec("a", [Do(error=group)])]), on_event=probes.trace):
        assert probes.trace.of(StartDeclined) == [StartDeclined("t/a", "later")]


async def test_a_temporary_child_that_declines_is_forgotten(autojump_clock: object, probes: Probes) -> None:
    child = probes.spec("a", [Do(error=Decline())], kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [child])) as tree:
        with pytest.raises(ActorDead):
            tree.ref("a").tell(1)


async def test_a_supervisor_without_children_starts_and_stops(autojump_clock: object) -> None:
    async with open_tree(SupervisorSpec("t", [SupervisorSpec("in", [])])) as tree:
        assert tree.snapshot().children[0].state == "running"


# --- stopping ------------------------------------------------------------------------------------


async def test_a_stop_lets_the_current_message_finish_and_leaves_the_queued_ones(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        tree.ref("a").tell(Do(sleep=3))
        tree.ref("a").tell("never")
        await settle()
    assert probes.logs["a"].heard == [Do(sleep=3)]
    assert probes.did() == ["start a", "stop a"]
    assert trio.current_time() == 3


async def test_a_child_that_drains_handles_what_was_queued_before_the_stop(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", drain=True)])) as tree:
        for number in range(200):
            tree.ref("a").tell(number)
    assert probes.logs["a"].heard == list(range(200))
    assert probes.did() == ["start a", "stop a"]


async def test_draining_ends_with_the_grace(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", drain=True, grace=5)])) as tree:
        for _ in range(9):
            tree.ref("a").tell(Do(sleep=2))
    assert len(probes.logs["a"].heard) == 3
    assert trio.current_time() == 5


async def test_an_idle_child_hears_a_stop_at_once(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", grace=1000)])):
        await trio.sleep(1)
    assert trio.current_time() == 1
    assert probes.did() == ["start a", "stop a"]


async def test_a_child_is_cancelled_when_its_grace_is_over(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", grace=2)]), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(sleep=1000))
        await settle()
    assert trio.current_time() == 2
    assert probes.did() == ["start a", "crash a"]
    assert probes.trace.of(Stopped) == [Stopped("t/a", "stopped", "Do")]


async def test_brutal_is_cancelled_at_once(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", grace=0)])) as tree:
        tree.ref("a").tell(Do(sleep=1000))
        await settle()
    assert trio.current_time() == 0


async def test_children_stop_one_after_another_each_with_its_own_grace(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", grace=3), probes.spec("b", grace=4)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        for name in "ab":
            tree.ref(name).tell(Do(sleep=1000))
        await settle()
    assert trio.current_time() == 7
    assert probes.did()[2:] == ["crash b", "crash a"]


async def test_a_child_supervisor_takes_as_long_as_its_children_do(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a", grace=1000)])
    async with open_tree(SupervisorSpec("t", [inner])) as tree:
        tree.ref("in/a").tell(Do(sleep=900))
        await settle()
    assert trio.current_time() == 900


async def test_a_crash_while_tidying_up_is_told_and_the_stop_goes_on(
    autojump_clock: object, probes: Probes
) -> None:
    class Untidy(Actor):
        async def stopped(self) -> None:
            raise OSError("disk full")

    children = [probes.spec("a"), ActorSpec("b", Untidy)]
    async with open_tree(SupervisorSpec("t", children), on_event=probes.trace):
        pass
    assert probes.did() == ["start a", "stop a"]
    assert probes.trace.names()[-2:] == ["Crashed t/b", "Stopped t/a"]


async def test_a_child_that_will_not_stop_is_reported_again_and_again_and_then_waited_for(
    autojump_clock: object,
    probes: Probes,
) -> None:
    spec = SupervisorSpec("t", [ActorSpec("a", lambda: Stubborn(100), grace=1), probes.spec("b")])
    async with open_tree(spec, on_event=probes.trace) as tree:
        tree.ref("a").tell("go")
        await settle()
        tree.stop()
        await trio.sleep(10)
        assert tree.snapshot().children[0].state == "overdue"
    reports = probes.trace.of(StopOverdue)
    assert reports == [StopOverdue("t/a", waited) for waited in (5, 10, 20, 40, 80)]
    assert probes.trace.names()[-1] == "Stopped t/a"


async def test_a_crashed_child_whose_background_does_not_end_is_reported(
    autojump_clock: object, probes: Probes
) -> None:
    class Clinging(Actor):
        async def started(self) -> None:
            self.start_soon(self.cling)

        async def cling(self) -> None:
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(12)

        async def receive(self, message: object) -> None:
            raise ValueError

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Clinging)]), on_event=probes.trace) as tree:
        tree.ref("a").tell("go")
        await settle()
        assert tree.snapshot().children[0].state == "stopping"
        await trio.sleep(13)
        assert probes.trace.names() == [
            "Started t/a",
            "StopOverdue t/a",
            "StopOverdue t/a",
            "Crashed t/a",
            "Started t/a",
        ]


async def test_what_clings_is_reported_from_its_own_end_on_not_from_the_end_of_its_grace(
    autojump_clock: object, probes: Probes
) -> None:
    class Clinging(Actor):
        async def started(self) -> None:
            self.start_soon(self.cling)

        async def cling(self) -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(9)

    async with open_tree(
        SupervisorSpec("t", [ActorSpec("a", Clinging, grace=60)]), on_event=probes.trace
    ) as tree:
        await settle()
        tree.stop()
        await trio.sleep(20)
    assert probes.trace.of(StopOverdue) == [StopOverdue("t/a", 5)]


# --- a stop at a bad moment ----------------------------------------------------------------------


async def test_a_stop_during_the_start_of_a_child_starts_no_other(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a"), probes.spec("b", [Do(sleep=3)]), probes.spec("c")]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        tree.stop()
    assert probes.did() == ["start a", "start b", "stop b", "stop a"]


async def test_a_child_that_is_stopped_while_it_starts_has_its_grace_for_that(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a", [Do(sleep=1000)], grace=2)]))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await trio.sleep(1)
        tree.stop()
    assert trio.current_time() == 3
    assert probes.did() == ["start a", "crash a"]


async def test_a_tree_that_was_stopped_before_it_ran_starts_nothing(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    tree.stop()
    await tree.run()
    assert probes.did() == []


async def test_who_waits_for_the_start_of_a_tree_that_is_stopped_meanwhile_is_told(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a", [Do(sleep=9)])]))

    async def stop_soon() -> None:
        await trio.sleep(1)
        tree.stop()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_soon)
        with pytest.raises(StartFailed, match="stopped before everything had started"):
            await nursery.start(tree.run)


@pytest.mark.parametrize("steps", range(12))
async def test_a_stop_after_any_number_of_steps_ends_everything_in_order(
    autojump_clock: object, probes: Probes, steps: int
) -> None:
    inner = SupervisorSpec("in", [probes.spec("b"), DynamicSpec("d", probes.template()), probes.spec("c")])
    tree = Tree(SupervisorSpec("t", [probes.spec("a"), inner, probes.spec("z")]), probes.trace)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(tree.run)
            for _ in range(steps):
                await trio.lowlevel.checkpoint()
            tree.stop()
    did = probes.did()
    started = [step.removeprefix("start ") for step in did if step.startswith("start")]
    stopped = [step.removeprefix("stop ") for step in did if step.startswith("stop")]
    assert stopped == started[::-1]
    assert tree.snapshot().state == "stopped"
    assert all(child.state == "stopped" for child in tree.snapshot().children)
    ended = [event.path for event in probes.trace.of(Stopped)]
    assert len(ended) == len(set(ended))
    assert {event.path for event in probes.trace.of(Started)} <= set(ended)


async def test_stopping_twice_is_stopping_once(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a"), probes.spec("b")])) as tree:
        tree.stop()
        await settle(1)
        tree.stop()
    tree.stop()
    assert probes.did() == ["start a", "start b", "stop b", "stop a"]
    assert tree.snapshot().state == "stopped"
