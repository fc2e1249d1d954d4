"""Loops that are started again and again: whenever one ends, nothing of it is left."""

import asyncio
import gc
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
import trio
import trio.testing

from daemon.aio import Loop, LoopEnded, Outlet, open_loop

TIMES = 20
pytestmark = pytest.mark.usefixtures("in_time")


def threads() -> list[str]:
    return sorted(thread.name for thread in threading.enumerate())


def descriptors() -> set[str]:
    return {path.name for path in Path("/dev/fd").iterdir()}


def asyncio_objects() -> list[object]:
    gc.collect()
    kinds = (asyncio.Task, asyncio.BaseEventLoop, asyncio.BaseTransport)
    return [thing for thing in gc.get_objects() if isinstance(thing, kinds)]


@pytest.fixture(autouse=True)
async def _nothing_is_left(in_time: None) -> AsyncIterator[None]:
    gc.collect()
    before = threads(), descriptors(), len(asyncio_objects())
    yield
    assert (threads(), descriptors(), len(asyncio_objects())) == before


@contextmanager
def silent_server() -> Iterator[int]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def full_server() -> Iterator[int]:
    """Has no place for one more connection: who connects waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        waiting = []
        for _ in range(4):
            client = socket.socket()
            client.setblocking(False)
            with suppress(BlockingIOError):
                client.connect(server.getsockname())
            waiting.append(client)
        try:
            yield server.getsockname()[1]
        finally:
            for client in waiting:
                client.close()


async def cancelled_when(begun: trio.Event, scope: trio.CancelScope) -> None:
    await begun.wait()
    scope.cancel()


async def test_cancelled_before_it_starts():
    for _ in range(TIMES):
        with trio.CancelScope() as scope:
            scope.cancel()
            async with open_loop("test"):
                pytest.fail("it started")
        assert scope.cancelled_caught


async def test_cancelled_at_any_moment_of_the_start():
    reached = 0
    moments = [number * 50e-6 for number in range(TIMES)]
    later = [0.001 * 2**number for number in range(13)]  # for a machine on which a start takes that long
    for number, moment in enumerate(moments + later):
        if number >= TIMES and reached:
            break
        with trio.move_on_after(moment):
            async with open_loop("test") as loop:
                reached += 1
                await loop.call(asyncio.sleep, 1)
    assert reached > 0


@pytest.mark.parametrize("tls", [False, True], ids=["TCP", "TLS"])
async def test_cancelled_during_a_connect_that_hangs(tls):
    server = silent_server if tls else full_server
    token = trio.lowlevel.current_trio_token()
    context = ssl.create_default_context() if tls else None
    with server() as port:
        for _ in range(TIMES):
            connecting = trio.Event()

            async def connect(connecting=connecting) -> None:
                async def tell() -> None:
                    token.run_sync_soon(connecting.set)

                telling = asyncio.create_task(tell())
                await asyncio.open_connection("127.0.0.1", port, ssl=context)
                await telling
                pytest.fail("it connected")

            async with trio.open_nursery() as nursery:
                nursery.start_soon(cancelled_when, connecting, nursery.cancel_scope)
                async with open_loop("test") as loop:
                    await loop.call(connect)
            assert nursery.cancel_scope.cancel_called


class Bot:
    """What a library does: a connection, tasks, a generator, a thread of the executor, values for trio."""

    def __init__(self, loop: Loop) -> None:
        self.loop = loop
        self.outlet: Outlet[str] = loop.from_asyncio(2)
        self.writer: asyncio.StreamWriter | None = None

    async def run(self) -> None:
        server = await asyncio.start_server(self.echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            tasks = [asyncio.create_task(self.talk(port)) for _ in range(3)]
            await asyncio.gather(*tasks)

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                writer.write(line)
        finally:
            writer.close()

    async def talk(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            async for _ in self.ticks():
                writer.write(b"tick\n")
                line = await reader.readline()
                await asyncio.to_thread(line.decode)
                await self.loop.run_in_trio(trio.lowlevel.checkpoint)
                await self.outlet.send(line.decode())
        finally:
            writer.close()

    async def ticks(self) -> AsyncIterator[int]:
        try:
            while True:
                yield 1
                await asyncio.sleep(0)
        finally:
            await asyncio.sleep(0)


async def test_cancelled_during_work():
    for number in range(TIMES):
        async with trio.open_nursery() as nursery, open_loop("test") as loop:
            bot = Bot(loop)
            nursery.start_soon(loop.call, bot.run)
            for _ in range(number):
                assert await bot.outlet.receive() == "tick\n"
            nursery.cancel_scope.cancel()
        assert nursery.cancel_scope.cancelled_caught


async def test_ended_during_work_without_a_cancel():
    for _ in range(TIMES):
        with pytest.RaisesGroup(LoopEnded):
            async with trio.open_nursery() as nursery, open_loop("test") as loop:
                bot = Bot(loop)
                nursery.start_soon(loop.call, bot.run)
                assert await bot.outlet.receive() == "tick\n"


async def test_a_block_that_fails_during_work():
    async def fail() -> None:
        async with open_loop("test") as loop:
            bot = Bot(loop)
            await loop.sync(lambda: asyncio.ensure_future(bot.run()))
            assert await bot.outlet.receive() == "tick\n"
            raise ZeroDivisionError

    for _ in range(TIMES):
        with pytest.raises(ZeroDivisionError):
            await fail()


async def test_cancelled_during_the_shutdown():
    token = trio.lowlevel.current_trio_token()
    for _ in range(TIMES):
        ending, cleaned = trio.Event(), []

        async def clean_up_slowly(ending=ending, cleaned=cleaned) -> None:
            try:
                await asyncio.sleep(60)
            finally:
                token.run_sync_soon(ending.set)
                await asyncio.sleep(0.002)
                cleaned.append(True)

        async def spawn(clean_up_slowly=clean_up_slowly) -> None:
            task = asyncio.create_task(clean_up_slowly())
            await asyncio.sleep(0)
            assert not task.done()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(cancelled_when, ending, nursery.cancel_scope)
            async with open_loop("test") as loop:
                await loop.call(spawn)
        assert cleaned == [True]


async def test_tasks_that_start_tasks_while_they_end():
    started = []

    async def heir(depth: int) -> None:
        started.append(depth)
        try:
            await asyncio.sleep(60)
        finally:
            if depth:
                asyncio.ensure_future(heir(depth - 1))  # noqa: RUF006 - nobody keeps it
                await asyncio.sleep(0)

    async def spawn() -> None:
        asyncio.ensure_future(heir(3))  # noqa: RUF006 - nobody keeps it
        await asyncio.sleep(0)

    async with open_loop("test") as loop:
        await loop.call(spawn)
    assert started == [3, 2, 1, 0]


@pytest.mark.parametrize("kind", [SystemExit, KeyboardInterrupt])
async def test_a_thread_that_dies_of_what_ends_everything(kind, caplog):
    async def die() -> None:
        async with open_loop("test") as loop:
            await loop.sync(raise_in_callback, kind)
            await trio.sleep_forever()

    for _ in range(TIMES):
        with pytest.raises(kind):
            await die()
    assert "asyncio loop test: its thread died" in caplog.text


def raise_in_callback(kind: type[BaseException]) -> None:
    def fail() -> None:
        raise kind

    asyncio.get_running_loop().call_soon(fail)


async def test_everybody_who_waits_hears_that_the_thread_died():
    heard = []

    async def wait(loop: Loop) -> None:
        with pytest.raises(LoopEnded) as caught:
            await loop.call(asyncio.sleep, 60)
        heard.append(str(caught.value))

    async def iterate(loop: Loop) -> None:
        outlet: Outlet[int] = loop.from_asyncio(1)
        with pytest.raises(LoopEnded) as caught:
            await outlet.receive()
        heard.append(str(caught.value))

    async def die(nursery: trio.Nursery) -> None:
        async with open_loop("test") as loop:
            for _ in range(3):
                nursery.start_soon(wait, loop)
            nursery.start_soon(iterate, loop)
            await trio.testing.wait_all_tasks_blocked()
            await loop.sync(lambda: asyncio.get_running_loop().stop())
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        with pytest.raises(LoopEnded) as caught:
            await die(nursery)
    assert isinstance(caught.value.__cause__, RuntimeError)
    assert heard == ["asyncio loop test: ended by RuntimeError, open a new one"] * 4


async def test_a_loop_that_cannot_start_raises_why(monkeypatch):
    def refuse() -> asyncio.AbstractEventLoop:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(asyncio, "new_event_loop", refuse)
    monkeypatch.setattr(asyncio.events, "new_event_loop", refuse)
    with pytest.raises(OSError, match="Too many open files"):
        async with open_loop("test"):
            pytest.fail("it started")
