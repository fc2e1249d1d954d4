"""What a session is told while its histories are being read."""

from collections.abc import Awaitable, Callable

from attrs import define, field

MOST_HELD = 256
"""Events that are kept while the histories are being read; with more, these are read once more."""

Event = Callable[[], Awaitable[None]]


@define(eq=False)
class Told:
    """Holds events back until what came before them is known."""

    live: bool = field(default=False, init=False)
    """All that came before is known: what is told now is done now."""
    _held: list[Event] = field(factory=list, init=False)
    _overflown: bool = field(default=False, init=False)

    def hold(self) -> None:
        """From now on events are held, or read from the histories."""
        self.live = False

    async def take(self, event: Event) -> None:
        """Something happened: do what it asks for, now or when its time has come."""
        if self.live:
            await event()
        elif len(self._held) < MOST_HELD:
            self._held.append(event)
        else:
            self._overflown = True

    async def catch_up(self, read: Callable[[], Awaitable[None]]) -> None:
        """Read what was missed; what happens meanwhile is held, or, where that is too much, read as well."""
        self._overflown = True
        while self._overflown:
            self._held.clear()
            self._overflown = False
            await read()
            while self._held:
                await self._held.pop(0)()
        self.live = True  # no await since the last one was taken: the order is kept
