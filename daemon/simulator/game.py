"""One simulated game: its settings, who plays it, and what it remembers."""

from collections.abc import Iterable
from typing import Literal

from attrs import define, evolve, field
from attrs.validators import in_

from daemon.simulator.captchas import Captchas
from daemon.simulator.population import CodeState, SimCode, SimPlayer
from daemon.simulator.sessions import Sessions
from daemon.simulator.windows import Admission, Window, window_of

Protocol = Literal["v1", "v2"]


@define(kw_only=True)
class SimGame:
    """A game as its server sees it. It remembers for ever who redeemed what.

    Set attributes before the first request; `add_player` and `add_code` work at any time.
    """

    name: str
    protocol: Protocol = field(default="v2", validator=in_(("v1", "v2")))
    key: str = field(repr=False)
    """The signing key."""
    captcha: bool = False
    """`v1`: a redemption needs a captcha (WOS did, KS does not)."""

    limit: int = 30
    period: float = 60.0
    """An address may send `limit` requests in `period` seconds."""
    window: Literal["sliding", "fixed"] = field(default="sliding", validator=in_(("sliding", "fixed")))
    hints: bool = True
    """Whether a 429 tells when to come back (`Retry-After`, `X-RateLimit-Reset`)."""
    spacing: float = 3.0
    """Two calls of one player closer than this: `TOO FREQUENT`; 0: no such throttle."""

    sessions: Sessions = field(factory=Sessions)
    captchas: Captchas = field(init=False)

    players: dict[str, SimPlayer] = field(factory=dict, init=False, repr=False)
    codes: dict[str, SimCode] = field(factory=dict, init=False, repr=False)
    redeemed: set[tuple[str, str]] = field(factory=set, init=False, repr=False)
    """(fid, code) of every redemption."""
    _windows: dict[str, Window] = field(factory=dict, init=False, repr=False)
    _admitted: dict[str, float] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.captchas = Captchas(self.name)

    def add_player(self, *players: SimPlayer) -> None:
        """Add players, or replace those with the same fid."""
        self.players.update((player.fid, player) for player in players)

    def add_code(self, *codes: SimCode) -> None:
        """Add codes, or replace those of the same spelling."""
        self.codes.update((code.code, code) for code in codes)

    def remember(self, code: str, fids: Iterable[str]) -> None:
        """These players redeemed the code before the simulator began."""
        self.redeemed.update((fid, code) for fid in fids)

    def admit(self, address: str, now: float) -> Admission:
        """Count a request of the address against its budget."""
        if address not in self._windows:
            self._windows[address] = window_of(self.window, self.limit, self.period)
        return self._windows[address].admit(now)

    def is_throttled(self, fid: str, now: float) -> bool:
        """Whether the player's last call that passed is too near; a call that passes is remembered."""
        if fid in self._admitted and now < self._admitted[fid] + self.spacing:
            return True
        self._admitted[fid] = now
        return False

    def claimed_kinds(self, player: SimPlayer) -> set[str]:
        """The kinds of codes the player has had."""
        had = {self.codes[code].kind for fid, code in self._redemptions_of(player.fid) if code in self.codes}
        return had.union(player.claimed_kinds) - {""}

    def grant(self, player: SimPlayer, code: SimCode) -> None:
        """The player redeems the code."""
        self.redeemed.add((player.fid, code.code))
        if code.uses is not None:
            left = code.uses - 1
            self.codes[code.code] = evolve(code, uses=left, state=CodeState.USED if not left else code.state)

    def _redemptions_of(self, fid: str) -> list[tuple[str, str]]:
        return [(fid, code) for code in self.codes if (fid, code) in self.redeemed]
