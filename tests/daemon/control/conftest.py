"""A control app over a store in memory, served by hypercorn at a real Unix socket."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
from attrs import define

from daemon.control.app import control_app
from daemon.control.server import serve_unix
from daemon.service import Service
from daemon.storage import MemoryStore

STATUS = {"version": "1", "health": "healthy", "tree": {"name": "perkd"}}


class FixedClock:
    def now(self) -> float:
        return 1_795_000_000.0


@define
class Daemon:
    """What stands behind the app."""

    store: MemoryStore
    health: str = "healthy"
    reload_error: Exception | None = None
    on_reload: Callable[[], Awaitable[dict[str, Any]]] | None = None

    async def status(self, every_child: bool) -> dict[str, Any]:
        return {**STATUS, "health": self.health, "all": every_child}

    async def reload(self) -> dict[str, Any]:
        if self.on_reload is not None:
            return await self.on_reload()
        if self.reload_error is not None:
            raise self.reload_error
        return {"reloaded": True, "needs_restart": ["games"]}

    def app(self, **options: Any) -> Any:
        games = {"wos": "v2", "ks": "v1"}
        service = Service(self.store, FixedClock(), lambda: games, retry_code=lambda _game, _code: None)
        return control_app(service, self.status, self.reload, **options)


@pytest.fixture
def daemon() -> Daemon:
    return Daemon(MemoryStore())


@pytest.fixture
async def socket(daemon: Daemon, tmp_path: Path, nursery: trio.Nursery) -> Path:
    path = tmp_path / "perkd.sock"
    await nursery.start(serve_unix, daemon.app(), path)
    return path


Ask = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask(socket: Path) -> Ask:
    async def ask(method: str, path: str, **fields: Any) -> httpx.Response:
        transport = httpx.AsyncHTTPTransport(uds=str(socket))
        async with httpx.AsyncClient(transport=transport, base_url="http://perkd") as client:
            return await client.request(method, path, **fields)

    return ask
