"""One WebSocket connection whose socket is ours: opened, watched and closed here.

`trio_websocket.open_websocket` would do for a peer that behaves. With one that does not, it waits without
end (for a handshake that times out, or that the peer breaks off), and when the peer closes first it leaves
the socket to the garbage collector. A feed reconnects for years.
"""

import ssl
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import cast
from urllib.parse import urlsplit

import trio
from attrs import frozen
from h11 import ProtocolError as HTTPProtocolError
from trio_websocket import (
    CloseReason,
    ConnectionClosed,
    ConnectionRejected,
    WebSocketConnection,
    wrap_client_stream,
)
from wsproto.utilities import ProtocolError as WebSocketProtocolError

from actors.ports import SourceError
from daemon.sources.body import excerpt

MAX_MESSAGE = 64 * 1024
"""Characters or bytes of one message; a longer one ends the connection with status 1009."""
MAX_HANDSHAKE = 64 * 1024
"""Bytes that a peer may answer before the connection is open, or refused."""
_QUEUED_MESSAGES = 16
_CLOSE_TIMEOUT = 2.0
_PEER_ERRORS = (
    ConnectionRejected,
    ConnectionClosed,
    SourceError,
    WebSocketProtocolError,
    HTTPProtocolError,  # the library answers a bad handshake as if it were the server
)


@frozen
class Address:
    """Where a `ws://` or `wss://` address leads."""

    host: str
    port: int
    resource: str
    is_tls: bool

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises `ValueError` when `url` is no such address."""
        parts = urlsplit(url)
        if parts.scheme not in ("ws", "wss") or not parts.hostname:
            raise ValueError("must be ws://… or wss://…")
        is_tls = parts.scheme == "wss"
        resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(parts.hostname, parts.port or (443 if is_tls else 80), resource, is_tls)

    @property
    def host_header(self) -> str:
        """Host, and port where it is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


@asynccontextmanager
async def open_line(
    address: Address, headers: Sequence[tuple[bytes, bytes]], connect_timeout: float
) -> AsyncGenerator[WebSocketConnection]:
    """A connection for the length of the block.

    What the block raises leaves it as it is, not in a group. The connection's own failures end
    `get_message` with `ConnectionClosed`, and never cancel the block.

    Raises:
        SourceError: there is no connection within `connect_timeout` seconds; the text says what came.
    """
    fault: BaseException | None = None
    async with trio.open_nursery() as nursery:
        try:
            with _said_plainly(), trio.fail_after(connect_timeout):
                connection = await nursery.start(_run, address, headers)
            yield connection
            with trio.move_on_after(_CLOSE_TIMEOUT):
                await connection.aclose()
        except BaseException as error:  # noqa: BLE001 - raised below, where the nursery can't wrap it
            fault = error
        nursery.cancel_scope.cancel()
    if fault is not None:
        raise fault


async def _run(
    address: Address,
    headers: Sequence[tuple[bytes, bytes]],
    task_status: "trio.TaskStatus[WebSocketConnection]",
) -> None:
    """Read from a new connection until it ends; raises `SourceError` when it never was open."""
    watched = _Watched(await _dial(address))
    try:
        async with trio.open_nursery() as nursery:
            connection = await wrap_client_stream(
                nursery,
                cast("trio.SocketStream", watched),
                address.host_header,
                address.resource,
                extra_headers=list(headers),
                message_queue_size=_QUEUED_MESSAGES,
                max_message_size=MAX_MESSAGE,
            )
            watched.is_open = True
            task_status.started(connection)
    except BaseExceptionGroup as group:
        expected, others = group.split(_PEER_ERRORS)
        if others is not None or expected is None:
            raise
        if not watched.is_open:
            raise SourceError(_why_not(expected.exceptions[0])) from expected
        # It was open: then `get_message` tells that it is not any more.
    finally:
        await watched.aclose()


async def _dial(address: Address) -> trio.abc.Stream:
    if not address.is_tls:
        return await trio.open_tcp_stream(address.host, address.port)
    stream = await trio.open_ssl_over_tcp_stream(
        address.host, address.port, ssl_context=ssl.create_default_context(), https_compatible=True
    )
    try:
        await stream.do_handshake()  # here, where a bad certificate can still be called one
    except BaseException:
        await trio.aclose_forcefully(stream)
        raise
    return stream


class _Watched(trio.abc.Stream):
    """A stream that ends a handshake which the peer breaks off, or drowns in words."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._received = 0
        self.is_open = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        data = await self._stream.receive_some(max_bytes)
        if not self.is_open:
            self._received += len(data)
            if not data:
                raise SourceError("got no WebSocket: the peer hung up during the handshake")
            if self._received > MAX_HANDSHAKE:
                raise SourceError(f"got no WebSocket but more than {MAX_HANDSHAKE} bytes")
        return data

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await self._stream.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)


@contextmanager
def _said_plainly() -> Generator[None]:
    try:
        yield
    except trio.TooSlowError:
        raise SourceError("got no WebSocket: no complete answer in time") from None
    except (OSError, UnicodeError, trio.BrokenResourceError) as error:
        raise SourceError(f"got no connection: {why(error)}") from error


def _why_not(error: BaseException) -> str:
    """Why there was no connection to begin with."""
    match error:
        case SourceError():
            return str(error)
        case ConnectionRejected(status_code=status):
            return f"got HTTP {status} instead of a WebSocket"
        case _:
            return "got no WebSocket: the answer to the handshake makes no sense"


def why(error: BaseException) -> str:
    """What went wrong with a connection, in a few words."""
    match error:
        case ConnectionClosed(reason=CloseReason() as reason):
            return f"closed with {reason.code} {reason.name} {excerpt(reason.reason or '')}"
        case ConnectionClosed():
            return "cut off"
        case trio.BrokenResourceError(__cause__=Exception() as cause):
            return excerpt(f"{type(cause).__name__}: {cause}")
        case _:
            return excerpt(f"{type(error).__name__}: {error}".removesuffix(": "))
