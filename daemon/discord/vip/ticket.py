"""A ticket: somebody who waits for an answer, and what has been said so far."""

from collections.abc import Callable
from enum import Enum, auto

from attrs import define, field, frozen

from actors.vip.words import Notice, Word
from daemon.discord.locale import say
from daemon.discord.markdown import to_markdown
from daemon.discord.values import Slip
from daemon.vip_wording import notice_words


class Voice(Enum):
    """To whom, and about what, is spoken."""

    CLICK = auto()
    """The button: a newer answer takes the older one's place."""
    OWN = auto()
    """A member ends its own thread: how it begins and ends, without the steps between."""
    STAFF = auto()
    """Staff end, clear or complete a session: step by step."""


@frozen
class Spot:
    """A command that was written: the answer to it is a reply, in its channel."""

    channel: str
    message: str


Where = Slip | Spot


@define(eq=False)
class Ticket:
    """One that is answered. It belongs to trio's thread."""

    id: str
    voice: Voice
    where: Where
    locale: str
    until: float
    """trio's time: no answer can be given later."""
    lines: list[str] = field(factory=list)
    shown: str = ""
    """What Discord shows."""
    reply: str = ""
    """The id of the reply to a written command, once there is one."""
    writing: bool = False
    meanwhile: str = ""
    """Shown until something is said."""

    @property
    def text(self) -> str:
        """What it is to show; "" where nothing was said yet."""
        return "\n".join(self.lines) or self.meanwhile

    def say(self, notice: Notice) -> None:
        """Add what is said; the same step is not told twice."""
        line = _WORDING[self.voice](notice, self.locale)
        if line is None:
            return
        if self.voice is not Voice.STAFF:
            self.lines = [line]
        elif line not in self.lines:
            self.lines.append(line)


_OWN = {
    Word.CLEAR_FOUND: "vip.own.ending",
    Word.CLEAR_DONE: "vip.own.ended",
    Word.CLEAR_NOTHING: "vip.own.nothing",
}
_STEPS = frozenset(word for word in Word if word.name.startswith("CLEAR_")) | {
    Word.ROLE_GIVEN,
    Word.ROLE_FAILED,
}


def _whole(notice: Notice, locale: str) -> str | None:
    return to_markdown(notice_words(notice, locale))


def _own(notice: Notice, locale: str) -> str | None:
    if notice.word in _OWN:
        return say(_OWN[notice.word], locale)
    return None if notice.word in _STEPS else _whole(notice, locale)


_WORDING: dict[Voice, Callable[[Notice, str], str | None]] = {
    Voice.CLICK: _whole,
    Voice.OWN: _own,
    Voice.STAFF: _whole,
}
