"""The captchas that wait for a person, and who answers them. In trio; knows nothing of messages."""

import unicodedata
from collections import OrderedDict
from enum import Enum, auto

import trio
from attrs import define, field

LONGEST = 32
"""Characters of an answer; the games' captchas have four."""
_REMEMBERED = 200
"""Captchas that were answered, kept so that who comes second learns who was faster."""


class Taken(Enum):
    """What became of an answer."""

    COUNTS = auto()
    EMPTY = auto()
    """It holds nothing that can be seen: the captcha waits on."""
    SECOND = auto()
    """Somebody else was faster."""
    OVER = auto()
    """Nobody waits for it any more: it has expired, or perkd was restarted."""


@define(eq=False)
class _Waiting:
    about: str
    answered: trio.Event = field(factory=trio.Event)
    text: str | None = field(default=None, repr=False)  # never to be seen in a log


@define(eq=False)
class CaptchaDesk:
    """One for the process: solvers open captchas here, the buttons of the messages find them again.

    What waits is known to this life of the process alone: a button from an earlier one is over.
    """

    _waiting: dict[str, _Waiting] = field(factory=dict, init=False)
    _answered: OrderedDict[str, str] = field(factory=OrderedDict, init=False)

    def open(self, id_: str, about: str) -> None:
        """Begin to wait for an answer to the captcha `id_`, which no other has. `about`: whose it is."""
        self._waiting[id_] = _Waiting(about)

    async def wait(self, id_: str) -> None:
        """Wait until somebody has answered the captcha, which is open."""
        await self._waiting[id_].answered.wait()

    def close(self, id_: str) -> str | None:
        """Wait no longer; the answer, where one came."""
        return self._waiting.pop(id_).text

    def is_open(self, id_: str) -> bool:
        """Whether an answer would count."""
        return id_ in self._waiting and self._waiting[id_].text is None

    def about(self, id_: str) -> str:
        """Whose captcha it is; "" where nobody waits for it."""
        return self._waiting[id_].about if id_ in self._waiting else ""

    def answered_by(self, id_: str) -> str:
        """The member whose answer counted; "" where nobody's did, or it is long ago."""
        return self._answered.get(id_, "")

    def answer(self, id_: str, text: str, member: str) -> Taken:
        """Take a member's answer. The first one counts; whether it is right only the game knows."""
        if self.answered_by(id_):
            return Taken.SECOND
        if not self.is_open(id_):
            return Taken.OVER
        cleaned = clean_answer(text)
        if not cleaned:
            return Taken.EMPTY
        waiting = self._waiting[id_]
        waiting.text = cleaned
        self._answered[id_] = member
        while len(self._answered) > _REMEMBERED:
            self._answered.popitem(last=False)
        waiting.answered.set()
        return Taken.COUNTS


def clean_answer(text: str) -> str:
    r"""The answer without white space and hidden characters; case stays, the games may tell it apart.

    >>> clean_answer(" a B\u200b3d\n")
    'aB3d'
    """
    seen = (char for char in text if not char.isspace() and unicodedata.category(char)[0] != "C")
    return "".join(seen)[:LONGEST]
