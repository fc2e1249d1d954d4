"""The circuit of one game: after a failure that is nobody's fault, wait, then try with one call."""

import math
from enum import StrEnum

from attrs import define, field, frozen

from actors.giftcodes.model import Circuit, FailureClass, Scope, Status
from actors.ports import Verdict

LONGEST_TOLD = 86_400.0
"""Seconds a server may pause a game for at most."""

_SHORTEST_TOLD = 1.0
"""A `Retry-After: 0` beside a 429 must not become a busy loop."""

PAUSED_BY_OPERATOR = "PAUSED_BY_OPERATOR"
"""The reason of a pause that a person ordered."""
NO_END = 253_402_300_799.0
"""Until when a pause holds that a person ordered without an end: the last second of the year 9999."""


class Fault(StrEnum):
    """Why a game is paused."""

    SYSTEM = "system"
    """Wrong key, blocked, endpoint gone: needs a person."""
    NETWORK = "network"
    THROTTLED = "throttled"
    """The address's budget is spent (429)."""
    ORDERED = "ordered"
    """A person paused it: no answer lifts or changes that."""


@frozen
class CircuitPolicy:
    """How long a game is paused, in seconds: the first time, and at most after doublings."""

    system_first: float = 60.0
    system_max: float = 3600.0
    network_first: float = 5.0
    network_max: float = 300.0
    throttled_first: float = 60.0
    """Where the server does not tell; a full period of its window."""
    throttled_max: float = 3600.0

    def pause(self, fault: Fault, failures: int, told: float | None = None) -> float:
        """Seconds to wait after the `failures`-th fault in a row; `told` is the server's own word."""
        first, longest = self._bounds(fault)
        if fault is Fault.THROTTLED and told is not None and math.isfinite(told):
            first = min(max(told, _SHORTEST_TOLD), LONGEST_TOLD)
        doublings = min(failures - 1, 40)  # beyond that a float says nothing new
        return float(min(first * 2**doublings, max(longest, first)))

    def _bounds(self, fault: Fault) -> tuple[float, float]:
        match fault:
            case Fault.SYSTEM:
                return self.system_first, self.system_max
            case Fault.NETWORK:
                return self.network_first, self.network_max
            case Fault.THROTTLED | Fault.ORDERED:  # never asked for the latter: a person says how long
                return self.throttled_first, self.throttled_max


def fault_of(verdict: Verdict) -> Fault | None:
    """The fault a verdict speaks of; None for an answer about a player or a code: the game works."""
    match verdict.scope:
        case Scope.SYSTEM:
            return Fault.SYSTEM
        case Scope.ADDRESS if verdict.kind is FailureClass.RATE_LIMITED:
            return Fault.THROTTLED
        case Scope.ADDRESS:
            return Fault.NETWORK
        case _:
            return None


def fault_of_reason(reason: str) -> Fault | None:
    """The fault behind a status word that was recorded; None for "", the closed circuit."""
    match reason:
        case "":
            return None
        case Status.NETWORK_ERROR:
            return Fault.NETWORK
        case Status.RATE_LIMITED:
            return Fault.THROTTLED
        case "PAUSED_BY_OPERATOR":
            return Fault.ORDERED
        case _:
            return Fault.SYSTEM


@define(eq=False)
class Ticket:
    """One call's way through the circuit."""

    opening: int
    """How often the circuit had opened when the call started."""


@define(eq=False)
class Breaker:
    """closed → open until a time → half open (one canary) → closed, or open again for twice as long.

    Failures are counted per opening: calls that were in flight when the circuit opened, and fail as well,
    do not lengthen the pause, unless they bring a graver fault. All times are unix seconds.
    """

    policy: CircuitPolicy = field(factory=CircuitPolicy)
    reason: str = field(default="", init=False)
    """The status word that opened it; "" = closed."""
    fault: Fault | None = field(default=None, init=False)
    until: float = field(default=0.0, init=False)
    failures: int = field(default=0, init=False)
    _openings: int = field(default=0, init=False)
    _canary: Ticket | None = field(default=None, init=False)

    def next_start(self, now: float) -> float:
        """The earliest time a call may start: `now`, later, or inf while the canary is out."""
        if self.fault is None:
            return now
        if now < self.until:
            return self.until
        return now if self._canary is None else math.inf

    def start(self) -> Ticket:
        """A call starts; it is the canary unless the circuit is closed."""
        ticket = Ticket(self._openings)
        if self.fault is not None:
            self._canary = ticket
        return ticket

    def unused(self, ticket: Ticket) -> None:
        """A call ended without telling anything: another one may be the canary."""
        if self._canary is ticket:
            self._canary = None

    def finish(self, ticket: Ticket, verdict: Verdict | None, now: float, told: float | None = None) -> None:
        """A call ended with `verdict` (None: unknown); `told` is its `Retry-After` in seconds."""
        self.unused(ticket)
        if verdict is None:
            return
        fault = fault_of(verdict)
        if fault is None:
            self._answered(ticket)
        elif ticket.opening == self._openings or (self.fault is None and fault is not Fault.NETWORK):
            self._open(fault, verdict.status, now, told)
        elif self.fault is not None:
            self._failed_late(fault, verdict.status, now, told)
        # What is left is a lost connection from before the last canary succeeded: old news.

    def pause(self, until: float) -> None:
        """A person wants no calls before `until`. Calls that are out end; what they bring changes nothing."""
        self.fault, self.reason, self.until = Fault.ORDERED, PAUSED_BY_OPERATOR, until
        self.failures = 1
        self._openings += 1
        self._canary = None

    def close(self) -> None:
        """Let calls through again, and forget the failures."""
        self.reason, self.fault = "", None
        self.until, self.failures = 0.0, 0
        self._canary = None

    def record(self, game: str, limit: int | None = None) -> Circuit:
        """What a restart must know."""
        return Circuit(game, self.reason, self.until, self.failures, limit)

    def restore(self, record: Circuit, now: float) -> None:
        """Go on where an earlier life was. A pause that a wrong clock made endless is cut to a day."""
        self.fault = fault_of_reason(record.reason)
        if self.fault is not None:
            self.reason = record.reason
            ordered = self.fault is Fault.ORDERED
            self.until = record.until if ordered else min(record.until, now + LONGEST_TOLD)
            self.failures = max(1, record.failures)
            self._openings += 1

    def _answered(self, ticket: Ticket) -> None:
        # After a 429 the address stays spent, even if a call that had left before it still gets through; and
        # what a person ordered holds until it is over.
        stays = {Fault.THROTTLED, Fault.ORDERED}
        if self.fault not in stays or ticket.opening == self._openings:
            self.close()

    def _open(self, fault: Fault, reason: str, now: float, told: float | None) -> None:
        self.failures = self.failures + 1 if fault is self.fault else 1
        self.fault, self.reason = fault, reason
        self.until = now + self.policy.pause(fault, self.failures, told)
        self._openings += 1
        self._canary = None

    def _failed_late(self, fault: Fault, reason: str, now: float, told: float | None) -> None:
        if self.fault is Fault.ORDERED or (fault is self.fault and told is None):
            return
        until = now + self.policy.pause(fault, 1, told)
        if until > self.until:
            self.failures = self.failures if fault is self.fault else 1
            self.fault, self.reason, self.until = fault, reason, until
