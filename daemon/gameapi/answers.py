"""The table of answers: what a game's API says, and what it means.

`classify` reads, in this order: the HTTP status where it alone decides; the row for endpoint and message;
`code 0` at the endpoints that answer with data; `err_code`, where all rows of that endpoint that carry
the number agree on one verdict (the numbers are overloaded); else the answer is unknown, which is
named by its normalised message, blanks kept: `UNKNOWN_STATUS_NOT TODAY`.
"""

import json
import unicodedata
from collections import defaultdict

from attrs import frozen

from actors.giftcodes.model import UNKNOWN_PREFIX, FailureClass, Scope, Status
from actors.ports import Verdict
from daemon.gameapi.body import number, parse_answer
from daemon.gameapi.settings import Endpoint, ProtocolVersion

_SUCCESS, _PERMANENT, _SESSION = FailureClass.SUCCESS, FailureClass.PERMANENT, FailureClass.SESSION
_LIMITED, _CAPTCHA, _TEMPORARY = FailureClass.RATE_LIMITED, FailureClass.CAPTCHA, FailureClass.TEMPORARY
_PROTOCOL, _UNKNOWN = FailureClass.PROTOCOL, FailureClass.UNKNOWN

SUCCESS = Verdict(Status.SUCCESS, _SUCCESS)
NO_SUCH_PLAYER = Verdict(Status.NO_SUCH_PLAYER, _PERMANENT)
WRONG_STATE = Verdict(Status.WRONG_STATE, _PERMANENT)
CDK_NOT_FOUND = Verdict(Status.CDK_NOT_FOUND, _PERMANENT, Scope.CODE)
TOO_FREQUENT = Verdict(Status.TOO_FREQUENT, _LIMITED)
TIMEOUT_RETRY = Verdict(Status.TIMEOUT_RETRY, _TEMPORARY)
CAPTCHA_FETCH_ERROR = Verdict(Status.CAPTCHA_FETCH_ERROR, _SESSION)
RATE_LIMITED = Verdict(Status.RATE_LIMITED, _LIMITED, Scope.ADDRESS)
PROTOCOL_CHANGED = Verdict(Status.PROTOCOL_CHANGED, _PROTOCOL, Scope.SYSTEM)
UPSTREAM_ERROR = Verdict(Status.UPSTREAM_ERROR, _TEMPORARY)
NETWORK_ERROR = Verdict(Status.NETWORK_ERROR, _TEMPORARY, Scope.ADDRESS)

_EVERYWHERE = tuple(Endpoint)
_LOGIN, _CAPTCHAS, _REDEEM = (Endpoint.LOGIN,), (Endpoint.CAPTCHA,), (Endpoint.REDEEM,)
_CAPTCHA_OR_REDEEM = _CAPTCHAS + _REDEEM
_NOT_CAPTCHA = (Endpoint.LOGIN, Endpoint.REDEEM, Endpoint.CONFIG)
_BOTH = tuple(ProtocolVersion)
_V1, _V2 = (ProtocolVersion.V1,), (ProtocolVersion.V2,)


@frozen
class Row:
    """A message (normalised), the numbers it comes with, and its verdict at some endpoints and protocols."""

    msg: str
    err_codes: tuple[int, ...]
    verdict: Verdict
    at: tuple[Endpoint, ...] = _EVERYWHERE
    by: tuple[ProtocolVersion, ...] = _BOTH


# fmt: off
ROWS: tuple[Row, ...] = (
    # -- redeemed, or as good as --------------------------------------------------------------------------
    Row("SUCCESS", (), SUCCESS, _REDEEM),  # 20000: see _succeeded
    Row("RECEIVED", (40008,), Verdict(Status.ALREADY_RECEIVED, _SUCCESS), _REDEEM),
    Row("SAME TYPE EXCHANGE", (40011,), Verdict(Status.SAME_TYPE_EXCHANGE, _SUCCESS), _REDEEM),
    # -- the code ------------------------------------------------------------------------------------------
    Row("TIME ERROR", (40007,), Verdict(Status.EXPIRED, _PERMANENT, Scope.CODE), _REDEEM),
    Row("CDK NOT FOUND", (40014,), CDK_NOT_FOUND, _REDEEM),
    Row("USED", (40005,), Verdict(Status.USED, _PERMANENT, Scope.CODE), _REDEEM),
    # -- the player ----------------------------------------------------------------------------------------
    Row("STOVE_LV ERROR", (40006,), Verdict(Status.LEVEL_TOO_LOW, _PERMANENT), _REDEEM),
    Row("RECHARGE_MONEY ERROR", (40017,), Verdict(Status.RECHARGE_MONEY, _PERMANENT), _REDEEM),
    Row("RECHARGE_MONEY_VIP ERROR", (40018,), Verdict(Status.RECHARGE_MONEY_VIP, _PERMANENT), _REDEEM),
    Row("USER INFO ERROR", (40020,), WRONG_STATE, _REDEEM),
    Row("ROLE NOT EXIST", (40001, 40004), NO_SUCH_PLAYER, _LOGIN),
    Row("ROLE NOT EXIST", (), NO_SUCH_PLAYER, _CAPTCHA_OR_REDEEM),  # there 40001 and 40004 mean other things
    Row("TOO FREQUENT", (40019,), TOO_FREQUENT),
    Row("TIMEOUT RETRY", (40004,), TIMEOUT_RETRY, _REDEEM),
    Row("TIMEOUT RETRY", (), TIMEOUT_RETRY, (Endpoint.LOGIN, Endpoint.CAPTCHA, Endpoint.CONFIG)),
    # -- the session and the captcha; v2 has neither: who asks for one there has changed the protocol ------
    Row("NOT LOGIN", (40101, 40002, 40009), Verdict(Status.NOT_LOGIN, _SESSION), _NOT_CAPTCHA, _V1),
    Row("NOT LOGIN", (40101, 40002, 40009), CAPTCHA_FETCH_ERROR, _CAPTCHAS, _V1),
    Row("NOT LOGIN", (40101, 40002, 40009), PROTOCOL_CHANGED, _EVERYWHERE, _V2),
    Row("CAPTCHA GET TOO FREQUENT", (40100,), TOO_FREQUENT, _CAPTCHA_OR_REDEEM, _V1),
    Row("CAPTCHA CHECK TOO FREQUENT", (40101, 40104), TOO_FREQUENT, _CAPTCHA_OR_REDEEM, _V1),
    Row("CAPTCHA EXPIRED", (40102,), Verdict(Status.CAPTCHA_EXPIRED, _CAPTCHA), _REDEEM, _V1),
    Row("CAPTCHA CHECK ERROR", (40103,), Verdict(Status.CAPTCHA_WRONG, _CAPTCHA), _REDEEM, _V1),
    Row("CAPTCHA GET TOO FREQUENT", (40100,), PROTOCOL_CHANGED, _EVERYWHERE, _V2),
    Row("CAPTCHA CHECK TOO FREQUENT", (40101, 40104), PROTOCOL_CHANGED, _EVERYWHERE, _V2),
    Row("CAPTCHA EXPIRED", (40102,), PROTOCOL_CHANGED, _EVERYWHERE, _V2),
    Row("CAPTCHA CHECK ERROR", (40103,), PROTOCOL_CHANGED, _EVERYWHERE, _V2),
    # -- the system ----------------------------------------------------------------------------------------
    Row("SIGN ERROR", (40000, 40001), PROTOCOL_CHANGED),
    Row("PARAMS ERROR", (40001,), PROTOCOL_CHANGED),
)
# fmt: on

_Place = tuple[ProtocolVersion, Endpoint]


def _by_msg() -> dict[tuple[_Place, str], Verdict]:
    return {
        ((protocol, place), row.msg): row.verdict for row in ROWS for protocol in row.by for place in row.at
    }


def _by_err_code() -> dict[tuple[_Place, int], Verdict]:
    """Only numbers that mean one thing at that endpoint."""
    found: defaultdict[tuple[_Place, int], set[Verdict]] = defaultdict(set)
    for row in ROWS:
        for protocol in row.by:
            for place in row.at:
                for err_code in row.err_codes:
                    found[(protocol, place), err_code].add(row.verdict)
    return {key: verdicts.pop() for key, verdicts in found.items() if len(verdicts) == 1}


_BY_MSG = _by_msg()
_BY_ERR_CODE = _by_err_code()

_BLOCKED_OR_GONE = frozenset({401, 403, 404, 405, 410})
_REDEEMED = 20000
_LONGEST_MSG = 60


def http_verdict(http_status: int) -> Verdict | None:
    """The verdict of an HTTP status that needs no look at the body; None where the body decides.

    A redirect counts as *endpoint gone*: an API that moved is no player's fault, and we don't follow.
    """
    match http_status:
        case 429:
            return RATE_LIMITED
        case status if status in _BLOCKED_OR_GONE or 300 <= status <= 399:  # noqa: PLR2004 - RFC 9110, 15.4
            return PROTOCOL_CHANGED
        case status if status >= 500:  # noqa: PLR2004 - RFC 9110, 15.6
            return UPSTREAM_ERROR
        case _:
            return None


def normalise(msg: object) -> str:
    """A message as the table spells it: hidden characters out, blanks folded, no dots at the end, upper case.

    What is not a string is taken as its JSON text; nothing (None) is "".
    """
    if msg is None:
        return ""
    text = msg if isinstance(msg, str) else json.dumps(msg, ensure_ascii=False, default=str)
    seen = (char for char in text if char.isspace() or not unicodedata.category(char).startswith("C"))
    return " ".join("".join(seen).upper().split()).rstrip(" .")


def classify(endpoint: Endpoint, protocol: ProtocolVersion, http_status: int, body: bytes) -> Verdict:
    """The verdict on an answer. Pure, and never raises, whatever the body is.

    Args:
        endpoint: that was asked.
        protocol: the game speaks.
        http_status: of the answer.
        body: with its content encoding undone; empty where it was too large or damaged.
    """
    verdict = http_verdict(http_status)
    if verdict is not None:
        return verdict
    answer = parse_answer(body)
    if answer is None:
        return UPSTREAM_ERROR
    place = (protocol, endpoint)
    msg = normalise(answer.get("msg"))
    verdict = _BY_MSG.get((place, msg))
    if verdict is not None:
        return verdict
    if _succeeded(endpoint, answer):
        return SUCCESS
    err_code = number(answer.get("err_code"))
    verdict = None if err_code is None else _BY_ERR_CODE.get((place, err_code))
    return verdict or _unknown(endpoint, msg, err_code)


def _succeeded(endpoint: Endpoint, answer: dict[str, object]) -> bool:
    if number(answer.get("code")) != 0:
        return False
    match endpoint:
        case Endpoint.REDEEM:
            return number(answer.get("err_code")) == _REDEEMED
        case Endpoint.CONFIG:
            return True
        case _:
            data = answer.get("data")
            return isinstance(data, dict) and bool(data)


def _unknown(endpoint: Endpoint, msg: str, err_code: int | None) -> Verdict:
    if endpoint is Endpoint.CAPTCHA:
        # The server has no word for "no captcha without a session": any failure here may be that.
        return CAPTCHA_FETCH_ERROR
    name = msg or ("" if err_code is None else str(err_code))
    return Verdict(UNKNOWN_PREFIX + name[:_LONGEST_MSG].rstrip(" ."), _UNKNOWN)
