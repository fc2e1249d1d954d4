"""An application on a port of 127.0.0.1: hypercorn's HTTP/1.1 on trio; connections can be cut."""

import logging
import socket
import struct
from functools import partial
from typing import Any, cast

import trio
from attrs import define, field, frozen
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ASGIFramework, ConnectionState
from hypercorn.utils import wrap_app
from starlette.types import ASGIApp, Receive, Scope, Send

CUT = "discord.cut"
"""ASGI extension: an async function without arguments that resets the TCP connection."""
LARGEST = 32 * 1024 * 1024
"""Bytes of a request that are read; what Discord refuses is less."""

_GOODBYE = 1.0
"""Seconds to end in order once the client has left."""
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


async def serve(
    app: ASGIApp, port: int = 0, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve until cancelled. `task_status` is told the port once connections are accepted."""
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
    async with trio.open_nursery() as nursery:
        bound: list[trio.SocketListener] = await nursery.start(
            partial(trio.serve_listeners, partial(_serve_connection, app, _config()), listeners)
        )
        task_status.started(bound[0].socket.getsockname()[1])


async def _serve_connection(app: ASGIApp, config: Config, stream: trio.SocketStream) -> None:
    # hypercorn's own `serve` hides its sockets, and a cut needs them. The casts: hypercorn and Starlette
    # type ASGI differently, and hypercorn says TLS where it takes both.
    cuttable = wrap_app(cast(ASGIFramework, _Cuttable(app, stream)), config.wsgi_max_body_size, "asgi")
    client = _Client(stream)
    transport = cast("trio.SSLStream[trio.SocketStream]", client)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_end_after, client, nursery.cancel_scope)
        await TCPServer(cuttable, config, WorkerContext(None), ConnectionState({}), transport).run()
        nursery.cancel_scope.cancel()


@define(eq=False)
class _Client:
    """A connection that tells when the client has left it."""

    _stream: trio.SocketStream
    left: trio.Event = field(factory=trio.Event)

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data: bytes | bytearray = b""
        try:
            data = await self._stream.receive_some(max_bytes)
        finally:
            if not data:
                self.left.set()
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


async def _end_after(client: _Client, scope: trio.CancelScope) -> None:
    """hypercorn (0.18) lets a connection be idle for as long as it may, also where the client has left."""
    await client.left.wait()
    await trio.sleep(_GOODBYE)
    scope.cancel()


@frozen
class _Cuttable:
    """The application, told how to cut the connection it is asked over."""

    app: ASGIApp
    stream: trio.SocketStream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        extensions = {**(scope.get("extensions") or {}), CUT: self._cut}
        await self.app({**scope, "extensions": extensions}, receive, send)

    async def _cut(self) -> None:
        # Lingering for no time at all makes close send RST instead of FIN.
        self.stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        await self.stream.aclose()


def _config() -> Config:
    config = Config()
    config.accesslog = None
    # A fault of the stand-in itself must not vanish; nothing else is logged at this level.
    config.errorlog = logging.getLogger("tests.discord.http")
    config.loglevel = "ERROR"
    config.include_server_header = False
    config.h11_max_incomplete_size = LARGEST
    # Longer than clients keep idle connections: whoever closes first must not race a request.
    config.keep_alive_timeout = 75
    return config
