"""The mailbox: who puts, who takes, who sleeps."""

import pytest
import trio

from supervision.mailbox import NOTHING, Mailbox
from supervision.testing import settle

pytestmark = pytest.mark.usefixtures("any_order")


async def test_messages_are_taken_in_the_order_they_were_offered() -> None:
    mailbox = Mailbox(3)
    assert [mailbox.offer(message) for message in (1, None, 3, 4)] == [True, True, True, False]
    assert mailbox.queued == 3
    assert [mailbox.take_nowait() for _ in range(4)] == [1, None, 3, NOTHING]


async def test_whoever_waits_for_room_is_in_line_before_a_later_offer(autojump_clock: object) -> None:
    mailbox = Mailbox(1)
    mailbox.offer(1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.put, 2)
        await settle()
        assert mailbox.take_nowait() == 1
        assert not mailbox.offer(3)
    assert mailbox.close() == [2]


async def test_a_message_wakes_the_actor_that_sleeps(autojump_clock: object) -> None:
    mailbox = Mailbox(1)
    taken: list[object] = []

    async def read() -> None:
        for _ in range(2):
            await mailbox.sleep()
            taken.append(mailbox.take_nowait())

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await settle()
        mailbox.offer("offered")
        await settle()
        await mailbox.put("put")
    assert taken == ["offered", "put"]


async def test_an_actor_can_be_woken_without_a_message_and_when_it_is_awake(autojump_clock: object) -> None:
    mailbox = Mailbox(1)
    mailbox.wake()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(mailbox.sleep)
        await settle()
        mailbox.wake()
        mailbox.wake()
    assert mailbox.take_nowait() is NOTHING


async def test_nobody_is_woken_who_was_cancelled_in_their_sleep(autojump_clock: object) -> None:
    mailbox = Mailbox(1)
    with trio.move_on_after(1) as scope:
        await mailbox.sleep()
    assert scope.cancelled_caught
    assert mailbox.offer(1)


@pytest.mark.parametrize("room", [1, 2])
async def test_a_put_that_is_cancelled_has_put_nothing(autojump_clock: object, room: int) -> None:
    mailbox = Mailbox(room)
    mailbox.offer(1)
    with trio.CancelScope() as scope:
        scope.cancel()
        await mailbox.put(2)
    assert mailbox.close() == [1]


async def refused(mailbox: Mailbox, message: object, found: list[object]) -> None:
    try:
        await mailbox.put(message)
    except trio.BrokenResourceError:
        found.append(message)


async def test_closing_returns_what_was_put_and_refuses_who_waits_for_room(autojump_clock: object) -> None:
    mailbox, found = Mailbox(2), list[object]()
    async with trio.open_nursery() as nursery:
        for message in (1, 2, 3, 3, 4):
            nursery.start_soon(refused, mailbox, message, found)
            await settle()
        assert mailbox.close() == [1, 2]
    assert sorted(map(str, found)) == ["3", "3", "4"]


async def test_who_was_let_in_before_the_mailbox_closes_has_put_it_in(autojump_clock: object) -> None:
    mailbox, found = Mailbox(1), list[object]()
    mailbox.offer(1)
    async with trio.open_nursery() as nursery:
        for message in (2, 3):
            nursery.start_soon(refused, mailbox, message, found)
            await settle()
        assert mailbox.take_nowait() == 1  # 2 is let in: its sender has not run since
        assert mailbox.close() == [2]
    assert found == [3]


async def test_a_closed_mailbox_takes_no_message() -> None:
    mailbox = Mailbox(1)
    mailbox.close()
    with pytest.raises(trio.BrokenResourceError):
        mailbox.offer(1)
    with pytest.raises(trio.BrokenResourceError):
        await mailbox.put(1)
