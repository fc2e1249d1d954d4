"""An account that runs in a test, and what it tells."""

import trio
from attrs import define, field

from daemon.telegram.account import Account, Pace
from daemon.telegram.values import Event

QUICK = Pace(first=0.05, most=0.2, busy=0.05, probe_every=600.0)


@define(eq=False)
class Line:
    """An account that runs, and what it has told so far."""

    account: Account
    told: list[Event] = field(factory=list)
    _more: trio.Event = field(factory=trio.Event)

    async def listen(self) -> None:
        async for event in self.account.events:
            self.told.append(event)
            self._more.set()
            self._more = trio.Event()

    async def wait_for(self, kind: type[Event], count: int = 1) -> Event:
        """The `count`-th event of a kind."""
        while len(found := [event for event in self.told if isinstance(event, kind)]) < count:
            await self._more.wait()
        return found[count - 1]
