import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.model import FailureClass, Scope, Status
from actors.ports import Verdict
from daemon.gameapi.answers import (
    CAPTCHA_FETCH_ERROR,
    NO_SUCH_PLAYER,
    PROTOCOL_CHANGED,
    RATE_LIMITED,
    SUCCESS,
    TIMEOUT_RETRY,
    UPSTREAM_ERROR,
    classify,
    normalise,
)
from daemon.gameapi.settings import Endpoint, ProtocolVersion

V1, V2 = ProtocolVersion.V1, ProtocolVersion.V2
REDEEM, LOGIN, CAPTCHA, CONFIG = Endpoint.REDEEM, Endpoint.LOGIN, Endpoint.CAPTCHA, Endpoint.CONFIG


def said(msg: object = "", err_code: object = 0, code: object = 1, data: object = ()) -> bytes:
    return json.dumps({"code": code, "data": data, "msg": msg, "err_code": err_code}).encode()


def unknown(msg: str) -> Verdict:
    return Verdict(f"UNKNOWN_STATUS_{msg}", FailureClass.UNKNOWN, Scope.PLAYER)


def test_every_row_of_the_page_has_its_verdict(page_row: Any) -> None:
    place = Endpoint(page_row.endpoint), ProtocolVersion(page_row.protocol)
    for spelling in (page_row.msg, f"{page_row.msg.capitalize()}.", f"  {page_row.msg.lower()} .. "):
        assert classify(*place, 200, said(spelling, page_row.err_code)) == page_row.verdict


def test_the_message_decides_whatever_number_comes_with_it(page_row: Any) -> None:
    place = Endpoint(page_row.endpoint), ProtocolVersion(page_row.protocol)
    numbers: tuple[object, ...] = (20000, 40000, 40001, 40004, 40008, 40101, None, "", "x", 1.5, True, [])
    for number in numbers:
        assert classify(*place, 200, said(page_row.msg, number)) == page_row.verdict


@pytest.mark.parametrize("protocol", [V1, V2])
@pytest.mark.parametrize(
    ("err_code", "status"),
    [
        (40008, Status.ALREADY_RECEIVED),
        (40011, Status.SAME_TYPE_EXCHANGE),
        (40007, Status.EXPIRED),
        (40014, Status.CDK_NOT_FOUND),
        (40005, Status.USED),
        (40006, Status.LEVEL_TOO_LOW),
        (40017, Status.RECHARGE_MONEY),
        (40018, Status.RECHARGE_MONEY_VIP),
        (40020, Status.WRONG_STATE),
        (40019, Status.TOO_FREQUENT),
        (40004, Status.TIMEOUT_RETRY),
        (40000, Status.PROTOCOL_CHANGED),
        (40001, Status.PROTOCOL_CHANGED),
        ("40008", Status.ALREADY_RECEIVED),
    ],
)
def test_an_unknown_message_is_read_by_its_number_where_that_means_one_thing(
    protocol: ProtocolVersion, err_code: object, status: str
) -> None:
    assert classify(REDEEM, protocol, 200, said("Neu formuliert", err_code)).status == status


@pytest.mark.parametrize(
    ("protocol", "err_code", "status"),
    [
        (V1, 40009, Status.NOT_LOGIN),
        (V1, 40100, Status.TOO_FREQUENT),
        (V1, 40102, Status.CAPTCHA_EXPIRED),
        (V1, 40103, Status.CAPTCHA_WRONG),
        (V1, 40104, Status.TOO_FREQUENT),
        (V2, 40009, Status.PROTOCOL_CHANGED),
        (V2, 40101, Status.PROTOCOL_CHANGED),
        (V2, 40103, Status.PROTOCOL_CHANGED),
    ],
)
def test_numbers_of_sessions_and_captchas_mean_a_changed_protocol_in_v2(
    protocol: ProtocolVersion, err_code: object, status: str
) -> None:
    assert classify(REDEEM, protocol, 200, said("?", err_code)).status == status


def test_an_overloaded_number_alone_decides_nothing() -> None:
    assert classify(REDEEM, V1, 200, said("New words", 40101)) == unknown("NEW WORDS")  # session, or throttle
    assert classify(LOGIN, V1, 200, said("New words", 40001)) == unknown(
        "NEW WORDS"
    )  # no player, or wrong key


def test_40004_means_one_thing_at_the_login_and_another_at_the_redemption() -> None:
    assert classify(LOGIN, V1, 200, said("?", 40004)) == NO_SUCH_PLAYER
    assert classify(REDEEM, V1, 200, said("?", 40004)) == TIMEOUT_RETRY


def test_a_login_succeeded_when_it_answers_with_data() -> None:
    assert classify(LOGIN, V1, 200, said("success", "", 0, {"nickname": "Ada"})) == SUCCESS
    assert classify(LOGIN, V1, 200, said("success", "", 0, [])) == unknown("SUCCESS")


def test_the_configuration_was_told_when_the_code_is_0() -> None:
    for code in [0, "0"]:
        assert classify(CONFIG, V2, 200, said("whatever", 0, code)) == SUCCESS
    for other in (1, False, None, ""):
        assert classify(CONFIG, V2, 200, said("whatever", 0, other)) == unknown("WHATEVER")


def test_a_redemption_in_other_words_needs_code_0_and_its_number() -> None:
    assert classify(REDEEM, V2, 200, said("Done", 20000, 0)) == SUCCESS
    assert classify(REDEEM, V2, 200, said("Done", 20000, 1)) == unknown("DONE")
    assert classify(REDEEM, V2, 200, said("Done", 0, 0)) == unknown("DONE")


def test_whatever_is_not_known_at_the_captcha_endpoint_may_be_the_session() -> None:
    assert classify(CAPTCHA, V1, 200, said("?", 0)) == CAPTCHA_FETCH_ERROR
    assert classify(CAPTCHA, V1, 200, said("RECEIVED", 40008)) == CAPTCHA_FETCH_ERROR
    assert classify(CAPTCHA, V1, 200, said("SUCCESS", 20000, 0)) == CAPTCHA_FETCH_ERROR
    assert classify(CAPTCHA, V1, 200, said("SUCCESS", 20000, 0, {"img": "data:"})) == SUCCESS


@pytest.mark.parametrize("endpoint", list(Endpoint))
@pytest.mark.parametrize(
    ("http_status", "verdict"),
    [(429, RATE_LIMITED)]
    + [(status, PROTOCOL_CHANGED) for status in (301, 302, 307, 308, 401, 403, 404, 405, 410)]
    + [(status, UPSTREAM_ERROR) for status in (500, 502, 503, 504, 520, 599)],
)
def test_some_http_statuses_decide_alone(endpoint: Endpoint, http_status: int, verdict: Verdict) -> None:
    for body in (b"", b"<html>", said("RECEIVED", 40008)):
        assert classify(endpoint, V1, http_status, body) == verdict


def test_the_scopes_of_what_is_nobodys_fault() -> None:
    assert Verdict("RATE_LIMITED", FailureClass.RATE_LIMITED, Scope.ADDRESS) == RATE_LIMITED
    assert Verdict("PROTOCOL_CHANGED", FailureClass.PROTOCOL, Scope.SYSTEM) == PROTOCOL_CHANGED
    assert Verdict("UPSTREAM_ERROR", FailureClass.TEMPORARY, Scope.PLAYER) == UPSTREAM_ERROR


def test_another_client_error_is_read_by_its_body() -> None:
    assert classify(REDEEM, V2, 400, said("RECEIVED")).status == Status.ALREADY_RECEIVED
    assert classify(REDEEM, V2, 422, b"<html>") == UPSTREAM_ERROR


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"<!DOCTYPE html><html>blocked</html>",
        b'{"code":0,"data":[],"msg":"SUCC',
        b"[]",
        b"[1, null, []]",
        b"null",
        b"0",
        b'"SUCCESS"',
        b"{}",
        b'{"message": "Server Error"}',
        b"\xff\xfe\xfd",
        b'{"msg": "\xff"}',
        b"[" * 100_000,
        b'{"code": ' + b"9" * 5000 + b"}",
    ],
)
def test_what_is_no_answer_is_an_upstream_error(body: bytes) -> None:
    for endpoint in Endpoint:
        assert classify(endpoint, V1, 200, body) == UPSTREAM_ERROR


def test_a_bare_list_that_holds_the_answer_is_as_good_as_the_answer() -> None:
    for body in (
        b"[%s]" % said("RECEIVED"),
        b"[null, %s]" % said("RECEIVED"),
        b"\xef\xbb\xbf" + said("RECEIVED"),
    ):
        assert classify(REDEEM, V2, 200, body).status == Status.ALREADY_RECEIVED


@pytest.mark.parametrize(
    ("msg", "err_code", "status"),
    [
        ("not today.", 49999, "UNKNOWN_STATUS_NOT TODAY"),
        (7, 0, "UNKNOWN_STATUS_7"),
        ({"fid": ["bad"]}, 0, 'UNKNOWN_STATUS_{"FID": ["BAD"]}'),
        ("", 49999, "UNKNOWN_STATUS_49999"),
        (None, None, "UNKNOWN_STATUS_"),
        ("x" * 500, 0, "UNKNOWN_STATUS_" + "X" * 60),
        ("a\x1b[31mb\u202e\nc\x00\ud800", 0, "UNKNOWN_STATUS_A[31MB C"),
    ],
)
def test_an_unknown_answer_is_named_by_its_message(msg: object, err_code: object, status: str) -> None:
    assert classify(REDEEM, V2, 200, said(msg, err_code)).status == status


@pytest.mark.parametrize(
    ("msg", "expected"),
    [
        ("RECEIVED.", "RECEIVED"),
        (" Sign  Error ", "SIGN ERROR"),
        ("time\terror . . .", "TIME ERROR"),
        ("Re\u200bceived", "RECEIVED"),
        ("v1.2 error", "V1.2 ERROR"),
        (None, ""),
        (False, "FALSE"),
        (40008, "40008"),
        (["USED."], '["USED."]'),
    ],
)
def test_normalising_a_message(msg: object, expected: str) -> None:
    assert normalise(msg) == expected


ANY_TEXT = st.text(st.characters(), max_size=80)


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    once.encode()


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.fixed_dictionaries(
    {}, optional={"code": JSON_VALUES, "msg": JSON_VALUES, "err_code": JSON_VALUES, "data": JSON_VALUES}
)


@given(
    st.sampled_from(Endpoint),
    st.sampled_from(ProtocolVersion),
    st.integers(100, 999),
    st.binary(max_size=200) | (FIELDS | JSON_VALUES).map(lambda value: json.dumps(value).encode()),
)
def test_any_answer_has_a_verdict_that_can_be_stored(
    endpoint: Endpoint, protocol: ProtocolVersion, http_status: int, body: bytes
) -> None:
    verdict = classify(endpoint, protocol, http_status, body)
    assert len(verdict.status.encode()) <= len("UNKNOWN_STATUS_") + 4 * 60
    assert verdict.status.isprintable()
