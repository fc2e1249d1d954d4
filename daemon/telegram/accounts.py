"""All accounts, on one asyncio loop."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import trio
from attrs import frozen

from daemon.aio import Outlet, open_loop
from daemon.telegram.account import Account, Pace
from daemon.telegram.keeping import SessionKeeping
from daemon.telegram.leases import AccountLeases
from daemon.telegram.values import Application, Event

_WAITING = 200
"""Events that may wait to be taken; then the accounts wait."""


@frozen
class Accounts:
    """The accounts by name, and what happens in them."""

    by_name: Mapping[str, Account]
    events: Outlet[Event]


@asynccontextmanager
async def open_accounts(
    sessions: Iterable[tuple[str, Path]],
    desk: str,
    application: Application,
    *,
    pace: Pace | None = None,
    keeping: SessionKeeping | None = None,
    leases: AccountLeases | None = None,
) -> AsyncIterator[Accounts]:
    """Connect the accounts (names and session files), and keep them connected.

    Events have to be taken, from `events`: what nobody takes holds the accounts up. At the end all
    connections are closed and the session files are let go of.
    """
    async with open_loop("telegram") as loop:
        told: Outlet[Event] = loop.from_asyncio(_WAITING)
        accounts = {
            name: Account(
                name, path, desk, application, loop, told, pace or Pace(), keeping=keeping, leases=leases
            )
            for name, path in sessions
        }
        with told:
            async with trio.open_nursery() as nursery:
                if leases is not None:
                    nursery.start_soon(leases.run)
                for account in accounts.values():
                    nursery.start_soon(account.run)
                yield Accounts(accounts, told)
                nursery.cancel_scope.cancel()
