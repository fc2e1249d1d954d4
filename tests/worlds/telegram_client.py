"""The real Telethon in a loop of its own, connected to the stand-in with a session that is signed in."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field
from telethon import TelegramClient, events
from telethon.crypto import AuthKey
from telethon.sessions import MemorySession

from daemon.aio import Loop
from tests.worlds.telegram import DataCentre
from tests.worlds.telegram.state import Account


@define(eq=False)
class Phone:
    """A client as a test uses it: plain Telethon, with Telethon's own settings but for speed."""

    loop: Loop
    client: TelegramClient
    heard: list[Any] = field(factory=list)
    _more: trio.Event = field(factory=trio.Event)

    async def do(self, function: Callable[..., Any], *args: Any, **fields: Any) -> Any:
        return await self.loop.call(lambda: function(*args, **fields))

    async def ask(self, request: Any) -> Any:
        return await self.loop.call(self.client, request)

    async def hear(self, count: int) -> list[Any]:
        """Wait until so many events came."""
        while len(self.heard) < count:
            await self._more.wait()
        return self.heard

    async def take(self, event: Any) -> None:
        self.heard.append(event)
        self._more.set()
        self._more = trio.Event()


@asynccontextmanager
async def open_phone(
    telegram: DataCentre, loop: Loop, account: Account | None, **options: Any
) -> AsyncIterator[Phone]:
    """Connected, and hearing new messages, edits and deletions."""
    session = MemorySession()
    session.set_dc(2, "127.0.0.1", telegram.port)
    if account is not None:
        session.auth_key = AuthKey(telegram.ready_key(account).key)
    options = {"retry_delay": 0, "sequential_updates": True} | options
    client = await loop.sync(lambda: TelegramClient(session, telegram.api_id, telegram.api_hash, **options))
    phone = Phone(loop, client)

    async def hand_over(event: Any) -> None:
        await loop.run_in_trio(phone.take, event)

    for kind in (events.NewMessage, events.MessageEdited, events.MessageDeleted):
        await loop.sync(client.add_event_handler, hand_over, kind())
    await loop.call(client.connect)
    try:
        yield phone
    finally:
        with trio.CancelScope(shield=True):
            await loop.call(client.disconnect)
