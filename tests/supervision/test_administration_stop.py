"""Children of a running supervisor, stopped by hand."""

from typing import Any

import pytest
import trio

from supervision import (
    Actor,
    ActorDead,
    ActorSpec,
    AskCycle,
    Backoff,
    ChildNotFound,
    Crashed,
    Kind,
    StopOverdue,
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


async def test_a_stopped_child_stays_known_and_is_not_started_again(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes, **STRICT)) as tree:
        top = tree.supervisor()
        await top.stop_child("b")
        await trio.sleep(1000)
        assert probes.did() == ["start a", "start b", "start c", "stop b"]
        assert states(top) == {"a": "running", "b": "stopped", "c": "running"}


async def test_stopping_by_hand_waits_for_the_end_within_the_grace(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", grace=3)])
    async with open_tree(spec) as tree:
        tree.ref("a").tell(Do(sleep=1000))
        await settle()
        await tree.supervisor().stop_child("a")
        assert trio.current_time() == 3
        assert tree.supervisor().child("a").state == "stopped"


async def test_stopping_a_stopped_child_is_fine(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes)) as tree:
        top = tree.supervisor()
        await top.stop_child("a")
        await top.stop_child("a")
        assert probes.did()[-1] == "stop a"


async def test_several_may_wait_for_the_same_end(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes)) as tree:
        tree.ref("a").tell(Do(sleep=2))
        await settle()
        async with trio.open_nursery() as nursery:
            for _ in range(3):
                nursery.start_soon(tree.supervisor().stop_child, "a")
        assert trio.current_time() == 2
        assert probes.did() == ["start a", "start b", "start c", "stop a"]


async def test_a_stopped_actor_is_dead_to_all_until_it_is_started_by_hand(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes)) as tree:
        ref = tree.ref("a")
        await tree.supervisor().stop_child("a")
        assert not ref.alive
        with pytest.raises(ActorDead):
            await ref.ask(1)
        await tree.supervisor().restart_child("a")
        assert ref.alive
        assert await ref.ask(1) == 1


@pytest.mark.parametrize("drain", [True, False])
async def test_a_stop_by_hand_drains_or_discards_what_is_queued(
    autojump_clock: object, probes: Probes, drain: bool
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", drain=drain)])) as tree:
        for message in (Do(sleep=1), "x", "y"):
            tree.ref("a").tell(message)
        await settle()
        await tree.supervisor().stop_child("a")
        assert probes.logs["a"].heard[1:] == (["x", "y"] if drain else [])
        assert tree.supervisor().child("a").dead_letters == ({} if drain else {"str": 2})
        await tree.supervisor().restart_child("a")
        assert await tree.ref("a").ask("new") == "new"


async def test_a_stopped_temporary_child_is_forgotten(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", kind=Kind.TEMPORARY)])) as tree:
        await tree.supervisor().stop_child("a")
        assert states(tree.supervisor()) == {}
        with pytest.raises(ChildNotFound, match="t has no child 'a'"):
            await tree.supervisor().restart_child("a")


async def test_a_child_in_its_backoff_is_stopped_at_once_and_for_good(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", backoff=Backoff(20))])) as tree:
        crash(tree.ref("a"))
        await settle()
        await tree.supervisor().stop_child("a")
        assert trio.current_time() == 0
        assert tree.supervisor().child("a").state == "stopped"
        await trio.sleep(1000)
        assert probes.logs["a"].lives == 1
        assert not tree.ref("a").alive


async def test_a_crash_during_a_stop_by_hand_restarts_nothing(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(family(probes, **STRICT), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(sleep=1, error=OSError()))
        await settle()
        await tree.supervisor().stop_child("a")
        await trio.sleep(100)
        assert probes.trace.names([Crashed]) == ["Crashed t/a"]
        assert states(tree.supervisor())["a"] == "stopped"


async def test_a_stop_that_meets_a_crash_not_yet_dealt_with_keeps_the_child_stopped(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(family(probes)) as tree:
        crash(tree.ref("a"))
        await tree.supervisor().stop_child("a")
        await settle()
        assert states(tree.supervisor())["a"] == "stopped"
        assert await tree.ref("b").ask(1) == 1


async def test_a_child_that_will_not_stop_by_hand_is_reported_and_others_are_served(
    autojump_clock: object, probes: Probes
) -> None:
    release = trio.Event()

    class Stubborn(Actor):
        async def receive(self, message: object) -> None:
            with trio.CancelScope(shield=True):
                await release.wait()

    spec = SupervisorSpec("t", [ActorSpec("s", Stubborn, grace=1), probes.spec("b")])
    async with open_tree(spec, on_event=probes.trace) as tree, trio.open_nursery() as nursery:
        tree.ref("s").tell("work")
        await settle()
        nursery.start_soon(tree.supervisor().stop_child, "s")
        await trio.sleep(30)
        shown = states(tree.supervisor())
        await tree.supervisor().stop_child("b")
        active = tree.supervisor().counts().active
        release.set()
    assert probes.trace.names([StopOverdue]) == ["StopOverdue t/s"] * 3
    assert (shown, active) == ({"s": "overdue", "b": "running"}, 1)
    assert probes.did() == ["start b", "stop b"]


async def test_an_actor_cannot_wait_for_its_own_end(autojump_clock: object) -> None:
    class Suicidal(Actor):
        async def receive(self, message: object) -> None:
            assert isinstance(message, tuple)
            await tree.supervisor(message[0]).stop_child(message[1])

    inner = SupervisorSpec("in", [ActorSpec("a", Suicidal)])
    async with open_tree(SupervisorSpec("t", [inner], intensity=9)) as tree:
        for path, name in (("in", "a"), ("", "in")):
            with pytest.raises(Exception, match="t/in/a would wait for its own end") as fault:
                await tree.ref("in/a").ask((path, name))
            assert AskCycle.__name__ in str(fault.value)
