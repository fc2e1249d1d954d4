"""Mailboxes, refs, asking, rings of askers, monitors."""

from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
import trio

from supervision import (
    Actor,
    ActorCrashed,
    ActorDead,
    ActorRef,
    ActorSpec,
    AskCycle,
    AskTimeout,
    Backoff,
    Crashed,
    InvalidSpec,
    Kind,
    MailboxFull,
    Strategy,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.incarnation import BURST
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

BOOM = Do(error=ValueError("boom"))
QUIT = Do(stop=True)


# --- the mailbox ---------------------------------------------------------------------------------


async def test_messages_are_handled_in_order_one_at_a_time(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=1, answer=1))
        await ref.send(2)
        assert await ref.ask(3) == 3
    assert probes.logs["a"].heard == [Do(sleep=1, answer=1), 2, 3]


async def test_a_full_mailbox_refuses_a_tell_and_says_how_much_it_holds(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=2)])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=1))
        await settle()
        ref.tell(1)
        ref.tell(2)
        with pytest.raises(MailboxFull, match="t/a: its mailbox holds 2 messages"):
            ref.tell(3)
        assert ref.queued == 2
        await trio.sleep(2)
        assert (ref.queued, probes.logs["a"].heard) == (0, [Do(sleep=1), 1, 2])


async def test_send_waits_for_room(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=1)])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=7))
        await settle()
        ref.tell(1)
        await ref.send(2)
        assert trio.current_time() == 7
    assert probes.logs["a"].heard[:2] == [Do(sleep=7), 1]


async def test_nobody_waits_for_room_in_the_mailbox_of_the_dead(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=1, kind=Kind.TEMPORARY)])) as tree:
        ref = tree.ref("a")
        ref.tell(Do(sleep=1, error=ValueError()))
        await settle()
        ref.tell("fills the mailbox")

        async def send() -> None:
            with suppress(ActorDead):  # or it was let in, and discarded with what was queued
                await ref.send("in vain")

        async def ask() -> None:
            with pytest.raises(ActorDead):
                await ref.ask("in vain", None)

        with trio.fail_after(2):
            async with trio.open_nursery() as nursery:
                for wait in (send, ask) * 3:
                    nursery.start_soon(wait)
        assert not ref.alive


async def test_the_mailbox_survives_a_crash_without_the_message_that_was_worked_on(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
        for message in (1, BOOM, 2, 3):
            ref.tell(message)
        await settle()
        assert probes.logs["a"].heard == [1, BOOM, 2, 3]
        assert probes.logs["a"].lives == 2


async def test_the_mailbox_survives_also_the_restart_of_the_whole_branch(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a"), probes.spec("b")], intensity=0, backoff=Backoff(5))
    async with open_tree(SupervisorSpec("t", [inner])) as tree:
        crash(tree.ref("in/b"))
        await settle()
        tree.ref("in/a").tell("told while it was not running")
        assert tree.ref("in/a").queued == 1
        await trio.sleep(6)
        assert probes.logs["a"].heard == ["told while it was not running"]


async def test_a_message_told_before_the_tree_runs_is_kept(autojump_clock: object, probes: Probes) -> None:
    tree = Tree(SupervisorSpec("t", [probes.spec("a")]))
    tree.ref("a").tell(1)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        await settle()
        tree.stop()
    assert probes.logs["a"].heard == [1]


async def test_none_is_a_message_like_any_other(autojump_clock: object, probes: Probes) -> None:
    class Picky(Actor):
        async def receive(self, message: object) -> None:
            raise ValueError

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Picky)]), on_event=probes.trace) as tree:
        tree.ref("a").tell(None)
        await settle()
        assert [event.lost for event in probes.trace.of(Crashed)] == ["NoneType"]  # type: ignore[attr-defined]


async def test_a_busy_actor_lets_others_run_after_a_burst(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
        for number in range(3 * BURST):
            ref.tell(number)
        while not probes.logs["a"].heard:
            await trio.lowlevel.checkpoint()
        assert len(probes.logs["a"].heard) <= 2 * BURST


async def test_what_an_actor_does_not_handle_crashes_it_and_is_named(autojump_clock: object) -> None:
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Actor)])) as tree:
        with pytest.raises(ActorCrashed, match="NotImplementedError: Actor does not handle 'what'"):
            await tree.ref("a").ask("what")


# --- asking --------------------------------------------------------------------------------------


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


async def test_thousands_of_answered_asks_leave_no_timers_behind(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        for number in range(2000):
            await tree.ref("a").ask(number)
        assert len(tree.wheel._heap) <= 257


# --- rings ---------------------------------------------------------------------------------------


class Caller(Actor):
    """Does what it is told, with its own hands."""

    async def receive(self, message: object) -> object:
        return await message(self) if callable(message) else message


Errand = Callable[[Caller], Awaitable[object]]


def errand(ref: ActorRef, message: object) -> Errand:
    async def run(_: Caller) -> object:
        return await ref.ask(message)

    return run


def callers(*names: str) -> SupervisorSpec:
    return SupervisorSpec("t", [ActorSpec(name, Caller) for name in names], intensity=9)


async def test_asking_oneself_fails_at_once(autojump_clock: object) -> None:
    async with open_tree(callers("a")) as tree:
        with pytest.raises(ActorCrashed, match="t/a → t/a while"):
            await tree.ref("a").ask(errand(tree.ref("a"), 1))
        assert trio.current_time() == 0


async def test_a_ring_of_askers_fails_at_once_and_names_the_way(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c")) as tree:
        a, b, c = (tree.ref(name) for name in "abc")
        with pytest.raises(ActorCrashed, match="t/c → t/a → t/b → t/c"):
            await a.ask(errand(b, errand(c, errand(a, 1))))
        assert trio.current_time() == 0


async def test_whose_answer_has_come_may_ask_back(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b")) as tree:
        a, b = tree.ref("a"), tree.ref("b")
        assert await a.ask(errand(b, "there")) == "there"
        assert await b.ask(errand(a, "and back")) == "and back"


async def test_a_ring_through_one_of_several_parallel_questions_is_found(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c")) as tree:
        a, b, c = (tree.ref(name) for name in "abc")
        seen: list[str] = []

        async def back(_: Caller) -> None:
            await trio.sleep(1)
            try:
                await a.ask("are you there?")
            except AskCycle as cycle:
                seen.append(str(cycle))

        async def wait(_: Caller) -> None:
            await trio.sleep(3)

        async def both(_: Caller) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(c.ask, wait)
                await trio.sleep(0.5)
                nursery.start_soon(b.ask, back)

        await a.ask(both)
        assert seen == ["asking in a ring can't be answered: t/b → t/a → t/b"]


async def test_asking_the_same_one_over_two_ways_is_no_ring(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b", "c", "d")) as tree:
        a, b, c, d = (tree.ref(name) for name in "abcd")

        async def slowly(_: Caller) -> int:
            await trio.sleep(1)
            return 1

        async def both(_: Caller) -> None:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(b.ask, errand(d, slowly))
                nursery.start_soon(c.ask, errand(d, slowly))

        await a.ask(both)
        assert trio.current_time() == 2


async def test_asking_again_after_a_ring_or_a_timeout_is_fine(autojump_clock: object) -> None:
    async with open_tree(callers("a", "b")) as tree:
        a, b = tree.ref("a"), tree.ref("b")

        async def slowly(_: Caller) -> None:
            await trio.sleep(3)

        async def stubborn(_: Caller) -> object:
            with pytest.raises(AskCycle):
                await a.ask(1)
            with pytest.raises(AskTimeout):
                await b.ask(slowly, 1)
            return await b.ask(7)

        assert await a.ask(stubborn) == 7


async def test_a_background_task_may_ask_its_own_actor(autojump_clock: object) -> None:
    answers: list[object] = []

    class Curious(Caller):
        async def started(self) -> None:
            self.start_soon(self.wonder)

        async def wonder(self) -> None:
            answers.append(await self.ref.ask("who am I?"))

    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Curious)])):
        await settle()
    assert answers == ["who am I?"]


# --- refs ----------------------------------------------------------------------------------------


async def test_a_ref_is_the_same_across_restarts_and_for_all_who_look_it_up(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a"), probes.spec("b")])) as tree:
        before = tree.ref("a")
        crash(before)
        await settle()
        assert {before, tree.ref("a")} == {before}
        assert before != tree.ref("b")
        assert (before.path, before.name, repr(before), before.alive) == ("t/a", "a", "<ActorRef t/a>", True)
        assert await before.ask(1) == 1


async def test_a_ref_outlives_the_tree_and_says_that_the_actor_is_dead(
    autojump_clock: object, probes: Probes
) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a")])) as tree:
        ref = tree.ref("a")
    assert not ref.alive
    with pytest.raises(ActorDead):
        ref.tell(1)


# --- monitors ------------------------------------------------------------------------------------


async def test_a_monitor_gets_one_notice_at_the_end_and_none_for_a_restart(
    autojump_clock: object, probes: Probes
) -> None:
    children = [probes.spec("watcher"), probes.spec("a", kind=Kind.TRANSIENT)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        watcher, ref = tree.ref("watcher"), tree.ref("a")
        ref.monitor(watcher, "a is gone")
        crash(ref)
        await settle()
        assert probes.logs["watcher"].heard == []
        await ref.ask(QUIT)
        await settle()
        assert probes.logs["watcher"].heard == ["a is gone"]
        ref.monitor(watcher, "gone long ago")
        await settle()
        assert probes.logs["watcher"].heard == ["a is gone", "gone long ago"]


async def test_a_notice_waits_for_room_in_the_mailbox(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec("watcher", mailbox=1), probes.spec("a", kind=Kind.TRANSIENT)]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        tree.ref("a").monitor(tree.ref("watcher"), "gone")
        tree.ref("watcher").tell(Do(sleep=3))
        await settle()
        tree.ref("watcher").tell("fills it")
        await tree.ref("a").ask(QUIT)
        await trio.sleep(4)
        assert probes.logs["watcher"].heard == [Do(sleep=3), "fills it", "gone"]


async def test_a_watcher_that_died_first_is_no_trouble(autojump_clock: object, probes: Probes) -> None:
    children = [probes.spec(name, kind=Kind.TRANSIENT, mailbox=1) for name in ("watcher", "late", "a")]
    async with open_tree(SupervisorSpec("t", children)) as tree:
        watcher, late, ref = (tree.ref(name) for name in ("watcher", "late", "a"))
        ref.monitor(watcher, "gone")
        ref.monitor(late, "gone")
        await watcher.ask(QUIT)
        late.tell(Do(sleep=1, stop=True))
        await settle()
        late.tell("fills it")  # its notice has to wait, and then it is gone as well
        await ref.ask(QUIT)
        await trio.sleep(2)
        assert not ref.alive
        assert tree.snapshot().state == "running"


async def test_watchers_that_died_are_forgotten(autojump_clock: object, probes: Probes) -> None:
    watchers = [probes.spec(f"w{number}", kind=Kind.TEMPORARY) for number in range(64)]
    async with open_tree(SupervisorSpec("t", [probes.spec("a"), *watchers])) as tree:
        for spec in watchers:
            tree.ref("a").monitor(tree.ref(spec.name), "gone")
            await tree.ref(spec.name).ask(QUIT)
            await settle()
        assert len(tree.ref("a")._cell.watchers) <= 32


async def test_a_monitor_hears_of_the_end_with_the_whole_branch(
    autojump_clock: object, probes: Probes
) -> None:
    inner = SupervisorSpec("in", [probes.spec("a")], Strategy.ONE_FOR_ONE, 0, kind=Kind.TEMPORARY)
    async with open_tree(SupervisorSpec("t", [probes.spec("watcher"), inner])) as tree:
        tree.ref("in/a").monitor(tree.ref("watcher"), "gone")
        crash(tree.ref("in/a"))
        await settle()
        assert probes.logs["watcher"].heard == ["gone"]
