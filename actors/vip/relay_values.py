"""What is relayed, as values: a message of either side, and the messages that are made of it on the other."""

from collections.abc import Callable
from enum import StrEnum

from attrs import frozen

from actors.vip.rich_text import NOTHING, RichText
from actors.vip.splitting import text_units


class Role(StrEnum):
    """Who wrote a message, as far as the relay cares."""

    OWNER = "owner"
    """The member whose session it is."""
    STAFF = "staff"
    DESK = "desk"
    OWN = "own"
    """perkd itself."""
    OTHER = "other"


class FileKind(StrEnum):
    """What an attached file is to people."""

    FILE = "file"
    PICTURE = "picture"
    VIDEO = "video"
    AUDIO = "audio"
    ANIMATION = "animation"
    VOICE = "voice"
    ROUND_VIDEO = "round_video"
    STICKER = "sticker"


class ThingKind(StrEnum):
    """What is no text and no file."""

    POLL = "poll"
    LOCATION = "location"
    CONTACT = "contact"
    OTHER = "other"


@frozen
class File:
    """Something attached."""

    kind: FileKind
    name: str = ""
    size: int | None = None
    """Bytes; None: not known."""
    source: object = None
    """What the adapter fetches it with; None: it can't be had as a file, and is told in words."""
    words: str = ""
    """A sticker's name or emoji."""
    seconds: int | None = None
    """How long a voice message lasts."""
    hidden: bool = False
    """Shown after a click only."""


@frozen
class Thing:
    """A poll, a place, … in the words that can be seen of it."""

    kind: ThingKind
    words: RichText = NOTHING


@frozen
class Incoming:
    """A message as it was written on one side: the `body` that ports and planner hand to one another."""

    text: RichText = NOTHING
    files: tuple[File, ...] = ()
    things: tuple[Thing, ...] = ()
    at: float = 0.0
    """Unix seconds."""
    edited_at: float | None = None
    """None: never; a link's preview was added, at most."""
    reply_to: str = ""
    """The id of the answered message, on its own side."""
    forwarded_from: str | None = None
    """Who wrote it first; "" where that is hidden; None: it is not forwarded."""
    role: Role = Role.OTHER
    name: str = ""
    """Of who wrote it."""


class Say(StrEnum):
    """What perkd puts in words itself, as the ids of texts; their values are named in each one's line."""

    STAFF = "vip.mark.staff"
    """name"""
    MEMBER = "vip.mark.member"
    """name: where a member's text could be taken for staff's"""
    LATE = "vip.mark.late"
    """at"""
    FORWARDED = "vip.mark.forwarded"
    """name"""
    FORWARDED_HIDDEN = "vip.mark.forwarded_hidden"
    MORE = "vip.mark.more"
    """In front of what an edit added."""
    VOICE = "vip.file.voice"
    """seconds"""
    ROUND_VIDEO = "vip.file.round_video"
    """seconds"""
    STICKER = "vip.file.sticker"
    """words"""
    TOO_LARGE = "vip.file.too_large"
    """name, size, limit: where it did not arrive"""
    TOO_LARGE_BACK = "vip.file.too_large_back"
    """name, size, limit: where it was sent"""
    NO_FILE = "vip.file.absent"
    """kind, name: where it did not arrive"""
    NO_FILE_BACK = "vip.file.absent_back"
    """kind, name: where it was sent"""
    POLL = "vip.thing.poll"
    LOCATION = "vip.thing.location"
    CONTACT = "vip.thing.contact"
    OTHER = "vip.thing.other"


@frozen
class Said:
    """One of these texts and its values; it takes `SAID_UNITS` at most."""

    text: Say
    values: tuple[tuple[str, str | int | float], ...] = ()

    @classmethod
    def of(cls, text: Say, **values: str | float) -> "Said":
        """A text with its values by name."""
        return cls(text, tuple(sorted(values.items())))


SAID_UNITS = 240
"""The room a `Said` is given, in the units of its side: texts and values are kept that short."""


class PartKind(StrEnum):
    """What a message is made of; one kind can't be edited into the other."""

    TEXT = "text"
    FILES = "files"


@frozen
class Part:
    """One message on the other side: lines of perkd's own, the text, files, more lines."""

    before: tuple[Said, ...] = ()
    text: RichText = NOTHING
    files: tuple[File, ...] = ()
    after: tuple[Said, ...] = ()
    reply_to: str = ""
    """The id of the answered message, on the side it was written on."""

    @property
    def kind(self) -> PartKind:
        """Whether it has files."""
        return PartKind.FILES if self.files else PartKind.TEXT


@frozen
class Limits:
    """What a message of the side that is written to can hold."""

    text: int
    """In the units of `measure`."""
    caption: int
    """The same, of text beside files."""
    file: int
    """Bytes of one file."""
    files: int
    """In one message."""
    request: int
    """Bytes of all files in one message."""
    measure: Callable[[RichText], int] = text_units


class Skip(StrEnum):
    """Why a message stays on its side."""

    COMMAND = "command"
    STRANGER = "stranger"
    """Neither the owner's nor staff's nor the desk's."""
    OWN = "own"
    PREVIEW = "preview"
    """It was not edited: a link's preview was added."""


@frozen
class Plan:
    """What becomes of a message."""

    parts: tuple[Part, ...] = ()
    """Messages to be sent, in this order; none: see `skipped`."""
    back: tuple[Said, ...] = ()
    """What is said to who wrote it, on its own side."""
    skipped: Skip | None = None


@frozen
class EditPlan:
    """What becomes of an edit. Places count the messages that were made of it, from 0."""

    edits: tuple[tuple[int, Part], ...] = ()
    adds: tuple[Part, ...] = ()
    deletes: tuple[int, ...] = ()
    back: tuple[Said, ...] = ()
    skipped: Skip | None = None
