"""The poller: asks one source again and again, and has the campaign record what it lists."""

import logging
from itertools import count

import trio
from attrs import define, field, frozen

from actors.giftcodes.source_health import PollerPolicy, PollerStats, SourceHealth
from actors.ports import Clock, FoundCode, Source, SourceError
from supervision import Actor, ActorRef, Timer

__all__ = ["PollNow", "PollerActor", "PollerPolicy", "PollerStats", "PollerStatus", "Reload"]

logger = logging.getLogger(__name__)

REPEAT_AFTER = 3600.0
"""Seconds after which an unchanged list is reported again.

An ended code that is still listed deserves another try by one player, once a day at most: for that the
campaign must hear of it, though nothing changed.
"""

MAX_IN_HAND = 1000
"""Codes kept while the campaign can't record. What is listed still comes again anyway."""


@frozen
class Reload:
    """Go on with this policy."""

    policy: PollerPolicy


@frozen
class PollNow:
    """Check now instead of when the interval is over. A check that is under way counts."""


@frozen
class PollerStatus:
    """Asks for `PollerStats`. It is answered at once, also during a check."""


@frozen
class Check:
    """The interval is over."""


@define(eq=False)
class PollerActor(Actor):
    """Checks one source every `policy.interval` seconds.

    A fetch that fails is tried again; a check whose tries all failed counts as one error. Only after the
    campaign has recorded a list does the source hear `accept`: until then every check fetches all again,
    so that no code is lost between being found and being recorded.

    A source that is down is not an empty list, and an empty list ends no code: neither is reported.

    The check runs beside the mailbox, so that questions are answered while a fetch waits. What was
    accepted is known to this incarnation and its source alone: the factory makes a new `Source` for each.
    """

    name: str
    """The source's, as in the configuration."""
    _source: Source
    _campaign: ActorRef
    _clock: Clock
    _policy: PollerPolicy = field(factory=PollerPolicy)
    _health: SourceHealth = field(init=False)
    _accepted: tuple[FoundCode, ...] | None = field(default=None, init=False)
    _reported_at: float = field(default=0.0, init=False)
    _in_hand: tuple[FoundCode, ...] = field(default=(), init=False)
    """Found and not recorded. The source may have dropped them from its list since."""
    _timer: Timer | None = field(default=None, init=False)
    _checking: bool = field(default=False, init=False)

    def __attrs_post_init__(self) -> None:
        """Begin counting."""
        self._health = SourceHealth(self.name, self._policy)

    async def started(self) -> None:
        """The first check comes at once."""
        self._schedule(0.0)

    async def receive(self, message: object) -> object:
        """Check, or answer how it is going."""
        match message:
            case Check() | PollNow():
                self._begin_check()
            case Reload(policy):
                self._reload(policy)
            case PollerStatus():
                return self._health.stats()
            case _:
                return await super().receive(message)
        return None

    # --- the schedule ---------------------------------------------------------------------------

    def _schedule(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(delay, Check())

    def _begin_check(self) -> None:
        if self._checking:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._checking = True
        self.start_soon(self._check)

    def _reload(self, policy: PollerPolicy) -> None:
        self._health.policy = policy
        if not self._checking:
            self._schedule(self._delay())

    def _delay(self) -> float:
        """Codes in hand are not left lying for a whole interval, unless the source is in trouble as well."""
        if self._health.unrecorded and not self._health.consecutive_errors:
            return min(self._health.interval, self._health.policy.attempt_wait * self._health.unrecorded)
        return self._health.interval

    # --- one check ------------------------------------------------------------------------------

    async def _check(self) -> None:
        try:
            codes = await self._fetch()
        except SourceError as error:
            self._health.failed(str(error))
            await self._offer(())  # what is in hand need not wait for the source to be back
        else:
            self._health.succeeded(self._clock.now())
            await self._report(codes)
        self._health.checked()
        self._checking = False
        self._schedule(self._delay())

    async def _fetch(self) -> tuple[FoundCode, ...] | None:
        """The list, or None where it is unchanged. Raises the last try's `SourceError`."""
        for attempt in count(1):
            try:
                codes = await self._source.fetch()
            except SourceError as error:
                self._say_failed(attempt, str(error))
                if attempt >= self._health.policy.fetch_attempts:
                    raise
                await trio.sleep(self._health.policy.attempt_wait * attempt)
            else:
                if codes is None:
                    return None
                self._say_fetched(attempt, tuple(codes))
                return tuple(codes)
        raise AssertionError("unreachable: the loop ends by return or raise")

    async def _report(self, codes: tuple[FoundCode, ...] | None) -> None:
        listed = (self._accepted or ()) if codes is None else codes
        is_due = not self._is_known(listed) or self._repeat_is_due()
        if not await self._offer(listed if is_due else ()):
            return
        if is_due:
            self._reported_at = trio.current_time()
        self._accepted = listed
        self._source.accept()

    async def _offer(self, codes: tuple[FoundCode, ...]) -> bool:
        """Have these codes recorded, and those in hand; True when none is left in hand."""
        offered = tuple(dict.fromkeys((*self._in_hand, *codes)))
        if not offered or await self._health.record(self._campaign, offered):
            self._in_hand = ()
            return True
        self._in_hand = offered[:MAX_IN_HAND]
        return False

    def _is_known(self, codes: tuple[FoundCode, ...]) -> bool:
        return self._accepted is not None and frozenset(codes) == frozenset(self._accepted)

    def _repeat_is_due(self) -> bool:
        return trio.current_time() - self._reported_at >= REPEAT_AFTER

    # --- the lines operators know ---------------------------------------------------------------

    def _say_fetched(self, attempt: int, codes: tuple[FoundCode, ...]) -> None:
        self._health.codes_seen = len(codes)
        # A source without validators sends its list again every ten seconds; while nothing can be recorded
        # every source does: that is no news.
        waits = bool(self._in_hand) and frozenset(codes) <= frozenset(self._in_hand)
        logger.log(
            logging.DEBUG if waits or self._is_known(codes) else logging.INFO,
            "Successfully fetched %d gift codes (attempt %d)",
            len(codes),
            attempt,
            extra={"source": self.name, "codes": len(codes), "attempt": attempt},
        )

    def _say_failed(self, attempt: int, reason: str) -> None:
        attempts = self._health.policy.fetch_attempts
        loudness = self._health.loudness
        logger.log(
            loudness if attempt >= attempts else min(loudness, logging.INFO),
            "Fetching gift codes from %s failed (attempt %d/%d): %s",
            self.name,
            attempt,
            attempts,
            reason,
            extra={"source": self.name, "attempt": attempt, "attempts": attempts, "reason": reason},
        )
