"""The `Threads` port over Discord: private threads below the upgrade channel, and what is in them."""

import contextlib
from collections.abc import Callable, Sequence

import hikari
from attrs import define, field

from actors.vip.ports import (
    Content,
    Forbidden,
    Gone,
    Mark,
    ThreadMessage,
    ThreadStatus,
    Trouble,
)
from actors.vip.relay_values import Part
from daemon.discord.channels import granted
from daemon.discord.link import DiscordLink
from daemon.discord.permissions import RELAYING, missing
from daemon.discord.render import SILENT
from daemon.discord.vip.asking import Archived, Asking
from daemon.discord.vip.authors import Authors
from daemon.discord.vip.marking import Marking
from daemon.discord.vip.places import OpenFile, VIPPlaces
from daemon.discord.vip.posting import Posting
from daemon.discord.vip.reading import find_own, read_history
from daemon.discord.vip.showing import shown_after_edit
from daemon.discord.vip.thread_making import find_made, make_thread
from daemon.discord.vip.thread_messages import is_person, named_roles, thread_message


@define(eq=False)
class DiscordThreads:
    """See `actors.vip.ports.Threads`. One for the process: it goes on when the bot connects again."""

    _link: DiscordLink
    _places: Callable[[], VIPPlaces]
    _open_file: OpenFile
    _asking: Asking = field(init=False)
    _authors: Authors = field(init=False)
    _marking: Marking = field(init=False)
    _posting: Posting = field(init=False)
    _guild: str = field(default="", init=False)
    """The server of all of it, once it is known."""

    def __attrs_post_init__(self) -> None:
        self._asking = Asking(self._link)
        self._authors = Authors(self._asking)
        self._marking = Marking(self._asking)
        self._posting = Posting(self._asking, self._open_file)

    # --- threads --------------------------------------------------------------------------------

    async def missing_permissions(self, guild: str) -> tuple[str, ...]:
        """See `Threads.missing_permissions`. The names are those of Discord's settings."""
        channel, self._guild = self._places().upgrade_channel, guild

        async def ask(rest: hikari.api.RESTClient) -> hikari.Permissions | None:
            return await granted(rest, guild, channel) if channel else None

        found = await self._asking(ask, guild=guild)
        return ("View Channel",) if found is None else tuple(missing(found, RELAYING))

    async def create(self, guild: str, name: str, tag: str) -> str:
        """See `Threads.create`."""
        self._guild = guild
        return await make_thread(self._asking, self._places(), guild, name, tag)

    async def find_created(self, guild: str, tag: str) -> str | None:
        """See `Threads.find_created`."""
        self._guild = guild
        return await find_made(self._asking, self._places(), guild, tag)

    async def add_member(self, thread: str, member: str) -> None:
        """See `Threads.add_member`."""
        await self._asking(lambda rest: rest.add_thread_member(int(thread), int(member)), guild=self._guild)

    async def fetch(self, thread: str) -> ThreadStatus:
        """See `Threads.fetch`."""
        try:
            channel = await self._asking(lambda rest: rest.fetch_channel(int(thread)), guild=self._guild)
        except Gone:
            return ThreadStatus.GONE
        except Forbidden:
            return ThreadStatus.FORBIDDEN
        if not isinstance(channel, hikari.GuildThreadChannel):
            return ThreadStatus.GONE
        self._guild = str(channel.guild_id)
        if not channel.is_archived:
            return ThreadStatus.ALIVE
        return ThreadStatus.LOCKED if channel.is_locked else ThreadStatus.ARCHIVED

    async def close(self, thread: str) -> None:
        """See `Threads.close`. An archived thread takes no other change: it is opened to be locked."""

        async def ask(rest: hikari.api.RESTClient) -> None:
            await rest.edit_channel(int(thread), archived=True, locked=True)

        async def again(rest: hikari.api.RESTClient) -> None:
            await rest.edit_channel(int(thread), archived=False, locked=True)
            await rest.edit_channel(int(thread), archived=True)

        try:
            await self._asking(ask, guild=self._guild)
        except Archived:
            if await self.fetch(thread) is not ThreadStatus.LOCKED:
                await self._asking(again, guild=self._guild)
        except Forbidden:
            with contextlib.suppress(Trouble):  # who made it may do so much
                await self._asking(
                    lambda rest: rest.edit_channel(int(thread), archived=True), guild=self._guild
                )
            raise

    async def remove(self, thread: str) -> None:
        """See `Threads.remove`."""

        async def ask(rest: hikari.api.RESTClient) -> None:
            await rest.delete_channel(int(thread))

        with contextlib.suppress(Gone):
            await self._asking(ask, guild=self._guild)

    async def give_role(self, guild: str, member: str) -> None:
        """See `Threads.give_role`. Where none is configured there is nothing to do."""
        role = self._places().vip_role
        if role:
            await self._asking(
                lambda rest: rest.add_role_to_member(int(guild), int(member), int(role)), guild=guild
            )

    def link(self, guild: str, thread: str) -> str:
        """See `Threads.link`."""
        return f"https://discord.com/channels/{guild}/{thread}"

    # --- messages -------------------------------------------------------------------------------

    async def send(self, thread: str, content: Content, nonce: str, reply_to: str = "") -> str:
        """See `Threads.send`. A file that can't be had any more is told in words in its place.

        Raises also what the other side says of a file's account: `AccountDead`, `Limited`, `WrongEpoch`.
        """
        return await self._posting.send(thread, content, nonce, reply_to, self._guild)

    async def find_sent(self, thread: str, content: Content, nonce: str, after: str) -> str | None:
        """See `Threads.find_sent`. Discord need not tell nonces; those of this life are remembered."""
        known = self._posting.posted(thread, nonce)
        if known is not None:
            return known
        others = self._posting.all_posted(thread)
        own = await self._asking.own_id()
        return await self._asking(
            lambda rest: find_own(rest, int(thread), content, nonce, int(after or 0), own=own, others=others),
            guild=self._guild,
        )

    async def edit(self, thread: str, message: str, content: Content) -> None:
        """See `Threads.edit`. Files stay as they are."""

        async def ask(rest: hikari.api.RESTClient) -> None:
            files = isinstance(content.body, Part) and content.body.files
            present = await rest.fetch_message(int(thread), int(message)) if files else None
            text = shown_after_edit(content, present)
            await rest.edit_message(int(thread), int(message), text or None, **SILENT)

        await self._asking(ask, guild=self._guild)

    async def delete(self, thread: str, message: str) -> None:
        """See `Threads.delete`."""
        try:
            await self._asking(lambda rest: rest.delete_message(int(thread), int(message)), guild=self._guild)
        except Archived:
            raise
        except Gone:
            pass

    async def mark(self, thread: str, message: str, mark: Mark) -> None:
        """See `Threads.mark`: a reaction, 🕓 while it waits, ✅ when it was sent, ❌ when it can't be."""
        await self._marking.show(thread, message, mark, self._guild)

    async def message(self, thread: str, message: str) -> ThreadMessage:
        """See `Threads.message`."""
        found = await self._asking(
            lambda rest: rest.fetch_message(int(thread), int(message)), guild=self._guild
        )
        return await self._told(thread, found, await self._asking.own_id())

    async def history(self, thread: str, after: str, limit: int) -> Sequence[ThreadMessage]:
        """See `Threads.history`. Where the bot may not read it Discord shows none; `Forbidden` is raised."""
        own = await self._asking.own_id()
        found = await self._asking(
            lambda rest: read_history(rest, int(thread), int(after or 0), limit), guild=self._guild
        )
        return [await self._told(thread, message, own) for message in found]

    async def _told(self, thread: str, message: hikari.Message, own: int) -> ThreadMessage:
        if not is_person(message, own):
            return thread_message(message, own)
        author = await self._authors.author(await self._guild_of(thread), str(message.author.id))
        return thread_message(message, own, author, named_roles(message, self._asking.cache()))

    async def _guild_of(self, thread: str) -> str:
        if not self._guild:
            await self.fetch(thread)
        if not self._guild:
            raise Gone("the thread is not there any more")
        return self._guild
