"""The open connections of one server: how many, how long one may stay idle, how slowly it may read.

hypercorn's own `serve` accepts without bounds, and waits for ever, shielded, for whoever does not read his
answer. So its connections are run from here. When `MOST_CONNECTIONS` are open, the one that has been idle for
longest makes room for the newest; where none is idle, the newest is closed at once.
"""

import logging
import socket as socketlib
from contextlib import suppress
from functools import partial
from typing import Any, cast

import trio
from attrs import define, field
from h11 import Request
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.events import Event, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.protocol.ws_stream import WSStream
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr
from wsproto.events import CloseConnection
from wsproto.events import Event as SocketEvent
from wsproto.frame_protocol import CloseReason

MOST_CONNECTIONS = 512
"""Open at once: a page has some, and a process may often have no more than a thousand files open."""
IDLE_FOR = 10.0
"""Seconds that a connection may take until a whole request head is there, also between two requests."""
SEND_WITHIN = 10.0
"""Seconds that the other side may take to read the next `_PIECE` bytes of an answer."""
LONGEST_HEAD = 16 * 1024
"""Bytes of a request's line and headers, where they come in pieces; at once 64 KiB are read."""
LONGEST_MESSAGE = 64 * 1024
"""Bytes of a WebSocket message that is sent to us; nothing is expected."""
_PIECE = 64 * 1024

logger = logging.getLogger("perkd.http")


class BoundedStream:
    """A connection whose other side has to read what it is sent, in time; else it is closed."""

    def __init__(self, stream: trio.SocketStream) -> None:
        """Take over the stream."""
        self._stream = stream
        self.socket = stream.socket

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Send; raises `trio.BrokenResourceError` where nobody reads."""
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            with trio.move_on_after(SEND_WITHIN) as scope:
                try:
                    await self._stream.send_all(view[start : start + _PIECE])
                except trio.BusyResourceError as error:  # hypercorn is ending it: the other side has left
                    raise trio.BrokenResourceError("the connection is being closed") from error
            if scope.cancelled_caught:
                self.close()
                raise trio.BrokenResourceError(f"nothing was read for {SEND_WITHIN:g} s")

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """See trio."""
        return await self._stream.receive_some(max_bytes)

    async def send_eof(self) -> None:
        """See trio."""
        await self._stream.send_eof()

    async def aclose(self) -> None:
        """See trio."""
        await self._stream.aclose()

    def close(self) -> None:
        """Close at once; whoever reads or writes is woken, shielded or not."""
        self.socket.close()


class _Socket(WSStream):
    """hypercorn tells the other side that its message is too large, but not the application."""

    async def _send_wsproto_event(self, event: SocketEvent) -> None:
        await super()._send_wsproto_event(event)
        if isinstance(event, CloseConnection) and event.code == CloseReason.MESSAGE_TOO_BIG:
            code = int(CloseReason.MESSAGE_TOO_BIG)
            await cast(Any, self.app_put)({"type": "websocket.disconnect", "code": code})


class _Protocol(H11Protocol):
    """HTTP/1.1 and WebSockets. No HTTP/2, with or without TLS: nothing here bounds its streams."""

    async def _check_protocol(self, event: Request) -> None:
        """Go on with HTTP/1.1, which whoever offers another one has to understand."""

    async def _create_stream(self, request: Request) -> None:
        await super()._create_stream(request)
        if isinstance(self.stream, WSStream):
            self.stream.__class__ = _Socket  # the only place where hypercorn would take ours


class _Connection(TCPServer):
    """One connection; tells when it has become idle."""

    def __init__(self, connections: "Connections", stream: BoundedStream) -> None:
        """Not yet served."""
        state = ConnectionState({})
        super().__init__(connections.app, connections.config, connections.context, state, cast(Any, stream))
        self.idle = True
        self._became_idle = partial(connections.became_idle, stream)

    async def run(self) -> None:
        """Serve until either side ends it. Raises OSError, and what trio raises of a broken stream."""
        socket = self.stream.socket
        client = parse_socket_addr(socket.family, socket.getpeername())
        server = parse_socket_addr(socket.family, socket.getsockname())
        async with TaskGroup() as group:
            self._task_group = group
            own = (self.app, self.config, self.context, group, ConnectionState({}), False, client, server)
            self.protocol = cast(Any, _Protocol(*own, self.protocol_send))
            await self.idle_task.restart(group, self._idle_timeout)
            await self._read_data()
            await self._close()

    async def protocol_send(self, event: Event) -> None:
        """Send, and note whether a request is being answered."""
        if isinstance(event, Updated):
            self.idle = event.idle
            self._became_idle()
        await super().protocol_send(event)


@define(eq=False)
class Connections:
    """Those of one server."""

    app: ASGIWrapper
    config: Config
    most: int = MOST_CONNECTIONS
    context: WorkerContext = field(factory=partial(WorkerContext, None), init=False)
    shed: int = field(default=0, init=False)
    """How many were closed to hold the bound."""
    _open: dict[BoundedStream, _Connection] = field(factory=dict, init=False)
    """Those that have been idle for longest come first."""
    _fewer: trio.Event = field(factory=trio.Event, init=False)

    async def serve(self, accepted: trio.SocketStream) -> None:
        """Serve one connection to its end."""
        _notice_death(accepted)
        stream = BoundedStream(accepted)
        if not self._make_room():
            stream.close()
            return
        self._open[stream] = connection = _Connection(self, stream)
        try:
            await _quietly(connection)
        finally:
            self._open.pop(stream, None)
            stream.close()
            self._fewer.set()
            self._fewer = trio.Event()

    def became_idle(self, stream: BoundedStream) -> None:
        """It has answered a request, or begun with one: its turn to be closed comes last."""
        if stream in self._open:
            self._open[stream] = self._open.pop(stream)

    def _make_room(self) -> bool:
        if len(self._open) < self.most:
            return True
        self.shed += 1
        oldest = next((stream for stream, one in self._open.items() if one.idle), None)
        if oldest is None:
            return False
        del self._open[oldest]
        oldest.close()
        return True

    async def end(self, within: float) -> None:
        """Idle ones end now, the others have `within` seconds."""
        await self.context.terminated.set()
        with trio.move_on_after(within):
            while self._open:
                await self._fewer.wait()

    def close(self) -> None:
        """Close what is open, however busy."""
        for stream in list(self._open):
            stream.close()


def _notice_death(stream: trio.SocketStream) -> None:
    """A reader that vanished without a word (a host that lost its power) must not keep its place for ever."""
    if stream.socket.family == socketlib.AF_UNIX:
        return
    with suppress(OSError):  # it has gone already: reading tells
        stream.setsockopt(socketlib.SOL_SOCKET, socketlib.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
            if hasattr(socketlib, name):  # not every system has all of them
                stream.setsockopt(socketlib.IPPROTO_TCP, getattr(socketlib, name), value)


async def _quietly(connection: _Connection) -> None:
    """That the other side goes, or is closed from here, is no error; and no error ends the others."""
    try:
        try:
            await connection.run()
        except* (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            logger.debug("a connection has ended")
    except Exception:
        logger.exception("a connection failed inside perkd")
