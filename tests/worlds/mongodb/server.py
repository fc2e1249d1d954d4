"""A stand-in for a MongoDB server: its wire protocol on a loopback port, answered from memory."""

from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from socket import SO_LINGER, SO_REUSEPORT, SOL_SOCKET
from struct import pack
from typing import Any

import trio
from attrs import define, field, frozen

from tests.worlds.mongodb.commands import WRITES, Commands
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.faults import Cut, Faults, Refusal, with_labels
from tests.worlds.mongodb.state import MongoState
from tests.worlds.mongodb.wire import HEADER, ProtocolError, Request, length_of, read_request, write_answer
from tests.worlds.mongodb.writes import ConnectionCut

HOST = "127.0.0.1"
GARBAGE = b"\xff" * 64
_RESET_ON_CLOSE = pack("ii", 1, 0)
READS = frozenset({"find", "aggregate", "count", "distinct", "listIndexes", "listCollections"})


@frozen
class Seen:
    """A command as it was received."""

    name: str
    database: str
    connection: int
    command: Document

    @property
    def collection(self) -> str:
        value = self.command.get("collection") or next(iter(self.command.values()))
        return value if isinstance(value, str) else ""


@define(eq=False)
class MongoServer:
    """One server. Every method is synchronous and takes effect at once; call them on trio's thread."""

    state: MongoState
    commands: Commands
    port: int
    faults: Faults = field(factory=Faults)
    log: deque[Seen] = field(factory=lambda: deque(maxlen=200_000))
    """The commands received, also those refused; hellos and pings too."""
    _nursery: trio.Nursery | None = None
    _life: trio.CancelScope | None = None
    _listener: trio.SocketListener | None = None
    _streams: set[trio.SocketStream] = field(factory=set)
    _numbers: Any = field(factory=lambda: count(1))

    @property
    def uri(self) -> str:
        options = f"?replicaSet={self.commands.replica_set}" if self.commands.replica_set else ""
        return f"mongodb://{HOST}:{self.port}/{options}"

    def set(self, **switches: Any) -> None:
        """Switch faults by name, see `Faults`."""
        self.faults.set(**switches)

    def cut(self, command: str, after: int | None = None, times: int = 1) -> None:
        """Cut the connection of the next `command` after so many of its statements; None: unanswered."""
        self.faults.cuts.append(Cut(command, after, times))

    def refuse(self, command: str, code: int, times: int = 1) -> None:
        """Refuse the next `command` ("" is any) with a code."""
        self.faults.refusals.append(Refusal(command, code, times))

    def step_down(self, hellos: int = 1) -> None:
        """The primary (of a replica set) steps down; after so many hellos it is elected again."""
        self.commands.primary = False
        self.faults.hellos_until_primary = hellos

    def seen(self, *names: str) -> list[Seen]:
        """The commands received with these names, oldest first."""
        return [seen for seen in self.log if seen.name in names]

    def stop(self) -> None:
        """Connections are cut and new ones refused; the state stays, cursors do not."""
        if self._life is None or self._listener is None:
            return
        self._listener.socket.close()
        self.drop_connections()
        self._life.cancel()
        self._life = self._listener = None
        self.commands.cursors.open.clear()

    def start(self) -> None:
        """Listen (again) on the same port."""
        if self._life is not None:
            return
        self._listener = _listening(self.port)
        self._life = trio.CancelScope()
        assert self._nursery is not None
        self._nursery.start_soon(self._live, self._listener, self._life)

    def restart(self) -> None:
        self.stop()
        self.start()

    def drop_connections(self) -> None:
        """Cut every connection; new ones are welcome."""
        for stream in tuple(self._streams):
            # With a reset: a socket that pymongo forgot while it connected has no peer then.
            stream.socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET_ON_CLOSE)
            stream.socket.close()

    async def _live(self, listener: trio.SocketListener, life: trio.CancelScope) -> None:
        with life:
            async with trio.open_nursery() as connections:
                await trio.serve_listeners(self._serve, [listener], handler_nursery=connections)

    async def _serve(self, stream: trio.SocketStream) -> None:
        number = next(self._numbers)
        self._streams.add(stream)
        try:
            await self._converse(stream, number)
        except (trio.BrokenResourceError, trio.ClosedResourceError, ProtocolError, ConnectionCut):
            pass
        finally:
            self._streams.discard(stream)
            stream.socket.close()

    async def _converse(self, stream: trio.SocketStream, number: int) -> None:
        buffer = bytearray()
        while (message := await _receive(stream, buffer)) is not None:
            request = read_request(message)
            name = request.name
            self.log.append(Seen(name, str(request.command.get("$db", "")), number, request.command))
            await self.faults.let_by(writing=name in WRITES)
            answer = self._answer(request, number)
            if self.faults.slow:
                await trio.sleep(self.faults.slow)
            if not request.wants_answer:
                continue
            raw = GARBAGE if self.faults.garbage else write_answer(request, answer, len(self.log))
            await stream.send_all(raw)
            if answer.get("code") == 10107:
                return  # a primary that steps down ends its clients' connections

    def _answer(self, request: Request, connection: int) -> Document:
        command, name = request.command, request.name
        refused = self._not_primary(name, command) or self.faults.refusal(name, writing=name in WRITES)
        if refused is not None:
            return with_labels(refused, command)
        cut = self.faults.cut(name)
        answer = self.commands.answer(command, connection, cut.after if cut else None)
        if cut is not None:
            raise ConnectionCut
        return answer

    def _not_primary(self, name: str, command: Document) -> Document | None:
        if self.commands.primary:
            return None
        if name.lower() in ("hello", "ismaster"):
            self.faults.hellos_until_primary -= 1
            if self.faults.hellos_until_primary < 0:
                self.commands.primary = True
                self.state.term += 1
        elif name in WRITES:
            return MongoError(10107, "not primary").reply()
        elif name in READS and command.get("$readPreference", {}).get("mode", "primary") == "primary":
            return MongoError(13435, "not primary and secondaryOk=false").reply()
        return None


async def _receive(stream: trio.SocketStream, buffer: bytearray) -> bytes | None:
    """The next whole message; None at the end."""
    needed = HEADER.size
    while len(buffer) < needed or len(buffer) < (needed := length_of(bytes(buffer[: HEADER.size]))):
        chunk = await stream.receive_some(1 << 18)
        if not chunk:
            return None
        buffer += chunk
    message = bytes(buffer[:needed])
    del buffer[:needed]
    return message


def _bound(port: int) -> trio.socket.SocketType:
    """A socket on the port. Several may share it, and one that does not listen refuses connections."""
    socket = trio.socket.socket()
    socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    socket._sock.bind((HOST, port))  # type: ignore[attr-defined]
    return socket


def _listening(port: int) -> trio.SocketListener:
    socket = _bound(port)
    socket.listen(128)
    return trio.SocketListener(socket)


@asynccontextmanager
async def open_mongo(
    state: MongoState | None = None, *, replica_set: str = "", port: int = 0
) -> AsyncIterator[MongoServer]:
    """A running stand-in on a free port (or `port`). `replica_set`: its name, to be a primary of one."""
    state = MongoState() if state is None else state
    reserved = _bound(port)  # holds the port while the server is stopped
    port = reserved.getsockname()[1]
    commands = Commands(state, replica_set, f"{HOST}:{port}")
    try:
        async with trio.open_nursery() as nursery:
            server = MongoServer(state, commands, port, nursery=nursery)
            server.start()
            yield server
            server.stop()
            nursery.cancel_scope.cancel()
    finally:
        reserved.close()
