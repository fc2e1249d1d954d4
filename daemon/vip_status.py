"""How the VIP half stands: what is shown of it, and what is wrong, in sentences. Pure.

Nothing here names a member, a thread or a guild: some of it can be read without a token.
"""

from collections.abc import Iterator
from typing import Protocol

from attrs import define

from actors.vip.account_book import NOT_CONFIGURED
from actors.vip.messages import VIPNumbers
from actors.vip.model import AccountState, VIPAccount
from actors.vip.pool_messages import PoolNumbers
from actors.vip.saga import NOT_TAKEN
from daemon.cli.times import duration
from daemon.status_document import iso
from daemon.telegram.status import NOT_YET

UNDELIVERED_WITHIN = 180.0
"""Seconds that a message may wait before it is told. Flood waits of a minute are ordinary."""
MENDED_WITHIN = 900.0
"""Seconds that an account may take to be cleared before it is told: it is tried every ten minutes or so."""
NO_ANSWER = "no answer"
_NAMED = 5
"""Accounts that are named one by one."""
_MENDS_ITSELF = {AccountState.DRAINING, AccountState.QUARANTINED, AccountState.FLOOD_WAIT}


class Connection(Protocol):
    """How one account's connection stands; see `daemon.telegram.status`."""

    @property
    def name(self) -> str:
        """The account's."""
        ...

    @property
    def state(self) -> str:
        """`connected`, `away` or `dead`."""
        ...

    @property
    def reason(self) -> str:
        """Why it is not connected."""
        ...


@define
class VIPAnswers:
    """What the three parts said of themselves; None: nothing, in time."""

    desk: VIPNumbers | None = None
    pool: PoolNumbers | None = None
    telegram: tuple[Connection, ...] | None = None
    uncounted: bool = False
    """The desk answered, but could not ask the store."""

    @property
    def silent(self) -> list[str]:
        """Those that did not answer."""
        parts = {"desk": self.desk, "account_pool": self.pool, "telegram": self.telegram}
        return [name for name, answer in parts.items() if answer is None]

    @property
    def accounts(self) -> tuple[VIPAccount, ...]:
        """All that the pool knows, by name."""
        if self.pool is None or not self.pool.loaded:
            return ()
        return tuple(sorted(self.pool.accounts, key=lambda account: account.name))

    def connection(self, name: str) -> tuple[str, str]:
        """How an account is connected, and why it is not."""
        if self.telegram is None:
            return NO_ANSWER, ""
        found = next((one for one in self.telegram if one.name == name), None)
        if found is None or (found.state == "away" and found.reason == NOT_YET):
            return "starting", ""
        return found.state, found.reason


# --- what is shown ------------------------------------------------------------------------------


def vip_json(answers: VIPAnswers) -> dict[str, object]:
    """The part `vip` of the status; a number that is not known is None. See docs/commands.md."""
    desk = answers.desk
    pool = answers.pool if answers.pool is not None and answers.pool.loaded else None
    states = {} if desk is None else {state.value: many for state, many in desk.sessions if many}
    accounts = {} if pool is None else {state.value: many for state, many in pool.by_state.items() if many}
    oldest = None if desk is None else desk.oldest_undelivered
    return {
        "enabled": True,
        "sessions": None if desk is None else sum(states.values()),
        "by_state": states,
        "accounts": accounts,
        "waiting": None if pool is None else pool.waiting,
        "oldest_undelivered": None if oldest is None else round(oldest, 1),
        "unanswered": None if desk is None else desk.unanswered,
        "account_list": [_account_json(account, answers) for account in answers.accounts]
        or [_connection_json(one) for one in answers.telegram or ()],
        "silent": answers.silent,
    }


def _account_json(account: VIPAccount, answers: VIPAnswers) -> dict[str, object]:
    connection, why = answers.connection(account.name)
    wanted = account.reason != NOT_CONFIGURED
    return {
        "name": account.name,
        "state": account.state.value,
        "reason": account.reason or (why if wanted else "") or None,
        "connection": connection if wanted else None,
        "since": iso(account.since),
        "until": iso(account.until),
    }


def _connection_json(one: Connection) -> dict[str, object]:
    """An account of which only Telegram's side is known."""
    return {
        "name": one.name,
        "state": NO_ANSWER,
        "reason": one.reason or None,
        "connection": one.state,
        "since": None,
        "until": None,
    }


# --- what is wrong ------------------------------------------------------------------------------


def vip_problems(answers: VIPAnswers, now: float) -> Iterator[str]:
    """What is wrong, each with the way out; `now` in Unix seconds."""
    yield from _silence(answers)
    troubles = list(_accounts(answers, now))
    yield from troubles[:_NAMED]
    if len(troubles) > _NAMED:
        yield f"{len(troubles) - _NAMED} more Telegram accounts are not in order"
    if answers.pool is not None and answers.pool.waiting:
        yield _crowd(answers.pool)
    oldest = None if answers.desk is None else answers.desk.oldest_undelivered
    if oldest is not None and oldest >= UNDELIVERED_WITHIN:
        yield (
            f"a VIP message has been waiting for {duration(oldest)} to be delivered: see whether Discord and "
            "Telegram are connected; the log says what failed"
        )


def _silence(answers: VIPAnswers) -> Iterator[str]:
    if answers.uncounted:
        yield "VIP sessions can't be counted: the store can't be asked"
    elif answers.desk is None:
        yield "the VIP desk does not answer: who presses the button has to wait; the log says why"
    if answers.pool is None:
        yield "the VIP account pool does not answer: nobody is given an account; the log says why"
    elif not answers.pool.loaded:
        yield "the VIP account pool has not been able to read the store yet"
    if answers.telegram is None:
        yield "Telegram's part of perkd does not answer: VIP messages wait; the log says why"


def _accounts(answers: VIPAnswers, now: float) -> Iterator[str]:
    known = {account.name for account in answers.accounts}
    for account in answers.accounts:
        if account.reason != NOT_CONFIGURED:
            yield from _account(account, answers, now)
    for one in answers.telegram or ():
        if one.name not in known and one.state != "connected" and one.reason != NOT_YET:
            yield f"Telegram account {one.name} is {one.state}: {one.reason}"


def _account(account: VIPAccount, answers: VIPAnswers, now: float) -> Iterator[str]:
    name = f"Telegram account {account.name}"
    connection, why = answers.connection(account.name)
    if connection == "dead" or account.state is AccountState.DEAD:
        yield f"{name} is out of use: {_way_in(account.name, why or account.reason)}"
    elif account.state is AccountState.LIMITED:
        again = "" if account.until is None else f"; it is tried again at {iso(account.until)}"
        if account.reason.startswith(NOT_TAKEN):
            yield (
                f"{name} can't be used since {iso(account.since)}: {account.reason}{again}. If the desk has "
                f"blocked it, have it unblocked; then `perkd telegram restore {account.name}`"
            )
            return
        yield (
            f"{name} may not write to others since {iso(account.since)}: {account.reason}{again}. "
            "In its Telegram app @SpamBot tells more; let the desk have it among its contacts"
        )
    elif connection == "away":
        yield f"{name} is not connected: {why}; perkd tries again by itself"
    elif account.state in _MENDS_ITSELF and now - account.since >= MENDED_WITHIN:
        state = account.state.value.replace("_", " ")
        again = "" if account.until is None else f"; tried again at {iso(account.until)}"
        yield f"{name} can't be leased since {iso(account.since)} ({state}): {account.reason}{again}"


def _way_in(name: str, reason: str) -> str:
    login, back = f"perkd telegram login {name}", f"`perkd telegram restore {name}`"
    if login in reason:
        return f"{reason}, then {back}"
    return f"{reason}; `{login}` and {back}, or take it out of [[telegram.accounts]]"


def _crowd(pool: PoolNumbers) -> str:
    states = ", ".join(_counted(state, many) for state, many in pool.by_state.items() if many)
    who = "1 member waits" if pool.waiting == 1 else f"{pool.waiting} members wait"
    return (
        f"{who} for a Telegram account ({states or 'there is none'}): one more account in "
        "[[telegram.accounts]] is one more session at a time"
    )


def _counted(state: AccountState, many: int) -> str:
    return f"{many} {state.value.replace('_', ' ')}"
