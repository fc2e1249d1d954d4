"""A stand-in in a thread of its own, for tests of any kind, and for clients that block the test's thread."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

import trio
from attrs import define, field

from tests.worlds.mongodb.server import MongoServer, Seen, open_mongo
from tests.worlds.mongodb.state import MongoState

T = TypeVar("T")
PATIENCE = 60.0
"""Seconds to wait for the thread before something is held to be broken."""


@define(eq=False)
class MongoThread:
    """The methods of `MongoServer`, to be called from any thread; each waits until it is done."""

    state: MongoState
    uri: str
    port: int
    _server: MongoServer
    _token: trio.lowlevel.TrioToken
    _done: trio.Event = field(factory=trio.Event)

    def call(self, do: Callable[..., T], *args: Any, **fields: Any) -> T:
        """Run something on the server's thread."""
        result: Future[T] = Future()

        def run() -> None:
            try:
                result.set_result(do(*args, **fields))
            except BaseException as error:  # noqa: BLE001 - raised again where it was asked for
                result.set_exception(error)

        self._token.run_sync_soon(run)
        return result.result(PATIENCE)

    def set(self, **switches: Any) -> None:
        self.call(self._server.set, **switches)

    def cut(self, command: str, after: int | None = None, times: int = 1) -> None:
        self.call(self._server.cut, command, after, times)

    def refuse(self, command: str, code: int, times: int = 1) -> None:
        self.call(self._server.refuse, command, code, times)

    def step_down(self, hellos: int = 1) -> None:
        self.call(self._server.step_down, hellos)

    def stop(self) -> None:
        self.call(self._server.stop)

    def start(self) -> None:
        self.call(self._server.start)

    def restart(self) -> None:
        self.call(self._server.restart)

    def drop_connections(self) -> None:
        self.call(self._server.drop_connections)

    def seen(self, *names: str) -> list[Seen]:
        return self.call(self._server.seen, *names)

    def documents(self, namespace: str) -> list[dict[str, Any]]:
        return self.call(self.state.documents, namespace)


@contextmanager
def mongo_in_thread(
    state: MongoState | None = None, *, replica_set: str = "", port: int = 0
) -> Iterator[MongoThread]:
    """As `open_mongo`, in a thread. What broke there is raised at the end."""
    ready: Future[MongoThread] = Future()

    async def live() -> None:
        async with open_mongo(state, replica_set=replica_set, port=port) as server:
            token = trio.lowlevel.current_trio_token()
            mongo = MongoThread(server.state, server.uri, server.port, server, token)
            ready.set_result(mongo)
            await mongo._done.wait()

    ended: Future[None] = Future()

    def run() -> None:
        try:
            trio.run(live)
            ended.set_result(None)
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            if not ready.done():
                ready.set_exception(error)
            ended.set_exception(error)

    thread = threading.Thread(target=run, name="mongodb stand-in", daemon=True)
    thread.start()
    mongo = ready.result(PATIENCE)
    try:
        yield mongo
    finally:
        if thread.is_alive():
            mongo.call(mongo._done.set)
        ended.result(PATIENCE)
        thread.join(PATIENCE)
