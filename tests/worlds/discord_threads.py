"""DiscordThreads over a real bot that is connected to the stand-in Discord."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from actors.vip.ports import Content
from actors.vip.relay_values import File, FileKind, Part, PartKind
from actors.vip.rich_text import plain
from daemon.discord.link import Connection, DiscordLink
from daemon.discord.vip.places import VIPPlaces
from daemon.discord.vip.staff_log import DiscordStaffLog
from daemon.discord.vip.threads import DiscordThreads
from tests.worlds.discord_clients import open_link, until_cached

THREAD = "/channels/*"
MESSAGES = "/channels/*/messages"
MESSAGE = "/channels/*/messages/*"
TAG = "0a1b2c"


def text(words: str) -> Content:
    """A message of text."""
    return Content(Part(text=plain(words)), kind=PartKind.TEXT.value)


def file(name: str = "a.bin", size: int | None = None, **fields: Any) -> File:
    """A file whose source is its name."""
    return File(FileKind.FILE, name, size, name, **fields)


def with_files(*files: File, words: str = "") -> Content:
    """A message of files."""
    return Content(Part(text=plain(words), files=files), kind=PartKind.FILES.value)


@define(eq=False)
class Shelf:
    """Where files are fetched from: bytes, or what is raised, by source."""

    kept: dict[object, bytes | Exception] = field(factory=dict)
    opened: list[object] = field(factory=list)

    async def __call__(self, source: object) -> bytes:
        self.opened.append(source)
        await trio.lowlevel.checkpoint()
        found = self.kept[source]
        if isinstance(found, Exception):
            raise found
        return found


@define(eq=False)
class Stage:
    """A server with an upgrade channel, a channel for staff, and a VIP role."""

    discord: Any
    server: Any
    upgrade: Any
    log: Any
    vip_role: Any
    link: DiscordLink
    connection: Connection
    shelf: Shelf
    places: VIPPlaces

    threads: DiscordThreads = field(init=False)
    staff_log: DiscordStaffLog = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.threads = self.another_life()
        self.staff_log = DiscordStaffLog(self.link, lambda: self.places, self.shelf)

    def another_life(self) -> DiscordThreads:
        """One that remembers nothing."""
        return DiscordThreads(self.link, lambda: self.places, self.shelf)

    async def open(self, name: str = "Ann", tag: str = TAG) -> Any:
        """Make a thread; returns the stand-in's."""
        return self.discord.channels[await self.threads.create(self.server.id, name, tag)]

    async def until_cached(self, *, available: bool) -> None:
        """Wait until the bot has heard of the server what is the case."""
        await until_cached(self.connection, self.server, available=available)


@asynccontextmanager
async def open_stage(discord: Any, *, retries: int = 0) -> AsyncIterator[Stage]:
    """With a new server, of which the bot knows. `retries`: how often hikari asks again."""
    server = discord.add_guild("Snow & Ice")
    upgrade, log = server.add_channel("upgrade"), server.add_channel("vip-log")
    role = server.add_role("VIP")
    places = VIPPlaces(upgrade.id, log.id, role.id, 60)
    async with open_link(discord, retries=retries) as (link, connection):
        stage = Stage(discord, server, upgrade, log, role, link, connection, Shelf(), places)
        await stage.until_cached(available=True)
        yield stage
