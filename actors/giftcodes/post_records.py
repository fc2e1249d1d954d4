"""What was posted about codes, where that fails, and what people with rights changed."""

from enum import StrEnum
from typing import ClassVar

from attrs import frozen

from actors.record import Record


class PostKind(StrEnum):
    """What a message is for."""

    CODE = "code"
    """The announcement, with its progress."""
    MENTION = "mention"
    """One that mentions members when the code is done: an edit would not reach them."""


@frozen
class Post(Record):
    """One message about a code in a channel: recorded before it is sent, and complete after.

    While `at` is None it is an intent: whether it was sent is not known. One without `intended_at` was
    refused, and is to be sent again.
    """

    collection: ClassVar[str] = "posts"
    indexed: ClassVar[tuple[str, ...]] = ("game", "guild", "code", "kind")

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
    """A fingerprint of what the message shows now; of one that mentions, of what the members were told of."""
    remade: bool = False
    """Somebody deleted it, and it was made anew; deleted again, it stays away."""
    number: int = 0
    """Of the messages that mention members of the guild, in the order they were made."""
    members: tuple[str, ...] = ()
    """Whom it mentions: each member is told once of a code."""

    @property
    def key(self) -> str:
        """`guild/channel/game/code/activation`, and kind and number where it is no announcement."""
        key = f"{self.guild}/{self.channel}/{self.game}/{self.code}/{self.activation}"
        if self.kind is PostKind.CODE:
            return key
        key = f"{key}/{self.kind.value}"
        return f"{key}/{self.number}" if self.number else key


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
