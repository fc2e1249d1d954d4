"""Whether this host's clock is right, by the `Date` of the answers that `perkd check` gets anyway."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from statistics import median

import httpx
from attrs import define, field

from daemon.finding import Finding

MOST = 30.0
"""Seconds of difference that are no fault: calls are signed with the time, and retries are timed by it."""


@define
class ClockCheck:
    """Hears every answer. `now`: unix seconds."""

    now: Callable[[], float] = time.time
    _ahead: list[float] = field(factory=list, init=False)
    """Seconds that our clock is ahead of each server's."""

    async def note(self, response: httpx.Response) -> None:
        """Compare; for a client's `event_hooks`. An answer without a date that makes sense is passed over."""
        try:
            date = parsedate_to_datetime(response.headers["date"]).timestamp()
        except (KeyError, ValueError, TypeError, OverflowError):
            return
        self._ahead.append(self.now() - date)

    def finding(self) -> Finding:
        """What came of it. The middle difference counts: one wrong server does not make ours wrong."""
        what = "clock"
        if not self._ahead:
            return Finding(what, well=True, text="not compared: nothing that was asked told the time")
        ahead = median(self._ahead)
        if abs(ahead) <= MOST:
            return Finding(what, well=True, text=f"within {max(1.0, abs(ahead)):.0f} s of the others'")
        way = "ahead of" if ahead > 0 else "behind"
        return Finding(
            what,
            well=False,
            text=f"{abs(ahead):.0f} s {way} the others': games may refuse what is signed with a wrong time",
            way_out="have this host's clock set by NTP (timedatectl set-ntp true)",
        )
