"""Children of a running supervisor, started again, deleted and added by hand."""

from typing import Any

import pytest
import trio

from supervision import (
    ActorRef,
    AlreadyPresent,
    AlreadyRunning,
    BackingOff,
    Backoff,
    ChildNotFound,
    Decline,
    DynamicRef,
    DynamicSpec,
    InvalidSpec,
    Kind,
    NotRunning,
    StartFailed,
    StopActor,
    Strategy,
    SupervisorRef,
    SupervisorSpec,
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


# --- restart, which is: start again ----------------------------------------------------------------


async def test_a_stopped_child_is_started_again_by_hand(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes)) as tree:
        await tree.supervisor().stop_child("b")
        probes.did()
        await tree.supervisor().restart_child("b")
        assert probes.did() == ["start b"]
        assert tree.supervisor().child("b").state == "running"


async def test_restarting_by_hand_waits_for_the_start_and_others_are_served_meanwhile(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", [None, Do(sleep=7)]), probes.spec("b")])
    async with open_tree(spec) as tree, trio.open_nursery() as nursery:
        await tree.supervisor().stop_child("a")
        nursery.start_soon(tree.supervisor().restart_child, "a")
        await settle()
        crash(tree.ref("b"))
        await settle()
        assert await tree.ref("b").ask(1) == 1
        with pytest.raises(AlreadyRunning, match="t/a is running"):
            await tree.supervisor().restart_child("a")
        assert trio.current_time() == 0
    assert trio.current_time() == 7


async def test_only_a_child_that_does_not_run_is_restarted(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes)) as tree:
        with pytest.raises(AlreadyRunning, match="t/a is running"):
            await tree.supervisor().restart_child("a")
        assert probes.logs["a"].lives == 1


@pytest.mark.parametrize("order", [Do(stop=True), Do(error=StopActor())])
async def test_a_child_that_ended_for_good_by_itself_can_be_restarted_by_hand(
    autojump_clock: object, probes: Probes, order: Do
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)])) as tree:
        tree.ref("a").tell(order)
        await settle()
        assert not tree.ref("a").alive
        await tree.supervisor().restart_child("a")
        assert await tree.ref("a").ask("again") == "again"


async def test_restarts_by_hand_and_starts_that_fail_by_hand_cost_no_budget(
    autojump_clock: object, probes: Probes
) -> None:
    starts = [None, *[Do(error=OSError("no"))] * 9, None]
    async with open_tree(SupervisorSpec("t", [probes.spec("a", starts)], **STRICT)) as tree:
        top = tree.supervisor()
        await top.stop_child("a")
        for _ in range(9):
            with pytest.raises(StartFailed, match="t/a: OSError: no"):
                await top.restart_child("a")
            assert not tree.ref("a").alive
        await top.restart_child("a")
        assert await tree.ref("a").ask(1) == 1


async def test_a_failed_restart_by_hand_is_not_repeated_and_the_child_stays_known(
    autojump_clock: object, probes: Probes
) -> None:
    starts = [None, Do(error=OSError("no")), None]
    async with open_tree(SupervisorSpec("t", [probes.spec("a", starts, backoff=Backoff(1))])) as tree:
        await tree.supervisor().stop_child("a")
        with pytest.raises(StartFailed):
            await tree.supervisor().restart_child("a")
        await trio.sleep(100)
        node = tree.supervisor().child("a")
        assert (node.state, node.last_error) == ("stopped", "OSError: no")


async def test_after_a_restart_by_hand_the_row_of_waits_begins_anew(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", backoff=Backoff(1))], intensity=9)
    async with open_tree(spec, on_event=probes.trace) as tree:
        for by_hand in False, False, True, False:
            if by_hand:
                await tree.supervisor().stop_child("a")
                await tree.supervisor().restart_child("a")
            crash(tree.ref("a"))
            await trio.sleep(10)
    assert [event.delay for event in probes.trace.of(BackingOff)] == [1, 2, 1, 2]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("answer", "said"),
    [(Decline("closed today"), "t/a declined: closed today"), (Decline(), "t/a declined: it gave no reason")],
    ids=["why", "no reason"],
)
async def test_a_restart_by_hand_may_be_declined_which_names_the_path(
    autojump_clock: object, probes: Probes, answer: Decline, said: str
) -> None:
    starts = [None, Do(error=answer)]
    async with open_tree(SupervisorSpec("t", [probes.spec("a", starts)])) as tree:
        await tree.supervisor().stop_child("a")
        with pytest.raises(Decline, match=f"^{said}$"):
            await tree.supervisor().restart_child("a")
        assert tree.supervisor().child("a").state == "stopped"


async def test_a_child_that_ends_itself_while_it_starts_is_a_failed_start(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        with pytest.raises(StartFailed, match="t/a: ended while it started"):
            await tree.supervisor().start_child(probes.spec("a", [Do(error=StopActor())]))
        assert states(tree.supervisor()) == {}


async def test_a_start_by_hand_that_is_stopped_meanwhile_says_so(
    autojump_clock: object, probes: Probes
) -> None:
    async def start() -> None:
        with pytest.raises(NotRunning, match="t/a was stopped before it had started"):
            await tree.supervisor().start_child(probes.spec("a", [Do(sleep=1000)], grace=0))
        told.append("told")

    told: list[str] = []
    async with open_tree(SupervisorSpec("t", [])) as tree, trio.open_nursery() as nursery:
        nursery.start_soon(start)
        await settle()
        await tree.supervisor().stop_child("a")
        await settle()
        assert told == ["told"]
        assert states(tree.supervisor()) == {"a": "stopped"}


# --- delete ----------------------------------------------------------------------------------------


async def test_only_a_child_that_does_not_run_is_deleted_and_its_name_is_free(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes)) as tree:
        top = tree.supervisor()
        with pytest.raises(AlreadyRunning, match="t/b is running"):
            await top.delete_child("b")
        await top.stop_child("b")
        await top.delete_child("b")
        assert list(states(top)) == ["a", "c"]
        with pytest.raises(ChildNotFound):
            await top.delete_child("b")
        await top.start_child(probes.spec("b"))
        assert list(states(top)) == ["a", "c", "b"]
    assert probes.did()[-3:] == ["stop b", "stop c", "stop a"]


async def test_a_declined_child_can_be_deleted_and_what_waited_for_it_is_told(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", [Do(error=Decline())])])) as tree:
        ref = tree.ref("a")
        ref.tell("waits")
        await tree.supervisor().delete_child("a")
        assert not ref.alive
        assert tree.snapshot().dead_letters == {"str": 1}


# --- adding ----------------------------------------------------------------------------------------


async def test_a_child_is_added_behind_the_others_and_is_one_of_them(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, strategy=Strategy.ONE_FOR_ALL)) as tree:
        ref = await tree.supervisor().start_child(probes.spec("d"))
        assert isinstance(ref, ActorRef)
        assert ref == tree.ref("d")
        assert await ref.ask(1) == 1
        probes.did()
        crash(tree.ref("a"))
        await settle()
        expected = ["crash a", "stop d", "stop c", "stop b", "start a", "start b", "start c", "start d"]
        assert probes.did() == expected


async def test_supervisors_of_both_sorts_are_added_as_well(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        top = tree.supervisor()
        inner = await top.start_child(SupervisorSpec("in", [probes.spec("a")]))
        assert isinstance(inner, SupervisorRef)
        assert (inner, inner.path, inner.name) == (tree.supervisor("in"), "t/in", "in")
        assert repr(inner) == "<SupervisorRef t/in>"
        workers = await top.start_child(DynamicSpec("d", probes.template()))
        assert isinstance(workers, DynamicRef)
        assert repr(workers) == "<DynamicRef t/d>"
        assert workers.name == "d"
        await workers.start_child("1", "1")
        await top.stop_child("in")
        await top.delete_child("in")
        with pytest.raises(NotRunning, match="t/in is stopped"):
            await inner.stop_child("a")
    assert probes.did() == ["start a", "start 1", "stop a", "stop 1"]


async def test_a_name_that_is_taken_is_refused_and_says_whether_it_runs(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes)) as tree:
        top = tree.supervisor()
        with pytest.raises(AlreadyRunning, match="t/a is running"):
            await top.start_child(probes.spec("a"))
        await top.stop_child("a")
        with pytest.raises(AlreadyPresent, match="t/a is there, but not running; restart it, or delete it"):
            await top.start_child(probes.spec("a"))


async def test_a_new_child_that_cannot_start_is_forgotten_and_costs_nothing(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, **STRICT)) as tree:
        for _ in range(3):
            with pytest.raises(StartFailed, match="t/d: OSError: no"):
                await tree.supervisor().start_child(probes.spec("d", [Do(error=OSError("no"))]))
            assert list(states(tree.supervisor())) == ["a", "b", "c"]
        deep = SupervisorSpec("in", [probes.spec("e", [Do(error=OSError("deep"))])])
        with pytest.raises(StartFailed, match=r"^t/in/e: OSError: deep$"):
            await tree.supervisor().start_child(deep)


@pytest.mark.parametrize("kind", Kind)
async def test_a_new_child_that_declines_is_known_unless_it_is_temporary(
    autojump_clock: object, probes: Probes, kind: Kind
) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        with pytest.raises(Decline, match=r"^t/a declined: not now$"):
            await tree.supervisor().start_child(probes.spec("a", [Do(error=Decline("not now"))], kind=kind))
        assert states(tree.supervisor()) == ({} if kind is Kind.TEMPORARY else {"a": "stopped"})


async def test_what_is_no_child_is_refused_before_anything_starts(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        with pytest.raises(InvalidSpec, match="t: spec = 'a': must be a child's specification"):
            await tree.supervisor().start_child("a")  # type: ignore[call-overload]
        fit = probes.spec("a", kind=Kind.TRANSIENT, significant=True)
        with pytest.raises(InvalidSpec, match="t: spec = 'a': must not be significant"):
            await tree.supervisor().start_child(fit)
        assert states(tree.supervisor()) == {}


async def test_a_start_nobody_waits_for_any_more_goes_on(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        with trio.move_on_after(1):
            await tree.supervisor().start_child(probes.spec("a", [Do(sleep=5)]))
        await trio.sleep(10)
        assert states(tree.supervisor()) == {"a": "running"}
