"""How the children of a dynamic supervisor are stopped, and what comes of a stop at a bad moment."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import trio

from supervision import (
    Actor,
    ActorSpec,
    Backoff,
    Crashed,
    DynamicSpec,
    Kind,
    NotRunning,
    Started,
    StartFailed,
    StopOverdue,
    Stopped,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")


def dynamic(probes: Probes, *, kind: Kind = Kind.TRANSIENT, **options: object) -> SupervisorSpec:
    of_template = {
        name: options.pop(name) for name in ("backoff", "grace", "mailbox", "drain") if name in options
    }
    template = probes.template(kind=kind, **of_template)
    return SupervisorSpec("t", [DynamicSpec("d", template, **options)])  # type: ignore[arg-type]


async def test_stopping_a_child_waits_for_its_end(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes), on_event=probes.trace) as tree:
        children = tree.dynamic("d")
        ref = await children.start_child("a", "a")
        ref.tell(Do(sleep=2))
        await settle()
        await children.stop_child("a")
        assert trio.current_time() == 2
        assert probes.did() == ["start a", "stop a"]
        assert (ref.alive, "a" in children) == (False, False)
        assert probes.trace.of(Stopped) == [Stopped("t/d/a", "stopped")]


async def test_stopping_a_child_that_is_not_there_is_fine(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        await tree.dynamic("d").stop_child("nobody")
    await tree.dynamic("d").stop_child("nobody")


async def test_a_permanent_child_that_was_stopped_stays_away(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes, kind=Kind.PERMANENT)) as tree:
        await tree.dynamic("d").start_child("a", "a")
        await tree.dynamic("d").stop_child("a")
        await trio.sleep(100)
        assert len(tree.dynamic("d")) == 0


async def test_a_second_request_to_stop_does_not_make_the_grace_longer(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes, grace=5)) as tree:
        children = tree.dynamic("d")
        (await children.start_child("a", "a")).tell(Do(sleep=1000))
        await settle()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(children.stop_child, "a")
                await trio.sleep(2)
        assert trio.current_time() == 6
        assert len(children) == 0


async def test_a_child_that_backs_off_is_stopped_at_once(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes, backoff=Backoff(30))) as tree:
        children = tree.dynamic("d")
        ref = await children.start_child("a", "a")
        crash(ref)
        await settle()
        with trio.fail_after(1):
            await children.stop_child("a")
        assert trio.current_time() == 0
        assert not ref.alive
        await trio.sleep(60)
        assert probes.logs["a"].lives == 1


@pytest.mark.parametrize("steps", range(8))
async def test_a_child_can_be_stopped_at_any_step_of_its_start(
    autojump_clock: object, probes: Probes, steps: int
) -> None:
    outcomes: list[object] = []
    async with open_tree(dynamic(probes)) as tree:
        children = tree.dynamic("d")

        async def start() -> None:
            try:
                outcomes.append(await children.start_child("a", "a", Do(sleep=0.001)))
            except (NotRunning, StartFailed) as error:
                outcomes.append(error)

        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(start)
                while "a" not in children:
                    await trio.lowlevel.checkpoint()
                for _ in range(steps):
                    await trio.lowlevel.checkpoint()
                await children.stop_child("a")
        assert len(outcomes) == 1
        assert len(children) == 0
        assert (await children.start_child("a", "a")).alive


@pytest.mark.parametrize("whole", [False, True], ids=["the child", "the tree"])
async def test_a_start_that_is_cut_short_by_a_stop_is_told_as_stopped_not_as_failed(
    autojump_clock: object, probes: Probes, whole: bool
) -> None:
    tree, outcomes = Tree(dynamic(probes, grace=1)), list[tuple[str, bool]]()

    async def start() -> None:
        try:
            await tree.dynamic("d").start_child("a", "a", Do(sleep=50))
        except NotRunning as error:
            outcomes.append((str(error), "a" in tree.dynamic("d")))

    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        nursery.start_soon(start)
        await settle()
        if not whole:
            await tree.dynamic("d").stop_child("a")
        tree.stop()
    assert trio.current_time() == 1
    assert outcomes == [("t/d/a was stopped before it had started", False)]


async def test_all_children_stop_at_the_same_time(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes, grace=4)) as tree:
        for key in "abc":
            (await tree.dynamic("d").start_child(key, key)).tell(Do(sleep=1000))
        await settle()
    assert trio.current_time() == 4


async def test_a_child_that_will_not_stop_is_reported_by_its_path(
    autojump_clock: object, probes: Probes
) -> None:
    class Deaf(Actor):
        async def receive(self, message: object) -> None:
            with trio.CancelScope(shield=True):
                await trio.sleep(12)

    spec = SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", Deaf, grace=1))])
    async with open_tree(spec, on_event=probes.trace) as tree:
        (await tree.dynamic("d").start_child("a")).tell("go")
        await tree.dynamic("d").start_child("b")
        await settle()
        await tree.dynamic("d").stop_child("a")
        assert [event.path for event in probes.trace.of(StopOverdue)] == ["t/d/a", "t/d/a"]
        assert len(tree.dynamic("d")) == 1
        await trio.sleep(100)
        assert len(probes.trace.of(StopOverdue)) == 2


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
                    await trio.sleep(7)

    spec = SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", Clinging))])
    async with open_tree(spec, on_event=probes.trace) as tree:
        crash(await tree.dynamic("d").start_child("a"))
        await trio.sleep(8)
        assert probes.trace.names()[1:] == [
            "Started t/d/a",
            "StopOverdue t/d/a",
            "Crashed t/d/a",
            "Started t/d/a",
        ]


async def test_the_supervisor_is_not_asked_in_vain_when_it_is_away(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(dynamic(probes))
    with pytest.raises(NotRunning, match="t/d is not running"):
        await tree.dynamic("d").start_child("a", "a")
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        (await tree.dynamic("d").start_child("a", "a")).tell(Do(sleep=3))
        await settle()
        tree.stop()
        await settle()
        assert not tree.dynamic("d").running
        with pytest.raises(NotRunning, match="t/d is not running"):
            await tree.dynamic("d").start_child("b", "b")


Ending = Callable[[Tree], None]


@pytest.mark.parametrize("end", [Tree.stop, Tree.cancel])
@pytest.mark.parametrize("steps", range(6))
async def test_a_start_that_races_with_the_end_of_the_tree_never_hangs(
    autojump_clock: object, probes: Probes, end: Ending, steps: int
) -> None:
    tree = Tree(dynamic(probes))
    waits: list[Callable[..., Awaitable[object]]] = []

    async def attempt(key: str) -> None:
        with suppress(NotRunning, StartFailed):
            await tree.dynamic("d").start_child(key, key)
        waits.pop()

    with trio.fail_after(100):
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            for number in range(10):
                waits.append(attempt)
                nursery.start_soon(attempt, str(number))
                if number == 5:
                    for _ in range(steps):
                        await trio.lowlevel.checkpoint()
                    end(tree)
    assert waits == []
    assert len(tree.dynamic("d")) == 0


async def test_who_waits_for_the_end_of_a_child_is_let_go_when_the_tree_is_cancelled(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(dynamic(probes))
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            (await tree.dynamic("d").start_child("a", "a")).tell(Do(sleep=1000))
            await settle()
            nursery.start_soon(tree.dynamic("d").stop_child, "a")
            await settle()
            tree.cancel()
    assert trio.current_time() == 0


async def test_a_wait_that_is_over_while_the_supervisor_stops_starts_nothing_and_spins_not(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes, backoff=Backoff(2), grace=100)) as tree:
        first, second = [await tree.dynamic("d").start_child(key, key) for key in "ab"]
        second.tell(Do(sleep=10))
        crash(first)
        await settle()
    assert trio.current_time() == 10
    assert probes.logs["a"].lives == 1


async def test_a_crash_while_the_supervisor_stops_restarts_nothing(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes), on_event=probes.trace) as tree:
        ref = await tree.dynamic("d").start_child("a", "a")
        ref.tell(Do(sleep=2, error=ValueError()))
        await settle()
        tree.stop()
        await trio.sleep(3)
        assert len(probes.trace.of(Crashed)) == 1
    assert probes.logs["a"].lives == 1


async def test_a_child_that_crashes_as_its_supervisor_is_told_to_stop_is_not_started_again(
    autojump_clock: object, probes: Probes
) -> None:
    class Fatal(Actor):
        async def receive(self, message: object) -> None:
            tree.root.children[0].request_stop()
            raise ValueError

    spec = SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", Fatal))])
    async with open_tree(spec, on_event=probes.trace) as tree:
        (await tree.dynamic("d").start_child("a")).tell("stop, and crash")
        await settle()
    assert probes.trace.names([Started, Crashed])[:3] == ["Started t/d", "Started t/d/a", "Crashed t/d/a"]
    assert "Started t/d/a" not in probes.trace.names()[3:]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit()], ids=["interrupt", "exit"])
@pytest.mark.parametrize("where", ["start", "restart", "receive"])
async def test_what_is_meant_for_the_tree_ends_it_from_a_dynamic_child_as_well(
    autojump_clock: object, probes: Probes, where: str, error: BaseException
) -> None:
    class Fatal(Actor):
        async def started(self) -> None:
            if where == "start" or (where == "restart" and self.incarnation > 1):
                raise error

        async def receive(self, message: object) -> None:
            raise error if where == "receive" else ValueError

    tree = Tree(SupervisorSpec("t", [probes.spec("a"), DynamicSpec("d", ActorSpec("x", Fatal))]))

    async def disturb() -> None:
        await settle()
        try:
            (await tree.dynamic("d").start_child("x")).tell("go")
        except StartFailed:
            assert where == "start"

    faults: list[BaseException] = []
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(disturb)
            try:
                await tree.run()
            except (KeyboardInterrupt, SystemExit) as fault:
                faults.append(fault)
    assert faults == [error]
    assert probes.did() == ["start a", "stop a"]


class Quiet(Actor):
    """Does nothing."""


async def test_a_child_that_is_about_to_be_spawned_is_starting(autojump_clock: object) -> None:
    class Watch(trio.abc.Instrument):
        def before_task_step(self, task: trio.lowlevel.Task) -> None:
            if task.name == "t/d/k":
                seen.append(tree.snapshot().children[0].children_by_state or {})

    seen: list[dict[str, int]] = []
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", Quiet))])) as tree:
        watch = Watch()
        trio.lowlevel.add_instrument(watch)
        await tree.dynamic("d").start_child("k")
        trio.lowlevel.remove_instrument(watch)
    assert seen == [{"starting": 1}]


class Crashing(Actor):
    """Cannot start."""

    def __init__(self, starts: list[int]) -> None:
        self.starts = starts

    async def started(self) -> None:
        self.starts.append(self.incarnation)
        if self.incarnation > 1:
            raise OSError("no")


async def test_a_loop_of_restarts_ends_when_the_tree_is_cancelled(autojump_clock: object) -> None:
    starts: list[int] = []
    spec = DynamicSpec("d", ActorSpec("x", Crashing), intensity=10**4, child_intensity=10**4)
    tree = Tree(SupervisorSpec("t", [spec]))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        ref = await tree.dynamic("d").start_child("k", starts)
        ref.tell(1)
        for _ in range(100):
            await trio.lowlevel.checkpoint()
        tree.cancel()
    assert 10 < len(starts) < 200
