"""A web server that says exactly what a test scripts, byte for byte, and remembers what it was asked."""

import gzip
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

import httpx
import pytest
import trio
from attrs import define, field

from daemon.sources import build_client

Script = Callable[["Asked"], bytes]


@define
class Asked:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]


@define
class Server:
    """Answers with `answer(request)`, then closes. `hang`: sends this much and says no more."""

    url: str = ""
    answer: Script = lambda asked: response(b"")
    hang: bool = False
    asked: list[Asked] = field(factory=list)

    async def serve(self, stream: trio.SocketStream) -> None:
        async with stream:
            request = b""
            while b"\r\n\r\n" not in request:
                chunk = await stream.receive_some()
                if not chunk:
                    return
                request += chunk
            lines = request.decode("latin-1").split("\r\n")
            pairs = (line.split(": ", 1) for line in lines[1:] if line)
            self.asked.append(Asked(lines[0].split()[1], {name.lower(): value for name, value in pairs}))
            try:
                await stream.send_all(self.answer(self.asked[-1]))
                if self.hang:
                    await trio.sleep_forever()
            except trio.BrokenResourceError:
                pass  # the client has had enough


def response(
    body: bytes = b"",
    status: str = "200 OK",
    media_type: str = "application/json",
    **headers: str,
) -> bytes:
    """A response; `headers` by their names with `_` for `-`."""
    given = {"content-type": media_type, "content-length": str(len(body)), "connection": "close"}
    given |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode("latin-1") + body


def packed(body: bytes, **headers: str) -> bytes:
    return response(gzip.compress(body), content_encoding="gzip", **headers)


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[Server]:
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, server.serve, 0, host="127.0.0.1"))
        server.url = f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/codes"
        yield server
        nursery.cancel_scope.cancel()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with running(Server()) as one:
        yield one


@pytest.fixture
async def other_server() -> AsyncIterator[Server]:
    async with running(Server()) as one:
        yield one


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with build_client() as one:
        yield one


@pytest.fixture
def http_response() -> Callable[..., bytes]:
    return response


@pytest.fixture
def gzip_response() -> Callable[..., bytes]:
    return packed
