"""PublisherActor: the live codes as a numbered feed, for other daemons that want to know what this one found.

Numbers rise, and are taken from the time they are given out: those of a later life, or of another store, are
higher. So whoever comes back with the number it has seen last gets what it lacks, and at worst what it knows.
"""

import logging
from collections.abc import Sequence

import trio
from attrs import define, field, frozen

from actors.giftcodes.announcing_messages import CodesChanged
from actors.giftcodes.model import Code, CodeKey, CodeState
from actors.ports import Clock, Store, StoreUnavailable
from supervision import Actor, Timer

logger = logging.getLogger(__name__)

LOOK_AGAIN = 5.0
"""Seconds until a store that was away is asked again."""
LOOK_ANYWAY = 60.0
"""Seconds after which it is looked at in any case: a message may have been lost."""


@frozen
class Published:
    """A live code and its number in the feed."""

    number: int
    code: Code


@define(eq=False)
class CodeFeed:
    """What is published now. It outlives the actor's incarnations; readers wait on it."""

    last: int = field(default=0, init=False)
    """The highest number given out."""
    _codes: dict[CodeKey, Published] = field(factory=dict, init=False)
    _bell: trio.Event = field(factory=trio.Event, init=False)

    def set(self, live: Sequence[Code], now: float) -> int:
        """Take over the live codes; new ones and new activations get a number. Returns how many did."""
        known, self._codes = self._codes, {}
        new = 0
        for code in sorted(live, key=lambda code: (code.first_seen, code.code)):
            before = known.get(code.code_key)
            if before is not None and before.code.activation == code.activation:
                number = before.number
            else:
                self.last = number = max(self.last + 1, int(now * 1000))
                new += 1
            self._codes[code.code_key] = Published(number, code)
        if new:
            self._bell.set()
            self._bell = trio.Event()
        return new

    def after(self, number: int) -> list[Published]:
        """Those with a higher number, in order; all, where `number` was never given out here."""
        if number > self.last:
            number = 0
        found = [one for one in self._codes.values() if one.number > number]
        return sorted(found, key=lambda one: one.number)

    async def wait(self, number: int) -> None:
        """Wait until there is one with a higher number."""
        while self.last <= number:
            await self._bell.wait()


@define(eq=False)
class PublisherActor(Actor):
    """Keeps the feed as the store is. Told of new codes by the campaign, as the announcer is."""

    _feed: CodeFeed
    _store: Store
    _clock: Clock
    _timer: Timer | None = None

    async def started(self) -> None:
        """Look as soon as can be; the store may still be away."""
        self._look_in(0.0)

    async def receive(self, message: object) -> object:
        """Handle one message."""
        if not isinstance(message, CodesChanged):
            return await Actor.receive(self, message)
        try:
            live = await self._store.find(Code, state=CodeState.LIVE.value)
        except StoreUnavailable as away:
            logger.debug("the codes can't be read yet: %s", away)
            self._look_in(LOOK_AGAIN)
            return None
        self._feed.set(live, self._clock.now())
        self._look_in(LOOK_ANYWAY)
        return None

    def _look_in(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(seconds, CodesChanged())
