"""The old protocol: logins that end, captchas that wear out."""

import base64
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trio
from trio.testing import MockClock

from daemon.simulator import Fault, World


async def _captcha_text(caller: Any, fid: str = "1001") -> str:
    return str((await caller.client.get(f"/_captcha/drawn/{fid}")).json()["text"])


async def test_a_login_answers_the_profile_and_opens_the_session(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    assert say(await remote.redeem_v1()) == "NOT LOGIN"
    profile = (await remote.login()).json()
    assert profile["code"] == 0
    assert profile["data"]["nickname"] == "Player 1001"
    assert {"fid", "kid", "stove_lv", "avatar_image"} <= set(profile["data"])
    assert say(await remote.redeem_v1()) == "SUCCESS"
    assert say(await remote.redeem_v1("1002")) == "NOT LOGIN"


async def test_who_does_not_exist_cannot_log_in(remote: Any, say: Callable[[httpx.Response], str]) -> None:
    assert say(await remote.login("9")) == "ROLE NOT EXIST"


async def test_a_session_ends_after_its_calls(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.games["old"].sessions.max_calls = 2
    await remote.login()
    said = [say(await remote.redeem_v1()) for _ in range(3)]
    assert said == ["SUCCESS", "RECEIVED", "NOT LOGIN"]
    await remote.login()
    assert say(await remote.redeem_v1()) == "RECEIVED"


async def test_a_session_ends_with_time(
    world: World, caller: Any, autojump_clock: MockClock, say: Callable[[httpx.Response], str]
) -> None:
    world.games["old"].sessions.lifetime = 300.0
    await caller.login()
    await trio.sleep(299)
    assert say(await caller.redeem_v1()) == "SUCCESS"
    await trio.sleep(1)
    assert say(await caller.redeem_v1()) == "NOT LOGIN"


async def test_a_session_ends_by_script(
    world: World, remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    world.order(Fault(game="old", endpoint="gift_code", forget_session=True, times=1))
    await remote.login()
    assert say(await remote.redeem_v1()) == "NOT LOGIN"
    await remote.login()
    assert say(await remote.redeem_v1()) == "SUCCESS"


async def test_a_captcha_is_a_picture_in_a_data_url(remote: Any) -> None:
    await remote.login(game="drawn")
    data = (await remote.call("captcha", "drawn", fid="1001")).json()["data"]
    head, _, picture = data["img"].partition(",")
    assert head == "data:image/jpeg;base64"
    assert base64.b64decode(picture, validate=True).startswith(b"\x89PNG\r\n\x1a\n")


async def test_a_redemption_needs_the_captchas_text_in_any_case(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    await remote.login(game="drawn")
    await remote.call("captcha", "drawn", fid="1001")
    text = await _captcha_text(remote)
    assert say(await remote.redeem_v1(game="drawn", captcha_code=text.lower())) == "SUCCESS"
    assert say(await remote.redeem_v1(game="drawn", captcha_code=text)) == "CAPTCHA EXPIRED"


async def test_a_missing_captcha_is_a_params_error_and_a_wrong_one_is_spent(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    await remote.login(game="drawn")
    assert say(await remote.call("gift_code", "drawn", fid="1001", cdk="SNOW2026")) == "PARAMS ERROR"
    await remote.call("captcha", "drawn", fid="1001")
    assert say(await remote.redeem_v1(game="drawn", captcha_code="")) == "CAPTCHA CHECK ERROR"
    assert (await remote.client.get("/_captcha/drawn/1001")).status_code == 404


async def test_captchas_are_throttled_and_expire(
    world: World, caller: Any, autojump_clock: MockClock, say: Callable[[httpx.Response], str]
) -> None:
    await caller.login(game="drawn")
    fetch = [say(await caller.call("captcha", "drawn", fid="1001")) for _ in range(2)]
    assert fetch == ["SUCCESS", "CAPTCHA GET TOO FREQUENT"]
    text = await _captcha_text(caller)
    await trio.sleep(120)
    assert say(await caller.redeem_v1(game="drawn", captcha_code=text)) == "CAPTCHA EXPIRED"
    assert say(await caller.call("captcha", "drawn", fid="1001")) == "SUCCESS"


async def test_too_many_checks_are_refused(
    world: World, caller: Any, autojump_clock: MockClock, say: Callable[[httpx.Response], str]
) -> None:
    await caller.login(game="drawn")
    said = [say(await caller.redeem_v1(game="drawn", captcha_code="x")) for _ in range(7)]
    assert said[-1] == "CAPTCHA CHECK TOO FREQUENT"
    await trio.sleep(60)
    assert say(await caller.redeem_v1(game="drawn", captcha_code="x")) == "CAPTCHA EXPIRED"


async def test_a_captcha_without_a_login_is_refused(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    assert say(await remote.call("captcha", "drawn", fid="1001")) == "NOT LOGIN"


@pytest.mark.parametrize("path", ["/_captcha/nogame/1001", "/_captcha/drawn/1001"])
async def test_there_is_no_text_of_what_was_not_handed_out(remote: Any, path: str) -> None:
    answer: httpx.Response = await remote.client.get(path)
    assert answer.status_code in (400, 404)
