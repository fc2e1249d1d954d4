"""The ways back: values from asyncio to trio, and trio functions that asyncio code awaits."""

import asyncio
import contextvars

import pytest
import trio
import trio.lowlevel
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.aio import Loop, LoopEnded, Outlet, OutletClosed, open_loop
from daemon.aio.outlet import Places

SHORT = 0.05
FOLLOWS = contextvars.ContextVar("FOLLOWS", default="nothing")


class Producer:
    """Sends numbers, and remembers how many were taken off its hands."""

    def __init__(self, outlet: Outlet[int], number: int) -> None:
        self.outlet = outlet
        self.number = number
        self.sent = 0

    async def run(self) -> None:
        for value in range(self.number):
            await self.outlet.send(value)
            self.sent += 1
        self.outlet.close()


async def settled(loop: Loop) -> None:
    """Let both sides do what they can."""
    for _ in range(5):
        await loop.call(asyncio.sleep, 0)
        await trio.testing.wait_all_tasks_blocked()


# --- values -------------------------------------------------------------------------------------


async def test_trio_gets_the_values_in_order_and_then_the_end(loop):
    outlet: Outlet[int] = loop.from_asyncio(3)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(loop.call, Producer(outlet, 100).run)
        assert [value async for value in outlet] == list(range(100))


async def test_asyncio_waits_while_trio_has_as_many_as_fit(loop):
    outlet: Outlet[int] = loop.from_asyncio(3)
    producer = Producer(outlet, 10)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(loop.call, producer.run)
        await settled(loop)
        assert producer.sent == 3
        assert await outlet.receive() == 0
        await settled(loop)
        assert producer.sent == 4
        nursery.cancel_scope.cancel()


async def test_a_producer_that_is_cancelled_while_it_waits_leaves_the_place_to_others(loop):
    outlet: Outlet[int] = loop.from_asyncio(1)
    await loop.call(outlet.send, 1)
    with trio.move_on_after(0.001) as scope:
        await loop.call(outlet.send, 2)
    assert scope.cancelled_caught
    async with trio.open_nursery() as nursery:
        nursery.start_soon(loop.call, outlet.send, 3)
        assert [await outlet.receive(), await outlet.receive()] == [1, 3]


async def test_a_callback_may_send_what_fits(loop):
    outlet: Outlet[int] = loop.from_asyncio(1)
    await loop.sync(outlet.send_nowait, 1)
    with pytest.raises(asyncio.QueueFull):
        await loop.sync(outlet.send_nowait, 2)
    assert await outlet.receive() == 1
    await loop.sync(outlet.send_nowait, 3)
    assert await outlet.receive() == 3


async def test_who_sends_hears_that_trio_wants_no_more(loop):
    with loop.from_asyncio(1) as outlet:
        await loop.call(outlet.send, 1)
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                with pytest.raises(OutletClosed, match="trio takes no more values"):
                    await loop.call(outlet.send, 2)

            nursery.start_soon(wait)
            await settled(loop)
            outlet.refuse()
    with pytest.raises(OutletClosed):
        await loop.call(outlet.send, 3)
    with pytest.raises(trio.ClosedResourceError):
        await outlet.receive()


async def test_a_loop_that_ends_ends_the_iteration_behind_the_last_value(in_time):
    async with open_loop("gone") as loop:
        outlet: Outlet[int] = loop.from_asyncio(3)
        await loop.call(outlet.send, 1)
    assert await outlet.receive() == 1
    with pytest.raises(LoopEnded, match="gone"):
        await outlet.receive()
    with pytest.raises(LoopEnded, match="gone"):
        await loop.from_asyncio(1).receive()


async def test_a_stream_that_was_closed_ends_in_order_though_the_loop_is_gone(in_time):
    async with open_loop("gone") as loop:
        outlet: Outlet[int] = loop.from_asyncio(3)
        await loop.call(Producer(outlet, 2).run)
    assert [value async for value in outlet] == [0, 1]


async def test_a_capacity_is_one_or_more(loop):
    with pytest.raises(ValueError, match="capacity = 0: must be 1 or more"):
        loop.from_asyncio(0)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_places_are_never_more_than_there_are_and_none_is_lost(data):
    number = data.draw(st.integers(1, 3))

    async def play() -> None:
        places, held, waiting = Places(number), 0, []
        for step in data.draw(st.lists(st.sampled_from(["take", "give", "cancel", "turn"]), max_size=40)):
            match step:
                case "take":
                    waiting.append(asyncio.ensure_future(places.take()))
                case "give" if held:
                    places.give_back()
                    held -= 1
                case "cancel" if waiting:
                    waiting[data.draw(st.integers(0, len(waiting) - 1))].cancel()
                case _:
                    await asyncio.sleep(0)
            done = [task for task in waiting if task.done()]
            waiting = [task for task in waiting if not task.done()]
            held += sum(not task.cancelled() for task in done)
            assert 0 <= held <= number
        for task in waiting:
            task.cancel()
        if waiting:
            await asyncio.wait(waiting)
        held += sum(not task.cancelled() and task.exception() is None for task in waiting)
        assert not any(task.exception() for task in waiting if not task.cancelled())
        for _ in range(number - held):
            places.take_nowait()
        with pytest.raises(asyncio.QueueFull):
            places.take_nowait()

    asyncio.run(play())


# --- trio functions -----------------------------------------------------------------------------


async def test_asyncio_awaits_a_trio_function(loop):
    async def double(value: int) -> int:
        await trio.lowlevel.checkpoint()
        return 2 * value

    assert await loop.call(loop.run_in_trio, double, 4) == 8


async def test_an_error_of_a_trio_function_reaches_asyncio_as_it_is(loop):
    async def fail() -> None:
        await trio.lowlevel.checkpoint()
        raise ZeroDivisionError

    async def ask() -> str:
        try:
            await loop.run_in_trio(fail)
        except ZeroDivisionError:
            return "caught"
        return "nothing"

    assert await loop.call(ask) == "caught"


async def test_context_variables_go_along_to_trio(loop):
    async def look() -> str:
        await trio.lowlevel.checkpoint()
        return FOLLOWS.get()

    FOLLOWS.set("the caller's")
    assert await loop.call(loop.run_in_trio, look) == "the caller's"


async def test_both_sides_may_call_each_other_in_turn(loop):
    async def down(depth: int) -> int:
        return 0 if depth == 0 else 1 + await loop.call(loop.run_in_trio, down, depth - 1)

    assert await down(10) == 10


async def test_cancelled_asyncio_code_cancels_the_trio_function_and_waits_for_it(loop):
    began, ended = trio.Event(), []

    async def work() -> None:
        began.set()
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await trio.lowlevel.checkpoint()
            ended.append(True)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(loop.call, loop.run_in_trio, work)
        await began.wait()
        nursery.cancel_scope.cancel()
    assert ended == [True]


async def test_a_cancel_is_not_lost_where_the_trio_function_returns_all_the_same(loop):
    began = trio.Event()

    async def work() -> str:
        began.set()
        with trio.CancelScope(shield=True):
            await trio.sleep(SHORT / 5)
        return "done"

    async def ask() -> str:
        task = asyncio.create_task(loop.run_in_trio(work))
        await loop.run_in_trio(began.wait)
        task.cancel()
        await asyncio.wait([task])
        return "cancelled" if task.cancelled() else "not cancelled"

    assert await loop.call(ask) == "cancelled"


async def test_an_error_while_a_cancelled_trio_function_ends_reaches_asyncio(loop):
    began = trio.Event()

    async def work() -> None:
        began.set()
        try:
            await trio.sleep_forever()
        finally:
            raise ZeroDivisionError

    async def ask() -> "BaseException | None":
        task = asyncio.create_task(loop.run_in_trio(work))
        await loop.run_in_trio(began.wait)
        task.cancel()
        await asyncio.wait([task])
        return task.exception()

    assert isinstance(await loop.call(ask), ZeroDivisionError)


async def test_a_trio_function_that_does_not_end_is_reported(hasty_loop, caplog):
    began, release = trio.Event(), trio.Event()

    async def work() -> None:
        began.set()
        with trio.CancelScope(shield=True):
            await release.wait()

    async def ask() -> bool:
        task = asyncio.create_task(hasty_loop.run_in_trio(work))
        await hasty_loop.run_in_trio(began.wait)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert await hasty_loop.call(ask)
    release.set()
    assert "work, asked for by asyncio loop test: goes on 0.05 s after it was cancelled" in caplog.text


async def test_trio_functions_under_way_are_cancelled_when_the_loop_ends(in_time):
    began, ended = trio.Event(), []

    async def work() -> None:
        began.set()
        try:
            await trio.sleep_forever()
        finally:
            ended.append(True)

    async with open_loop("gone") as loop:
        await loop.sync(lambda: asyncio.ensure_future(loop.run_in_trio(work)))
        await began.wait()
    assert ended == [True]


async def test_what_ends_everything_in_a_trio_function_ends_the_block(loop):
    async def leave() -> None:
        await trio.lowlevel.checkpoint()
        raise SystemExit(3)

    async def live() -> None:
        async with open_loop("inner") as inner:
            await inner.sync(lambda: asyncio.ensure_future(inner.run_in_trio(leave)))
            await trio.sleep_forever()

    with pytest.RaisesGroup(SystemExit):
        await live()
