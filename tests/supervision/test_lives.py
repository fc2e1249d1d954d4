"""One life of an actor: its hooks, and every way to end it."""

import pytest
import trio
import trio.lowlevel

from supervision import (
    Actor,
    ActorCrashed,
    ActorDead,
    ActorSpec,
    Crashed,
    Decline,
    Kind,
    StartFailed,
    StopActor,
    Stopped,
    StopTree,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")


class Worker(Actor):
    """Runs what it is told, in the foreground or in the background."""

    async def receive(self, message: object) -> object:
        match message:
            case ("background", work) if callable(work):
                self.start_soon(work)
                return None
            case ("after", float(delay) | int(delay), what):
                return self.after(delay, what)
            case work if callable(work):
                return await work(self)
        return message


def worker(**options: object) -> SupervisorSpec:
    return SupervisorSpec("t", [ActorSpec("a", Worker, **options)], intensity=3)  # type: ignore[arg-type]


async def leak_a_cancellation() -> None:
    """Let the Cancelled of a scope that was left long ago come out again."""
    caught: list[BaseException] = []
    with trio.CancelScope() as scope:
        scope.cancel()
        try:
            await trio.lowlevel.checkpoint()
        except trio.Cancelled as cancelled:
            caught.append(cancelled)
            raise
    raise caught[0]


# --- hooks ---------------------------------------------------------------------------------------


async def test_an_actor_knows_its_ref_and_its_incarnation(autojump_clock: object) -> None:
    async def who(actor: Worker) -> object:
        return actor.ref, actor.incarnation

    async with open_tree(worker()) as tree:
        ref = tree.ref("a")
        assert await ref.ask(who) == (ref, 1)
        crash(ref)
        assert await ref.ask(who) == (ref, 2)


async def test_stopped_is_not_called_after_a_crash(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        crash(tree.ref("a"))
        await settle()
        assert probes.logs["a"].steps == ["start", "crash", "start"]


async def test_stop_ends_the_incarnation_after_the_current_message(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        ref = tree.ref("a")
        ref.tell(Do(stop=True))
        ref.tell("for the next life")
        await settle()
        assert probes.logs["a"].steps == ["start", "stop", "start"]
        assert probes.logs["a"].heard == [Do(stop=True), "for the next life"]
        assert probes.trace.of(Stopped) == [Stopped("t/a", "normal")]


async def test_an_actor_that_stops_itself_leaves_the_rest_to_its_next_life_also_if_it_drains(
    autojump_clock: object,
) -> None:
    class Notes(Actor):
        async def receive(self, message: object) -> None:
            heard.append((self.incarnation, message))
            if message == "stop":
                self.stop()

    heard: list[tuple[int, object]] = []
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Notes, drain=True)])) as tree:
        for message in "stop", "the rest":
            tree.ref("a").tell(message)
        await settle()
    assert heard == [(1, "stop"), (2, "the rest")]


async def test_stop_from_a_background_task_ends_an_idle_actor_at_once(
    autojump_clock: object, probes: Probes
) -> None:
    class Brief(Actor):
        async def started(self) -> None:
            self.start_soon(self.live)

        async def live(self) -> None:
            await trio.sleep(3)
            self.stop()
            self.stop()

    spec = SupervisorSpec("t", [ActorSpec("a", Brief, kind=Kind.TRANSIENT)])
    async with open_tree(spec, on_event=probes.trace) as tree:
        await trio.sleep(4)
        assert probes.trace.of(Stopped) == [Stopped("t/a", "normal")]
        assert not tree.ref("a").alive


async def test_a_former_incarnation_can_neither_stop_nor_disturb_the_present_one(
    autojump_clock: object,
) -> None:
    formers: list[Worker] = []

    async def remember(actor: Worker) -> None:
        formers.append(actor)

    async with open_tree(worker()) as tree:
        ref = tree.ref("a")
        await ref.ask(remember)
        crash(ref)
        await settle()
        former = formers[0]
        former.stop()
        timer = former.after(1, "never")
        timer.cancel()
        assert not timer.pending
        with pytest.raises(RuntimeError, match="t/a: start_soon of an incarnation that has ended"):
            former.start_soon(trio.sleep_forever)
        await trio.sleep(2)
        assert tree.snapshot().children[0].restarts == 1


# --- the two distinguished exceptions, and others of their kind ----------------------------------


@pytest.mark.parametrize("group", [False, True], ids=["bare", "grouped"])
@pytest.mark.parametrize("where", ["receive", "background", "started"])
async def test_stop_actor_ends_any_kind_for_good_from_anywhere(
    autojump_clock: object, probes: Probes, where: str, group: bool
) -> None:
    error = ExceptionGroup("from a nursery", [StopActor()]) if group else StopActor()

    class Finite(Actor):
        async def started(self) -> None:
            if where == "started":
                raise error
            if where == "background":
                self.start_soon(self.fail)

        async def fail(self) -> None:
            await trio.lowlevel.checkpoint()
            raise error

        async def receive(self, message: object) -> None:
            raise error

        async def stopped(self) -> None:
            raise AssertionError("tidies up, though it wanted to end at once")

    spec = SupervisorSpec("t", [ActorSpec("a", Finite), probes.spec("b")], intensity=0)
    async with open_tree(spec, on_event=probes.trace) as tree:
        if where == "receive":
            tree.ref("a").tell("go")
        await settle()
        assert probes.trace.of(Crashed) == []
        assert [event.how for event in probes.trace.of(Stopped)] == ["finished"]  # type: ignore[attr-defined]
        assert not tree.ref("a").alive
        assert await tree.ref("b").ask(1) == 1


async def test_who_asked_an_actor_that_stops_itself_for_good_is_told_so(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with pytest.raises(ActorCrashed, match="t/a was stopped while it worked on Do"):
            await tree.ref("a").ask(Do(error=StopActor()))
        with pytest.raises(ActorDead):
            await tree.ref("a").ask(1)


@pytest.mark.parametrize("busy", ["idle", "waking", "busy", "busy, and will not hear of it"])
async def test_an_actor_without_grace_neither_tidies_up_nor_goes_on(
    autojump_clock: object, probes: Probes, busy: str
) -> None:
    class Deaf(Actor):
        async def receive(self, message: object) -> None:
            with trio.CancelScope(shield="will not" in str(message)):
                await trio.sleep(1)
            handled.append(message)

        async def stopped(self) -> None:
            handled.append("stopped")

    handled: list[object] = []
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Deaf, grace=0)])) as tree:
        for _ in range(2 * (busy != "idle")):
            tree.ref("a").tell(busy)
        if busy != "waking":
            await settle()
    assert handled == [busy] * ("will not" in busy)


class Panic(BaseException):
    """An error of a library that is not to be handled as others are."""


FATAL = [KeyboardInterrupt(), SystemExit(3), GeneratorExit(), Panic(), StopTree("enough")]


@pytest.mark.parametrize("group", [False, True], ids=["bare", "grouped"])
@pytest.mark.parametrize("where", ["receive", "background", "started", "restart"])
@pytest.mark.parametrize("error", FATAL, ids=lambda error: type(error).__name__)
async def test_what_is_meant_for_the_tree_ends_all_of_it_in_order(
    autojump_clock: object, probes: Probes, error: BaseException, where: str, group: bool
) -> None:
    raised = BaseExceptionGroup("from a nursery", [ValueError(), error]) if group else error
    starts: dict[str, list[Do | None]] = {
        "started": [Do(error=raised)],
        "restart": [None, Do(error=raised)],
    }
    inner = SupervisorSpec("in", [probes.spec("b", starts.get(where, ())), probes.spec("c")])
    tree = Tree(SupervisorSpec("t", [probes.spec("a"), inner, probes.spec("z")]), probes.trace)
    if where == "receive":
        tree.ref("in/b").tell(Do(error=raised))
    if where == "restart":
        tree.ref("in/b").tell(Do(error=ValueError("first a plain crash")))

    async def disturb() -> None:
        await settle()
        if where == "background":
            crash(tree.ref("in/b"), raised)

    faults: list[BaseException] = []
    with trio.fail_after(100):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(disturb)
            try:
                await tree.run()
            except (KeyboardInterrupt, SystemExit, GeneratorExit, Panic) as fault:
                faults.append(fault)
    assert faults == ([] if isinstance(error, StopTree) else [error])
    stops = [step for step in probes.did() if step.startswith("stop")]
    assert stops == [stop for stop in ("stop z", "stop c", "stop a") if stop in stops]
    assert "stop a" in stops
    assert tree.snapshot().state == "stopped"


class Empty(Exception):  # noqa: N818 - it is one
    """An error that is false, as one that counts its members may be."""

    def __len__(self) -> int:
        return 0


@pytest.mark.parametrize("where", ["receive", "background"])
async def test_an_error_that_is_false_is_a_crash_like_any_other(
    autojump_clock: object, probes: Probes, where: str
) -> None:
    spec = SupervisorSpec("t", [probes.spec("a", kind=Kind.TRANSIENT)])
    async with open_tree(spec, on_event=probes.trace) as tree:
        if where == "receive":
            tree.ref("a").tell(Do(error=Empty("bad")))
        else:
            tree.ref("a")._cell.crash(Empty("bad"))
            tree.ref("a")._cell.crash(OSError("later"))
        await settle()
        assert [str(event.error) for event in probes.trace.of(Crashed)] == ["Empty: bad"]  # type: ignore[attr-defined]
        assert tree.snapshot().children[0].restarts == 1


async def test_of_several_fatal_errors_the_first_counts(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a"), probes.spec("b")]))
    tree.ref("a").tell(Do(sleep=1, error=SystemExit(7)))
    tree.ref("b").tell(Do(sleep=2, error=SystemExit(1)))
    with pytest.raises(SystemExit) as fault:
        await tree.run()
    assert fault.value.code == 7


async def test_stop_tree_while_starting_is_no_fault_but_told_to_who_waits_for_the_start(
    autojump_clock: object, probes: Probes
) -> None:
    await Tree(SupervisorSpec("t", [probes.spec("a", [Do(error=StopTree())])])).run()
    tree = Tree(SupervisorSpec("t", [probes.spec("b", [Do(error=StopTree())])]))
    async with trio.open_nursery() as nursery:
        with pytest.raises(StartFailed, match="t: stopped before everything had started"):
            await nursery.start(tree.run)


@pytest.mark.parametrize("order", [StopActor(), Decline()], ids=["stop", "decline"])
async def test_beside_another_error_in_a_group_neither_stop_actor_nor_decline_counts(
    autojump_clock: object, probes: Probes, order: Exception
) -> None:
    mixed = ExceptionGroup("from a nursery", [order, OSError("and this")])
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(error=mixed))
        await settle()
        assert len(probes.trace.of(Crashed)) == 1
        assert await tree.ref("a").ask(1) == 1
        with pytest.raises(StartFailed, match="ExceptionGroup: from a nursery"):
            await tree.supervisor().start_child(probes.spec("b", [Do(error=mixed)]))


async def test_declining_is_for_starting_and_a_crash_anywhere_else(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(error=Decline("too late")))
        await settle()
        assert len(probes.trace.of(Crashed)) == 1
        assert probes.logs["a"].lives == 2


async def test_one_failing_task_in_a_group_is_named_as_itself(autojump_clock: object, probes: Probes) -> None:
    async def fail_in_a_nursery(_: Worker) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(crash_with, OSError("one of many"))

    async def crash_with(error: Exception) -> None:
        raise error

    async with open_tree(worker(), on_event=probes.trace) as tree:
        with pytest.raises(ActorCrashed, match="OSError: one of many"):
            await tree.ref("a").ask(fail_in_a_nursery)
        await settle()
        assert tree.snapshot().children[0].last_error == "OSError: one of many"


# --- cancellation --------------------------------------------------------------------------------


async def test_a_cancellation_that_leaks_out_of_a_handler_is_a_crash(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(worker(), on_event=probes.trace) as tree:
        with pytest.raises(ActorCrashed, match="Cancelled"):
            await tree.ref("a").ask(lambda _: leak_a_cancellation())
        assert await tree.ref("a").ask(1) == 1
        assert [event.error.type for event in probes.trace.of(Crashed)] == ["Cancelled"]  # type: ignore[attr-defined]


async def test_a_cancellation_that_leaks_out_of_a_background_task_crashes_its_owner_alone(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("z"), *worker().children]
    async with open_tree(SupervisorSpec("t", children), on_event=probes.trace) as tree:
        tree.ref("a").tell(("background", leak_a_cancellation))
        await settle()
        assert await tree.ref("a").ask(1) == 1
        assert probes.logs["z"].steps == ["start"]
        assert [event.path for event in probes.trace.of(Crashed)] == ["t/a"]


async def test_a_cancellation_that_leaks_out_of_started_is_a_failed_start(autojump_clock: object) -> None:
    class Leaky(Actor):
        async def started(self) -> None:
            await leak_a_cancellation()

    with pytest.raises(StartFailed, match="t/a: Cancelled"):
        await Tree(SupervisorSpec("t", [ActorSpec("a", Leaky)])).run()


async def test_a_handler_that_turns_its_cancellation_into_an_error_has_crashed_but_was_stopped(
    autojump_clock: object, probes: Probes
) -> None:
    async def convert(_: Worker) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            raise OSError("connection lost") from None

    async with open_tree(worker(grace=1), on_event=probes.trace) as tree:
        tree.ref("a").tell(convert)
        await settle()
    assert len(probes.trace.of(Crashed)) == 1
    assert tree.snapshot().children[0].restarts == 0
