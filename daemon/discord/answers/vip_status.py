"""How the VIP half is doing, in words: from the part `vip` of the daemon's status."""

from collections.abc import Iterable, Mapping
from typing import Any

from daemon.discord.answers.lists import fitting
from daemon.discord.locale import has, say, say_count
from daemon.discord.text import plain
from daemon.discord.values import Card, Field

_WELL = frozenset({"free", "leased"})
_FIELD = 1000
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_LONGEST_REASON = 200


def status_card(status: Mapping[str, Any], locale: str, *, blocked: int = 0) -> Card:
    """Sessions and accounts by state, who waits, accounts that are out, and how many members are blocked."""
    sessions = _by_state(status.get("by_state") or {}, "vip.state", locale)
    accounts = _by_state(status.get("accounts") or {}, "vip.account_state", locale)
    lines = [
        say_count("vip.status.waiting", waiting, locale)
        if (waiting := int(status.get("waiting") or 0))
        else say("vip.status.waiting.none", locale),
        _undelivered(status.get("oldest_undelivered"), locale),
    ]
    if unanswered := int(status.get("unanswered") or 0):
        lines.append(say_count("vip.status.unanswered", unanswered, locale))
    if blocked:
        lines.append(say_count("vip.status.blocked", blocked, locale))
    out = [_account(one, locale) for one in status.get("account_list") or () if _is_out(one)]
    fields = (
        Field(say("vip.status.sessions", locale), sessions or say("vip.status.no_sessions", locale)),
        Field(
            say("vip.status.accounts", locale),
            "\n".join(
                [
                    accounts or say("vip.status.no_accounts", locale),
                    *([fitting(out, locale, room=_FIELD - len(accounts))] if out else []),
                ]
            ),
        ),
    )
    return Card(title=say("vip.status.title", locale), text="\n".join(lines), fields=fields)


def _by_state(counts: Mapping[str, int], words: str, locale: str) -> str:
    some: Iterable[tuple[str, int]] = ((state, count) for state, count in counts.items() if count)
    return ", ".join(
        say("vip.status.count", locale, count=count, state=_state(state, words, locale))
        for state, count in some
    )


def _state(state: str, words: str, locale: str) -> str:
    return say(f"{words}.{state}", locale) if has(f"{words}.{state}") else plain(state)


def _undelivered(seconds: float | None, locale: str) -> str:
    if seconds is None:
        return say("vip.status.delivered", locale)
    return say("vip.status.undelivered", locale, age=_age(seconds))


def _is_out(account: Mapping[str, Any]) -> bool:
    return account.get("state") not in _WELL or account.get("connection") not in (None, "", "connected")


def _account(account: Mapping[str, Any], locale: str) -> str:
    connection = account.get("connection")
    states = [_state(str(account.get("state")), "vip.account_state", locale)]
    if connection not in (None, "", "connected"):
        states.append(_state(str(connection), "vip.connection", locale))
    reason = plain(str(account.get("reason") or ""), _LONGEST_REASON)
    return say(
        "vip.status.account",
        locale,
        name=plain(str(account.get("name"))),
        state=", ".join(dict.fromkeys(states)),
        reason=f" ({reason})" if reason else "",
    )


def _age(seconds: float) -> str:
    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
