"""Questions: their answers, their timeouts, and what becomes of them when somebody ends."""

from contextlib import suppress

import pytest
import trio

from supervision import (
    Actor,
    ActorCrashed,
    ActorDead,
    ActorRef,
    ActorSpec,
    AskTimeout,
    Crashed,
    InvalidSpec,
    Kind,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.testing import Do, Probes, settle

pytestmark = pytest.mark.usefixtures("any_order")


async def test_an_ask_waits_five_seconds_by_default(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with pytest.raises(AskTimeout, match="t/a did not answer Do in time"):
            await tree.ref("a").ask(Do(sleep=60))
        assert trio.current_time() == 5


async def test_an_ask_without_timeout_waits_as_long_as_it_takes(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        assert await tree.ref("a").ask(Do(sleep=86_400, answer="at last"), None) == "at last"


async def test_a_late_reply_is_dropped(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        with pytest.raises(AskTimeout):
            await tree.ref("a").ask(Do(sleep=3, answer="late"), 1)
        assert await tree.ref("a").ask("next") == "next"
        assert probes.trace.of(Crashed) == []


async def test_a_question_nobody_waits_for_any_more_is_handled_as_it_was_asked(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=10))
        with pytest.raises(AskTimeout):
            await ref.ask("expired")
        with trio.move_on_after(1):
            await ref.ask("cancelled")
        await trio.sleep(10)
    assert probes.logs["a"].heard == [Do(sleep=10), "expired", "cancelled"]


async def test_a_crash_after_the_asker_has_gone_still_names_the_message(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")]), on_event=probes.trace) as tree:
        with pytest.raises(AskTimeout):
            await tree.ref("a").ask(Do(sleep=3, error=ValueError()), 1)
        await trio.sleep(3)
        assert [event.lost for event in probes.trace.of(Crashed)] == ["Do"]  # type: ignore[attr-defined]


async def test_the_timeout_covers_the_wait_for_room(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=1)])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=10))
        await settle()
        ref.tell(1)
        with pytest.raises(AskTimeout, match="t/a: no room in its mailbox in time"):
            await ref.ask("in vain", 3)
        assert trio.current_time() == 3
        assert await ref.ask("patient", None) == "patient"
    assert "in vain" not in probes.logs["a"].heard


async def test_an_answer_that_comes_in_the_last_moment_counts_once(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with suppress(AskTimeout):  # it falls on the same moment: either is right, and nothing breaks
            assert await tree.ref("a").ask(Do(sleep=5, answer=1), 5) == 1
        assert await tree.ref("a").ask(2) == 2


async def test_askers_are_told_at_once_when_the_actor_dies(autojump_clock: object, probes: Probes) -> None:
    errors: list[Exception] = []

    async def ask(ref: ActorRef, message: object) -> None:
        try:
            await ref.ask(message, None)
        except (ActorDead, ActorCrashed) as error:
            errors.append(error)

    async with open_tree(SupervisorSpec("t", [probes.spec("a", kind=Kind.TEMPORARY)])) as tree:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, tree.ref("a"), Do(sleep=2, error=ValueError()))
            await settle()
            for number in range(3):
                nursery.start_soon(ask, tree.ref("a"), number)
        assert trio.current_time() == 2
    assert sorted(type(error).__name__ for error in errors) == ["ActorCrashed"] + ["ActorDead"] * 3


async def test_who_asked_hears_of_a_crash_before_the_background_has_been_joined(
    autojump_clock: object,
) -> None:
    class Clinging(Actor):
        async def started(self) -> None:
            self.start_soon(self.cling)

        async def cling(self) -> None:
            try:
                await trio.sleep_forever()
            finally:
                with trio.CancelScope(shield=True):
                    await trio.sleep(3)

        async def receive(self, message: object) -> None:
            raise ValueError

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Clinging)])) as tree:
        with pytest.raises(ActorCrashed):
            await tree.ref("a").ask("go")
        assert trio.current_time() == 0


async def test_who_asked_an_actor_that_is_stopped_meanwhile_is_told(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", grace=1)])) as tree:
        tree.ref("a").tell(Do(sleep=0.5))
        async with trio.open_nursery() as nursery:

            @nursery.start_soon
            async def ask() -> None:
                with pytest.raises(ActorCrashed, match="t/a was stopped while it worked on Do"):
                    await tree.ref("a").ask(Do(sleep=60), None)

            await trio.sleep(0.75)
            tree.stop()
            assert trio.current_time() < 2


async def test_a_question_queued_in_a_tree_that_ends_fails_at_once(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a", grace=1)]))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell(Do(sleep=60))

        @nursery.start_soon
        async def ask() -> None:
            with pytest.raises(ActorDead, match="t/a has ended"):
                await tree.ref("a").ask("still there?", None)

        await settle()
        tree.stop()
    assert trio.current_time() == 1


async def test_a_timeout_that_is_no_number_is_refused_and_harms_nobody(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        with pytest.raises(InvalidSpec, match="t/a: timeout = nan: must be 0 seconds or more"):
            await tree.ref("a").ask(1, float("nan"))
        assert await tree.ref("a").ask(2) == 2


async def test_an_ask_times_out_also_where_the_tree_does_not_run(
    autojump_clock: object, probes: Probes
) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    with pytest.raises(AskTimeout, match="t/a did not answer str in time"):
        await tree.ref("a").ask("too early")
    assert trio.current_time() == 5
    answers: list[object] = []

    async def ask() -> None:
        answers.append(await tree.ref("a").ask("early", timeout=2))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(ask)
        await trio.sleep(1)
        nursery.start_soon(tree.run)
        await trio.sleep(100)
        tree.stop()
    assert answers == ["early"]
    assert probes.logs["a"].heard == ["too early", "early"]


@pytest.mark.parametrize("timely", [True, False], ids=["asked before", "asked after"])
async def test_an_ask_times_out_also_in_a_cancelled_tree_that_does_not_end(
    autojump_clock: object, probes: Probes, timely: bool
) -> None:
    class Stubborn(Actor):
        async def receive(self, message: object) -> None:
            with trio.CancelScope(shield=message == "be busy"):
                await trio.sleep(100)

    async def cancel(after: float) -> None:
        await trio.sleep(after)
        tree.cancel()

    tree = Tree(SupervisorSpec("t", [ActorSpec("a", Stubborn)]))
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("a").tell("be busy")
        nursery.start_soon(cancel, 1 if timely else 0)
        await settle()
        with pytest.raises(AskTimeout):
            await tree.ref("a").ask("anybody there?")
        assert trio.current_time() == 5
    assert trio.current_time() == 100


async def test_thousands_of_answered_asks_leave_no_timers_behind(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        for number in range(2000):
            await tree.ref("a").ask(number)
        assert len(tree.wheel._heap) <= 257
