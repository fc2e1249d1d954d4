"""A small tree with a web server in it, for those who are rude to it over real sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.control.app import control_app
from daemon.secrets import Secret
from daemon.service import Service
from daemon.storage.memory import MemoryStore
from daemon.web.actor import WebActor
from daemon.web.app import Watchers, Web
from daemon.web.guard import Guard
from daemon.web.happenings import Happenings
from daemon.web.pages import Pages
from daemon.web.watching import StatusFeed
from supervision import ActorSpec, Backoff, SupervisorSpec, Tree

TOKEN = "a token of a test"
LARGE = 64 << 20
"""Bytes of `/large`: more than the sockets between two processes hold."""


class _Clock:
    def now(self) -> float:
        return 1_795_000_000.0


@define
class Site:
    """The server; `connection()` is a bare socket to it."""

    token: Secret | None = field(factory=lambda: Secret(TOKEN))
    watchers: Watchers = field(factory=Watchers)
    web: list[WebActor] = field(factory=list)
    tree: Tree = field(init=False)

    def __attrs_post_init__(self) -> None:
        brief = Backoff(min=0.01, max=0.01)
        self.tree = Tree(SupervisorSpec("perkd", [ActorSpec("web", self._make, backoff=brief)]))

    def _make(self) -> WebActor:
        feed = StatusFeed(self.status, 0.02)
        clock, guard = _Clock(), Guard(loopback=True, token=self.token, token_env="PERKD_STATUS_TOKEN")
        web = Web(self.status, clock.now, Happenings(clock.now), feed, lambda _: None, self.watchers, guard)
        service = Service(MemoryStore(), clock, lambda: {"wos": "v2"})
        more = [*web.routes(), *Pages(guard).routes(), Route("/large", _large)]
        app = control_app(service, self.status, more=more)
        self.web.append(WebActor("127.0.0.1", 0, self.token, "PERKD_STATUS_TOKEN", lambda: app, feed))
        return self.web[-1]

    async def status(self, every_child: bool) -> dict[str, Any]:
        return {
            "health": "healthy",
            "problems": [],
            "tree": self.tree.snapshot(every_child=every_child).to_json(),
            "giftcodes": {"codes": 0, "sources": {}},
            "storage": {"backends": {"sqlite": {"state": "healthy", "last_error": None}}},
        }

    @property
    def port(self) -> int:
        return self.web[-1].bound

    async def connection(self, source: str = "127.0.0.1") -> trio.SocketStream:
        return await trio.open_tcp_stream("127.0.0.1", self.port, local_address=source)

    def head(self, path: str = "/healthz", *more: str, method: str = "GET") -> bytes:
        """A request's head."""
        lines = (f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{self.port}", *more, "", "")
        return "\r\n".join(lines).encode()

    async def ask(self, path: str = "/healthz", *more: str, within: float = 60.0) -> str:
        """The first line of the answer to a request of its own; "" where the connection is closed."""
        with trio.fail_after(within):
            async with await self.connection() as stream:
                await stream.send_all(self.head(path, "connection: close", *more))
                return await first_line(stream)


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[Site]:
    async with trio.open_nursery() as nursery:
        await nursery.start(site.tree.run)
        yield site
        site.tree.stop()


async def first_line(stream: trio.SocketStream) -> str:
    """The first line of an answer; "" where none comes. Of its body a short JSON document is read as well."""
    heard = bytearray()
    try:
        while not heard.endswith((b"}", b"\0")) and (chunk := await stream.receive_some()):
            heard += chunk
            if heard.startswith(b"HTTP/1.1 101 "):
                break
    except trio.BrokenResourceError:  # reset, with something of ours unread
        pass
    return heard.partition(b"\r\n")[0].decode()


async def until_closed(stream: trio.SocketStream) -> bytes:
    """Everything that comes until the other side closes."""
    heard = bytearray()
    try:
        while chunk := await stream.receive_some():
            heard += chunk
    except trio.BrokenResourceError:
        pass
    return bytes(heard)


async def _large(_request: Request) -> Response:
    return Response(bytes(LARGE))
