"""Rate limits that may be waited for and be cancelled: hikari (2.6.0) then waits for ever.

Who is cancelled while it waits leaves its future in the bucket's queue. The task that wakes the queue dies of
it, and nobody starts another; nor is the place given back that it had among those under way. From then on
every request of that route hangs, of that channel at least. perkd cancels often: a deadline, a session's end.
"""

import asyncio

from hikari.impl import buckets
from hikari.impl.rate_limits import BurstRateLimiter


class CancellableBucket(buckets.RESTBucket):
    """As hikari's; who is cancelled leaves nothing behind."""

    __slots__ = ()

    async def acquire(self) -> None:
        """Wait for the turn."""
        # Here, and not in hikari's own method: who waits for this has no place yet that it could give back.
        while self._in_transit >= self.limit:
            async with self._transit_event_lock:
                if self._in_transit >= self.limit:
                    self._transit_complete_event = asyncio.Event()
                    await self._transit_complete_event.wait()
        try:
            await super().acquire()
        except asyncio.CancelledError:
            _forget_the_cancelled(self)
            _forget_the_cancelled(self._global_ratelimit)
            self.release()
            raise


def _forget_the_cancelled(limiter: BurstRateLimiter) -> None:
    limiter.queue[:] = [future for future in limiter.queue if not future.done()]


def use_cancellable_buckets() -> None:
    """Have every bot of this process use them; to be called before one is made."""
    buckets.RESTBucket = CancellableBucket  # type: ignore[misc]
