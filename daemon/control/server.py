"""The application on a Unix socket, or on a TCP port: hypercorn on trio, without its signals and logs."""

import logging
import socket
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import cast

import trio
from attrs import frozen
from hypercorn.config import Config
from hypercorn.trio import serve
from hypercorn.typing import ASGIFramework
from starlette.types import ASGIApp

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

    Raises `ControlError` where the port can't be had.
    """
    listeners = tcp_sockets(host, port)
    bound: int = listeners[0].getsockname()[1]
    await _serve(app, listeners, stop, lambda: task_status.started(bound))


async def _serve(
    app: ASGIApp, listeners: Sequence[socket.socket], stop: Trigger | None, started: Callable[[], None]
) -> None:
    config = Config()
    config.bind = [f"fd://{listener.detach()}" for listener in listeners]  # hypercorn's, also to close
    config.graceful_timeout = GRACE
    config.shutdown_timeout = GRACE
    config.accesslog = None
    config.errorlog = _quiet_log()
    config.include_server_header = False
    server = cast(ASGIFramework, app)  # hypercorn and Starlette type ASGI differently
    await serve(app=server, config=config, shutdown_trigger=stop, task_status=_Started(started))


@frozen
class _Started:
    """Hears from hypercorn that it accepts connections."""

    tell: Callable[[], None]

    def started(self, _binds: object = None) -> None:
        self.tell()


def _quiet_log() -> logging.Logger:
    """A fault of the server must not vanish; what it says about starting and stopping may."""
    log = logging.getLogger("perkd.http")
    log.setLevel(logging.ERROR)
    return log
