"""The application on a Unix socket, or on a TCP port: hypercorn on trio, without its signals and logs."""

import logging
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import cast

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.typing import ASGIFramework
from starlette.types import ASGIApp

from daemon.control.connections import IDLE_FOR, LONGEST_HEAD, LONGEST_MESSAGE, MOST_CONNECTIONS, Connections
from daemon.control.listening import tcp_sockets, unix_socket

GRACE = 0.5
"""Seconds that requests being answered have left when the server is asked to stop."""

Trigger = Callable[[], Awaitable[None]]


async def serve_unix(
    app: ASGIApp,
    path: Path,
    *,
    stop: Trigger | None = None,
    task_status: trio.TaskStatus[Path] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve at a Unix socket of mode 0600, until `stop` returns or the surrounding scope is cancelled.

    With `stop`, requests that are being answered have `GRACE` seconds to end. `task_status` is told the
    path once connections are accepted. Raises what `unix_socket` raises.
    """
    with unix_socket(path) as listener:
        await _serve(app, [listener], stop, lambda: task_status.started(path))


async def serve_tcp(
    app: ASGIApp,
    host: str,
    port: int,
    *,
    stop: Trigger | None = None,
    task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve at a TCP port (0: a free one), else as `serve_unix`; `task_status` is told the port.

    At most `MOST_CONNECTIONS` are open at once. Raises `ControlError` where the port can't be had.
    """
    listeners = tcp_sockets(host, port)
    bound: int = listeners[0].getsockname()[1]
    await _serve(app, listeners, stop, lambda: task_status.started(bound), MOST_CONNECTIONS)


async def _serve(
    app: ASGIApp,
    listeners: Sequence[socket.socket],
    stop: Trigger | None,
    started: Callable[[], None],
    most: int | None = None,
) -> None:
    wrapped = ASGIWrapper(cast(ASGIFramework, app))  # hypercorn and Starlette type ASGI differently
    connections = Connections(wrapped, _config(), most or sys.maxsize)
    ears = [trio.SocketListener(trio.socket.from_stdlib_socket(listener)) for listener in listeners]
    async with trio.open_nursery() as serving:
        try:
            async with trio.open_nursery() as accepting:
                accept = partial(trio.serve_listeners, connections.serve, ears, handler_nursery=serving)
                accepting.start_soon(accept)
                started()
                await (stop or trio.sleep_forever)()
                accepting.cancel_scope.cancel()
            await connections.end(GRACE)
        finally:
            connections.close()
        serving.cancel_scope.cancel()


def _config() -> Config:
    config = Config()
    config.accesslog = None
    config.errorlog = _quiet_log()
    config.include_server_header = False
    config.keep_alive_timeout = cast(int, IDLE_FOR)
    config.h11_max_incomplete_size = LONGEST_HEAD
    config.websocket_max_message_size = LONGEST_MESSAGE
    return config


def _quiet_log() -> logging.Logger:
    """A fault of the server must not vanish; what it says about starting and stopping may."""
    log = logging.getLogger("perkd.http")
    log.setLevel(logging.ERROR)
    return log
