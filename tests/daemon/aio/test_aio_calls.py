"""Calls from trio into asyncio: results, errors, cancellation."""

import asyncio
import contextvars
import logging
import threading
import traceback
from contextlib import suppress
from time import perf_counter

import pytest
import sniffio
import trio

from daemon.aio import Loop, LoopEnded, TaskCancelled, open_loop
from daemon.aio.stacks import describe_thread
from daemon.aio.thread import LoopThread

PATIENCE = 5.0
FOLLOWS = contextvars.ContextVar("FOLLOWS", default="nothing")


class Waiter:
    """An asyncio function that says when it has begun, and how it ended."""

    def __init__(self) -> None:
        self.began = trio.Event()
        self.ended = ""
        self._token = trio.lowlevel.current_trio_token()

    async def wait(self) -> str:
        self._token.run_sync_soon(self.began.set)
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise


async def cancelled_call(loop: Loop, function, began: trio.Event) -> trio.CancelScope:
    """Cancel a call once it has begun."""
    with trio.CancelScope() as scope, trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(loop.call, function)
            await began.wait()
            scope.cancel()
    return scope


async def test_a_call_returns_what_the_function_returned(loop):
    assert await loop.call(asyncio.sleep, 0, "value") == "value"


async def test_the_function_runs_in_the_loops_thread(loop):
    assert await loop.sync(lambda: threading.current_thread().name) == "asyncio test"
    assert threading.current_thread() is threading.main_thread()


async def test_libraries_find_asyncio_there(loop):
    async def find() -> str:
        return sniffio.current_async_library()

    assert await loop.call(find) == "asyncio"


async def test_any_awaitable_will_do(loop):
    def ready() -> "asyncio.Future[int]":
        future = asyncio.get_running_loop().create_future()
        future.set_result(5)
        return future

    assert await loop.call(ready) == 5


class Broken(Exception):  # noqa: N818 - what happened
    pass


@pytest.mark.parametrize(
    "error", [Broken("x"), KeyboardInterrupt("x"), SystemExit(3), StopAsyncIteration("x")]
)
async def test_an_error_comes_back_as_it_is(loop, error):
    async def fail() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        await loop.call(fail)
    assert caught.value is error
    assert await loop.call(asyncio.sleep, 0, "lives on") == "lives on"


async def test_an_error_of_a_synchronous_function_comes_back_as_it_is(loop):
    with pytest.raises(ZeroDivisionError):
        await loop.sync(lambda: 1 // 0)


async def test_the_traceback_shows_both_sides(loop):
    async def inner_asyncio_function() -> None:
        raise Broken

    with pytest.raises(Broken) as caught:
        await loop.call(inner_asyncio_function)
    names = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert names[0] == "test_the_traceback_shows_both_sides"
    assert names[-1] == "inner_asyncio_function"


async def test_a_function_that_cannot_be_called_so_is_an_error_of_the_call(loop):
    with pytest.raises(TypeError, match="positional argument"):
        await loop.call(asyncio.sleep)


async def test_calls_run_side_by_side(loop):
    meeting = asyncio.Barrier(20)
    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(loop.call, meeting.wait)
    assert meeting.n_waiting == 0


async def test_context_variables_go_along_and_do_not_come_back(loop):
    async def look() -> str:
        before = FOLLOWS.get()
        FOLLOWS.set("changed in asyncio")
        return before

    token = FOLLOWS.set("the caller's")
    assert await loop.call(look) == "the caller's"
    assert await loop.sync(FOLLOWS.get) == "the caller's"
    FOLLOWS.reset(token)
    assert await loop.call(look) == "nothing"


# --- cancellation -------------------------------------------------------------------------------


async def test_a_cancelled_call_cancels_the_task_and_waits_for_it(loop):
    waiter = Waiter()
    scope = await cancelled_call(loop, waiter.wait, waiter.began)
    assert scope.cancelled_caught
    assert waiter.ended == "cancelled"


async def test_a_cancelled_task_may_await_while_it_cleans_up(loop):
    waiter = Waiter()
    cleaned = []

    async def work() -> None:
        try:
            await waiter.wait()
        finally:
            await asyncio.sleep(0.001)
            cleaned.append(True)

    await cancelled_call(loop, work, waiter.began)
    assert cleaned == [True]


async def test_a_result_that_comes_in_spite_of_the_cancel_is_kept(loop):
    waiter = Waiter()
    results = []

    async def post() -> str:
        try:
            await waiter.wait()
        except asyncio.CancelledError:
            return "posted"

    async def note() -> None:
        results.append(await loop.call(post))

    with trio.fail_after(PATIENCE):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(note)
            await waiter.began.wait()
            nursery.cancel_scope.cancel()
    assert results == ["posted"]


async def test_an_error_while_cleaning_up_comes_back(loop):
    waiter = Waiter()

    async def work() -> None:
        try:
            await waiter.wait()
        finally:
            raise Broken

    with pytest.RaisesGroup(Broken):
        await cancelled_call(loop, work, waiter.began)


async def test_a_call_by_a_cancelled_caller_does_not_begin(loop):
    began = []
    with trio.CancelScope() as scope:
        scope.cancel()
        await loop.sync(began.append, True)
    assert scope.cancelled_caught
    assert await loop.sync(lambda: len(began)) == 0


async def test_a_call_that_waits_for_its_turn_is_withdrawn_at_once(loop):
    release, holding, began = threading.Event(), trio.Event(), []
    token = trio.lowlevel.current_trio_token()

    def hold() -> None:
        token.run_sync_soon(holding.set)
        release.wait(PATIENCE)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(loop.sync, hold)
        await holding.wait()
        with trio.move_on_after(0.001) as scope:
            await loop.sync(began.append, True)
        assert scope.cancelled_caught
        release.set()
    assert await loop.sync(lambda: len(began)) == 0


async def test_a_task_that_swallows_the_cancel_is_reported_and_left_behind(hasty_loop, caplog):
    began, release = trio.Event(), asyncio.Event()
    token = trio.lowlevel.current_trio_token()

    async def stubborn() -> None:
        token.run_sync_soon(began.set)
        while not release.is_set():
            with suppress(asyncio.CancelledError):
                await release.wait()

    started = perf_counter()
    scope = await cancelled_call(hasty_loop, stubborn, began)
    assert scope.cancelled_caught
    assert perf_counter() - started < PATIENCE / 2
    assert "stubborn in asyncio loop test: goes on 0.05 s after it was cancelled, left behind" in caplog.text
    assert "test_aio_calls.py" in caplog.text
    await hasty_loop.sync(release.set)
    while "has ended after all: returned" not in caplog.text:
        await hasty_loop.call(asyncio.sleep, 0)


async def test_a_task_that_cancels_itself_is_an_ordinary_error(loop):
    async def give_up() -> None:
        raise asyncio.CancelledError

    with pytest.raises(
        TaskCancelled, match=r"give_up in asyncio loop test: asyncio code cancelled it"
    ) as caught:
        await loop.call(give_up)
    assert isinstance(caught.value, Exception)
    assert isinstance(caught.value.__cause__, asyncio.CancelledError)


async def test_a_cancelled_future_that_is_awaited_is_an_ordinary_error(loop):
    async def wait() -> None:
        future = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(future.cancel)
        await future

    with pytest.raises(TaskCancelled):
        await loop.call(wait)


# --- the end ------------------------------------------------------------------------------------


async def test_a_call_on_a_loop_that_has_ended_says_so(in_time):
    async with open_loop("gone") as loop:
        pass
    with pytest.raises(LoopEnded, match="asyncio loop gone: has ended"):
        await loop.call(asyncio.sleep, 0)
    with pytest.raises(LoopEnded):
        await loop.sync(int)


async def test_a_call_under_way_when_the_loop_ends_says_so(in_time):
    waiter = Waiter()
    errors = []
    async with trio.open_nursery() as nursery, open_loop("gone") as loop:

        async def note() -> None:
            with pytest.raises(LoopEnded) as caught:
                await loop.call(waiter.wait)
            errors.append(caught.value)

        nursery.start_soon(note)
        await waiter.began.wait()
    assert len(errors) == 1
    assert waiter.ended == "cancelled"


async def test_a_background_task_that_fails_is_logged_with_the_loops_name(loop, caplog):
    caplog.set_level(logging.ERROR)

    async def fail() -> None:
        raise Broken("nobody awaits me")

    async def start() -> None:
        task = asyncio.create_task(fail())
        await asyncio.wait([task])

    await loop.call(start)
    assert "asyncio loop test: Task exception was never retrieved" in caplog.text
    assert "nobody awaits me" in caplog.text


async def test_a_callback_that_fails_is_logged_with_the_loops_name(loop, caplog):
    async def start() -> None:
        asyncio.get_running_loop().call_soon(lambda: 1 // 0)
        await asyncio.sleep(0)

    await loop.call(start)
    assert "asyncio loop test: Exception in callback" in caplog.text


def test_a_trio_that_is_over_is_told_nothing():
    async def live() -> LoopThread:
        await trio.lowlevel.checkpoint()
        return LoopThread("test", 1.0, lambda: None)

    thread = trio.run(live)
    told = []
    thread.tell_trio(told.append, True)
    assert told == []


def test_a_thread_without_a_stack_is_described_so():
    assert describe_thread(threading.Thread()) == "no stack"
