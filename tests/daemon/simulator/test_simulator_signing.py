"""What the server wants to see before it listens."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from daemon.simulator.signing import is_signed, signature


def test_the_signature_is_the_md5_of_the_sorted_fields_and_the_key() -> None:
    # echo -n 'cdk=SNOW&fid=1001&kid=7&time=1790000000secret' | md5sum
    fields = {"time": "1790000000", "fid": "1001", "kid": "7", "cdk": "SNOW", "sign": "not part of it"}
    assert signature(fields, "secret") == "542b1aec27f1551a63ea7e718e8a5383"


def test_only_lower_case_hex_is_a_signature() -> None:
    fields = {"fid": "1"}
    right = signature(fields, "k")
    assert is_signed({**fields, "sign": right}, "k")
    for wrong in (right.upper(), "", right[:-1], "é" * 32):
        assert not is_signed({**fields, "sign": wrong}, "k")
    assert not is_signed(fields, "k")


@pytest.mark.parametrize("hidden", ["\u200b", "\ufeff", "\n"])
async def test_a_hidden_character_in_a_code_is_a_sign_error(
    remote: Any, say: Callable[[httpx.Response], str], hidden: str
) -> None:
    assert say(await remote.redeem(code=f"SNOW2026{hidden}")) == "SIGN ERROR"


async def test_a_wrong_or_missing_signature_is_a_sign_error(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    fields = {"fid": "1001", "cdk": "SNOW2026", "kid": "7", "time": "1790000000"}
    for sign in ({}, {"sign": "0" * 32}):
        assert say(await remote.client.post("/wos/api/gift_code", data={**fields, **sign})) == "SIGN ERROR"


async def test_a_body_that_is_no_form_is_a_sign_error(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    assert say(await remote.client.post("/wos/api/gift_code", json={"fid": "1001"})) == "SIGN ERROR"


@pytest.mark.parametrize("missing", ["fid", "cdk", "kid"])
async def test_a_missing_or_empty_field_is_a_params_error(
    remote: Any, say: Callable[[httpx.Response], str], missing: str
) -> None:
    fields = {"fid": "1001", "cdk": "SNOW2026", "kid": "7"}
    assert say(await remote.call(**{**fields, missing: ""})) == "PARAMS ERROR"
    del fields[missing]
    assert say(await remote.call(**fields)) == "PARAMS ERROR"


async def test_v2_wants_seconds_and_v1_takes_milliseconds_too(
    remote: Any, say: Callable[[httpx.Response], str]
) -> None:
    assert say(await remote.redeem(time="1790000000000")) == "PARAMS ERROR"
    assert say(await remote.redeem(time="now")) == "PARAMS ERROR"
    assert say(await remote.call("player", "old", fid="1001", time="1790000000000")) == "SUCCESS"


@pytest.mark.parametrize("missing", ["origin", "referer", "user-agent"])
async def test_without_a_browsers_headers_the_answer_is_403(remote: Any, missing: str) -> None:
    del remote.client.headers[missing]
    assert (await remote.redeem()).status_code == 403


async def test_unknown_paths_games_and_endpoints_of_the_other_protocol_are_404(remote: Any) -> None:
    for path in (
        "/nowhere",
        "/nogame/api/gift_code",
        "/wos/api/nothing",
        "/wos/api/player",
        "/old/api/captcha",
    ):
        assert (await remote.client.post(path)).status_code == 404


async def test_the_configuration_endpoint_answers_when_host_key_and_signature_are_right(remote: Any) -> None:
    for game in ("wos", "old"):
        assert (await remote.call("gift_code_config", game)).json()["code"] == 0


async def test_a_body_too_large_for_a_form_is_refused(remote: Any) -> None:
    assert (await remote.client.post("/wos/api/gift_code", content=b"x" * 70_000)).status_code == 413


@pytest.mark.parametrize("body", [b"fid=\xff", b"fid=%ff&cdk=SNOW2026", b"&".join([b"a=1"] * 200)])
async def test_a_form_that_cannot_be_read_is_a_sign_error(
    remote: Any, say: Callable[[httpx.Response], str], body: bytes
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert say(await remote.client.post("/wos/api/gift_code", content=body, headers=form)) == "SIGN ERROR"
