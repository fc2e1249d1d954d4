"""The gateway's port: it refuses connections on demand, and holds them up in a phase of their start."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from socket import SO_LINGER, SO_REUSEPORT, SOL_SOCKET
from struct import pack

import trio
from attrs import define, field

HOST = "127.0.0.1"

Serve = Callable[[trio.SocketStream], Awaitable[None]]


@define(eq=False)
class Watched(trio.abc.Stream):
    """A connection that tells when the client has left it."""

    stream: trio.SocketStream
    left: trio.Event = field(factory=trio.Event)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        """As of a stream."""
        data: bytes | bytearray = b""
        try:
            data = await self.stream.receive_some(max_bytes)
        finally:
            if not data:
                self.left.set()
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """As of a stream."""
        await self.stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        """As of a stream."""
        await self.stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        """As of a stream."""
        await self.stream.aclose()

    def cut(self) -> None:
        """End it by a TCP reset."""
        self.left.set()
        self.stream.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
        self.stream.socket.close()


@define(eq=False)
class Stall:
    """A phase in which connections wait until `release`, or until their client leaves."""

    reached: trio.Event = field(factory=trio.Event)
    _released: trio.Event = field(factory=trio.Event)

    async def pass_by(self, client: Watched) -> bool:
        """Be held up here. Whether the client is still there."""
        self.reached.set()
        async with trio.open_nursery() as nursery:
            for event in (self._released, client.left):
                nursery.start_soon(_end_with, event, nursery.cancel_scope)
        return not client.left.is_set()

    def release(self) -> None:
        """Nobody is held up any more."""
        self._released.set()


async def _end_with(event: trio.Event, scope: trio.CancelScope) -> None:
    await event.wait()
    scope.cancel()


@define(eq=False)
class Listener:
    """Keeps its port for itself while it refuses connections."""

    _serve: Serve
    _nursery: trio.Nursery
    _reserved: trio.socket.SocketType = field(init=False)
    _life: trio.CancelScope | None = field(default=None, init=False)

    def __attrs_post_init__(self) -> None:
        self._reserved = _bound(0)

    @property
    def port(self) -> int:
        """The same as long as it lives."""
        return int(self._reserved.getsockname()[1])

    def start(self) -> None:
        """Take connections."""
        if self._life is None:
            socket = _bound(self.port)
            socket.listen(128)
            self._life = trio.CancelScope()
            self._nursery.start_soon(self._listen, trio.SocketListener(socket), self._life)

    def stop(self) -> None:
        """Refuse new connections; those that stand go on."""
        if self._life is not None:
            self._life.cancel()
            self._life = None

    def close(self) -> None:
        """Give the port up."""
        self.stop()
        self._reserved.close()

    async def _listen(self, listener: trio.SocketListener, life: trio.CancelScope) -> None:
        with life:
            await trio.serve_listeners(self._guarded, [listener], handler_nursery=self._nursery)

    async def _guarded(self, stream: trio.SocketStream) -> None:
        with suppress(trio.BrokenResourceError, trio.ClosedResourceError):
            await self._serve(stream)


def _bound(port: int) -> trio.socket.SocketType:
    """A socket on the port. Several may share it, and one that does not listen refuses connections."""
    socket = trio.socket.socket()
    socket.setsockopt(SOL_SOCKET, SO_REUSEPORT, 1)
    socket._sock.bind((HOST, port))  # type: ignore[attr-defined]
    return socket
