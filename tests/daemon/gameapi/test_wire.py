"""What goes over the wire, and what no server can do to us: one real connection each."""

import gzip
import json
import logging
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import trio

from actors.giftcodes.model import Player
from actors.ports import GameAPI, RateHint, Reply
from daemon.gameapi.answers import (
    NETWORK_ERROR,
    PROTOCOL_CHANGED,
    RATE_LIMITED,
    SUCCESS,
    UPSTREAM_ERROR,
)
from daemon.gameapi.body import BODY_LIMIT
from daemon.gameapi.signing import sign
from daemon.secrets import Secret

OpenApi = Callable[..., AbstractAsyncContextManager[GameAPI]]

REDEEMED = b'{"code":0,"data":[],"msg":"SUCCESS","err_code":20000}'


async def test_a_v2_redemption_is_one_signed_form(server: Any, open_api: OpenApi, player: Player) -> None:
    server.answer(REDEEMED)
    async with open_api(server.port) as api:
        reply = await api.redeem(player, "Snow\u200b2026 ")
    assert reply.verdict == SUCCESS
    [asked] = server.asked
    assert asked.target == "/wos/api/gift_code"
    expected = {"fid": "1001", "cdk": "Snow2026", "kid": "7", "time": "1790000000"}
    assert asked.fields == {**expected, "sign": sign(expected, Secret("a-key-for-tests"))}
    assert asked.headers["origin"] == "https://game.example"
    assert asked.headers["referer"] == "https://game.example/"
    assert asked.headers["user-agent"].startswith("Mozilla/5.0 ")
    assert asked.headers["accept-encoding"] == "gzip, deflate"
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


CALLS: dict[str, Callable[[GameAPI, Player], Awaitable[Reply]]] = {
    "player": lambda api, player: api.login(player),
    "captcha": lambda api, player: api.fetch_captcha(player),
    "gift_code": lambda api, player: api.redeem(player, "SNOW", "aB3d"),
    "gift_code_config": lambda api, _: api.probe(),
}


@pytest.mark.parametrize(
    ("captcha", "fields"),
    [
        ("none", {"player": {"fid": "1001"}}),
        ("none", {"gift_code": {"fid": "1001", "cdk": "SNOW"}}),
        ("person", {"gift_code": {"fid": "1001", "cdk": "SNOW", "captcha_code": "aB3d"}}),
        ("person", {"captcha": {"fid": "1001"}}),
        ("none", {"gift_code_config": {}}),
    ],
)
async def test_the_fields_of_each_v1_call(
    server: Any, open_api: OpenApi, player: Player, captcha: str, fields: dict[str, dict[str, str]]
) -> None:
    [(endpoint, expected)] = fields.items()
    server.answer(REDEEMED)
    async with open_api(server.port, "v1", captcha=captcha) as api:
        assert api.needs_login
        assert api.needs_captcha == (captcha == "person")
        await CALLS[endpoint](api, player)
    [asked] = server.asked
    assert asked.target == f"/wos/api/{endpoint}"
    signed = {**expected, "time": "1790000000"}
    assert asked.fields == {**signed, "sign": sign(signed, Secret("a-key-for-tests"))}


async def test_v2_has_no_login_and_no_captcha(open_api: OpenApi, player: Player) -> None:
    async with open_api(1) as api:
        assert (api.needs_login, api.needs_captcha) == (False, False)
        with pytest.raises(NotImplementedError, match="v2 has no login"):
            await api.login(player)
        with pytest.raises(NotImplementedError, match="v2 has no captcha"):
            await api.fetch_captcha(player)


@pytest.mark.parametrize(
    ("player", "code", "status"),
    [
        (Player("wos", "1001", state=""), "SNOW", "WRONG_STATE"),
        (Player("wos", "1001", state="seven"), "SNOW", "WRONG_STATE"),
        (Player("wos", "12a", state="7"), "SNOW", "NO_SUCH_PLAYER"),
        (Player("wos", "1001", state="7"), " \u200b", "CDK_NOT_FOUND"),
    ],
)
async def test_a_field_that_would_make_params_error_is_never_sent(
    open_api: OpenApi, player: Player, code: str, status: str
) -> None:
    async with open_api(1) as api:  # nobody listens at port 1
        assert (await api.redeem(player, code)).verdict.status == status


async def test_v1_needs_no_state_number(open_api: OpenApi) -> None:
    async with open_api(1, "v1") as api:
        assert (await api.redeem(Player("wos", "1001"), "SNOW")).verdict == NETWORK_ERROR
        for refused in (await api.login(Player("wos", "x")), await api.fetch_captcha(Player("wos", "x"))):
            assert refused.verdict.status == "NO_SUCH_PLAYER"


@pytest.mark.parametrize(
    ("protocol", "fid", "state", "status"),
    [("v2", "1", "", "WRONG_STATE"), ("v2", "x", "7", "NO_SUCH_PLAYER"), ("v1", "x", "", "NO_SUCH_PLAYER")],
)
async def test_who_is_refused_without_a_call_is_known_before_it(
    open_api: OpenApi, protocol: str, fid: str, state: str, status: str
) -> None:
    async with open_api(1, protocol) as api:
        verdict = api.refuse(Player("wos", fid, state))
        assert verdict is not None
        assert verdict.status == status
        assert api.refuse(Player("wos", "1", "7")) is None


async def test_nobody_listening_is_a_network_error_with_its_reason_in_the_log(
    open_api: OpenApi, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "daemon.gameapi")
    async with open_api(1) as api:
        assert (await api.redeem(player, "SNOW")).verdict == NETWORK_ERROR
    assert "A call to gift_code of wos broke off: ConnectError" in caplog.text
    assert "a-key-for-tests" not in caplog.text


@pytest.mark.parametrize(
    "says",
    [
        [],
        [b"HTTP/1.1 200 OK\r\nContent-"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 53\r\n\r\n", REDEEMED[:20]],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"5\r\n{"],
        [b"SSH-2.0-OpenSSH_9.6\r\n"],
        [b"\x00\xff" * 5000],
        [b"HTTP/1.1 200 OK\r\n", b"X: " + b"y" * 200_000],
    ],
    ids=[
        "nothing",
        "half a head",
        "half a body",
        "half a chunk",
        "another protocol",
        "noise",
        "endless head",
    ],
)
async def test_a_connection_that_breaks_off_is_a_network_error(
    server: Any, open_api: OpenApi, player: Player, says: list[bytes]
) -> None:
    server.says = says
    async with open_api(server.port) as api:
        assert (await api.redeem(player, "SNOW")).verdict == NETWORK_ERROR


@pytest.mark.parametrize("pause", [0.0, 0.1], ids=["silent", "trickling"])
async def test_the_deadline_is_for_the_whole_call(
    server: Any, open_api: OpenApi, player: Player, pause: float
) -> None:
    server.answer(REDEEMED)
    server.says = [bytes([byte]) for byte in b"".join(server.says)] if pause else []
    server.then, server.pause = "hang", pause
    async with open_api(server.port, timeout=0.25) as api:
        with trio.fail_after(20):
            started = trio.current_time()
            assert (await api.redeem(player, "SNOW")).verdict == NETWORK_ERROR
            assert 0.2 < trio.current_time() - started < 5.0  # all the pieces take longer


async def test_an_answer_cut_short_still_tells_its_headers(
    server: Any, open_api: OpenApi, player: Player
) -> None:
    server.answer(b"{", "X-RateLimit-Limit: 30", "X-RateLimit-Remaining: 4", length=50)
    async with open_api(server.port) as api:
        reply = await api.redeem(player, "SNOW")
    assert (reply.verdict, reply.hint) == (NETWORK_ERROR, RateHint(30, 4))


async def test_a_429_is_known_before_its_body(server: Any, open_api: OpenApi, player: Player) -> None:
    server.answer(b"", "Retry-After: 17", status="429 Too Many Requests", length=50)
    server.then = "hang"
    async with open_api(server.port) as api:
        with trio.fail_after(5):
            reply = await api.redeem(player, "SNOW")
    assert (reply.verdict, reply.hint) == (RATE_LIMITED, RateHint(retry_after=17.0))


@pytest.mark.parametrize("length", [BODY_LIMIT + 1, 10 * 1024 * 1024])
async def test_a_huge_body_is_an_upstream_error_and_not_read_to_its_end(
    server: Any, open_api: OpenApi, player: Player, length: int
) -> None:
    server.answer(b"x" * (BODY_LIMIT + 1), length=length)
    server.then = "hang"
    async with open_api(server.port) as api:
        with trio.fail_after(5):
            assert (await api.redeem(player, "SNOW")).verdict == UPSTREAM_ERROR


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (gzip.compress(REDEEMED), SUCCESS),
        (gzip.compress(bytes(20 * 1024 * 1024)), UPSTREAM_ERROR),
        (b"not gzip", UPSTREAM_ERROR),
    ],
    ids=["fine", "a bomb", "damaged"],
)
async def test_a_packed_answer(
    server: Any,
    open_api: OpenApi,
    player: Player,
    body: bytes,
    verdict: Any,
) -> None:
    server.answer(body, "Content-Encoding: gzip")
    async with open_api(server.port) as api:
        assert (await api.redeem(player, "SNOW")).verdict == verdict


@pytest.mark.parametrize("location", ["/elsewhere", "http://127.0.0.1:1/", "//["])
async def test_a_redirect_is_not_followed(
    server: Any, open_api: OpenApi, player: Player, location: str
) -> None:
    server.answer(b"", f"Location: {location}", status="302 Found")
    async with open_api(server.port) as api:
        assert (await api.redeem(player, "SNOW")).verdict == PROTOCOL_CHANGED
    assert len(server.asked) == 1


async def test_one_players_cookie_is_not_sent_with_anothers_call(
    server: Any, open_api: OpenApi, player: Player
) -> None:
    server.answer(REDEEMED, "Set-Cookie: session=ada; Path=/")
    server.then = "keep"
    async with open_api(server.port) as api:
        await api.redeem(player, "SNOW")
        await api.redeem(Player("wos", "1002", state="7"), "SNOW")
    assert [asked.headers.get("cookie") for asked in server.asked] == [None, None]
    assert server.connections == 1


async def test_a_cancelled_call_ends_as_cancelled_and_leaves_the_api_usable(
    server: Any, open_api: OpenApi, player: Player
) -> None:
    server.then = "hang"
    async with open_api(server.port) as api:
        for _ in range(10):  # more often than there are connections
            with trio.move_on_after(0.02) as scope:
                await api.redeem(player, "SNOW")
            assert scope.cancelled_caught
        server.answer(REDEEMED)
        server.then = "close"
        assert (await api.redeem(player, "SNOW")).verdict == SUCCESS


async def test_a_proxy_of_the_environment_is_for_far_addresses_only(
    server: Any, open_api: OpenApi, player: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_PROXY", "no_proxy", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    server.answer(REDEEMED)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    for near in ("127.0.0.1", "localhost"):
        async with open_api(0, base_url=f"http://{near}:{server.port}/api") as api:
            assert (await api.redeem(player, "SNOW")).verdict == SUCCESS
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{server.port}")
    async with open_api(0, base_url="http://game.example/api") as api:
        assert (await api.redeem(player, "SNOW")).verdict == SUCCESS
    assert [asked.target for asked in server.asked] == ["/api/gift_code"] * 2 + [
        "http://game.example/api/gift_code"
    ]


@pytest.mark.parametrize(
    ("nickname", "shown"),
    [
        ("Ada", "Ada"),
        ("A\x1b[31mda\u202e", "A[31mda"),
        ("x" * 500, "x" * 64),
        (None, ""),
        (7, ""),
        ("雪 ❄", "雪 ❄"),
    ],
)
async def test_a_nickname_is_safe_to_print(
    server: Any,
    open_api: OpenApi,
    player: Player,
    nickname: object,
    shown: str,
) -> None:
    server.answer(
        json.dumps({"code": 0, "msg": "success", "data": {"fid": 1, "nickname": nickname}}).encode()
    )
    async with open_api(server.port, "v1") as api:
        reply = await api.login(player)
    assert (reply.verdict, reply.nickname) == (SUCCESS, shown)


@pytest.mark.parametrize(
    ("img", "picture"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", b"\x89PNG\r\n\x1a\n"),
        ("DATA:image/jpeg;BASE64,/9j/", b"\xff\xd8\xff"),
        ("data:image/png;base64,", b""),
        ("data:image/png;base64,%%%", b""),
        ("data:image/png;base64,abc", b""),
        ("data:image/png;base64,é", b""),
        ("data:text/html;base64,aGk=", b""),
        ("data:image/png,iVBORw0KGgo=", b""),
        ("https://elsewhere.example/c.png", b""),
        (7, b""),
        (None, b""),
    ],
)
async def test_a_captcha_is_the_bytes_of_its_picture_or_could_not_be_fetched(
    server: Any,
    open_api: OpenApi,
    player: Player,
    img: object,
    picture: bytes,
) -> None:
    server.answer(json.dumps({"code": 0, "msg": "SUCCESS", "err_code": 20000, "data": {"img": img}}).encode())
    async with open_api(server.port, "v1", captcha="person") as api:
        reply = await api.fetch_captcha(player)
    assert reply.captcha == picture
    assert reply.verdict.status == ("SUCCESS" if picture else "CAPTCHA_FETCH_ERROR")
