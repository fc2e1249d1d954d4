"""`v1`: captchas handed out and checked. A captcha is good for one check."""

import random
from collections import deque

from attrs import define, field, frozen

from daemon.simulator.picture import ALPHABET

LENGTH = 4


@frozen
class Captcha:
    """What the picture says and when it was handed out."""

    text: str = field(repr=False)
    at: float


@define
class Captchas:
    """The captchas of one game: throttled, short-lived, reproducible from `seed`."""

    seed: str
    interval: float = 60.0
    """Seconds between two captchas for one player."""
    lifetime: float = 120.0
    """Seconds until a captcha expires."""
    checks: int = 6
    """Checks one player may ask for within `interval`."""
    _last: dict[str, float] = field(factory=dict, init=False)
    _open: dict[str, Captcha] = field(factory=dict, init=False)
    _checked: dict[str, deque[float]] = field(factory=dict, init=False)
    _count: int = field(default=0, init=False)

    def fetch(self, fid: str, now: float) -> Captcha | None:
        """A new captcha for the player; None: it asks too often."""
        if fid in self._last and now < self._last[fid] + self.interval:
            return None
        self._count += 1
        chance = random.Random(f"{self.seed}/{fid}/{self._count}")  # noqa: S311 - must be reproducible
        captcha = Captcha("".join(chance.choices(ALPHABET, k=LENGTH)), now)
        self._last[fid], self._open[fid] = now, captcha
        return captcha

    def peek(self, fid: str) -> Captcha | None:
        """The player's open captcha, for tests and for people who play along."""
        return self._open.get(fid)

    def check(self, fid: str, text: str, now: float) -> str:
        """The row of the answers table that a check ends in, "" where the text is right (in any case)."""
        checked = self._checked.setdefault(fid, deque())
        while checked and checked[0] + self.interval <= now:
            checked.popleft()
        if len(checked) >= self.checks:
            return "CAPTCHA CHECK TOO FREQUENT"
        checked.append(now)
        captcha = self._open.pop(fid, None)
        if captcha is None or now >= captcha.at + self.lifetime:
            return "CAPTCHA EXPIRED"
        return "" if text.upper() == captcha.text else "CAPTCHA CHECK ERROR"
