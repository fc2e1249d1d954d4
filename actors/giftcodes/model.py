"""The records of the gift-code half: what is stored, and how each is keyed.

All times are unix seconds (UTC) as floats. A record is a frozen value: a change is a new record, made
with `attrs.evolve`, and becomes true when the store has committed it.
"""

from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from actors.record import Record as Record  # noqa: PLC0414 - every record is known by this name here

TERMINAL_GUILD = "terminal"
"""The one guild that exists before Discord is set up: the operator's terminal."""


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


class FailureClass(StrEnum):
    """The class of an answer: it selects the action and the budget that is charged."""

    SUCCESS = "success"
    PERMANENT = "permanent"
    SESSION = "session"
    CAPTCHA = "captcha"
    RATE_LIMITED = "rate_limited"
    TEMPORARY = "temporary"
    UNKNOWN = "unknown"
    PROTOCOL = "protocol_changed"


class Scope(StrEnum):
    """Whom an answer speaks about. `ADDRESS` and `SYSTEM` charge no player."""

    PLAYER = "player"
    CODE = "code"
    ADDRESS = "address"
    SYSTEM = "system"


class Status(StrEnum):
    """The words for answers, as logs and history show them; unknown ones are `UNKNOWN_STATUS_<msg>`."""

    SUCCESS = "SUCCESS"
    ALREADY_RECEIVED = "ALREADY_RECEIVED"
    SAME_TYPE_EXCHANGE = "SAME_TYPE_EXCHANGE"
    EXPIRED = "EXPIRED"
    CDK_NOT_FOUND = "CDK_NOT_FOUND"
    USED = "USED"
    LEVEL_TOO_LOW = "LEVEL_TOO_LOW"
    RECHARGE_MONEY = "RECHARGE_MONEY"
    RECHARGE_MONEY_VIP = "RECHARGE_MONEY_VIP"
    WRONG_STATE = "WRONG_STATE"
    NO_SUCH_PLAYER = "NO_SUCH_PLAYER"
    TOO_FREQUENT = "TOO_FREQUENT"
    TIMEOUT_RETRY = "TIMEOUT_RETRY"
    NOT_LOGIN = "NOT_LOGIN"
    CAPTCHA_FETCH_ERROR = "CAPTCHA_FETCH_ERROR"
    CAPTCHA_EXPIRED = "CAPTCHA_EXPIRED"
    CAPTCHA_WRONG = "CAPTCHA_WRONG"
    RATE_LIMITED = "RATE_LIMITED"
    PROTOCOL_CHANGED = "PROTOCOL_CHANGED"
    UPSTREAM_ERROR = "UPSTREAM_ERROR"
    NETWORK_ERROR = "NETWORK_ERROR"
    CRASHED = "CRASHED"
    """Not an answer: the work crashed its actor until the `crash` budget was spent."""


UNKNOWN_PREFIX = "UNKNOWN_STATUS_"


@frozen(order=True)
class PlayerKey:
    """Who is redeemed for. A player is one (game, fid), however many guilds registered it."""

    game: str
    fid: str

    def __str__(self) -> str:
        return f"{self.game}/{self.fid}"


@frozen(order=True)
class CodeKey:
    """A code of a game, in its exact spelling: codes are case-sensitive."""

    game: str
    code: str

    def __str__(self) -> str:
        return f"{self.game}/{self.code}"


@frozen
class Channel:
    """A place codes are posted to; it is owed codes whose activation began at or after `since`."""

    id: str
    since: float
    games: tuple[str, ...] = ()
    """The games it wants; empty means all."""
    by: str = ""
    """The member who set it up, and is told when it can't be posted to any more; "" nobody."""


@frozen
class Watched:
    """A channel whose messages are read for codes of `game`; those sent at or after `since`."""

    id: str
    game: str
    since: float
    by: str = ""
    """The member who set it up."""


@frozen
class Guild(Record):
    """A community. A higher `priority` is served first."""

    collection: ClassVar[str] = "guilds"

    id: str
    name: str
    priority: int = 0
    channels: tuple[Channel, ...] = ()
    auto_redeem: bool = True
    """Whether codes are redeemed unasked for the players that its members registered."""
    paused: bool = False
    """Nothing is redeemed for players that only this guild, or others that pause, registered."""
    summary: bool = True
    """Whether members who asked for it are mentioned when a code is done."""
    watched: tuple[Watched, ...] = ()

    @property
    def key(self) -> str:
        """The guild's id."""
        return self.id


@frozen
class Player(Record):
    """A player that codes are redeemed for. `state` is the state or kingdom number (`kid`), "" unknown."""

    collection: ClassVar[str] = "players"
    indexed: ClassVar[tuple[str, ...]] = ("game",)

    game: str
    fid: str
    state: str = ""
    name: str = ""
    auto_redeem: bool = True
    added_at: float = 0.0

    @property
    def player_key(self) -> PlayerKey:
        """The (game, fid) pair."""
        return PlayerKey(self.game, self.fid)

    @property
    def key(self) -> str:
        """`game/fid`."""
        return str(self.player_key)

    @property
    def label(self) -> str:
        """What logs call the player: the name, or the fid where none is known."""
        return self.name or self.fid


@frozen
class Registration(Record):
    """Who asked for a player: (guild, member, player). The guild's priority orders the work."""

    collection: ClassVar[str] = "registrations"
    indexed: ClassVar[tuple[str, ...]] = ("guild", "game", "member", "fid")

    guild: str
    member: str
    game: str
    fid: str
    at: float = 0.0
    mention: bool = False
    """The member wants to be mentioned when a code is done for the player."""

    @property
    def key(self) -> str:
        """`guild/member/game/fid`."""
        return f"{self.guild}/{self.member}/{self.game}/{self.fid}"


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
class Call(Record):
    """One request to a game's API, recorded before it leaves.

    The newest calls of a game tell a new life how much of the rate window is spent. `done_at` is None
    until the answer was recorded: such a call may have reached the server at any moment since.
    """

    collection: ClassVar[str] = "calls"
    indexed: ClassVar[tuple[str, ...]] = ("game", "at")

    game: str
    fid: str
    id: str
    at: float
    done_at: float | None = None

    @property
    def key(self) -> str:
        """`game/id`."""
        return f"{self.game}/{self.id}"


@frozen
class Circuit(Record):
    """A game's pause. It outlives a restart, so that a daemon that is restarted does not knock again."""

    collection: ClassVar[str] = "circuits"

    game: str
    reason: str = ""
    """The status word that opened it; "" = closed."""
    until: float = 0.0
    failures: int = 0
    """Failures in a row: each doubles the pause."""
    limit: int | None = None
    """Requests per window as learned from the answers' headers; None = as configured."""

    @property
    def key(self) -> str:
        """The game."""
        return self.game


@frozen
class GameSetup(Record):
    """How a game was last called: where, by which protocol, with which key; as a salted fingerprint.

    When an operator has changed any of it, a pause that the old setup earned is no longer deserved.
    """

    collection: ClassVar[str] = "game_setups"

    game: str
    salt: str
    fingerprint: str

    @property
    def key(self) -> str:
        """The game."""
        return self.game


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


class PostKind(StrEnum):
    """What a message is for."""

    CODE = "code"
    """The announcement, with its progress."""
    MENTION = "mention"
    """The one that mentions members when the code is done: an edit would not reach them."""


@frozen
class Post(Record):
    """One message about a code in a channel: recorded before it is sent, and complete after.

    While `at` is None it is an intent: whether it was sent is not known.
    """

    collection: ClassVar[str] = "posts"
    indexed: ClassVar[tuple[str, ...]] = ("game", "guild", "code")

    guild: str
    channel: str
    game: str
    code: str
    activation: int
    at: float | None = None
    """When it was posted (unix seconds)."""
    kind: PostKind = PostKind.CODE
    intended_at: float | None = None
    """When it was first tried with this nonce."""
    nonce: str = ""
    """With the same nonce a message is made once, if the repetition comes within minutes."""
    message: str = ""
    """The message's id; "" where the channel has none (a terminal), or it is not known."""
    shown: str = ""
    """A fingerprint of what the message shows now."""
    remade: bool = False
    """Somebody deleted it, and it was made anew; deleted again, it stays away."""

    @property
    def key(self) -> str:
        """`guild/channel/game/code/activation`, and its kind where it is no announcement."""
        key = f"{self.guild}/{self.channel}/{self.game}/{self.code}/{self.activation}"
        return key if self.kind is PostKind.CODE else f"{key}/{self.kind.value}"


@frozen
class ChannelTrouble(Record):
    """A channel that can't be posted to: told once to who set it up, shown until it works again."""

    collection: ClassVar[str] = "channel_troubles"
    indexed: ClassVar[tuple[str, ...]] = ("guild",)

    guild: str
    channel: str
    reason: str
    since: float
    told_at: float | None = None

    @property
    def key(self) -> str:
        """`guild/channel`."""
        return f"{self.guild}/{self.channel}"


@frozen
class Audit(Record):
    """Something that a person with rights changed: who, what, when."""

    collection: ClassVar[str] = "audits"
    indexed: ClassVar[tuple[str, ...]] = ("guild", "member", "at")

    id: str
    at: float
    guild: str
    member: str
    """The id of who did it; "" once that member's data was erased."""
    action: str
    """A short name, as `setchannel`."""
    details: str = ""
    """What it was before and is now, in words."""

    @property
    def key(self) -> str:
        """Its id."""
        return self.id


GIFTCODE_RECORDS: tuple[type[Record], ...] = (
    Guild,
    Player,
    Registration,
    Code,
    Redemption,
    Call,
    Circuit,
    GameSetup,
    Post,
    Wish,
    ChannelTrouble,
    Audit,
)
"""Every stored class of this half; see `actors.records`."""
