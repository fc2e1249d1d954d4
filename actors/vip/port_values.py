"""The values that cross the ports."""

from enum import StrEnum

from attrs import frozen

from actors.vip.words import Notice


@frozen
class Lease:
    """The right to use a Telegram account; each has an epoch of its own."""

    account: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.account} (epoch {self.epoch})"


@frozen
class Content:
    """What one message is to look like, for whichever side it goes to. Only planner and adapters look in."""

    body: object
    notice: Notice | None = None
    """Instead of a body: something perkd itself says."""
    kind: str = ""
    """What it is made of: a message of one kind can't be edited into one of another."""

    @classmethod
    def say(cls, notice: Notice) -> "Content":
        """A message of perkd's own."""
        return cls(None, notice)


@frozen
class ThreadMessage:
    """A message in a thread."""

    id: str
    author: str
    body: object
    """Text, attachments and so on, for the planner."""
    at: float
    """Unix seconds."""
    roles: frozenset[str] = frozenset()
    """The ids of its author's roles."""
    author_name: str = ""
    person: bool = True
    """False: a bot, a webhook, or Discord itself wrote it."""
    reply_to: str = ""
    version: str = ""
    """Which edit this is; "" as it was first written, later ones compare as greater."""
    command: str = ""
    """`end` or `clear_vip_session`, where it is a command: these are never relayed."""
    argument: str = ""
    """The id of the member the command is about."""


@frozen
class DeskMessage:
    """A message in the chat with the desk, of one account."""

    id: str
    body: object
    at: float
    own: bool = False
    """The account itself wrote it."""
    reply_to: str = ""
    version: str = ""
    """Unix seconds of its last edit: Telegram tells no finer, so that two edits may have the same."""


class ThreadStatus(StrEnum):
    """What fetching a thread says."""

    ALIVE = "alive"
    ARCHIVED = "archived"
    LOCKED = "locked"
    """Archived and locked: closed on purpose."""
    GONE = "gone"
    FORBIDDEN = "forbidden"


class Mark(StrEnum):
    """What a message shows of its way to the other side; a newer mark takes the older one's place."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@frozen
class PlanRequest:
    """A message that is to cross."""

    body: object
    staff: bool = False
    author_name: str = ""
    """Of staff: shown in the mark."""
    late: bool = False


@frozen
class EditSteps:
    """What is done with the messages that stand for one, now that it was edited. Places count from 0."""

    edits: tuple[tuple[int, Content], ...] = ()
    deletes: tuple[int, ...] = ()
    adds: tuple[Content, ...] = ()
