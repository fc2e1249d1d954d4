"""An incarnation's background tasks and timers: they end with it, and nothing of it is left."""

import gc
import weakref

import pytest
import trio
import trio.lowlevel

from supervision import (
    Actor,
    ActorCrashed,
    ActorSpec,
    Crashed,
    MailboxFull,
    SupervisorSpec,
    Timer,
    open_tree,
)
from supervision.testing import Do, Injected, Probes, crash, settle

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


# --- background tasks ----------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("boom"), ExceptionGroup("x", [ValueError("boom")])])
async def test_what_a_background_task_raises_crashes_the_actor_and_nobody_else(
    autojump_clock: object, probes: Probes, error: Exception
) -> None:
    async def fail() -> None:
        raise error

    children = [probes.spec("z"), *worker().children]
    async with open_tree(SupervisorSpec("t", children), on_event=probes.trace) as tree:
        tree.ref("a").tell(("background", fail))
        await settle()
        assert "boom" in str(tree.snapshot().children[1].last_error)
        assert await tree.ref("a").ask(1) == 1
        assert probes.logs["z"].steps == ["start"]


async def test_a_failing_background_task_interrupts_the_message_that_is_worked_on(
    autojump_clock: object, probes: Probes
) -> None:
    async def fail() -> None:
        await trio.sleep(1)
        raise ValueError("boom")

    async def nap(_: Worker) -> None:
        await trio.sleep(4)

    async with open_tree(worker()) as tree:
        tree.ref("a").tell(("background", fail))
        with pytest.raises(ActorCrashed, match="ValueError: boom while it worked on function"):
            await tree.ref("a").ask(nap)
        assert trio.current_time() == 1


async def test_the_first_of_several_failures_counts(autojump_clock: object, probes: Probes) -> None:
    async def fail(words: str) -> None:
        raise ValueError(words)

    class Torn(Actor):
        async def receive(self, message: object) -> None:
            self.start_soon(fail, "one of two")
            self.start_soon(fail, "one of two")

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Torn)]), on_event=probes.trace) as tree:
        tree.ref("a").tell("go")
        await settle()
        assert [str(event.error) for event in probes.trace.of(Crashed)] == ["ValueError: one of two"]  # type: ignore[attr-defined]


async def test_background_tasks_have_ended_before_the_next_incarnation_starts(
    autojump_clock: object,
) -> None:
    seen: list[str] = []

    class Careful(Actor):
        async def started(self) -> None:
            seen.append(f"start {self.incarnation}")
            self.start_soon(self.watch)

        async def watch(self) -> None:
            life = self.incarnation
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(2)
                seen.append(f"end {life}")

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Careful)])) as tree:
        crash(tree.ref("a"))
        await trio.sleep(3)
        assert seen == ["start 1", "end 1", "start 2"]
    assert seen == ["start 1", "end 1", "start 2", "end 2"]


async def test_a_background_task_started_while_the_others_are_joined_ends_at_once(
    autojump_clock: object,
) -> None:
    class Hydra(Actor):
        async def started(self) -> None:
            self.start_soon(self.grow)

        async def grow(self) -> None:
            try:
                await trio.sleep_forever()
            finally:
                self.start_soon(trio.sleep_forever)

    with trio.fail_after(100):
        async with open_tree(SupervisorSpec("t", [ActorSpec("a", Hydra)])) as tree:
            crash(tree.ref("a"))
            await settle()
            assert tree.snapshot().children[0].restarts == 1


async def test_a_background_task_that_fails_while_it_is_cancelled_makes_the_end_abnormal(
    autojump_clock: object, probes: Probes
) -> None:
    async def untidy() -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise OSError("while closing")

    async with open_tree(worker(), on_event=probes.trace) as tree:
        tree.ref("a").tell(("background", untidy))
        await settle()
    assert [str(event.error) for event in probes.trace.of(Crashed)] == ["OSError: while closing"]  # type: ignore[attr-defined]


async def test_thousands_of_finished_background_tasks_leave_nothing_behind(autojump_clock: object) -> None:
    async def nothing() -> None:
        pass

    async with open_tree(worker()) as tree:
        for _ in range(500):
            await tree.ref("a").ask(("background", nothing))
        await settle()
        assert not tree.ref("a")._cell.background


# --- timers --------------------------------------------------------------------------------------


async def test_a_timer_tells_its_message_once_when_it_is_due(autojump_clock: object) -> None:
    heard: list[float] = []

    class Clock(Actor):
        async def started(self) -> None:
            self.timer = self.after(3, "tick")

        async def receive(self, message: object) -> bool:
            heard.append(trio.current_time())
            return self.timer.pending

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Clock)])) as tree:
        assert await tree.ref("a").ask("still pending?") is True
        await trio.sleep(10)
        assert await tree.ref("a").ask("still pending?") is False
    assert heard == [0, 3, 10]


async def test_a_cancelled_timer_tells_nothing(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Worker)]), on_event=probes.trace) as tree:
        timer = await tree.ref("a").ask(("after", 2, Injected))
        assert isinstance(timer, Timer)
        timer.cancel()
        timer.cancel()
        assert not timer.pending
        await trio.sleep(3)
        assert tree.ref("a").queued == 0


async def test_a_timer_ends_with_the_incarnation_that_started_it(autojump_clock: object) -> None:
    heard: list[object] = []

    class Forgetful(Worker):
        async def receive(self, message: object) -> object:
            heard.append(message)
            return await super().receive(message)

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Forgetful)])) as tree:
        await tree.ref("a").ask(("after", 2, "from another life"))
        timer = await tree.ref("a").ask(("after", 2, "from another life"))
        crash(tree.ref("a"))
        await settle()
        assert not timer.pending
        await trio.sleep(3)
        assert "from another life" not in heard


async def test_a_timer_that_meets_a_full_mailbox_is_not_lost(autojump_clock: object, probes: Probes) -> None:
    heard: list[object] = []

    class Slow(Actor):
        async def receive(self, message: object) -> None:
            heard.append(message)
            if message == "go":
                self.after(1, "due")
                await trio.sleep(3)

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Slow, mailbox=1)])) as tree:
        tree.ref("a").tell("go")
        await settle()
        tree.ref("a").tell("fills it")
        with pytest.raises(MailboxFull):
            tree.ref("a").tell("no room")
        await trio.sleep(4)
    assert heard == ["go", "fills it", "due"]


async def test_a_timer_needs_a_number_of_seconds_to_come(autojump_clock: object) -> None:
    async with open_tree(worker()) as tree:
        for delay in float("nan"), -1:
            with pytest.raises(
                ActorCrashed, match=f"InvalidSpec: t/a: delay = {delay}: must be 0 seconds or more"
            ):
                await tree.ref("a").ask(("after", delay, "never"))
        timer = await tree.ref("a").ask(("after", 0, "at once"))
        await settle()
        assert not timer.pending


# --- what is left of a life ----------------------------------------------------------------------


async def test_a_crashed_incarnation_can_be_collected(autojump_clock: object, probes: Probes) -> None:
    remains: list[weakref.ref[Actor]] = []

    async def fail_with_everything(actor: Worker) -> None:
        remains.append(weakref.ref(actor))
        actor.after(1000, "held by the wheel?")
        actor.start_soon(trio.sleep_forever)
        raise ValueError(actor.incarnation)

    async with open_tree(worker(), on_event=probes.trace) as tree:
        gc.disable()
        try:
            with pytest.raises(ActorCrashed):
                await tree.ref("a").ask(fail_with_everything)
            await settle()
            assert remains[0]() is None, "freed by counting references alone"
        finally:
            gc.enable()
        assert await tree.ref("a").ask(1) == 1


async def test_a_traceback_is_kept_as_text_that_names_the_place(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        tree.ref("a").tell(Do(error=ValueError("x" * 1000)))
        await settle()
        (crashed,) = probes.trace.of(Crashed)
        assert isinstance(crashed, Crashed)
        assert "_obey" in crashed.error.traceback
        assert crashed.error.text.endswith("… (700 more characters)")


async def test_a_poison_shows_as_count_and_type_of_the_lost_messages(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")], intensity=9)) as tree:
        for _ in range(3):
            tree.ref("a").tell(Do(error=ValueError()))
        await settle()
        assert tree.snapshot().children[0].lost == {"Do": 3}
        assert tree.snapshot().to_json()["children"][0]["lost"] == {"Do": 3}  # type: ignore[index]
