"""A daemon that wants a Telegram account's lease."""

import contextlib

import trio
from attrs import define, field

from actors.vip.ports import Unreachable
from daemon.telegram.leases import AccountLeases


@define(eq=False)
class Daemon:
    """One that wants the account `desk-1`, and says when it has it."""

    name: str
    leases: AccountLeases
    had: list[tuple[float, float]] = field(factory=list)
    """From, until."""
    said: list[str] = field(factory=list)
    holds: bool = False

    async def say(self, reason: str) -> None:
        self.said.append(reason)

    async def live(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.leases.run)
            while True:
                with contextlib.suppress(Unreachable):
                    async with self.leases.hold("desk-1", self.say):
                        await self.connect()

    async def connect(self) -> None:
        since, self.holds = trio.current_time(), True
        try:
            await trio.sleep_forever()
        finally:
            self.holds = False
            self.had.append((since, trio.current_time()))
