"""Many children by key: started and stopped at run time, with a budget each and one for all."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import trio

from supervision import (
    Actor,
    ActorDead,
    ActorSpec,
    AlreadyRunning,
    BackingOff,
    Backoff,
    Crashed,
    Decline,
    DynamicRef,
    DynamicSpec,
    GaveUp,
    InvalidSpec,
    Kind,
    NotRunning,
    StartError,
    StartFailed,
    StopActor,
    StopOverdue,
    Stopped,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

BOOM = Do(error=ValueError("boom"))
QUIT = Do(stop=True)


def dynamic(probes: Probes, *, kind: Kind = Kind.TRANSIENT, **options: object) -> SupervisorSpec:
    of_template = {
        name: options.pop(name) for name in ("backoff", "grace", "mailbox", "drain") if name in options
    }
    template = probes.template(kind=kind, **of_template)
    return SupervisorSpec("t", [DynamicSpec("d", template, **options)])  # type: ignore[arg-type]


# --- children by key -----------------------------------------------------------------------------


async def test_children_are_started_and_found_by_key(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        children = tree.dynamic("d")
        refs = [await children.start_child(str(key), str(key)) for key in range(5)]
        assert [ref.path for ref in refs] == [f"t/d/{key}" for key in range(5)]
        assert (len(children), children.keys(), "3" in children) == (5, ("0", "1", "2", "3", "4"), True)
        assert (children.get("3"), children.get("9"), children.path) == (refs[3], None, "t/d")
        assert tree.ref("d/3") == refs[3]
        assert children.running


async def test_a_key_that_is_taken_is_refused(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        await tree.dynamic("d").start_child("a", "a")
        with pytest.raises(AlreadyRunning, match="t/d/a is there already"):
            await tree.dynamic("d").start_child("a", "a")


@pytest.mark.parametrize("key", ["", "a/b", "a b", "a\n", "\x1b[2J", "x" * 201, 7, None])
async def test_a_key_that_cannot_be_part_of_a_path_is_refused(
    autojump_clock: object, probes: Probes, key: str
) -> None:
    async with open_tree(dynamic(probes)) as tree:
        with pytest.raises(InvalidSpec, match=r"^t/d: key = .*: must be 1 to 200 printable characters"):
            await tree.dynamic("d").start_child(key)
        assert len(tree.dynamic("d")) == 0


async def test_children_start_beside_each_other(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        async with trio.open_nursery() as nursery:
            for key in "abc":
                nursery.start_soon(tree.dynamic("d").start_child, key, key, Do(sleep=3))
        assert trio.current_time() == 3


async def test_a_failed_start_is_told_with_its_cause_and_its_key_is_free(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes), on_event=probes.trace) as tree:
        children = tree.dynamic("d")
        with pytest.raises(StartFailed, match=r"^t/d/a: OSError: no port$"):
            await children.start_child("a", "a", Do(error=OSError("no port")))
        assert "a" not in children
        assert (await children.start_child("a", "a")).alive
        assert [event.path for event in probes.trace.of(StartError)] == ["t/d/a"]
        assert tree.snapshot().children[0].restarts == 0


async def test_a_child_that_declines_is_forgotten(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        with pytest.raises(Decline, match="not today"):
            await tree.dynamic("d").start_child("a", "a", Do(error=Decline("not today")))
        assert len(tree.dynamic("d")) == 0


async def test_a_child_that_declines_to_start_again_is_forgotten(
    autojump_clock: object, probes: Probes
) -> None:
    template = probes.spec("a", [None, Do(error=Decline("no network"))])
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", template)])) as tree:
        ref = await tree.dynamic("d").start_child("a")
        crash(ref)
        await settle()
        assert not ref.alive
        assert len(tree.dynamic("d")) == 0


async def test_a_child_that_ends_for_good_while_it_starts_is_a_failed_start(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes)) as tree:
        with pytest.raises(StartFailed, match="t/d/a: ended while it started"):
            await tree.dynamic("d").start_child("a", "a", Do(error=StopActor()))
        assert len(tree.dynamic("d")) == 0


async def test_a_start_nobody_waits_for_any_more_goes_on(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        with trio.move_on_after(1):
            await tree.dynamic("d").start_child("a", "a", Do(sleep=3))
        await trio.sleep(3)
        ref = tree.dynamic("d").get("a")
        assert ref is not None
        assert await ref.ask(1) == 1


async def test_no_context_of_the_caller_leaks_into_a_child(autojump_clock: object) -> None:
    class Asks(Actor):
        async def receive(self, message: object) -> object:
            assert isinstance(message, DynamicRef)
            return (await message.start_child("x")).path

    spec = SupervisorSpec("t", [DynamicSpec("d", ActorSpec("x", Actor)), ActorSpec("a", Asks)])
    async with open_tree(spec) as tree:
        assert await tree.ref("a").ask(tree.dynamic("d")) == "t/d/x"


# --- ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "order", "stays"),
    [
        (Kind.PERMANENT, BOOM, True),
        (Kind.PERMANENT, QUIT, True),
        (Kind.PERMANENT, Do(error=StopActor()), False),
        (Kind.TRANSIENT, BOOM, True),
        (Kind.TRANSIENT, QUIT, False),
        (Kind.TEMPORARY, BOOM, False),
        (Kind.TEMPORARY, QUIT, False),
    ],
)
async def test_a_child_that_ends_for_good_is_forgotten_and_its_key_is_free(
    autojump_clock: object, probes: Probes, kind: Kind, order: Do, stays: bool
) -> None:
    async with open_tree(dynamic(probes, kind=kind)) as tree:
        children = tree.dynamic("d")
        ref = await children.start_child("a", "a")
        ref.tell(order)
        await settle()
        assert ("a" in children, ref.alive) == (stays, stays)
        if not stays:
            again = await children.start_child("a", "a")
            assert again != ref
            with pytest.raises(ActorDead):
                ref.tell(1)


async def test_only_the_child_that_crashed_is_restarted(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes)) as tree:
        refs = [await tree.dynamic("d").start_child(key, key) for key in "abc"]
        probes.did()
        refs[1].tell(BOOM)
        refs[1].tell("kept")
        await settle()
        assert probes.did() == ["crash b", "start b"]
        assert probes.logs["b"].heard == [BOOM, "kept"]


# --- budgets -------------------------------------------------------------------------------------


async def test_a_child_whose_own_budget_is_spent_is_given_up_alone(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes, child_intensity=2, child_period=10), on_event=probes.trace) as tree:
        unlucky, lucky = [await tree.dynamic("d").start_child(key, key) for key in "ab"]
        for _ in range(3):
            crash(unlucky)
            await settle()
        assert (unlucky.alive, lucky.alive) == (False, True)
        assert [event.path for event in probes.trace.of(GaveUp)] == ["t/d/a"]
        assert tree.snapshot().children[0].restarts == 0


async def test_a_child_may_crash_for_ever_if_it_does_so_slowly(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes, child_intensity=2, child_period=10)) as tree:
        ref = await tree.dynamic("d").start_child("a", "a")
        for _ in range(50):
            crash(ref)
            await trio.sleep(6)
        assert ref.alive


async def test_the_budget_of_all_together_ends_the_supervisor_which_starts_empty_again(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(dynamic(probes, intensity=3, period=10), on_event=probes.trace) as tree:
        refs = [await tree.dynamic("d").start_child(key, key) for key in "abcde"]
        for ref in refs[:4]:
            crash(ref)
        await settle()
        assert [event.path for event in probes.trace.of(GaveUp)] == ["t/d"]
        assert not any(ref.alive for ref in refs)
        assert len(tree.dynamic("d")) == 0
        assert tree.snapshot().children[0].restarts == 1
        assert (await tree.dynamic("d").start_child("a", "a")).alive


async def test_thousands_of_children_do_not_go_down_because_two_are_unlucky(
    autojump_clock: object, probes: Probes
) -> None:
    template = ActorSpec("x", Actor, kind=Kind.TRANSIENT)
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", template)])) as tree:
        children = tree.dynamic("d")
        refs = [await children.start_child(str(number)) for number in range(200)]
        for _ in range(6):
            crash(refs[0])
            crash(refs[1])
            await settle()
        assert len(children) == 198
        assert tree.snapshot().children[0].restarts == 0


# --- backoff -------------------------------------------------------------------------------------


async def test_each_child_backs_off_for_itself(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes, backoff=Backoff(1)), on_event=probes.trace) as tree:
        first, second = [await tree.dynamic("d").start_child(key, key) for key in "ab"]
        crash(first)
        await trio.sleep(1.5)
        crash(first)
        crash(second)
        await settle()
        assert sorted(event.delay for event in probes.trace.of(BackingOff)) == [1, 1, 2]  # type: ignore[attr-defined]
        node = tree.snapshot(every_child=True).children[0]
        assert node.children_by_state == {"backing_off": 2}
        assert [child.restart_in for child in node.children] == [2, 1]


async def test_the_backoff_begins_anew_after_a_calm_time(autojump_clock: object, probes: Probes) -> None:
    template = dynamic(probes, backoff=Backoff(1, reset_after=100))
    async with open_tree(template, on_event=probes.trace) as tree:
        ref = await tree.dynamic("d").start_child("a", "a")
        for calm in (0, 50, 150):
            await trio.sleep(calm)
            crash(ref)
            await settle()
            await trio.sleep(5)
        assert [event.delay for event in probes.trace.of(BackingOff)] == [1, 2, 1]  # type: ignore[attr-defined]


async def test_failing_starts_are_not_taken_for_a_calm_time(autojump_clock: object, probes: Probes) -> None:
    class Doomed(Actor):
        async def started(self) -> None:
            if self.incarnation > 1:
                raise OSError

    template = ActorSpec("x", Doomed, backoff=Backoff(10, max=1000, reset_after=15))
    spec = SupervisorSpec("t", [DynamicSpec("d", template)])
    async with open_tree(spec, on_event=probes.trace) as tree:
        crash(await tree.dynamic("d").start_child("a"))
        await trio.sleep(400)
        assert [event.delay for event in probes.trace.of(BackingOff)] == [10, 20, 40, 80, 160, 320]  # type: ignore[attr-defined]


# --- stopping ------------------------------------------------------------------------------------


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


async def test_ten_thousand_children_stop_without_a_pass_over_all_for_each(autojump_clock: object) -> None:
    template = ActorSpec("x", Actor, mailbox=1)
    async with open_tree(SupervisorSpec("t", [DynamicSpec("d", template)])) as tree:
        for number in range(1000):
            await tree.dynamic("d").start_child(str(number))
        overdue = tree.root.children[0].runner._overdue  # type: ignore[union-attr]
        tree.stop()
        await settle()
        assert overdue._watched == {}
    assert len(tree.dynamic("d")) == 0


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
