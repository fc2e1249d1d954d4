"""A caller of simulated games that signs and speaks as the page says, in process or over a socket."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import trio
from attrs import frozen

from daemon.simulator import SimCode, SimGame, SimPlayer, World, create_app, serve

KEY = "a-key-for-tests"
BROWSER = {"Origin": "https://game.example", "Referer": "https://game.example/", "User-Agent": "Mozilla/5.0"}


@frozen
class Caller:
    """Calls games and keeps nothing."""

    client: httpx.AsyncClient

    async def call(self, endpoint: str = "gift_code", game: str = "wos", **fields: str) -> httpx.Response:
        fields.setdefault("time", "1790000000")
        text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        signed = {**fields, "sign": hashlib.md5((text + KEY).encode(), usedforsecurity=False).hexdigest()}
        return await self.client.post(f"/{game}/api/{endpoint}", data=signed)

    async def redeem(
        self, fid: str = "1001", code: str = "SNOW2026", kid: str = "7", **fields: str
    ) -> httpx.Response:
        return await self.call("gift_code", fid=fid, cdk=code, kid=kid, **fields)

    async def login(self, fid: str = "1001", game: str = "old") -> httpx.Response:
        return await self.call("player", game, fid=fid)

    async def redeem_v1(
        self, fid: str = "1001", code: str = "SNOW2026", game: str = "old", **fields: str
    ) -> Any:
        return await self.call("gift_code", game, fid=fid, cdk=code, **fields)

    async def stats(self) -> Any:
        return (await self.client.get("/_stats")).json()


def msg(response: httpx.Response) -> str:
    """The normalised message of an answer."""
    return str(response.json()["msg"]).strip().rstrip(".").upper()


@pytest.fixture
def say() -> Any:
    return msg


@pytest.fixture
def world() -> World:
    """`wos` by v2, `old` by v1 without and `drawn` by v1 with captcha; no throttle, nothing random."""
    world = World(epoch=1_790_000_000.0)
    world.add_game(
        SimGame(name="wos", key=KEY, spacing=0),
        SimGame(name="old", key=KEY, spacing=0, protocol="v1"),
        SimGame(name="drawn", key=KEY, spacing=0, protocol="v1", captcha=True),
    )
    for game in world.games.values():
        game.add_player(*(SimPlayer(str(fid), "7", f"Player {fid}") for fid in range(1001, 1006)))
        game.add_code(SimCode("SNOW2026"))
    return world


@pytest.fixture
async def caller(world: World) -> AsyncIterator[Caller]:
    """In process: works on a virtual clock."""
    transport = httpx.ASGITransport(create_app(world))
    async with httpx.AsyncClient(transport=transport, base_url="http://sim", headers=BROWSER) as client:
        yield Caller(client)


@pytest.fixture
async def port(world: World, nursery: trio.Nursery) -> int:
    bound: int = await nursery.start(serve, world)
    return bound


@pytest.fixture
async def remote(port: int) -> AsyncIterator[Caller]:
    """Over real HTTP."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=BROWSER) as client:
        yield Caller(client)
