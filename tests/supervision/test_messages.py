"""Mailboxes, refs, asking."""

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
    Backoff,
    Crashed,
    InvalidSpec,
    Kind,
    MailboxFull,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.incarnation import BURST
from supervision.testing import Do, Probes, crash, settle

pytestmark = pytest.mark.usefixtures("any_order")

BOOM = Do(error=ValueError("boom"))


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
