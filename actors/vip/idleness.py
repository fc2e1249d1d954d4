"""Warning of, and ending, a session in which nobody writes."""

from collections.abc import Callable

import trio
from attrs import define

from actors.vip.model import EndReason, Side
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
        crossings = (c.at for side in Side for c in self._outbox.of(side)[-1:])
        return max([self._parts.book.live.active_at, *crossings])

    async def run(self) -> None:
        """For as long as the session is open."""
        parts = self._parts
        while (limit := parts.policy.inactivity) > 0:
            active, warned, now = self._active_at(), parts.book.live.warned_at, parts.now()
            if warned is None or warned < active:
                due = active + limit / 2
                if now >= due:
                    await self._warn(limit / 2)
                    continue
            else:
                due = max(active + limit, warned + limit / 2)
                if now >= due:
                    self._end(EndReason.INACTIVE, "", "")
                    break
            await trio.sleep(max(1.0, due - now))
        await trio.sleep_forever()

    async def _warn(self, left: float) -> None:
        parts = self._parts
        notice = Notice.of(Word.INACTIVITY_WARNING, hours=max(1, round(left / 3600)))
        what = f"warning {self._active_at()}"
        after = self._outbox.newest_in_thread() or parts.book.live.welcome
        await patiently(parts.policy, lambda: parts.say(what, notice, doubtful=True, after=after))
        await parts.book.update(warned_at=parts.now())
