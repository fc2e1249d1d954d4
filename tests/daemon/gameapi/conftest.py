"""The answers table of the API's description, row by row, and a server that says any bytes at all."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import parse_qsl

import pytest
import trio
from attrs import define, evolve, field, frozen

from actors.giftcodes.model import FailureClass, Player, Scope
from actors.ports import GameAPI, Verdict
from daemon.gameapi import GameSettings, ProtocolVersion, open_game_api
from daemon.secrets import Secret

KEY = "a-key-for-tests"


@frozen
class PageRow:
    """A row as the page has it: what is said where, and the verdict that belongs to it."""

    protocol: str
    endpoint: str
    msg: str
    err_code: int
    verdict: Verdict

    def __str__(self) -> str:
        return f"{self.protocol}-{self.endpoint}-{self.msg.replace(' ', '_')}-{self.err_code}"


def _verdict(text: str) -> Verdict:
    status, kind, scope = text.split()
    return Verdict(status, FailureClass(kind), Scope(scope))


REDEEM = {  # msg: (err_codes, v1, v2); one line where both protocols agree
    "SUCCESS": ((20000,), "SUCCESS success player"),
    "RECEIVED": ((40008,), "ALREADY_RECEIVED success player"),
    "SAME TYPE EXCHANGE": ((40011,), "SAME_TYPE_EXCHANGE success player"),
    "TIME ERROR": ((40007,), "EXPIRED permanent code"),
    "CDK NOT FOUND": ((40014,), "CDK_NOT_FOUND permanent code"),
    "USED": ((40005,), "USED permanent code"),
    "STOVE_LV ERROR": ((40006,), "LEVEL_TOO_LOW permanent player"),
    "RECHARGE_MONEY ERROR": ((40017,), "RECHARGE_MONEY permanent player"),
    "RECHARGE_MONEY_VIP ERROR": ((40018,), "RECHARGE_MONEY_VIP permanent player"),
    "USER INFO ERROR": ((40020,), "WRONG_STATE permanent player"),
    "ROLE NOT EXIST": ((40001, 40004), "NO_SUCH_PLAYER permanent player"),
    "TOO FREQUENT": ((40019,), "TOO_FREQUENT rate_limited player"),
    "TIMEOUT RETRY": ((40004,), "TIMEOUT_RETRY temporary player"),
    "NOT LOGIN": ((40101, 40002, 40009), "NOT_LOGIN session player"),
    "CAPTCHA GET TOO FREQUENT": ((40100,), "TOO_FREQUENT rate_limited player"),
    "CAPTCHA CHECK TOO FREQUENT": ((40101, 40104), "TOO_FREQUENT rate_limited player"),
    "CAPTCHA EXPIRED": ((40102,), "CAPTCHA_EXPIRED captcha player"),
    "CAPTCHA CHECK ERROR": ((40103,), "CAPTCHA_WRONG captcha player"),
    "SIGN ERROR": ((40000, 40001), "PROTOCOL_CHANGED protocol_changed system"),
    "PARAMS ERROR": ((40001,), "PROTOCOL_CHANGED protocol_changed system"),
}
ONLY_V1 = ("NOT LOGIN", "CAPTCHA ")
"""`v2` has neither sessions nor captchas: there these messages mean that the protocol changed."""

LOGIN = {
    "ROLE NOT EXIST": "NO_SUCH_PLAYER permanent player",
    "NOT LOGIN": "NOT_LOGIN session player",
    "TOO FREQUENT": "TOO_FREQUENT rate_limited player",
    "TIMEOUT RETRY": "TIMEOUT_RETRY temporary player",
    "SIGN ERROR": "PROTOCOL_CHANGED protocol_changed system",
    "PARAMS ERROR": "PROTOCOL_CHANGED protocol_changed system",
}
CAPTCHA = {
    "NOT LOGIN": "CAPTCHA_FETCH_ERROR session player",
    "CAPTCHA GET TOO FREQUENT": "TOO_FREQUENT rate_limited player",
    "TOO FREQUENT": "TOO_FREQUENT rate_limited player",
    "TIMEOUT RETRY": "TIMEOUT_RETRY temporary player",
    "ROLE NOT EXIST": "NO_SUCH_PLAYER permanent player",
    "SIGN ERROR": "PROTOCOL_CHANGED protocol_changed system",
    "PARAMS ERROR": "PROTOCOL_CHANGED protocol_changed system",
}
CONFIG = {
    "SIGN ERROR": "PROTOCOL_CHANGED protocol_changed system",
    "PARAMS ERROR": "PROTOCOL_CHANGED protocol_changed system",
    "TOO FREQUENT": "TOO_FREQUENT rate_limited player",
}


def _page() -> list[PageRow]:
    rows = []
    for msg, (err_codes, text) in REDEEM.items():
        changed = "PROTOCOL_CHANGED protocol_changed system" if msg.startswith(ONLY_V1) else text
        for err_code in err_codes:
            rows.append(PageRow("v1", "gift_code", msg, err_code, _verdict(text)))
            rows.append(PageRow("v2", "gift_code", msg, err_code, _verdict(changed)))
    for endpoint, table in (("player", LOGIN), ("captcha", CAPTCHA)):
        for msg, text in table.items():
            rows += [PageRow("v1", endpoint, msg, number, _verdict(text)) for number in REDEEM[msg][0]]
    for msg, text in CONFIG.items():
        for protocol in ("v1", "v2"):
            rows.append(PageRow(protocol, "gift_code_config", msg, REDEEM[msg][0][0], _verdict(text)))
    return rows


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for `page_row` is run for every row."""
    if "page_row" in metafunc.fixturenames:
        metafunc.parametrize("page_row", _page(), ids=str)


@define
class FixedClock:
    """Shows one time for ever."""

    at: float = 1_790_000_000.75

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def player() -> Player:
    return Player("wos", "1001", state="7", name="Ada")


@pytest.fixture
def open_api(clock: FixedClock) -> Callable[..., AbstractAsyncContextManager[GameAPI]]:
    """The adapter for a server on this port of the loopback address."""

    def open_(
        port: int, protocol: str = "v2", game: str = "wos", **kwargs: Any
    ) -> AbstractAsyncContextManager[GameAPI]:
        base, origin = f"http://127.0.0.1:{port}/{game}/api/", "https://game.example"
        settings = GameSettings(game, ProtocolVersion(protocol), base, origin, Secret(KEY), "none", 20.0)
        return open_game_api(evolve(settings, **kwargs), clock)

    return open_


@frozen
class Asked:
    """One request as it arrived. Header names are in lower case."""

    target: str
    headers: dict[str, str]
    fields: dict[str, str]


@define
class RawServer:
    """Sends `says`, piece by piece, to every request; then closes, or hangs, or keeps the connection."""

    port: int = 0
    says: list[bytes] = field(factory=list)
    then: str = "close"
    pause: float = 0.0
    """Seconds between two pieces."""
    asked: list[Asked] = field(factory=list)
    connections: int = 0

    def answer(
        self, body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None
    ) -> None:
        head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
        self.says = ["\r\n".join([*head, "", ""]).encode(), body]

    async def serve(self, stream: trio.SocketStream) -> None:
        self.connections += 1
        async with stream:
            try:
                while await self._exchange(stream) and self.then == "keep":
                    pass
            except trio.BrokenResourceError:
                pass  # the client hung up, which is its right

    async def _exchange(self, stream: trio.SocketStream) -> bool:
        request = await _read_request(stream)
        if request is None:
            return False
        self.asked.append(request)
        for piece in self.says:
            await stream.send_all(piece)
            await trio.sleep(self.pause)
        if self.then == "hang":
            await stream.receive_some()
        return True


async def _read_request(stream: trio.SocketStream) -> Asked | None:
    data = b""
    while b"\r\n\r\n" not in data:
        chunk = await stream.receive_some()
        if not chunk:
            return None
        data += chunk
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers["content-length"]):
        body += await stream.receive_some()
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Asked(lines[0].split(" ")[1], headers, fields)


@pytest.fixture
async def server(nursery: trio.Nursery) -> RawServer:
    server = RawServer()
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    server.port = listeners[0].socket.getsockname()[1]
    nursery.start_soon(trio.serve_listeners, server.serve, listeners)
    return server
