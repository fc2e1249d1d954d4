"""How a source is doing: counted in one place, said in the lines operators know, and shown in `status`."""

import logging

from attrs import define, field, frozen
from attrs.validators import ge, gt

from actors.giftcodes.counted import counted
from actors.giftcodes.found import CodesFound
from actors.ports import FoundCode
from supervision import ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull

logger = logging.getLogger(__name__)

RECORD_TIMEOUT = 30.0
"""Seconds the campaign has to record codes. Asking again is safe: a code is recorded once."""
_REPEATED_EVERY = 10


@frozen
class PollerPolicy:
    """How often to ask and how to take failures; `[poller]` and `[[sources]] interval` of the configuration.

    All times in seconds. After `max_consecutive_errors` failed checks in a row the interval is multiplied
    by `error_interval_factor`, until a fetch succeeds.
    """

    interval: float = field(default=10.0, validator=gt(0))
    fetch_attempts: int = field(default=3, validator=ge(1))
    max_consecutive_errors: int = field(default=5, validator=ge(1))
    error_interval_factor: float = field(default=3.0, validator=ge(1))
    health_every: int = field(default=100, validator=ge(1))
    """Checks between two health lines."""
    attempt_wait: float = field(default=1.0, validator=ge(0))
    """Between the first and the second try of one fetch; it grows by as much with each further one."""


@frozen
class PollerStats:
    """How a poller or feed is doing, for `status` and readiness."""

    source: str
    checks: int
    """Completed since the incarnation began, the failed ones included."""
    consecutive_errors: int
    """Failed checks, or lost connections, since the last success."""
    unrecorded: int
    """Times in a row that the campaign did not take the codes."""
    last_ok_at: float | None
    """Unix seconds of the last success; None before the first."""
    last_error: str
    """The newest failure, even when it is over; "" when there was none."""
    codes_seen: int
    """Poller: codes in the newest list. Feed: codes received."""
    interval: float
    """Seconds between two checks as of now, stretched or not."""
    healthy: bool


@define
class SourceHealth:
    """The running count of one source's checks, and what is logged when it changes."""

    source: str
    policy: PollerPolicy
    stretches: bool = True
    """Errors in a row make its interval longer; of a feed they make the waits before a reconnect longer."""
    checks: int = field(default=0, init=False)
    consecutive_errors: int = field(default=0, init=False)
    unrecorded: int = field(default=0, init=False)
    last_ok_at: float | None = field(default=None, init=False)
    last_error: str = field(default="", init=False)
    codes_seen: int = field(default=0, init=False)
    trouble: str = field(default="", init=False)
    """What is wrong beside failed checks and codes that were not recorded; "" = nothing."""

    @property
    def stretched(self) -> bool:
        """So many checks failed in a row that the next ones come later."""
        return self.stretches and self.consecutive_errors >= self.policy.max_consecutive_errors

    @property
    def interval(self) -> float:
        """Seconds until the next check."""
        return self.policy.interval * (self.policy.error_interval_factor if self.stretched else 1.0)

    @property
    def loudness(self) -> int:
        """The level to tell the next failure at: one after so many in a row is no news."""
        known = self.consecutive_errors >= self.policy.max_consecutive_errors
        return logging.DEBUG if known else logging.WARNING

    @property
    def complaint(self) -> str:
        """Why this source is not healthy; "" when it is."""
        if self.consecutive_errors:
            return f"{counted(self.consecutive_errors, 'error')} in a row, the last: {self.last_error}"
        if self.unrecorded:
            return (
                f"its codes were not recorded {counted(self.unrecorded, 'time')} in a row: {self.last_error}"
            )
        return self.trouble

    def succeeded(self, now: float) -> None:
        """The source answered, at unix time `now`."""
        self.last_ok_at = now
        if self.consecutive_errors:
            errors, self.consecutive_errors = self.consecutive_errors, 0
            logger.info(
                "Source %s is back after %s in a row",
                self.source,
                counted(errors, "error"),
                extra={"source": self.source, "consecutive_errors": errors, "interval": self.interval},
            )

    def failed(self, reason: str) -> None:
        """A check failed in all its tries, or a connection was lost."""
        self.last_error = reason
        was_stretched, is_known = self.stretched, self.loudness < logging.WARNING
        self.consecutive_errors += 1
        extra = {
            "source": self.source,
            "consecutive_errors": self.consecutive_errors,
            "interval": self.interval,
            "reason": reason,
        }
        times = counted(self.consecutive_errors, "time")
        if self.stretched and not was_stretched:
            text = "Source %s failed %s in a row: checked every %g s until it is back"
            logger.warning(text, self.source, times, self.interval, extra=extra)
        elif is_known and self.consecutive_errors % _REPEATED_EVERY == 0:
            text = "Source %s is still failing, %s in a row now: %s"
            logger.warning(text, self.source, times, reason, extra=extra)

    def checked(self) -> None:
        """A check is over, however it ended."""
        self.checks += 1
        if self.checks % self.policy.health_every == 0:
            self._say_health()

    async def record(self, campaign: ActorRef, codes: tuple[FoundCode, ...]) -> bool:
        """Have the campaign record `codes`; True when it has. Anything else is said and counted."""
        try:
            answer = await campaign.ask(CodesFound(self.source, codes), timeout=RECORD_TIMEOUT)
        except (AskTimeout, ActorCrashed, ActorDead, MailboxFull) as error:
            self._not_recorded(codes, f"{type(error).__name__}: {error}")
            return False
        if answer is not True:
            self._not_recorded(codes, "the campaign can't record now")
            return False
        if self.unrecorded:
            logger.info("Source %s: its codes are recorded now", self.source, extra={"source": self.source})
        self.unrecorded = 0
        return True

    def _not_recorded(self, codes: tuple[FoundCode, ...], reason: str) -> None:
        self.unrecorded += 1
        self.last_error = reason
        loud = self.unrecorded % _REPEATED_EVERY == 1
        logger.log(
            logging.WARNING if loud else logging.DEBUG,
            "Source %s: %s not recorded yet, to be offered again: %s",
            self.source,
            counted(len(codes), "code"),
            reason,
            extra={"source": self.source, "codes": len(codes), "reason": reason},
        )

    def _say_health(self) -> None:
        extra = {"source": self.source, "checks": self.checks, "healthy": not self.complaint}
        if self.complaint:
            logger.warning(
                "📊 Health check: Gift code poster NOT healthy: source %s: %s. Checks completed: %d",
                self.source,
                self.complaint,
                self.checks,
                extra=extra | {"reason": self.complaint},
            )
        else:
            logger.info(
                "📊 Health check: Gift code poster healthy. Checks completed: %d", self.checks, extra=extra
            )

    def stats(self) -> PollerStats:
        """The counts as a frozen value."""
        return PollerStats(
            source=self.source,
            checks=self.checks,
            consecutive_errors=self.consecutive_errors,
            unrecorded=self.unrecorded,
            last_ok_at=self.last_ok_at,
            last_error=self.last_error,
            codes_seen=self.codes_seen,
            interval=self.interval,
            healthy=not self.complaint,
        )
