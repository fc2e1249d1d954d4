"""`supervision.testing` itself: what others lean on must be right."""

import pytest
import trio
from attrs import define

from supervision import (
    Actor,
    ActorCrashed,
    ActorSpec,
    Crashed,
    DynamicSpec,
    StartFailed,
    Stopped,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import (
    Do,
    Injected,
    Overlap,
    OverlapDetector,
    Probe,
    ProbeLog,
    Probes,
    Trace,
    crash,
    settle,
)

pytestmark = pytest.mark.usefixtures("any_order")


async def test_a_probe_obeys_sleeps_raises_stops_and_answers(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
        assert await ref.ask("echo") == "echo"
        assert await ref.ask(Do(sleep=2, answer=42)) == 42
        assert trio.current_time() == 2
        with pytest.raises(ActorCrashed, match="OSError: ordered"):
            await ref.ask(Do(error=OSError("ordered"), answer="never"))
        assert await ref.ask(Do(stop=True, answer="last")) == "last"
    assert probes.logs["a"].heard[0] == "echo"
    assert probes.logs["a"].lives == 2
    assert probes.did() == ["start a", "crash a", "start a", "stop a"]
    assert probes.did() == []


async def test_a_probe_fails_loudly_when_two_of_it_are_alive(autojump_clock: object) -> None:
    log = ProbeLog()
    spec = SupervisorSpec("t", [ActorSpec(name, lambda: Probe("same", log)) for name in "ab"])
    with pytest.raises(StartFailed, match="t/b: Overlap: same: two incarnations at once"):
        await Tree(spec).run()
    assert issubclass(Overlap, AssertionError)


class Plain(Actor):
    async def receive(self, message: object) -> object:
        return message


@define(eq=False)
class Slotted(Actor):
    lives: list[str]

    async def started(self) -> None:
        self.lives.append(type(self).__name__)

    async def receive(self, message: object) -> object:
        return message


@pytest.mark.parametrize("order", [[Slotted], [Plain, Slotted]])
async def test_the_detector_watches_actors_that_have_slots(
    autojump_clock: object, order: list[type[Actor]]
) -> None:
    detector, lives = OverlapDetector(), list[str]()

    def make(kind: type[Actor]) -> ActorSpec:
        return ActorSpec(kind.__name__, detector.watch(lambda: kind(lives) if kind is Slotted else kind()))

    async with open_tree(SupervisorSpec("t", [make(kind) for kind in order])) as tree:
        crash(tree.ref("Slotted"))
        await settle()
        assert await tree.ref("Slotted").ask("alive") == "alive"
        async with open_tree(SupervisorSpec("t", [])) as second:
            with pytest.raises(StartFailed, match="t/Slotted: Overlap"):
                await second.supervisor().start_child(make(Slotted))
    assert lives == ["Slotted", "Slotted"]
    assert detector.found == ["t/Slotted"]


async def test_the_detector_watches_any_actor_and_finds_nothing_where_nothing_overlaps(
    autojump_clock: object,
) -> None:
    detector = OverlapDetector()
    template = ActorSpec("w", detector.watch(lambda _: Plain()))
    spec = SupervisorSpec(
        "t", [ActorSpec("a", detector.watch(Plain)), DynamicSpec("d", template)], intensity=9
    )
    async with open_tree(spec) as tree:
        other = await tree.dynamic("d").start_child("1", "anything")
        for ref in tree.ref("a"), other, tree.ref("a"):
            crash(ref)
            await settle()
            assert await ref.ask("alive") == "alive"
    assert detector.found == []


async def test_the_detector_fails_loudly_when_two_incarnations_are_alive(autojump_clock: object) -> None:
    detector = OverlapDetector()
    spec = SupervisorSpec("t", [ActorSpec("a", detector.watch(Plain))])
    async with open_tree(spec) as tree, open_tree(SupervisorSpec("t", [])) as second:
        assert await tree.ref("a").ask(1) == 1
        with pytest.raises(StartFailed, match="t/a: Overlap: t/a: two incarnations at once"):
            await second.supervisor().start_child(spec.children[0])  # type: ignore[arg-type]
    assert detector.found == ["t/a"]


async def test_each_life_of_a_probe_obeys_its_own_order_for_the_start(
    autojump_clock: object, probes: Probes
) -> None:
    starts = [Do(sleep=1), Do(error=OSError()), None]
    async with open_tree(SupervisorSpec("t", [probes.spec("a", starts)], intensity=5)) as tree:
        assert trio.current_time() == 1
        crash(tree.ref("a"))
        await settle()
    assert probes.did() == ["start a", "crash a", "start a", "crash a", "start a", "stop a"]


class FalseError(Exception):
    def __bool__(self) -> bool:
        return False


async def test_crash_interrupts_what_the_actor_is_doing(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")], intensity=9), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(sleep=1000))
        await settle()
        crash(tree.ref("a"))
        crash(tree.ref("a"), OSError("the first counts"))
        await settle()
        crash(tree.ref("a"), OSError("my own"))
        await settle()
        crash(tree.ref("a"), FalseError("my own as well"))
        await settle()
        texts = [str(event.error) for event in probes.trace.of(Crashed)]  # type: ignore[attr-defined]
        assert texts == ["Injected: ordered for t/a", "OSError: my own", "FalseError: my own as well"]
        assert issubclass(Injected, Exception)


async def test_crash_leaves_alone_what_is_not_running(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    crash(tree.ref("a"))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        assert await tree.ref("a").ask(1) == 1
        tree.stop()


async def test_settle_waits_for_all_that_needs_no_time(autojump_clock: object, probes: Probes) -> None:
    spec = SupervisorSpec("t", [probes.spec(name) for name in "abc"], Strategy.ONE_FOR_ALL)
    async with open_tree(spec) as tree:
        crash(tree.ref("a"))
        await settle()
        assert trio.current_time() == 0
        assert [child.state for child in tree.snapshot().children] == ["running"] * 3


def test_a_trace_can_be_compared_with_a_list() -> None:
    trace = Trace()
    events = [Stopped("t/a", "normal"), Stopped("t/b", "stopped")]
    for event in events:
        trace(event)
    assert trace.of(Stopped) == events
    assert trace.of(Crashed) == []
    assert trace.names() == ["Stopped t/a", "Stopped t/b"]
    assert trace.names([Crashed]) == []
