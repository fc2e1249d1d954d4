"""What crosses between Telethon and the rest: frozen values. Offsets count UTF-16 units, as Telegram does."""

from enum import StrEnum

from attrs import frozen

from daemon.secrets import Secret


@frozen
class Application:
    """What perkd is to Telegram: the identity from my.telegram.org, and what the account's owner sees."""

    api_id: int
    api_hash: Secret
    version: str
    """perkd's own, shown in the account's list of devices."""


@frozen
class Entity:
    """A piece of text that is formatted, `length` units from `offset`."""

    kind: str
    """The name of Telegram's type, without `MessageEntity`: `Bold`, `TextUrl`, `Pre`."""
    offset: int
    length: int
    value: str = ""
    """Of `TextUrl` the address, of `Pre` the language, of `MentionName` the user's id."""


class MediaKind(StrEnum):
    """What a message carries beside its text."""

    PHOTO = "photo"
    FILE = "file"
    STICKER = "sticker"
    VOICE = "voice"
    VIDEO = "video"
    ROUND_VIDEO = "round_video"
    AUDIO = "audio"
    ANIMATION = "animation"
    LOCATION = "location"
    CONTACT = "contact"
    POLL = "poll"
    OTHER = "other"
    """Something that has no file and no words of its own."""


@frozen
class Media:
    """What is attached. `size` is in bytes; 0 and no name where there is no file to fetch."""

    kind: MediaKind
    name: str = ""
    mime: str = ""
    size: int = 0
    words: str = ""
    """A sticker's emoji, a poll's question, a place's coordinates, a contact's name."""
    seconds: int | None = None
    """How long a recording lasts."""


@frozen
class TelegramMessage:
    """A message in the chat with the desk."""

    id: int
    text: str
    at: float
    """Unix seconds."""
    own: bool = False
    """The account itself wrote it, through perkd or elsewhere."""
    entities: tuple[Entity, ...] = ()
    media: Media | None = None
    reply_to: int | None = None
    """What it answers in this chat; None also where that is in another one."""
    edited_at: float | None = None
    forwarded_from: str | None = None
    """Who wrote it first; "" where only Telegram knows; None: it is not forwarded."""


@frozen
class Upload:
    """A file to be sent."""

    name: str
    data: bytes
    mime: str = "application/octet-stream"
    picture: bool = False
    """Shown as a picture; Telegram compresses it."""


@frozen
class Outgoing:
    """What one message is to look like: at most 4096 units of text, 1024 under a file."""

    text: str
    entities: tuple[Entity, ...] = ()
    upload: Upload | None = None


# --- what happens in an account -----------------------------------------------------------------


@frozen
class Connected:
    """The account is connected, alive, and hears the desk.

    It is the first event of each connection. What was missed meanwhile is in the history, by id: to be read
    before any new message is taken for the next one.
    """

    account: str


@frozen
class Lost:
    """The account is not connected any more; it is tried again."""

    account: str
    reason: str


@frozen
class Died:
    """The account is of no use any more, and is not tried again."""

    account: str
    reason: str


@frozen
class NewMessage:
    """A message in the chat with the desk. After a reconnect one may come that was told before."""

    account: str
    message: TelegramMessage


@frozen
class Edited:
    """A message in the chat with the desk reads differently now."""

    account: str
    message: TelegramMessage


@frozen
class Deleted:
    """Messages are gone. Telegram does not say from which chat: some ids may be of others."""

    account: str
    ids: tuple[int, ...]


Event = Connected | Lost | Died | NewMessage | Edited | Deleted
