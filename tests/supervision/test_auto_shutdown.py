"""`auto_shutdown` and significant children: when a supervisor ends because they have."""

from typing import Any

import pytest
import trio

from supervision import (
    AutoShutdown,
    Backoff,
    DynamicSpec,
    InvalidSpec,
    Kind,
    ShutDown,
    StopActor,
    Stopped,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

WORK: dict[str, Any] = {"kind": Kind.TRANSIENT, "significant": True}
ONCE: dict[str, Any] = {"kind": Kind.TEMPORARY, "significant": True}


def family(probes: Probes, shuts: AutoShutdown, **options: Any) -> SupervisorSpec:
    """`a` and `b` are significant, `c` is not."""
    children = [probes.spec("a", **WORK), probes.spec("b", **WORK), probes.spec("c")]
    return SupervisorSpec("t", children, auto_shutdown=shuts, **options)


async def test_any_significant_child_that_ends_by_itself_ends_the_supervisor_in_order(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, AutoShutdown.ANY), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(stop=True))
        await settle()
        assert not tree.supervisor().running
    assert probes.did()[-3:] == ["stop a", "stop c", "stop b"]
    assert probes.trace.of(ShutDown) == [ShutDown("t", "t/a")]


async def test_all_means_that_the_last_significant_child_ends_the_supervisor(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, AutoShutdown.ALL)) as tree:
        tree.ref("a").tell(Do(stop=True))
        await trio.sleep(100)
        assert tree.supervisor().running
        tree.ref("b").tell(Do(error=StopActor()))
        await settle()
        assert not tree.supervisor().running
    assert probes.did()[-3:] == ["stop a", "crash b", "stop c"]


async def test_never_is_the_default_and_a_child_is_not_significant_by_default(
    autojump_clock: object, probes: Probes
) -> None:
    for shuts in AutoShutdown:
        spec = SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)], auto_shutdown=shuts)
        async with open_tree(spec) as tree:
            tree.ref("a").tell(Do(stop=True))
            await trio.sleep(10)
            assert tree.supervisor().running
    assert SupervisorSpec("t", []).auto_shutdown is AutoShutdown.NEVER


async def test_a_significant_child_that_crashes_is_restarted_and_ends_nothing(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, AutoShutdown.ANY)) as tree:
        crash(tree.ref("a"))
        await settle()
        assert probes.logs["a"].lives == 2
        assert tree.supervisor().running


async def test_a_significant_temporary_child_counts_however_it_ends(
    autojump_clock: object, probes: Probes
) -> None:
    for order in (Do(stop=True), Do(error=OSError()), Do(error=StopActor())):
        tree = Tree(SupervisorSpec("t", [probes.spec("a", **ONCE)], auto_shutdown=AutoShutdown.ANY))
        tree.ref("a").tell(order)
        await tree.run()
        assert not tree.ref("a").alive


async def test_a_child_that_somebody_stops_does_not_count(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes, AutoShutdown.ANY)) as tree:
        await tree.supervisor().stop_child("a")
        await trio.sleep(10)
        assert tree.supervisor().running


async def test_a_child_that_was_stopped_by_hand_holds_nothing_up(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(family(probes, AutoShutdown.ALL))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await tree.supervisor().stop_child("a")
        tree.ref("b").tell(Do(stop=True))
    assert probes.did()[-2:] == ["stop b", "stop c"]


async def test_a_significant_child_in_its_backoff_holds_the_supervisor(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", backoff=Backoff(9), **WORK), probes.spec("b", **WORK)]
    async with open_tree(SupervisorSpec("t", children, auto_shutdown=AutoShutdown.ALL)) as tree:
        crash(tree.ref("a"))
        await settle()
        tree.ref("b").tell(Do(stop=True))
        await trio.sleep(20)
        assert tree.supervisor().child("a").state == "running"


async def test_a_group_that_is_being_stopped_takes_the_end_in(autojump_clock: object, probes: Probes) -> None:
    spec = family(probes, AutoShutdown.ANY, strategy=Strategy.ONE_FOR_ALL)
    async with open_tree(spec) as tree:
        tree.ref("a").tell(Do(sleep=1, stop=True))
        await settle()
        crash(tree.ref("c"))
        await trio.sleep(5)
        assert [probes.logs[name].lives for name in "abc"] == [2, 2, 2]
        assert tree.supervisor().running


async def test_an_end_while_later_siblings_still_start_is_dealt_with_when_all_have(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("a", **ONCE), probes.spec("b", [Do(sleep=5)])]
    tree = Tree(SupervisorSpec("t", children, auto_shutdown=AutoShutdown.ANY), probes.trace)
    tree.ref("a").tell(Do(stop=True))
    await tree.run()
    assert probes.did() == ["start a", "stop a", "start b", "stop b"]
    assert probes.trace.of(ShutDown) == [ShutDown("t", None)]  # a temporary child is forgotten by then
    assert trio.current_time() == 5


# --- to the supervisor above -------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "lives"), [(Kind.PERMANENT, 2), (Kind.TRANSIENT, 1), (Kind.TEMPORARY, 1)])
async def test_the_end_is_a_clean_one_to_the_supervisor_above(
    autojump_clock: object, probes: Probes, kind: Kind, lives: int
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a", **WORK)], kind=kind, auto_shutdown=AutoShutdown.ANY)
    async with open_tree(SupervisorSpec("t", [inner]), on_event=probes.trace) as tree:
        tree.ref("in/a").tell(Do(stop=True))
        await settle()
        assert Stopped("t/in", "shutdown") in probes.trace.events
        assert probes.logs["a"].lives == lives
        assert tree.ref("in/a").alive is (kind is Kind.PERMANENT)


async def test_a_significant_supervisor_hands_the_end_on(autojump_clock: object, probes: Probes) -> None:
    inner = SupervisorSpec("in", [probes.spec("a", **WORK)], auto_shutdown=AutoShutdown.ANY, **WORK)
    spec = SupervisorSpec("t", [probes.spec("b"), inner], auto_shutdown=AutoShutdown.ALL)
    tree = Tree(spec, probes.trace)
    tree.ref("in/a").tell(Do(stop=True))
    await tree.run()
    assert probes.trace.of(ShutDown) == [ShutDown("t/in", "t/in/a"), ShutDown("t", "t/in")]


async def test_a_supervisor_that_gives_up_ends_by_itself_too(autojump_clock: object, probes: Probes) -> None:
    inner = SupervisorSpec("in", [probes.spec("a")], intensity=0, **ONCE)
    tree = Tree(SupervisorSpec("t", [inner], auto_shutdown=AutoShutdown.ANY))
    tree.ref("in/a").tell(Do(error=OSError()))
    await tree.run()
    assert not tree.ref("in/a").alive


# --- dynamic supervisors -----------------------------------------------------------------------------


@pytest.mark.parametrize(("shuts", "after"), [(AutoShutdown.ANY, 1), (AutoShutdown.ALL, 3)])
async def test_a_dynamic_supervisor_ends_with_the_first_or_the_last_of_its_children(
    autojump_clock: object, probes: Probes, shuts: AutoShutdown, after: int
) -> None:
    workers = DynamicSpec("d", probes.template(**WORK), kind=Kind.TRANSIENT, auto_shutdown=shuts)
    async with open_tree(SupervisorSpec("t", [workers]), on_event=probes.trace) as tree:
        ref = tree.dynamic("d")
        for key in "123":
            child = await ref.start_child(key, key)
            child.tell(Do(sleep=int(key), stop=True))
        await trio.sleep(10)
        assert not ref.running
        assert probes.trace.of(ShutDown) == [ShutDown("t/d", f"t/d/{after}")]
        assert Stopped("t/d", "shutdown") in probes.trace.events
        assert tree.supervisor().child("d").state == "stopped"


async def test_a_dynamic_child_that_is_stopped_by_key_does_not_count(
    autojump_clock: object, probes: Probes
) -> None:
    workers = DynamicSpec("d", probes.template(**WORK), auto_shutdown=AutoShutdown.ANY)
    async with open_tree(SupervisorSpec("t", [workers])) as tree:
        await tree.dynamic("d").start_child("1", "1")
        await tree.dynamic("d").stop_child("1")
        await settle()
        assert tree.dynamic("d").running


async def test_without_a_significant_template_a_dynamic_supervisor_stays(
    autojump_clock: object, probes: Probes
) -> None:
    workers = DynamicSpec("d", probes.template(kind=Kind.TRANSIENT), auto_shutdown=AutoShutdown.ANY)
    async with open_tree(SupervisorSpec("t", [workers])) as tree:
        (await tree.dynamic("d").start_child("1", "1")).tell(Do(stop=True))
        await settle()
        assert tree.dynamic("d").running


# --- validation --------------------------------------------------------------------------------------


def test_a_permanent_child_cannot_be_significant(probes: Probes) -> None:
    wrong = "significant = True: must be False for a permanent child: it is restarted after any end"
    with pytest.raises(InvalidSpec, match=f"ActorSpec 'a': {wrong}"):
        probes.spec("a", significant=True)
    with pytest.raises(InvalidSpec, match=f"SupervisorSpec 's': {wrong}"):
        SupervisorSpec("s", [], significant=True)
    with pytest.raises(InvalidSpec, match=f"DynamicSpec 'd': {wrong}"):
        DynamicSpec("d", probes.template(), significant=True)


def test_a_significant_child_needs_a_supervisor_that_heeds_it(probes: Probes) -> None:
    wrong = "auto_shutdown = 'never': must be 'any' or 'all', because"
    with pytest.raises(InvalidSpec, match=f"SupervisorSpec 's': {wrong} 'a' is significant"):
        SupervisorSpec("s", [probes.spec("a", **WORK)])
    with pytest.raises(InvalidSpec, match=f"DynamicSpec 'd': {wrong} 'probe' is significant"):
        DynamicSpec("d", probes.template(**ONCE))
