"""Many children by key: started and stopped at run time, with a budget each and one for all."""

import pytest
import trio

from supervision import (
    Actor,
    ActorDead,
    ActorSpec,
    AlreadyRunning,
    BackingOff,
    Backoff,
    Decline,
    DynamicRef,
    DynamicSpec,
    GaveUp,
    InvalidSpec,
    Kind,
    StartError,
    StartFailed,
    StopActor,
    SupervisorSpec,
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
        with pytest.raises(Decline, match=r"^t/d/a declined: not today$"):
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


async def test_the_states_of_all_children_are_told_in_short(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(dynamic(probes, backoff=Backoff(min=0.1, max=0.1, jitter=0.0))) as tree:
        children = tree.dynamic("d")
        refs = [await children.start_child(key, key) for key in ("a", "b")]
        crash(refs[1])
        await settle()
        assert children.states() == [("a", "running", 0), ("b", "backing_off", 0)]
        await trio.sleep(0.2)
        assert children.states() == [("a", "running", 0), ("b", "running", 1)]
