"""WebActor: serves the TCP port, and is started again when that fails."""

import ipaddress
from collections.abc import Callable

import trio
from attrs import define, field
from starlette.types import ASGIApp

from daemon.control.actor import ServerEnded
from daemon.control.server import serve_tcp
from daemon.secrets import Secret
from daemon.web.guard import Guard
from daemon.web.shield import Shield
from daemon.web.watching import StatusFeed
from supervision import Actor


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address. A name counts as one only where it is `localhost`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@define(eq=False)
class WebActor(Actor):
    """One server at one port, for one incarnation. Its start fails where the port can't be had."""

    host: str
    port: int
    token: Secret | None
    token_env: str
    make_app: Callable[[], ASGIApp]
    feed: StatusFeed
    on_bound: Callable[[int], None] = lambda _port: None
    """Told the port once connections are accepted."""
    bound: int = field(default=0, init=False)
    """The port it listens on."""
    _stop: trio.Event = field(factory=trio.Event, init=False)
    _ended: trio.Event = field(factory=trio.Event, init=False)
    """The server has ended; what else runs for it is to end as well."""
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
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self.feed.run)
                self.bound = await nursery.start(self._run)
                self.on_bound(self.bound)
                up.set()
                await self._ended.wait()
                nursery.cancel_scope.cancel()
            if not self._stop.is_set():
                raise ServerEnded(f"the server at {self.host}:{self.bound} ended by itself")
        finally:
            self._over.set()

    async def _run(self, task_status: trio.TaskStatus[int]) -> None:
        guard = Guard(is_loopback(self.host), self.token, self.token_env, self.host)
        app = Shield(self.make_app(), guard)
        await serve_tcp(app, self.host, self.port, stop=self._stop.wait, task_status=task_status)
        self._ended.set()
