"""What is told of the end of an actor: to those who watch it, and of the messages nobody will read."""

from typing import Any

import pytest
import trio

from supervision import (
    ActorDead,
    ActorSpec,
    BackingOff,
    Backoff,
    DeadLetters,
    Decline,
    Down,
    DynamicSpec,
    InvalidSpec,
    Kind,
    StartFailed,
    StopActor,
    Strategy,
    SupervisionError,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.cell import DOWN
from supervision.error_text import ErrorText
from supervision.tally import MOST_TYPES, OTHERS
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")


def watched(probes: Probes, **options: Any) -> SupervisorSpec:
    """`a` is watched; it lives below a supervisor of its own, the watcher beside that."""
    inner = SupervisorSpec("in", [probes.spec("a", **options)], intensity=0, kind=Kind.TEMPORARY)
    return SupervisorSpec("t", [probes.spec("watcher"), inner], intensity=9)


def downs(probes: Probes) -> list[tuple[str, str, str | None]]:
    """The notices: path, how, and the type of the error."""
    heard = [message for message in probes.logs["watcher"].heard if isinstance(message, Down)]
    return [(down.path, down.how, down.error and down.error.type) for down in heard]


# --- monitors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "order", "told"),
    [
        (Kind.TRANSIENT, Do(stop=True), ("normal", None)),
        (Kind.TEMPORARY, Do(stop=True), ("normal", None)),
        (Kind.PERMANENT, Do(error=StopActor()), ("finished", None)),
        (Kind.TEMPORARY, Do(error=OSError("no")), ("crashed", "OSError")),
        (Kind.PERMANENT, Do(error=OSError("no")), ("gave_up", "OSError")),
        (Kind.TRANSIENT, Do(error=OSError("no")), ("gave_up", "OSError")),
    ],
)
async def test_a_monitor_tells_how_it_ended_and_the_cause_once(
    autojump_clock: object, probes: Probes, kind: Kind, order: Do, told: tuple[str, str | None]
) -> None:
    async with open_tree(watched(probes, kind=kind)) as tree:
        tree.ref("in/a").monitor(tree.ref("watcher"))
        tree.ref("in/a").tell(order)
        await settle()
        assert downs(probes) == [("t/in/a", *told)]


async def test_a_monitor_of_one_that_has_ended_is_told_at_once_how(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(watched(probes, kind=Kind.TEMPORARY)) as tree:
        ref = tree.ref("in/a")
        ref.tell(Do(error=OSError("no")))
        await settle()
        ref.monitor(tree.ref("watcher"))
        ref.monitor(tree.ref("watcher"), "my own words")
        await settle()
        assert downs(probes) == [("t/in/a", "crashed", "OSError")]
        assert probes.logs["watcher"].heard[-1] == "my own words"


async def test_a_monitor_hears_nothing_of_a_restart(autojump_clock: object, probes: Probes) -> None:
    spec = SupervisorSpec("t", [probes.spec("watcher"), probes.spec("a")], intensity=9)
    async with open_tree(spec) as tree:
        tree.ref("a").monitor(tree.ref("watcher"))
        for _ in range(3):
            crash(tree.ref("a"))
            await settle()
        assert downs(probes) == []


async def test_a_monitor_is_told_of_a_stop_by_hand_and_of_a_failed_start_by_hand(
    autojump_clock: object, probes: Probes
) -> None:
    child = probes.spec("a", [None, Do(error=OSError("no"))])
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), child])) as tree:
        ref, watcher = tree.ref("a"), tree.ref("watcher")
        ref.monitor(watcher)
        await tree.supervisor().stop_child("a")
        with pytest.raises(StartFailed):
            await tree.supervisor().restart_child("a")
        ref.monitor(watcher)
        await settle()
        assert downs(probes) == [("t/a", "stopped", None), ("t/a", "start_failed", "OSError")]


async def test_siblings_of_the_one_that_was_too_much_were_stopped(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec(n) for n in "ab"], intensity=0, kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), inner])) as tree:
        for path in "in/a", "in/b":
            tree.ref(path).monitor(tree.ref("watcher"))
        crash(tree.ref("in/b"))
        await settle()
        assert sorted(downs(probes)) == [("t/in/a", "stopped", None), ("t/in/b", "gave_up", "Injected")]


@pytest.mark.parametrize("by_hand", [True, False])
async def test_an_actor_that_crashes_while_it_is_being_stopped_has_crashed(
    autojump_clock: object, probes: Probes, by_hand: bool
) -> None:
    inner = SupervisorSpec("in", [probes.spec(n) for n in "ab"], intensity=0, kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), inner])) as tree:
        ref = tree.ref("in/a")
        ref.monitor(tree.ref("watcher"))
        ref.tell(Do(sleep=1, error=OSError("no")))
        await settle()
        if by_hand:
            await tree.supervisor("in").stop_child("a")
        else:
            crash(tree.ref("in/b"))
        await trio.sleep(2)
        assert downs(probes) == [("t/in/a", "crashed", "OSError")]


@pytest.mark.parametrize(
    ("order", "how", "error"),
    [
        (Do(error=OSError("no")), "gave_up", "OSError"),
        (Do(stop=True), "normal", None),
        (Do(error=StopActor()), "finished", None),
    ],
)
async def test_the_end_of_a_dynamic_child_is_told_in_the_same_words(
    autojump_clock: object, probes: Probes, order: Do, how: str, error: str | None
) -> None:
    workers = DynamicSpec("d", probes.template(kind=Kind.TRANSIENT), child_intensity=0)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), workers])) as tree:
        ref = await tree.dynamic("d").start_child("1", "1")
        ref.monitor(tree.ref("watcher"))
        ref.tell(order)
        await settle()
        assert downs(probes) == [("t/d/1", how, error)]


@pytest.mark.parametrize("wait", [0, 5])
@pytest.mark.parametrize("strategy", [Strategy.REST_FOR_ONE, Strategy.ONE_FOR_ALL])
async def test_who_ends_for_good_just_as_its_group_restarts_is_not_said_to_wait_or_to_have_been_stopped(
    autojump_clock: object, probes: Probes, strategy: Strategy, wait: float
) -> None:
    children = [probes.spec("a", backoff=Backoff(wait)), probes.spec("b"), probes.spec("c")]
    group = SupervisorSpec("in", children, strategy)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), group]), on_event=probes.trace) as tree:
        tree.ref("in/b").monitor(tree.ref("watcher"))
        tree.ref("in/a").tell(Do(error=OSError()))
        tree.ref("in/b").tell(Do(error=StopActor()))
        await trio.sleep(9)
        assert downs(probes) == [("t/in/b", "finished", None)]
        assert probes.trace.names([BackingOff]) == ["BackingOff t/in/a", "BackingOff t/in/c"] * (wait > 0)
        assert [probes.logs[name].lives for name in "abc"] == [2, 1, 2]


@pytest.mark.parametrize("dynamic", [False, True])
async def test_a_notice_does_not_blame_an_earlier_crash_for_clean_ends_that_were_too_many(
    autojump_clock: object, probes: Probes, dynamic: bool
) -> None:
    workers = DynamicSpec("in", probes.template(), child_intensity=1)
    inner = SupervisorSpec("in", [probes.spec("a")], intensity=1, kind=Kind.TEMPORARY)
    spec = SupervisorSpec("t", [probes.spec("watcher"), workers if dynamic else inner])
    async with open_tree(spec) as tree:
        ref = await tree.dynamic("in").start_child("a", "a") if dynamic else tree.ref("in/a")
        ref.monitor(tree.ref("watcher"))
        ref.tell(Do(error=OSError("last week")))
        await trio.sleep(7 * 86_400)
        for _ in range(2):
            ref.tell(Do(stop=True))
        await settle()
        assert downs(probes) == [("t/in/a", "gave_up", None)]


@pytest.mark.parametrize(
    ("start", "how"),
    [(Do(sleep=5, error=OSError()), "start_failed"), (Do(sleep=5, error=Decline()), "declined")],
)
async def test_a_dynamic_child_that_never_started_says_so(
    autojump_clock: object, probes: Probes, start: Do, how: str
) -> None:
    async def attempt() -> None:
        with pytest.raises(SupervisionError):
            await workers.start_child("1", "1", start)

    spec = SupervisorSpec("t", [probes.spec("watcher"), DynamicSpec("d", probes.template())])
    async with open_tree(spec) as tree, trio.open_nursery() as nursery:
        workers = tree.dynamic("d")
        nursery.start_soon(attempt)
        await settle()
        ref = workers.get("1")
        assert ref is not None
        ref.monitor(tree.ref("watcher"))
        await trio.sleep(10)
        assert [down[:2] for down in downs(probes)] == [("t/d/1", how)]


async def test_a_dynamic_child_stopped_in_its_backoff_was_stopped(
    autojump_clock: object, probes: Probes
) -> None:
    workers = DynamicSpec("d", probes.template(backoff=Backoff(9)))
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), workers])) as tree:
        ref = await tree.dynamic("d").start_child("1", "1")
        ref.monitor(tree.ref("watcher"))
        crash(ref)
        await settle()
        await tree.dynamic("d").stop_child("1")
        await settle()
        assert downs(probes) == [("t/d/1", "stopped", None)]


async def test_an_actor_that_never_ran_was_stopped(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    tree.stop()
    await tree.run()
    assert tree.root.children[0].final(DOWN) == Down("t/a", "stopped")  # type: ignore[union-attr]


async def test_only_actors_watch(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with pytest.raises(InvalidSpec, match="t/a: watcher = 'me': must be an ActorRef"):
            tree.ref("a").monitor("me")  # type: ignore[arg-type]


async def test_a_notice_holds_text_and_no_live_error(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(watched(probes, kind=Kind.TEMPORARY)) as tree:
        tree.ref("in/a").monitor(tree.ref("watcher"))
        crash(tree.ref("in/a"))
        await settle()
        down = probes.logs["watcher"].heard[0]
        assert isinstance(down, Down)
        assert isinstance(down.error, ErrorText)


# --- dead letters ------------------------------------------------------------------------------------


async def test_messages_that_nobody_will_read_are_counted_by_type(
    autojump_clock: object, probes: Probes
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)])
    async with open_tree(spec, on_event=probes.trace) as tree:
        ref = tree.ref("a")
        for message in (Do(stop=True), "x", "y", 5):
            ref.tell(message)
        await settle()
        assert probes.trace.of(DeadLetters) == [DeadLetters("t/a", {"str": 2, "int": 1})]
        with pytest.raises(ActorDead):
            ref.tell(6)
        for speak in (ref.send, ref.ask):
            with pytest.raises(ActorDead):
                await speak(7.0)
        assert tree.snapshot().children[0].dead_letters == {"str": 2, "int": 2, "float": 2}
        await tree.supervisor().restart_child("a")
        assert tree.snapshot().children[0].dead_letters["str"] == 2


async def test_a_sender_and_a_question_in_a_full_mailbox_are_dead_letters_too(
    autojump_clock: object, probes: Probes
) -> None:
    async def fail(function: Any, message: object) -> None:
        with pytest.raises(ActorDead):
            await function(message)

    spec = SupervisorSpec("t", [probes.spec("a", kind=Kind.TEMPORARY, mailbox=1)])
    async with open_tree(spec, on_event=probes.trace) as tree, trio.open_nursery() as nursery:
        ref = tree.ref("a")
        ref.tell(Do(sleep=1, stop=True))
        await settle()
        nursery.start_soon(fail, ref.ask, 1)
        await settle()
        await trio.sleep(2)
        assert probes.trace.of(DeadLetters) == [DeadLetters("t/a", {"int": 1})]
        assert tree.snapshot().dead_letters == {"int": 1}


async def test_an_actor_that_leaves_nothing_behind_says_nothing(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        await tree.ref("a").ask(1)
        tree.stop()  # wakes the idle actor: that is no message
    assert probes.trace.of(DeadLetters) == []


async def test_only_so_many_types_are_counted_apart(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(stop=True))
        await settle()
        for number in range(3 * MOST_TYPES):
            with pytest.raises(ActorDead):
                ref.tell(type(f"Type{number}", (), {})())
        counts = tree.snapshot().children[0].dead_letters
        assert len(counts) == MOST_TYPES + 1
        assert counts[OTHERS] == 2 * MOST_TYPES


async def test_dead_letters_of_a_forgotten_branch_are_counted_with_the_supervisor_above(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [])) as tree:
        top = tree.supervisor()
        inner = SupervisorSpec("in", [probes.spec("x"), DynamicSpec("d", probes.template())])
        await top.start_child(SupervisorSpec("b", [inner]))
        refs = [tree.ref("b/in/x"), await tree.dynamic("b/in/d").start_child("k", "k")]
        for ref in refs:
            ref.tell(Do(sleep=99))
            await settle()
            ref.tell("left behind")
        await top.stop_child("b")
        inner_node = tree.snapshot().children[0].children[0]
        assert [node.dead_letters for node in (inner_node, *inner_node.children)] == [
            {},
            {"str": 1},
            {"str": 1},
        ]
        await top.delete_child("b")
        assert tree.snapshot().dead_letters == {"str": 2}
        for ref in refs:
            with pytest.raises(ActorDead):
                ref.tell(b"too late")
        assert tree.snapshot().dead_letters == {"str": 2, "bytes": 2}


async def test_whoever_is_back_counts_its_own_dead_letters(autojump_clock: object, probes: Probes) -> None:
    inner = SupervisorSpec("in", [probes.spec("x")])
    async with open_tree(SupervisorSpec("t", [SupervisorSpec("b", [inner])])) as tree:
        branch, ref = tree.supervisor("b"), tree.ref("b/in/x")
        await branch.stop_child("in")
        await branch.delete_child("in")
        with pytest.raises(ActorDead):
            ref.tell("while it is gone")
        await tree.supervisor().stop_child("b")
        await tree.supervisor().restart_child("b")
        ref.tell(Do(error=StopActor()))
        ref.tell(b"left behind")
        await settle()
        node = tree.snapshot().children[0]
        assert node.dead_letters == {"str": 1}
        assert node.children[0].children[0].dead_letters == {"bytes": 1}


async def test_dead_letters_of_forgotten_children_are_counted_with_their_supervisor(
    autojump_clock: object, probes: Probes
) -> None:
    children = [DynamicSpec("d", probes.template()), ActorSpec("a", probes.spec("a").factory, Kind.TEMPORARY)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        refs = [await tree.dynamic("d").start_child(key, key) for key in "12"]
        refs.append(tree.ref("a"))
        for ref in refs:
            ref.tell(Do(error=StopActor()))
            ref.tell("left behind")
        await settle()
        for ref in refs:
            with pytest.raises(ActorDead):
                ref.tell("too late")
        top = tree.snapshot()
        assert top.dead_letters == {"str": 2}
        assert top.children[0].dead_letters == {"str": 4}
        assert len(top.children) == 1
