"""Warning of, and ending, a session in which nobody writes."""

from collections.abc import Callable

from attrs import define

from actors.vip.model import EndReason
from actors.vip.outbox import Outbox
from actors.vip.parts import SessionParts
from actors.vip.retrying import patiently
from actors.vip.words import Notice, Word


@define(eq=False)
class Idleness:
    """Watches one open session: warned at half time, then ended; never without the warning."""

    _parts: SessionParts
    _outbox: Outbox
    _end: Callable[[EndReason, str, str], None]

    def _active_at(self) -> float:
        return max(self._parts.book.live.active_at, self._outbox.newest_at)

    @property
    def _warned(self) -> bool:
        warned = self._parts.book.live.warned_at
        return warned is not None and warned >= self._active_at()

    @property
    def left(self) -> float:
        """Seconds until there is something to be done; infinite, where silence ends nothing."""
        limit, active = self._parts.policy.inactivity, self._active_at()
        if limit <= 0:
            return float("inf")
        due = active + limit / 2
        if self._warned:
            due = max(active + limit, (self._parts.book.live.warned_at or 0.0) + limit / 2)
        return due - self._parts.now()

    @property
    def has_work(self) -> bool:
        """It is time to warn, or to end."""
        return self.left <= 0

    async def run(self) -> None:
        """Warn, or end."""
        if self._warned:
            self._end(EndReason.INACTIVE, "", "")
        else:
            await self._warn(self._parts.policy.inactivity / 2)

    async def _warn(self, left: float) -> None:
        parts = self._parts
        notice = Notice.of(Word.INACTIVITY_WARNING, hours=max(1, round(left / 3600)))
        what = f"warning {self._active_at()}"
        after = self._outbox.newest_in_thread() or parts.book.live.welcome
        await patiently(parts.policy, lambda: parts.say(what, notice, doubtful=True, after=after))
        await parts.book.update(warned_at=parts.now())
