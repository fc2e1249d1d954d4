"""Mailboxes and refs."""

from contextlib import suppress
from time import perf_counter
from typing import Any

import attrs
import pytest
import trio

from supervision import (
    Actor,
    ActorCrashed,
    ActorDead,
    ActorSpec,
    Backoff,
    Crashed,
    DynamicSpec,
    Kind,
    MailboxFull,
    MailboxStatistics,
    SupervisorSpec,
    Tree,
    open_tree,
)
from supervision.incarnation import BURST, BURST_SECONDS
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


@pytest.mark.parametrize("mailbox", [1, 3, 64])
async def test_what_one_sender_tells_sends_and_asks_stays_in_its_order(
    autojump_clock: object, probes: Probes, mailbox: int
) -> None:
    async def speak(sender: int) -> None:
        for number in range(0, 9, 3):
            with suppress(MailboxFull):
                ref.tell((sender, number))
            await ref.send((sender, number + 1))
            assert await ref.ask((sender, number + 2)) == (sender, number + 2)

    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=mailbox)])) as tree:
        ref = tree.ref("a")
        async with trio.open_nursery() as nursery:
            for sender in range(4):
                nursery.start_soon(speak, sender)
    heard: list[Any] = probes.logs["a"].heard
    for sender in range(4):
        numbers = [number for who, number in heard if who == sender]
        assert numbers == sorted(numbers)
        assert {1, 2, 4, 5, 7, 8} <= set(numbers)


async def test_the_statistics_of_a_mailbox_are_a_frozen_value(autojump_clock: object, probes: Probes) -> None:
    async with open_tree(SupervisorSpec("t", [probes.spec("a", mailbox=2)])) as tree:
        ref = tree.ref("a")
        assert ref.statistics() == MailboxStatistics(queued=0, room=2, waiting=0, closed=False)
        ref.tell(Do(sleep=5))
        await settle()
        ref.tell(1)
        ref.tell(2)
        with trio.move_on_after(1):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(ref.send, 3)
                await settle()
                full = ref.statistics()
        assert full.to_json() == {"queued": 2, "room": 2, "waiting": 1, "closed": False}
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            full.queued = 0  # type: ignore[misc]
    assert ref.statistics() == MailboxStatistics(queued=0, room=2, waiting=0, closed=True)


async def test_an_idle_tree_waits_for_no_time(autojump_clock: object, probes: Probes) -> None:
    spec = SupervisorSpec("t", [probes.spec("a"), DynamicSpec("d", probes.template())])
    async with open_tree(spec) as tree:
        await tree.dynamic("d").start_child("1", "1")
        assert await tree.ref("a").ask("x") == "x"
        crash(tree.ref("a"))
        await trio.sleep(6)  # what an ask that was answered has left is gone when it would have been due
        assert trio.lowlevel.current_statistics().seconds_to_next_deadline == float("inf")


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
            with pytest.raises(ActorDead):
                await ref.send("in vain")

        async def ask() -> None:
            with pytest.raises(ActorDead):
                await ref.ask("in vain", None)

        with trio.fail_after(2):
            async with trio.open_nursery() as nursery:
                for wait in (send, ask) * 3:
                    nursery.start_soon(wait)
        assert not ref.alive
        assert tree.snapshot().dead_letters == {"str": 7}, "each once"


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


async def test_an_actor_whose_messages_take_long_lets_others_run_after_each(autojump_clock: object) -> None:
    class Busy(Actor):
        async def receive(self, message: object) -> None:
            handled.append(message)
            until = perf_counter() + 2 * BURST_SECONDS
            while perf_counter() < until:
                pass

    handled: list[object] = []
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Busy)])) as tree:
        for number in range(5):
            tree.ref("a").tell(number)
        while not handled:
            await trio.lowlevel.checkpoint()
        assert len(handled) <= 2


async def test_what_an_actor_does_not_handle_crashes_it_and_is_named(autojump_clock: object) -> None:
    async with open_tree(SupervisorSpec("t", [ActorSpec("a", Actor)])) as tree:
        with pytest.raises(ActorCrashed, match="NotImplementedError: Actor does not handle 'what'"):
            await tree.ref("a").ask("what")


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
