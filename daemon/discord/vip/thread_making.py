"""Making a private thread, and finding it again. There is one per tag, whatever was repeated on the way."""

import logging
from collections.abc import Sequence
from datetime import timedelta

import hikari

from actors.vip.ports import Gone, Trouble
from daemon.discord.text import clean, cut
from daemon.discord.vip.asking import Asking
from daemon.discord.vip.places import VIPPlaces

logger = logging.getLogger("perkd.discord")

NEUTRAL = "VIP"
LONGEST = 100
SEARCHED = 500
"""Archived threads that are looked through, the youngest first."""


def thread_name(name: str, tag: str) -> str:
    """The name and the tag, in 1 to 100 characters; a neutral name where nothing of it can be seen."""
    room = LONGEST - len(tag) - 1
    return f"{cut(clean(name), room) or NEUTRAL} {tag}"


async def make_thread(asking: Asking, places: VIPPlaces, guild: str, name: str, tag: str) -> str:
    """Returns its id. See `Threads.create`."""
    if not places.upgrade_channel:
        raise Gone("no upgrade_channel is configured")

    async def ask(rest: hikari.api.RESTClient) -> int:
        thread = await rest.create_thread(
            int(places.upgrade_channel),
            hikari.ChannelType.GUILD_PRIVATE_THREAD,
            thread_name(name, tag),
            auto_archive_duration=timedelta(minutes=places.auto_archive_minutes),
            invitable=False,
        )
        return int(thread.id)

    thread = await asking(ask, guild=guild)
    await _remove_others(asking, guild, tag, thread)
    return str(thread)


async def find_made(asking: Asking, places: VIPPlaces, guild: str, tag: str) -> str | None:
    """The id of our thread with this tag; of several, which only repetitions can make, the oldest stays."""
    own = await asking.own_id()

    async def ask(rest: hikari.api.RESTClient) -> list[hikari.GuildThreadChannel]:
        found = await _active(rest, guild, tag, own)
        return found or await _archived(rest, places, tag, own)

    found = await asking(ask, guild=guild)
    if not found:
        return None
    kept = min(found, key=lambda thread: (not _is_empty(thread), thread.id))
    await _remove(asking, guild, found, kept.id)
    return str(kept.id)


async def _active(
    rest: hikari.api.RESTClient, guild: str, tag: str, own: int
) -> list[hikari.GuildThreadChannel]:
    threads = await rest.fetch_active_threads(int(guild))
    return [thread for thread in threads if _is_ours(thread, tag, own)]


async def _archived(
    rest: hikari.api.RESTClient, places: VIPPlaces, tag: str, own: int
) -> list[hikari.GuildThreadChannel]:
    if not places.upgrade_channel:
        return []
    try:
        # Those that the bot is in: it is in each that it has made, and they come in the order of their ids.
        threads = rest.fetch_joined_private_archived_threads(int(places.upgrade_channel)).limit(SEARCHED)
        return [thread async for thread in threads if _is_ours(thread, tag, own)]
    except hikari.NotFoundError:
        return []  # the channel is gone, and its threads with it


def _is_ours(thread: hikari.GuildThreadChannel, tag: str, own: int) -> bool:
    words = (thread.name or "").split()
    private = thread.type is hikari.ChannelType.GUILD_PRIVATE_THREAD
    return private and thread.owner_id == own and words[-1:] == [tag]


async def _remove_others(asking: Asking, guild: str, tag: str, kept: int) -> None:
    """A request that failed is repeated by hikari: what it made before is empty, and nobody is in it."""
    try:
        own = await asking.own_id()
        found = await asking(lambda rest: _active(rest, guild, tag, own), guild=guild)
        await _remove(asking, guild, found, kept)
    except Trouble as error:
        logger.info("Whether a thread was made twice is not known: %s", error)


def _is_empty(thread: hikari.GuildThreadChannel) -> bool:
    """Nobody but the bot is in it."""
    return thread.approximate_member_count <= 1


async def _remove(
    asking: Asking, guild: str, threads: Sequence[hikari.GuildThreadChannel], kept: int
) -> None:
    """Delete the others, but none that people are in."""
    for thread in (int(one.id) for one in threads if one.id != kept and _is_empty(one)):
        logger.info("Thread %s was made by a repeated request; it is removed", thread)

        async def ask(rest: hikari.api.RESTClient, thread: int = thread) -> None:
            await rest.delete_channel(thread)

        try:
            await asking(ask, guild=guild)
        except Trouble as error:
            logger.info("Thread %s could not be removed: %s", thread, error)
