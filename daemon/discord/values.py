"""What crosses between Discord's side and perkd's: who asks, and what is answered. Plain frozen values.

Ids are decimal strings. Texts are as Discord takes them: names and other foreign text in them has gone
through `text.py`, so that nothing pings and nothing breaks out.
"""

from enum import Enum, auto

from attrs import field, frozen


class Right(Enum):
    """How much a person may do. Each may do all that the ones before may."""

    MEMBER = 0
    ADMIN = 1
    """Manage Guild, or one of the configured roles, in the guild it asks from."""
    OWNER = 2
    """Of this perkd: `[discord] owners`."""


@frozen
class Slip:
    """By what an interaction that was acknowledged is answered later, for fifteen minutes."""

    application: str
    interaction: str
    token: str = field(repr=False)
    """Whoever has it can answer."""


@frozen
class Caller:
    """Who used a command or a button, as the event's own member payload tells."""

    member: str
    name: str
    """The name as shown in the guild; foreign text."""
    guild: str
    """"" in a direct message."""
    guild_name: str
    channel: str
    right: Right
    locale: str = "en-US"
    """The language of the member's client."""
    in_thread: bool = False
    """`channel` is a thread."""
    roles: frozenset[str] = frozenset()
    """The ids of the roles it has there."""
    slip: Slip | None = field(default=None, repr=False, eq=False)
    """For an answer that comes in parts; None where nobody waits for one."""


@frozen
class Person:
    """Somebody who was chosen in a command."""

    id: str
    name: str
    """As shown; foreign text."""


class Style(Enum):
    """How a button looks."""

    PRIMARY = auto()
    SECONDARY = auto()
    SUCCESS = auto()
    DANGER = auto()


@frozen
class Button:
    """A button. Its `id` (at most 100 characters) says all that its handler needs, also after a restart."""

    id: str
    label: str
    style: Style = Style.PRIMARY
    disabled: bool = False


@frozen
class Field:
    """A titled part of a card."""

    name: str
    value: str
    inline: bool = False


@frozen
class Card:
    """An embed. What is longer than Discord takes is cut where it is rendered, with a sign of that."""

    title: str = ""
    text: str = ""
    fields: tuple[Field, ...] = ()
    colour: int | None = None
    footer: str = ""
    image: bytes = b""
    """A picture, PNG or JPEG, sent along."""


@frozen
class File:
    """A file that is sent along."""

    name: str
    content: bytes


@frozen
class Reply:
    """An answer to a command or a button."""

    text: str = ""
    cards: tuple[Card, ...] = ()
    buttons: tuple[Button, ...] = ()
    files: tuple[File, ...] = ()


@frozen
class Later:
    """No answer yet: who has the interaction's slip gives it."""


@frozen
class Choice:
    """One suggestion of an autocompletion: what is shown (at most 100 characters), what is taken for it."""

    name: str
    value: str


@frozen
class TextInput:
    """One line of a modal."""

    id: str
    label: str
    placeholder: str = ""
    value: str = ""
    required: bool = True
    longest: int = 100


@frozen
class Modal:
    """A form that opens at once, without a deferral. Its `id` is as a button's."""

    id: str
    title: str
    inputs: tuple[TextInput, ...]
