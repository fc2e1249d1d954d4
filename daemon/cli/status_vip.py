"""The VIP half's part of the status, in lines. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from daemon.cli.status_words import count, number, spoken, style, word
from daemon.cli.times import duration

Document = Mapping[str, Any]

_IN_ORDER = {"free", "leased"}
_AT_WORK = {"connected", None}


def vip_lines(vip: Document) -> Iterator[tuple[str, Text]]:
    """Label and text of each line: the numbers, then accounts that are not in order. Off: no line."""
    accounts = vip.get("accounts") or {}
    if not (vip.get("enabled") or vip.get("sessions") or accounts):
        return
    if vip.get("enabled") is False:
        yield "vip", Text("does not run · " + count(vip.get("sessions"), "session") + " left open", "yellow")
        return
    yield "vip", _numbers(vip)
    for account in vip.get("account_list") or ():
        if account.get("state") not in _IN_ORDER or account.get("connection") not in _AT_WORK:
            yield word(account.get("name", "")), _account(account)


def _numbers(vip: Document) -> Text:
    states = _listed(vip.get("by_state") or {})
    if vip.get("sessions", 0) is None:
        text = Text("sessions not known", "red")
    else:
        text = Text(count(vip.get("sessions", 0), "session") + (f" ({states})" if states else ""))
    unknown = "account_pool" in (vip.get("silent") or ())
    text.append(" · accounts: ")
    text.append(
        "not known" if unknown else _listed(vip.get("accounts") or {}) or "none", "red" if unknown else ""
    )
    if waiting := vip.get("waiting"):
        text.append(f" · {waiting} waiting for one", "yellow")
    if oldest := vip.get("oldest_undelivered"):
        text.append(f" · oldest undelivered message {duration(number(oldest))}")
    return text


def _listed(states: Document) -> str:
    return ", ".join(f"{many} {spoken(word(state))}" for state, many in states.items())


def _account(account: Document) -> Text:
    state, connection = word(account.get("state", "unknown")), account.get("connection")
    text = Text("account ").append(spoken(state), "green" if state in _IN_ORDER else "yellow")
    if connection is not None and connection != account.get("state"):
        text.append(" · ").append(spoken(word(connection)), style(word(connection)))
    if account.get("reason"):
        text.append(f": {word(account['reason'])}")
    return text
