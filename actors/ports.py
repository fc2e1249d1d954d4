"""The ports: what the actors need of the world. `daemon` has one adapter for each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

from attrs import frozen

from actors.giftcodes.model import Channel, Code, FailureClass, Guild, Player, Record, Scope

R = TypeVar("R", bound=Record)


# --- time ---------------------------------------------------------------------------------------


class Clock(Protocol):
    """Wall-clock time that never steps back within one life of the process."""

    def now(self) -> float:
        """Unix seconds (UTC)."""
        ...


# --- the store ----------------------------------------------------------------------------------


class StoreUnavailable(Exception):  # noqa: N818 - a condition that passes, not a fault
    """The store can't answer now. Whether the batch was committed is unknown; repeating it is safe."""


@frozen
class Put:
    """Write a record, replacing one with the same key."""

    record: Record


@frozen
class Delete:
    """Remove the record with this key; nothing happens where there is none."""

    type: type[Record]
    key: str


Change = Put | Delete


@frozen(order=True)
class Position:
    """A place in the change sequence: batches are numbered within the term of one writer."""

    term: int
    sequence: int

    def __str__(self) -> str:
        return f"batch {self.sequence} of term {self.term}"


class Store(Protocol):
    """A document store: records by key, atomic batches, look-ups by indexed attributes.

    Every method raises `StoreUnavailable` when the store can't answer now.
    """

    async def commit(self, *changes: Change) -> Position:
        """Make all `changes` durable, or none of them. Returns the batch's place in the sequence."""
        ...

    async def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None."""
        ...

    async def find(self, type_: type[R], **equal: str | float | None) -> list[R]:
        """All records whose indexed attributes equal these values, ordered by key."""
        ...


# --- the games' web API -------------------------------------------------------------------------


@frozen
class Verdict:
    """An answer, classified: what it is called, which budget it charges, whom it speaks about."""

    status: str
    kind: FailureClass
    scope: Scope = Scope.PLAYER


@frozen
class RateHint:
    """What an answer's headers say about the address's budget; None where they say nothing."""

    limit: int | None = None
    """`X-RateLimit-Limit`: requests per window."""
    remaining: int | None = None
    """`X-RateLimit-Remaining`."""
    retry_after: float | None = None
    """Seconds until the next request may come (`Retry-After`, or from `X-RateLimit-Reset`)."""


@frozen
class Reply:
    """The outcome of one call to a game's API."""

    verdict: Verdict
    hint: RateHint = RateHint()
    nickname: str = ""
    """The player's name, where the endpoint tells it (`v1` login)."""
    captcha: bytes = b""
    """The picture, of a captcha call that succeeded."""


class GameAPI(Protocol):
    """One game's web API.

    Every method is exactly one HTTP request, and never raises for what the network or the server does:
    that is a verdict.
    """

    needs_login: bool
    needs_captcha: bool

    def refuse(self, player: Player) -> Verdict | None:
        """The verdict on a player that no server could find, known without a call; None: worth asking."""
        ...

    async def login(self, player: Player) -> Reply:
        """`v1`: open the player's session at the server."""
        ...

    async def fetch_captcha(self, player: Player) -> Reply:
        """`v1`: a new captcha for the player."""
        ...

    async def redeem(self, player: Player, code: str, captcha: str = "") -> Reply:
        """Ask to redeem `code` for the player. Repeating it is safe: the server answers `RECEIVED`."""
        ...

    async def probe(self) -> Reply:
        """Ask for the configuration: tells whether host, key and signature are right, changes nothing."""
        ...


class CaptchaSolver(Protocol):
    """Somebody who reads a captcha."""

    async def solve(self, game: str, player: Player, picture: bytes) -> str | None:
        """The text on the picture; None when nobody answered in time. Takes as long as a person takes."""
        ...


# --- where codes come from ----------------------------------------------------------------------


@frozen
class FoundCode:
    """A code as a source lists it: exact spelling, white space and hidden characters already stripped."""

    game: str
    code: str
    expires: float | None = None
    """Unix seconds, where the source tells."""
    rewards: str = ""
    """What it gives, in the source's words, where it tells."""


class SourceError(Exception):
    """A source could not be read: its text says what came instead. Not the same as an empty list."""


class Source(Protocol):
    """A source that is asked again and again (kinds `json`, `rss`, `distribution`)."""

    async def fetch(self) -> Sequence[FoundCode] | None:
        """All codes it lists now; None when nothing changed since the last `accept`. Raises `SourceError`."""
        ...

    def accept(self) -> None:
        """The last fetch's codes are recorded: the next request may be conditional on it."""
        ...


class Feed(Protocol):
    """A source that pushes (kind `websocket`)."""

    def listen(self) -> AbstractAsyncContextManager[AsyncIterator[FoundCode]]:
        """Connect for the length of the block; the iterator yields codes as they come.

        It ends when the peer closes the connection. Connecting, iterating and leaving the block raise
        `SourceError` when the connection fails.
        """
        ...


# --- where codes are posted ---------------------------------------------------------------------


class PostError(Exception):
    """A post did not succeed; its text says why. The code stays owed to the channel."""


class BoardAway(PostError):  # noqa: N818 - what happened
    """Nothing can be posted anywhere now. Whoever keeps the connection says so, and mends it."""


class ChannelGone(PostError):  # noqa: N818 - what happened
    """The channel is not there any more, or may not be written to: a person has to mend that."""


class MessageRefused(PostError):  # noqa: N818 - what happened
    """The board does not take this very message; of others that says nothing."""


class MessageGone(PostError):  # noqa: N818 - what happened
    """The message that was to be edited is not there any more; its channel is."""


@frozen
class Progress:
    """How far one code is for one guild's players. Numbers of players; `total` is the sum of the others."""

    total: int = 0
    redeemed: int = 0
    already: int = 0
    waiting: int = 0
    """Not tried yet, or on their way."""
    retrying: int = 0
    """Tried in vain, and taken up again later."""
    failed: tuple[tuple[str, int], ...] = ()
    """For good: (status word, players), the most frequent first."""
    on_request: bool = False
    """The total is 0, though players are registered: each gets it on request only."""

    @property
    def processed(self) -> int:
        """Those that have an outcome."""
        return self.redeemed + self.already + sum(count for _, count in self.failed)

    @property
    def done(self) -> bool:
        """Nothing more will change by itself."""
        return self.waiting == 0 and self.retrying == 0


@frozen
class Announcement:
    """What a message about a code shows a guild. Equal values look the same."""

    code: Code
    """As it is now: also its state is shown."""
    progress: Progress | None = Progress()
    """None: it is not known yet; the message is edited once it is."""
    auto_redeem: bool = True
    """The guild's players get it unasked."""
    paused: bool = False
    """Nothing is redeemed for the guild now."""


MENTIONED_AT_ONCE = 75
"""Members that one message mentions, at most: at Discord more would not fit beside the text."""


@frozen
class Mention:
    """What members who asked to be mentioned are told when a code is done, in one message."""

    announcement: Announcement
    members: tuple[str, ...]
    """At most `MENTIONED_AT_ONCE`."""


class Board(Protocol):
    """Posts announcements to a guild's channel. Every method raises `PostError` where it did not succeed."""

    async def post(self, guild: Guild, channel: Channel, announcement: Announcement, nonce: str) -> str:
        """Announce the code. Returns the message's id, "" where there is none, once it is posted.

        The same `nonce` (at most 25 characters) within two minutes makes no second message. Raises
        `ChannelGone`, `MessageRefused`.
        """
        ...

    async def edit(self, guild: Guild, channel: Channel, message: str, announcement: Announcement) -> None:
        """Show the announcement in a message that was posted. Raises `MessageGone`, `ChannelGone`."""
        ...

    async def find(
        self, guild: Guild, channel: Channel, sought: Announcement | Mention, since: float
    ) -> str | None:
        """The id of our message that was sent since then; None: there is none.

        It is the announcement of this code and activation, or mentions one of these members for the code.
        """
        ...

    async def mention(self, guild: Guild, channel: Channel, message: str, news: Mention, nonce: str) -> str:
        """Tell members, in answer to `message`, what came of the code. Returns the new message's id.

        The same `nonce` within two minutes makes no second message. Raises `ChannelGone`, `MessageRefused`.
        """
        ...

    async def alert(self, guild: Guild, member: str, text: str) -> None:
        """Tell a member who set something up what has gone wrong with it."""
        ...
