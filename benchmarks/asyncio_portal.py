"""The bridge's alternative, for comparison: the same calls on anyio's blocking portal."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from typing import TypeVar

import trio
from anyio.from_thread import BlockingPortal, start_blocking_portal

T = TypeVar("T")
END_WITHIN = 10.0


class PortalLoop:
    """What `daemon.aio.Loop.call` and `sync` do."""

    def __init__(self, portal: BlockingPortal) -> None:
        self._portal = portal

    async def call(self, function: Callable[..., Awaitable[T]], *args: object) -> T:
        return await self._portal.call_async(function, *args)

    async def sync(self, function: Callable[..., T], *args: object) -> T:
        return await self._portal.call_async(function, *args)


@asynccontextmanager
async def open_portal(name: str) -> AsyncIterator[PortalLoop]:
    """The portal waits for its thread with a lock, so it is opened and closed from a thread of trio's."""
    opening = start_blocking_portal("asyncio", name=f"asyncio {name}")
    portal = await trio.to_thread.run_sync(opening.__enter__)
    try:
        yield PortalLoop(portal)
    finally:
        with trio.move_on_after(END_WITHIN, shield=True):
            await trio.to_thread.run_sync(_close, opening, portal, abandon_on_cancel=True)


def _close(opening: AbstractContextManager[BlockingPortal], portal: BlockingPortal) -> None:
    with suppress(RuntimeError):  # the portal's loop has ended by itself
        portal.call(portal.stop, True)
    opening.__exit__(None, None, None)
