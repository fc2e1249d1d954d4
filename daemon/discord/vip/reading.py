"""Reading a thread's history. On asyncio's side."""

from collections.abc import Collection

import hikari

from actors.vip.ports import Content, Forbidden
from daemon.discord.channels import granted
from daemon.discord.vip.showing import looks_like

SEARCHED = 1000
"""Messages that are looked through for ours, the newest first."""


async def read_history(
    rest: hikari.api.RESTClient, thread: int, after: int, limit: int
) -> list[hikari.Message]:
    """What was written after that message, oldest first. Raises `Forbidden`, and what hikari raises."""
    found = [message async for message in rest.fetch_messages(thread, after=after).limit(limit)]
    if not found:
        await _must_be_empty(rest, thread, after)
    return found


async def find_own(
    rest: hikari.api.RESTClient,
    thread: int,
    content: Content,
    nonce: str,
    after: int,
    *,
    own: int,
    others: Collection[str],
) -> str | None:
    """Our message with this nonce, or the newest that tells none and shows the content.

    `others`: ids of ours that have other nonces. Raises `Forbidden`, and what hikari raises.
    """
    empty = True
    known = content.body is not None or content.notice is not None
    async for message in rest.fetch_messages(thread).limit(SEARCHED):
        empty = False
        if message.id <= after:
            break
        if message.author.id != own or str(message.id) in others:
            continue
        if message.nonce:
            if str(message.nonce) == nonce:
                return str(message.id)
        elif known and looks_like(message, content):
            return str(message.id)
    if empty:
        await _must_be_empty(rest, thread, after)
    return None


async def _must_be_empty(rest: hikari.api.RESTClient, thread: int, after: int) -> None:
    """Raise `Forbidden` where there is something, and the bot may not read it: Discord shows nothing then."""
    channel = await rest.fetch_channel(thread)
    if not isinstance(channel, hikari.GuildThreadChannel) or (channel.last_message_id or 0) <= after:
        return
    rights = await granted(rest, str(channel.guild_id), str(channel.parent_id))
    if rights is None or not rights & hikari.Permissions.READ_MESSAGE_HISTORY:
        raise Forbidden("perkd lacks Read Message History in the thread's channel")
