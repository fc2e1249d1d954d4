"""What can be made to go wrong, and the errors of Telegram."""

import re
from typing import Any

import trio
from attrs import define, field

from tests.worlds.telegram.state import Account

_CODES = {
    "AUTH_KEY_DUPLICATED": 406,
    "RANDOM_ID_DUPLICATE": 500,
    "CHAT_WRITE_FORBIDDEN": 403,
    "MESSAGE_DELETE_FORBIDDEN": 403,
}
_UNAUTHORIZED = "AUTH_KEY_(UNREGISTERED|INVALID|PERM_EMPTY)|SESSION_.*|USER_DEACTIVATED.*"


class RefusalError(Exception):
    """An error that Telegram answers with."""

    def __init__(self, message: str, code: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or code_of(message)


def code_of(message: str) -> int:
    """The number that goes with an error's name."""
    if re.fullmatch(_UNAUTHORIZED, message):
        return 401
    if re.fullmatch(r"(FLOOD_|SLOWMODE_|FROZEN_).*", message):
        return 420
    if re.fullmatch(r".*_MIGRATE_\d+", message):
        return 303
    return _CODES.get(message, 500 if "INTERNAL" in message or message.startswith("RPC_") else 400)


@define(eq=False)
class Fault:
    """Meets the next `times` requests (None: each) of a method, of one account or of all."""

    method: str
    times: int | None = 1
    account: Account | None = None
    error: str = ""
    """Answered with this, without doing it."""
    done: bool = True
    """Whether it is done before the answer is lost or held."""
    cut: bool = False
    """The connection is cut instead of an answer."""
    hold: bool = False
    """Answered when `release` is called."""
    met: int = 0
    reached: trio.Event = field(factory=trio.Event)
    """Set when it met the first one."""
    _released: trio.Event = field(factory=trio.Event)

    def meets(self, method: str, account: Account | None) -> bool:
        return (
            self.method in ("*", method)
            and self.account in (None, account)
            and (self.times is None or self.met < self.times)
        )

    def release(self) -> None:
        self.times = 0
        self._released.set()

    async def wait(self) -> None:
        await self._released.wait()


@define(eq=False)
class Faults:
    """The orders of a test. Methods are named as requests are, without `Request`: `SendMessage`."""

    orders: list[Fault] = field(factory=list)
    refuse_connections: bool = False
    """New connections are cut at once."""
    silent: bool = False
    """Whatever comes is read, nothing is answered or done."""
    lose_updates: bool = False
    """Nothing is pushed: clients see a gap, later."""

    def fail(
        self, method: str, error: str, *, times: int | None = 1, account: Account | None = None
    ) -> Fault:
        """Answer with an error: `FLOOD_WAIT_30`, `PEER_FLOOD`."""
        return self._order(Fault(method, times, account, error=error))

    def lose_answer(self, method: str, *, times: int | None = 1, done: bool = True, **fields: Any) -> Fault:
        """Do it (or not), and say nothing; with `cut=True` the connection goes too."""
        return self._order(Fault(method, times, done=done, **fields))

    def hold(self, method: str, *, times: int | None = 1, done: bool = False, **fields: Any) -> Fault:
        """Answer when the test says `release()`."""
        return self._order(Fault(method, times, done=done, hold=True, **fields))

    def clear(self) -> None:
        for order in self.orders:
            order.release()
        self.orders.clear()

    def meet(self, method: str, account: Account | None) -> Fault | None:
        """The order that this request meets, which counts it."""
        for order in self.orders:
            if order.meets(method, account):
                order.met += 1
                order.reached.set()
                return order
        return None

    def _order(self, fault: Fault) -> Fault:
        self.orders.append(fault)
        return fault
