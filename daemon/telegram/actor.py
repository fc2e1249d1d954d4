"""TelegramActor: keeps the accounts connected, and passes on what happens in them."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import trio
from attrs import define, field, frozen

from daemon.telegram.account import Pace
from daemon.telegram.accounts import open_accounts
from daemon.telegram.desk import Read, Told, as_told
from daemon.telegram.keeping import SessionKeeping
from daemon.telegram.leases import AccountLeases
from daemon.telegram.link import TelegramLink
from daemon.telegram.status import AccountNumbers, ReviveAccount, TelegramStatus
from daemon.telegram.values import Application
from supervision import Actor


@frozen
class TelegramPorts:
    """What the actor is given."""

    link: TelegramLink
    sessions: tuple[tuple[str, Path], ...]
    """The accounts' names and session files."""
    desk: str
    application: Application
    read: Read
    tell: Callable[[Told], Awaitable[None]]
    """Gets what happens, in order; while it takes its time the accounts wait."""
    pace: Pace = Pace()  # noqa: RUF009 - frozen
    keeping: SessionKeeping | None = None
    """Keeps the sessions in the store as well; None: nobody does."""
    leases: AccountLeases | None = None
    """Says when accounts may connect; None: at any time."""


@define(eq=False)
class TelegramActor(Actor):
    """All accounts, on one loop in a thread of its own that ends with the actor.

    It acknowledges its start before they are connected. Networks, bans and Telegram's own faults are no
    crash; a loop that dies is one.
    """

    _ports: TelegramPorts
    _running: trio.CancelScope = field(factory=trio.CancelScope, init=False)
    _over: trio.Event = field(factory=trio.Event, init=False)

    async def started(self) -> None:
        """Begin to connect."""
        self.start_soon(self._run)

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case TelegramStatus():
                return tuple(
                    AccountNumbers(
                        account.name,
                        "dead" if account.dead else "connected" if account.connected else "away",
                        account.reason,
                    )
                    for account in self._ports.link.all()
                )
            case ReviveAccount(name):
                found = [account for account in self._ports.link.all() if account.name == name]
                for account in found:
                    account.revive()
                return bool(found)
            case _:
                return await Actor.receive(self, message)

    async def stopped(self) -> None:
        """Close the connections."""
        self._running.cancel()
        await self._over.wait()

    async def _run(self) -> None:
        ports = self._ports
        try:
            with self._running:
                async with open_accounts(
                    ports.sessions,
                    ports.desk,
                    ports.application,
                    pace=ports.pace,
                    keeping=ports.keeping,
                    leases=ports.leases,
                ) as accounts:
                    ports.link.open(accounts)
                    async for event in accounts.events:
                        told = as_told(event, ports.read)
                        if told is not None:
                            await ports.tell(told)
        finally:
            ports.link.close()
            self._over.set()
