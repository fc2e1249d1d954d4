"""Loops that do not answer, or do not end."""

import asyncio
import gc
import logging
import re
import threading
import time
import warnings
from collections.abc import Callable
from time import perf_counter

import pytest
import trio
import trio.testing

from daemon.aio import LoopEnded, lifetime, open_loop
from daemon.aio.thread import LoopThread

PATIENCE = 10.0
STUCK_AFTER = 0.2
NEVER_SO_LONG = 0.5
"""Seconds that a loop on a busy machine still answers in."""
pytestmark = pytest.mark.usefixtures("in_time")


class Blocker:
    """Blocks the loop's thread until it is released."""

    def __init__(self) -> None:
        self.began = trio.Event()
        self.released = threading.Event()
        self.was_released = False
        """It did not give up waiting for that."""
        self._token = trio.lowlevel.current_trio_token()

    def hold_the_thread(self) -> None:
        self._token.run_sync_soon(self.began.set)
        self.was_released = self.released.wait(PATIENCE)


@pytest.fixture
async def blocker():
    blocker = Blocker()
    yield blocker
    blocker.released.set()


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(PATIENCE):
        while not condition():  # noqa: ASYNC110 - a log line sets no event
            await trio.sleep(0.001)


def seconds_in(line: str, start: str) -> float:
    """The number behind these words, rounded to three digits."""
    found = re.match(re.escape(start) + r"([\d.]+) s", line)
    assert found, line
    return float(found[1])


async def test_a_stuck_loop_is_reported_once_with_its_stack_and_when_it_is_back(blocker, caplog):
    caplog.set_level(logging.WARNING)
    async with open_loop("slow", stuck_after=STUCK_AFTER) as loop, trio.open_nursery() as nursery:
        nursery.start_soon(loop.sync, blocker.hold_the_thread)
        await until(lambda: "stuck, no answer for" in caplog.text)
        await trio.sleep(2 * STUCK_AFTER)
        blocker.released.set()
        await until(lambda: "is back" in caplog.text)
    stuck, back = (record.getMessage() for record in caplog.records)
    assert seconds_in(stuck, "asyncio loop slow: stuck, no answer for ") >= 0.99 * STUCK_AFTER
    assert "hold_the_thread" in stuck
    assert "test_aio_stuck.py" in stuck
    assert seconds_in(back, "asyncio loop slow: is back, it was stuck for ") >= 2.99 * STUCK_AFTER


async def test_trio_goes_on_while_the_loop_is_stuck(blocker):
    async with open_loop("slow") as loop, trio.open_nursery() as nursery:
        nursery.start_soon(loop.sync, blocker.hold_the_thread)
        await blocker.began.wait()
        for _ in range(100):
            await trio.sleep(0.001)
        blocker.released.set()
    assert blocker.was_released


async def test_a_loop_that_answers_is_not_reported(caplog):
    async with open_loop("quick", stuck_after=NEVER_SO_LONG):
        await trio.sleep(1.5 * NEVER_SO_LONG)
    assert caplog.text == ""


async def test_a_loop_is_not_blamed_when_trio_was_blocked(caplog):
    async with open_loop("quick", stuck_after=NEVER_SO_LONG):
        await trio.lowlevel.checkpoint()
        time.sleep(1.5 * NEVER_SO_LONG)  # noqa: ASYNC251 - blocks trio
        await trio.sleep(NEVER_SO_LONG / 2)
    assert caplog.text == ""


async def test_a_thread_that_does_not_end_is_reported_and_left_behind(blocker, caplog):
    caplog.set_level(logging.WARNING)
    async with trio.open_nursery() as nursery:
        async with open_loop("slow", end_within=0.05) as loop:

            async def wait() -> None:
                with pytest.raises(LoopEnded):
                    await loop.sync(blocker.hold_the_thread)

            nursery.start_soon(wait)
            await blocker.began.wait()
            before = perf_counter()
        assert perf_counter() - before < PATIENCE / 2
    assert "asyncio loop slow: did not end within 0.05 s, left behind; stack: " in caplog.text
    assert "hold_the_thread" in caplog.text
    with pytest.raises(LoopEnded):
        await loop.call(asyncio.sleep, 0)
    blocker.released.set()
    await until(lambda: "asyncio loop slow: has ended after all" in caplog.text)
    await until(lambda: "asyncio slow" not in [thread.name for thread in threading.enumerate()])


async def test_a_loop_that_was_left_behind_can_ask_nothing_of_trio(blocker, caplog):
    heard, kept = [], []

    async def clean_up(loop) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            blocker.hold_the_thread()
            try:
                await loop.run_in_trio(trio.sleep_forever)
            except LoopEnded as error:
                heard.append(str(error))

    async def spawn(loop) -> None:
        kept.append(asyncio.ensure_future(clean_up(loop)))  # or the collector takes it while it waits
        await asyncio.sleep(0)

    async with open_loop("slow", end_within=0.05) as loop:
        await loop.call(spawn, loop)
    assert "did not end" in caplog.text
    blocker.released.set()
    await until(lambda: "has ended after all" in caplog.text)
    assert heard == ["asyncio loop slow: has ended, open a new one"]


async def test_a_task_that_refuses_to_end_does_not_hold_the_thread(caplog, monkeypatch):
    monkeypatch.setattr(lifetime, "_TASKS_SHARE", 0.005)  # nearly all of the 10 s is the thread's own
    kept = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async def spawn() -> None:
        # Kept, or the collector takes it while it waits.
        kept.append(asyncio.get_running_loop().create_task(stubborn(), name="never"))
        await asyncio.sleep(0)

    async with open_loop("slow") as loop:
        await loop.call(spawn)
    assert "asyncio loop slow: a task would not end, left behind: never in " in caplog.text
    assert "stubborn" in caplog.text
    assert "did not end within" not in caplog.text
    assert "asyncio slow" not in [thread.name for thread in threading.enumerate()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        kept.clear()
        gc.collect()


async def test_a_task_that_swallows_one_cancel_is_asked_again(monkeypatch):
    monkeypatch.setattr(lifetime, "_TASKS_SHARE", 0.01)  # it is at half of their time, of 0.1 s
    counted, kept = [], []

    async def deaf() -> None:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                counted.append(True)

    async def spawn() -> None:
        kept.append(asyncio.ensure_future(deaf()))  # or the collector takes it while it waits
        await asyncio.sleep(0)

    async with open_loop("slow") as loop:
        await loop.call(spawn)
    assert counted == [True, True]


async def test_a_callback_that_fails_in_trio_does_not_end_trio(caplog):
    thread = LoopThread("test", 1.0, lambda: None)
    reached = trio.Event()
    thread.tell_trio(lambda: 1 // 0)
    thread.tell_trio(reached.set)
    await reached.wait()
    assert "asyncio loop test: a callback into trio failed" in caplog.text
    assert "ZeroDivisionError" in caplog.text
