"""What happens in VIP threads, on asyncio's side: from hikari's events to what the VIP desk is told."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

import hikari
from attrs import define, field, frozen

from actors.vip.live_threads import LiveThreads
from actors.vip.messages import (
    Member,
    MemberLeft,
    ParentDeleted,
    ThreadDeleted,
    ThreadEdited,
    ThreadEnded,
    ThreadPosted,
)
from actors.vip.model import EndReason
from actors.vip.ports import ThreadMessage
from daemon.aio import Outlet, OutletClosed
from daemon.discord.vip.thread_messages import named_roles, thread_message

MOST_KEPT = 2000
"""Ends that are kept while the outlet is full; all of them would have to come within moments."""

_CLEAR = re.compile(r"\s*!clear_vip_session\b", re.IGNORECASE)


@frozen
class Written:
    """`!clear_vip_session`, written in some channel."""

    guild: str
    channel: str
    message: ThreadMessage


@frozen
class Unsigned:
    """An edit by somebody whose roles Discord did not tell with it."""

    guild: str
    edited: ThreadEdited


InThread = ThreadPosted | ThreadEdited | ThreadDeleted | Unsigned
"""What a thread's history tells as well."""
Lasting = ThreadEnded | ParentDeleted | MemberLeft | Written
"""What no history tells: it is kept, whatever comes."""
Heard = InThread | Lasting

_Listener = Callable[[Any], Coroutine[Any, Any, None]]


@define(eq=False)
class VIPEar:
    """Listens to one bot. All of it belongs to the loop's thread, but `missed` and `due`."""

    _bot: hikari.GatewayBot
    _outlet: Outlet[Heard | None]
    """What is heard, in order; None where there is nothing but `missed` to look at."""
    _live: LiveThreads
    _upgrade_channel: Callable[[], str]
    missed: bool = field(default=True, init=False)
    """Something may have been passed over since this was last set to False, by trio."""
    _sent: int = field(default=0, init=False)
    """Values that went into the outlet."""
    _kept: "deque[tuple[int, Lasting]]" = field(factory=deque, init=False)
    """What did not fit, each with how many values went before it."""
    _away: set[int] = field(factory=set, init=False)
    """Servers in an outage."""
    _listeners: "list[tuple[type[hikari.Event], _Listener]]" = field(factory=list, init=False)

    def listen(self) -> None:
        """Begin."""
        self._listeners = [
            (hikari.GuildMessageCreateEvent, self._on_message),
            (hikari.GuildMessageUpdateEvent, self._on_edit),
            (hikari.GuildMessageDeleteEvent, self._on_delete),
            (hikari.GuildBulkMessageDeleteEvent, self._on_bulk_delete),
            (hikari.GuildThreadUpdateEvent, self._on_thread),
            (hikari.GuildThreadDeleteEvent, self._on_thread_deleted),
            (hikari.ThreadMembersUpdateEvent, self._on_thread_members),
            (hikari.ThreadListSyncEvent, self._on_gap),
            (hikari.GuildChannelDeleteEvent, self._on_channel_deleted),
            (hikari.GuildUnavailableEvent, self._on_guild_away),
            (hikari.GuildAvailableEvent, self._on_guild_back),
            (hikari.ShardReadyEvent, self._on_gap),  # a resumed session is told all that it has missed
        ]
        if self._bot.intents & hikari.Intents.GUILD_MEMBERS:
            self._listeners.append((hikari.MemberDeleteEvent, self._on_member_left))
        for event, listener in self._listeners:
            self._bot.subscribe(event, listener)

    def leave(self) -> None:
        """Listen no more."""
        for event, listener in self._listeners:
            self._bot.unsubscribe(event, listener)
        self._listeners = []

    def due(self, received: int) -> list[Lasting]:
        """What was kept and is in turn now, after so many values were received. Called by trio."""
        found = []
        while self._kept and self._kept[0][0] <= received:
            found.append(self._kept.popleft()[1])
        return found

    # --- messages -------------------------------------------------------------------------------

    async def _on_message(self, event: hikari.GuildMessageCreateEvent) -> None:
        me, channel = self._bot.get_me(), str(event.channel_id)
        written = bool(_CLEAR.match(event.message.content or ""))
        if me is None or event.message.author.id == me.id:
            return
        live = self._live.owner(channel) is not None
        if not (live or written):
            return
        message = thread_message(event.message, me.id, places=named_roles(event.message, self._bot.cache))
        if live:
            self._send(ThreadPosted(channel, message))
        if message.command == "clear_vip_session" and message.person:
            self._send(Written(str(event.guild_id), channel, message))

    async def _on_edit(self, event: hikari.GuildMessageUpdateEvent) -> None:
        me, thread, message = self._bot.get_me(), str(event.channel_id), event.message
        owner = self._live.owner(thread)
        if me is None or owner is None or not message.edited_timestamp:  # a link's preview has come
            return
        if not message.author:
            self._pass_over()  # whose it is the history tells
        elif message.author.id != me.id:
            places = named_roles(message, self._bot.cache)
            edited = ThreadEdited(thread, thread_message(message, me.id, places=places))
            told = message.member or str(message.author.id) == owner.id
            self._send(edited if told else Unsigned(str(event.guild_id), edited))

    async def _on_delete(self, event: hikari.GuildMessageDeleteEvent) -> None:
        self._on_deleted(str(event.channel_id), (str(event.message_id),))

    async def _on_bulk_delete(self, event: hikari.GuildBulkMessageDeleteEvent) -> None:
        self._on_deleted(str(event.channel_id), tuple(map(str, sorted(event.message_ids))))

    def _on_deleted(self, thread: str, messages: tuple[str, ...]) -> None:
        if self._live.owner(thread) is not None:
            self._send(ThreadDeleted(thread, messages))

    # --- threads, their owners, and where they are ----------------------------------------------

    async def _on_thread(self, event: hikari.GuildThreadUpdateEvent) -> None:
        if event.thread.is_archived:
            self._ended(event.thread_id, EndReason.ARCHIVED)

    async def _on_thread_deleted(self, event: hikari.GuildThreadDeleteEvent) -> None:
        self._ended(event.thread_id, EndReason.DELETED)

    async def _on_thread_members(self, event: hikari.ThreadMembersUpdateEvent) -> None:
        owner = self._live.owner(str(event.thread_id))
        if owner is not None and owner.id in map(str, event.removed_member_ids):
            self._ended(event.thread_id, EndReason.LEFT_THREAD)

    def _ended(self, thread: int, reason: EndReason) -> None:
        if self._live.owner(str(thread)) is not None:
            self._send(ThreadEnded(str(thread), reason))

    async def _on_channel_deleted(self, event: hikari.GuildChannelDeleteEvent) -> None:
        if str(event.channel_id) == self._upgrade_channel():
            self._send(ParentDeleted(str(event.guild_id)))

    async def _on_member_left(self, event: hikari.MemberDeleteEvent) -> None:
        self._send(MemberLeft(Member(str(event.guild_id), str(event.user_id))))

    # --- what may have been missed --------------------------------------------------------------

    async def _on_gap(self, _: hikari.Event) -> None:
        self._pass_over()

    async def _on_guild_away(self, event: hikari.GuildUnavailableEvent) -> None:
        self._away.add(event.guild_id)

    async def _on_guild_back(self, event: hikari.GuildAvailableEvent) -> None:
        if event.guild_id in self._away:
            self._away.discard(event.guild_id)
            self._pass_over()

    def _pass_over(self) -> None:
        self.missed = True
        self._send(None)

    def _send(self, value: Heard | None) -> None:
        if self._kept and isinstance(value, Lasting):
            self._keep(value)  # behind those that are kept
            return
        try:
            self._outlet.send_nowait(value)
            self._sent += 1
        except asyncio.QueueFull:
            self._keep(value)
        except OutletClosed:  # who listened has crashed, and the next one has an ear of its own
            self.leave()

    def _keep(self, value: Heard | None) -> None:
        if isinstance(value, Lasting) and len(self._kept) < MOST_KEPT:
            self._kept.append((self._sent, value))
        else:
            self.missed = True
