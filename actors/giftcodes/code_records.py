"""Codes, and what became of each for each player."""

from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from actors.giftcodes.player_records import PlayerKey
from actors.record import Record


class Outcome(StrEnum):
    """What became of one player-code pair."""

    PENDING = "pending"
    REDEEMED = "redeemed"
    ALREADY = "already"
    FAILED = "failed"


class CodeState(StrEnum):
    """Where a code stands. Every state but `LIVE` has ended."""

    LIVE = "live"
    EXPIRED = "expired"
    INVALID = "invalid"
    USED_UP = "used_up"
    RETIRED = "retired"


@frozen(order=True)
class CodeKey:
    """A code of a game, in its exact spelling: codes are case-sensitive."""

    game: str
    code: str

    def __str__(self) -> str:
        return f"{self.game}/{self.code}"


@frozen
class Code(Record):
    """A gift code. `activation` counts its lives: an ended code that works again starts a new one."""

    collection: ClassVar[str] = "codes"
    indexed: ClassVar[tuple[str, ...]] = ("game", "state")

    game: str
    code: str
    state: CodeState = CodeState.LIVE
    source: str = ""
    first_seen: float = 0.0
    expires: float | None = None
    activation: int = 1
    ended_at: float | None = None
    canary_at: float | None = None
    """When an ended code that a source still lists was last tried again."""
    canary: str = ""
    """The fid of who tried it then; "" nobody."""
    rewards: str = ""
    """What it gives, where its source tells."""
    began_at: float | None = None
    """When the present activation began; None: it is the first, and began when the code was first seen."""

    @property
    def live_from(self) -> float:
        """When the present activation began."""
        return self.first_seen if self.began_at is None else self.began_at

    @property
    def code_key(self) -> CodeKey:
        """The (game, code) pair."""
        return CodeKey(self.game, self.code)

    @property
    def key(self) -> str:
        """`game/code`."""
        return str(self.code_key)

    @property
    def trial_key(self) -> str:
        """The key of the redemption in which `canary` tries whether a new activation has begun."""
        return Redemption(self.game, self.canary, self.code, self.activation + 1).key


@frozen
class Spent:
    """Calls of one pair in one round, by the class they ended in; see `[redeem.budgets]`."""

    relogin: int = 0
    login: int = 0
    rate_limited: int = 0
    unknown: int = 0
    temporary: int = 0
    captcha: int = 0
    crash: int = 0
    total: int = 0


@frozen
class Redemption(Record):
    """One player-code pair of one activation: its outcome, or how far it got."""

    collection: ClassVar[str] = "redemptions"
    indexed: ClassVar[tuple[str, ...]] = ("game", "fid", "code", "outcome")

    game: str
    fid: str
    code: str
    activation: int = 1
    outcome: Outcome = Outcome.PENDING
    status: str = ""
    """The last answer's word."""
    attempts: int = 0
    """Calls that asked to redeem, over all rounds and lives."""
    spent: Spent = Spent()
    round: int = 1
    due_at: float = 0.0
    """Not to be tried before; of a failed pair: when a new round begins (see `retries`)."""
    retries: bool = False
    """A failed pair that is taken up again at `due_at`."""
    state: str = ""
    """The player's state number at the last attempt: a corrected one makes a wrong-state pair owed again."""
    first_at: float | None = None
    last_at: float | None = None

    @property
    def player_key(self) -> PlayerKey:
        """The (game, fid) pair."""
        return PlayerKey(self.game, self.fid)

    @property
    def code_key(self) -> CodeKey:
        """The (game, code) pair."""
        return CodeKey(self.game, self.code)

    @property
    def key(self) -> str:
        """`game/code/activation/fid`."""
        return f"{self.game}/{self.code}/{self.activation}/{self.fid}"


@frozen
class Wish(Record):
    """A member asked for one pair by hand: owed also where the player, or its guild, wants no codes unasked.

    A wish that is newer than a failure begins a new round with a fresh budget.
    """

    collection: ClassVar[str] = "wishes"
    indexed: ClassVar[tuple[str, ...]] = ("game", "fid", "code", "member")

    game: str
    fid: str
    code: str
    activation: int
    at: float
    guild: str = ""
    member: str = ""

    @property
    def key(self) -> str:
        """`game/code/activation/fid`, as of the redemption."""
        return f"{self.game}/{self.code}/{self.activation}/{self.fid}"
