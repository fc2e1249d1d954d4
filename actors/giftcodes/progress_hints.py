"""Telling the announcer that codes have moved: once a second at most, and not at all while nothing moves."""

from collections.abc import Iterable

from attrs import define, field, frozen

from actors.giftcodes.announcing_messages import CodesMoved
from actors.giftcodes.model import CodeKey
from supervision import Actor, ActorDead, ActorRef, MailboxFull, Timer

TELL_EVERY = 1.0
"""Seconds."""


@frozen
class TellMoved:
    """To the campaign itself: tell the announcer what has moved."""


@define(eq=False)
class Hints:
    """What has moved since the announcer was last told."""

    _campaign: Actor
    _announcer: ActorRef
    _pairs: set[tuple[CodeKey, str]] = field(factory=set)
    _guilds: set[str] = field(factory=set)
    _everything: bool = False
    _timer: Timer | None = None

    def moved(self, key: CodeKey, guilds: Iterable[str]) -> None:
        """A code stands elsewhere for these guilds."""
        self._pairs.update((key, guild) for guild in guilds)
        if self._pairs:
            self._arm()

    def guilds_moved(self, guilds: Iterable[str]) -> None:
        """These guilds have other players now."""
        self._guilds.update(guilds)
        if self._guilds:
            self._arm()

    def everything_moved(self) -> None:
        """The campaign has read how everything stands."""
        self._everything = True
        self._arm()

    def tell(self) -> None:
        """Tell it all."""
        self._timer = None
        news = CodesMoved(frozenset(self._pairs), frozenset(self._guilds), self._everything)
        try:
            self._announcer.tell(news)
        except MailboxFull:
            self._arm()
        except ActorDead:
            pass  # its next life looks at everything by itself
        else:
            self._pairs, self._guilds, self._everything = set(), set(), False

    def _arm(self) -> None:
        if self._timer is None:
            self._timer = self._campaign.after(TELL_EVERY, TellMoved())
