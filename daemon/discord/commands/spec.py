"""What a slash command is, as a value: its words, its options, who may use it, and who answers."""

from collections.abc import Awaitable, Callable, Iterable
from enum import Enum, auto

from attrs import field, frozen

from daemon.discord.completing import Suggest
from daemon.discord.values import Choice, Later, Reply, Right

Answer = Callable[..., Awaitable[Reply | Later]]
"""A trio coroutine `(desk, caller, **options)`. Options that were left out are not passed."""


class Kind(Enum):
    """What an option holds, and how it comes to the answer."""

    TEXT = auto()
    """A string."""
    WHOLE = auto()
    """An integer."""
    FLAG = auto()
    """True or false."""
    CHANNEL = auto()
    """A text or announcement channel: its id."""
    MEMBER = auto()
    """Somebody: a `Person`."""
    FILE = auto()
    """An attachment: an `Upload`."""


@frozen
class Option:
    """One option of a command."""

    name: str
    about: str
    kind: Kind = Kind.TEXT
    required: bool = True
    choices: tuple[Choice, ...] = ()
    """Of a text: the only values there are; at most 25."""
    suggest: Suggest | None = None
    """Of a text: suggestions while it is typed; anything else may be typed as well."""
    longest: int | None = None
    """Of a text: characters."""
    least: int | None = None
    most: int | None = None


def _required_first(options: Iterable[Option]) -> tuple[Option, ...]:
    """Discord refuses a command whose required options stand behind others."""
    return tuple(sorted(options, key=lambda option: not option.required))


@frozen
class Command:
    """One slash command."""

    path: str
    """`register`, `players mine`, `manage giftcode setchannel`: at most three words."""
    about: str
    answer: Answer
    options: tuple[Option, ...] = field(default=(), converter=_required_first)
    right: Right = Right.MEMBER
    """Who may use it at all; checked when it is used."""
    in_guild: bool = False
    """It makes sense in a server only."""
    staff: bool = False
    """VIP staff may use it; of others only those of `right`, where that is more than a member's."""

    @property
    def words(self) -> tuple[str, ...]:
        """The path's words."""
        return tuple(self.path.split())
