"""What a supervisor is asked is answered at once: before, during and after restarts and stops."""

import json
from collections.abc import Iterator

import attrs
import pytest
import trio

from supervision import (
    ActorSpec,
    AutoShutdown,
    Backoff,
    ChildNotFound,
    Counts,
    DynamicSpec,
    Kind,
    OnlyByKey,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.supervisor_ref import ref_of
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")


def spec_of(probes: Probes) -> SupervisorSpec:
    inner = SupervisorSpec("in", [probes.spec("x")])
    return SupervisorSpec(
        "t",
        [probes.spec("a", backoff=Backoff(9), grace=50), inner, DynamicSpec("d", probes.template())],
        Strategy.ONE_FOR_ALL,
    )


def answers(tree: Tree) -> Iterator[tuple[dict[str, str], Counts]]:
    """Everything there is to ask, without a wait."""
    top = tree.supervisor()
    yield {node.name: node.state for node in top.children()}, top.counts()
    for name in "a", "in", "d":
        assert top.child(name).name == name
        assert top.child_spec(name).name == name
    assert json.loads(json.dumps([top.spec.to_json(), top.counts().to_json()]))
    assert tree.dynamic("d").counts().specs == 1


async def test_questions_are_answered_also_amid_a_restart_and_a_stop(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(spec_of(probes))

    def shown() -> tuple[str, int]:
        [(states, counts)] = answers(tree)
        assert (counts.specs, counts.supervisors, counts.workers) == (3, 2, 1)
        return " ".join(states.values()), counts.active

    assert shown() == ("stopped stopped stopped", 0)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(tree.run)
        await settle()
        assert shown() == ("running running running", 3)
        tree.ref("in/x").tell(Do(sleep=2))
        await settle()
        crash(tree.ref("a"))
        await trio.sleep(1)
        assert shown() == ("backing_off stopping backing_off", 1)
        await trio.sleep(5)
        assert shown() == ("backing_off backing_off backing_off", 0)
        await trio.sleep(10)
        tree.ref("a").tell(Do(sleep=40))
        await settle()
        tree.stop()
        await trio.sleep(1)
        assert shown() == ("stopping stopped stopped", 1)
    assert shown() == ("stopped stopped stopped", 0)


async def test_a_child_that_is_not_there_is_named(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(spec_of(probes)) as tree:
        top = tree.supervisor()
        for ask in top.child, top.child_spec:
            with pytest.raises(ChildNotFound, match="t has no child 'z'"):
                ask("z")
        with pytest.raises(ChildNotFound, match="t/d has no child 'z'"):
            tree.dynamic("d").child("z")
        for path in "a", "d":
            with pytest.raises(KeyError, match=f"{path}: is not a supervisor of named children"):
                tree.supervisor(path)


async def test_what_is_shown_are_frozen_values_with_every_default(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(spec_of(probes)) as tree:
        top = tree.supervisor()
        spec = top.child_spec("a")
        assert isinstance(spec, ActorSpec)
        assert (spec.kind, spec.mailbox, spec.grace) == (Kind.PERMANENT, 1024, 50)
        assert top.spec.auto_shutdown is AutoShutdown.NEVER
        for value, name in ((spec, "grace"), (top.counts(), "active"), (top.child("a"), "state")):
            with pytest.raises(attrs.exceptions.FrozenInstanceError):
                setattr(value, name, 1)


async def test_a_dynamic_supervisor_is_asked_in_the_same_words(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(spec_of(probes)) as tree:
        workers = tree.dynamic("d")
        for key in "12":
            await workers.start_child(key, key)
        assert [node.name for node in workers.children()] == ["1", "2"]
        assert workers.child("1").state == "running"
        assert workers.counts() == Counts(specs=1, active=2, supervisors=0, workers=2)
        assert workers.spec.template.name == "probe"


async def test_single_children_of_a_dynamic_supervisor_are_neither_restarted_nor_deleted(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(spec_of(probes)) as tree:
        await tree.dynamic("d").start_child("1", "1")
        with pytest.raises(OnlyByKey, match="t/d/1 can't be restarted by hand: stop it, then"):
            await tree.dynamic("d").restart_child("1")
        with pytest.raises(OnlyByKey, match="t/d/1 can't be deleted: it is forgotten when it is stopped"):
            await tree.dynamic("d").delete_child("1")
        assert probes.logs["1"].lives == 1


async def test_a_ref_is_the_same_for_all_who_look_it_up_and_valid_across_restarts(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(spec_of(probes)) as tree:
        ref = tree.supervisor("in")
        assert ref == tree.supervisor("in")
        crash(tree.ref("a"))
        await trio.sleep(20)
        assert ref.running
        await ref.stop_child("x")
        assert ref.child("x").state == "stopped"
    assert not ref.running


async def test_a_temporary_child_that_has_ended_is_not_shown_but_its_ref_is_found(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", kind=Kind.TEMPORARY), probes.spec("b")])
    async with open_tree(spec) as tree:
        tree.ref("a").tell(Do(error=OSError()))
        await settle()
        assert [node.name for node in tree.snapshot().children] == ["b"]
        assert not tree.ref("a").alive


def test_only_records_of_children_have_an_address() -> None:
    with pytest.raises(TypeError, match="no address of a str"):
        ref_of("t/a")
