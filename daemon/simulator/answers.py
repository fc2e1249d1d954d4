"""What the game's API says, word for word: every row of the answers table of docs/redeeming.md."""

import json
from collections.abc import Mapping
from types import MappingProxyType

from attrs import field, frozen

Headers = tuple[tuple[str, str], ...]

JSON_TYPE = ("content-type", "application/json")
HTML_TYPE = ("content-type", "text/html; charset=UTF-8")
HTML_PAGE = b"<!DOCTYPE html><html><head><title>Attention Required!</title></head><body>Blocked</body></html>"

UNKNOWN_NUMBER = 49999
"""The `err_code` of a made-up message, where its orderer names none."""


@frozen
class Row:
    """One row of the table: the message as it is spelled on the wire and the numbers it comes with."""

    msg: str
    numbers: tuple[int, ...]
    """`err_code`: the first is the usual one."""
    code: int = 1


ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "SUCCESS": Row("SUCCESS", (20000,), code=0),
        "RECEIVED": Row("RECEIVED.", (40008,)),
        "SAME TYPE EXCHANGE": Row("SAME TYPE EXCHANGE.", (40011,)),
        "TIME ERROR": Row("TIME ERROR.", (40007,)),
        "CDK NOT FOUND": Row("CDK NOT FOUND.", (40014,)),
        "USED": Row("USED.", (40005,)),
        "STOVE_LV ERROR": Row("STOVE_LV ERROR.", (40006,)),
        "RECHARGE_MONEY ERROR": Row("RECHARGE_MONEY ERROR.", (40017,)),
        "RECHARGE_MONEY_VIP ERROR": Row("RECHARGE_MONEY_VIP ERROR.", (40018,)),
        "USER INFO ERROR": Row("User Info Error.", (40020,)),
        "ROLE NOT EXIST": Row("role not exist.", (40001, 40004)),
        "TOO FREQUENT": Row("TOO FREQUENT.", (40019,)),
        "TIMEOUT RETRY": Row("TIMEOUT RETRY.", (40004,)),
        "NOT LOGIN": Row("NOT LOGIN.", (40009, 40101, 40002)),
        "CAPTCHA GET TOO FREQUENT": Row("CAPTCHA GET TOO FREQUENT.", (40100,)),
        "CAPTCHA CHECK TOO FREQUENT": Row("CAPTCHA CHECK TOO FREQUENT.", (40101, 40104)),
        "CAPTCHA EXPIRED": Row("CAPTCHA EXPIRED.", (40102,)),
        "CAPTCHA CHECK ERROR": Row("CAPTCHA CHECK ERROR.", (40103,)),
        "SIGN ERROR": Row("Sign Error", (40000, 40001)),
        "PARAMS ERROR": Row("Params Error", (40001,)),
    }
)
"""The rows that come as a JSON object with HTTP 200, by their normalised message."""


@frozen
class Answer:
    """An HTTP answer as it goes out. `name` is what the statistics call it."""

    name: str
    status: int = 200
    headers: Headers = (JSON_TYPE,)
    body: bytes = field(default=b"", repr=False)


def encode(value: object) -> bytes:
    """`value` as compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def say(name: str, data: object = None, err_code: int | None = None) -> Answer:
    """The table's row `name`, with `data` (default: the empty list) and perhaps another of its numbers."""
    row = ROWS[name]
    return _envelope(name, row.code, row.msg, row.numbers[0] if err_code is None else err_code, data)


def say_unknown(msg: str, err_code: int | None = None) -> Answer:
    """A message that no table knows."""
    return _envelope(msg, 1, msg, UNKNOWN_NUMBER if err_code is None else err_code, None)


def as_bare_list(answer: Answer) -> Answer:
    """The same answer as the real server sends it now and then: a list that holds the object."""
    return Answer("BARE LIST", answer.status, answer.headers, b"[" + answer.body + b"]")


def too_many_attempts(*headers: tuple[str, str]) -> Answer:
    """The address's budget is spent."""
    return Answer("HTTP 429", 429, (JSON_TYPE, *headers), encode({"message": "Too Many Attempts."}))


def http_error(status: int) -> Answer:
    """An answer that is not the game's: the proxy, the firewall or the framework speaks."""
    if status == 429:  # noqa: PLR2004 - the one status with a documented body
        return too_many_attempts(("X-RateLimit-Remaining", "0"))
    return Answer(f"HTTP {status}", status, (HTML_TYPE,), HTML_PAGE)


def garbled(name: str) -> Answer | None:
    """One of the answers that are no answer (see `GARBLED`), or None where there is none of this name."""
    found = GARBLED.get(name)
    if name == "HUGE":  # built when asked for: ten MiB need not live in every process
        return Answer(name, 200, (JSON_TYPE,), b'{"code":0,"data":"' + b"x" * HUGE_BYTES + b'"}')
    return found


HUGE_BYTES = 10 * 1024 * 1024

GARBLED: Mapping[str, Answer | None] = MappingProxyType(
    {
        "HTML": Answer("HTML", 200, (HTML_TYPE,), HTML_PAGE),
        "EMPTY": Answer("EMPTY"),
        "BAD JSON": Answer("BAD JSON", body=b'{"code":0,"data":[],"msg":"SUCC'),
        "MSG NOT STRING": Answer(
            "MSG NOT STRING", body=encode({"code": 1, "data": [], "msg": 7, "err_code": 0})
        ),
        "INVALID UTF-8": Answer("INVALID UTF-8", body=b'{"code":1,"msg":"\xff\xfe\x80"}'),
        "HUGE": None,
    }
)


def _envelope(name: str, code: int, msg: str, err_code: int, data: object) -> Answer:
    held = [] if data is None else data
    return Answer(name, body=encode({"code": code, "data": held, "msg": msg, "err_code": err_code}))
