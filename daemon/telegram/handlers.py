"""Telethon's handlers: they only hand over. What they raised, Telethon would swallow."""

import asyncio
import logging
from collections import deque
from typing import Any

from attrs import define, field
from telethon import events  # type: ignore[import-untyped]
from telethon.tl import types  # type: ignore[import-untyped]

from daemon.aio import Outlet, OutletClosed
from daemon.telegram.chat import is_with
from daemon.telegram.client import Client
from daemon.telegram.reading import read_message
from daemon.telegram.values import Deleted, Edited, Event, NewMessage

logger = logging.getLogger("perkd.telegram")


@define(eq=False)
class Handlers:
    """Of one connection. Nothing is told before `begin`."""

    name: str
    events: Outlet[Event]
    _peer: "asyncio.Future[Any]" = field(factory=lambda: asyncio.get_running_loop().create_future())
    """The desk, once updates may be told."""
    _missed: deque[Any] = field(factory=deque)
    """Updates of differences, not told yet."""
    _turn: asyncio.Lock = field(factory=asyncio.Lock)
    _flushing: "asyncio.Task[None] | None" = None

    def listen(self, client: Client) -> None:
        """Hear everything that comes; before the client connects."""
        client.add_event_handler(self._on_new, events.NewMessage())
        client.add_event_handler(self._on_edited, events.MessageEdited())
        client.add_event_handler(self._on_deleted, events.MessageDeleted())
        client.on_missed = self._on_missed

    def begin(self, peer: Any) -> None:
        """Tell what has come and what comes: `Connected` was told.

        Not earlier: who heard of a new message before reading what was missed would take the new one for
        the next one.
        """
        self._peer.set_result(peer)

    def end(self) -> None:
        """Tell nothing more."""
        if self._flushing is not None:
            self._flushing.cancel()

    async def _on_new(self, event: Any) -> None:
        if is_with(event.message, await self._desk()):
            await self._tell(NewMessage(self.name, read_message(event.message)))

    async def _on_edited(self, event: Any) -> None:
        await self._desk()
        await self._edited(event.message)

    async def _on_deleted(self, event: Any) -> None:
        if event.deleted_ids and event.chat_id is None:
            await self._desk()
            await self._tell(Deleted(self.name, tuple(event.deleted_ids)))

    def _on_missed(self, updates: list[Any]) -> None:
        self._missed += [
            u for u in updates if isinstance(u, types.UpdateEditMessage | types.UpdateDeleteMessages)
        ]
        if self._missed and (self._flushing is None or self._flushing.done()):
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        await self._desk()

    async def _desk(self) -> Any:
        """Wait for `begin`, then tell what was missed: it came before whatever asks."""
        peer = await asyncio.shield(self._peer)
        async with self._turn:
            while self._missed:
                update = self._missed.popleft()
                if isinstance(update, types.UpdateDeleteMessages):
                    await self._tell(Deleted(self.name, tuple(update.messages)))
                else:
                    await self._edited(update.message)
        return peer

    async def _edited(self, message: Any) -> None:
        # A reaction and a link's preview come as edits, too.
        if is_with(message, self._peer.result()) and message.edit_date and not message.edit_hide:
            await self._tell(Edited(self.name, read_message(message)))

    async def _tell(self, told: Event) -> None:
        try:
            await self.events.send(told)
        except OutletClosed:
            logger.debug("Telegram account %s: nobody listens any more", self.name)
