"""ControlActor: serves the control socket, and is started again when that fails."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import trio
from attrs import define, field
from starlette.routing import BaseRoute

from daemon.control.app import control_app
from daemon.control.server import serve_unix
from daemon.service import Service
from supervision import Actor

Document = dict[str, Any]


class ServerEnded(Exception):  # noqa: N818 - what happened
    """Nobody told it to: the actor must not go on as if there were a control socket."""


@define(eq=False)
class ControlActor(Actor):
    """One server at one socket, for one incarnation. Its start fails where the socket can't be had."""

    socket: Path
    service: Service
    status: Callable[[bool], Awaitable[Document]]
    reload: Callable[[], Awaitable[Document]]
    more: Sequence[BaseRoute] = ()
    """Routes of other parts."""
    _stop: trio.Event = field(factory=trio.Event, init=False)
    _over: trio.Event = field(factory=trio.Event, init=False)

    async def started(self) -> None:
        """Acknowledge once connections are accepted."""
        up = trio.Event()
        self.start_soon(self._serve, up)
        await up.wait()

    async def stopped(self) -> None:
        """Let requests that are being answered end."""
        self._stop.set()
        await self._over.wait()

    async def _serve(self, up: trio.Event) -> None:
        app = control_app(self.service, self.status, self.reload, more=self.more)
        try:
            async with trio.open_nursery() as nursery:
                # `start` raises a socket that can't be had as it is, not in a group.
                await nursery.start(self._run, app)
                up.set()
            if not self._stop.is_set():
                raise ServerEnded(f"the server at {self.socket} ended by itself")
        finally:
            self._over.set()

    async def _run(self, app: Any, task_status: trio.TaskStatus[Path]) -> None:
        await serve_unix(app, self.socket, stop=self._stop.wait, task_status=task_status)
