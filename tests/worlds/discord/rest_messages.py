"""Routes about messages of channels and threads."""

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.messages import MessageState
from tests.worlds.discord.permissions import Permission
from tests.worlds.discord.places import ChannelState
from tests.worlds.discord.rest_call import Call, Json, Routes, require
from tests.worlds.discord.sending import edit, send

ROUTES = Routes()
MESSAGES = "/channels/{channel}/messages"
MESSAGE = "/channels/{channel}/messages/{message}"


@ROUTES.on("POST", MESSAGES)
async def post_message(call: Call) -> Json:
    channel = call.channel()
    talks = Permission.SEND_MESSAGES_IN_THREADS if channel.is_thread else Permission.SEND_MESSAGES
    require(channel, talks)
    _require_parts(channel, call)
    if call.body.get("message_reference"):
        require(channel, Permission.READ_MESSAGE_HISTORY)
    if channel.recipient is not None and not channel.recipient.takes_messages:
        raise Refusal(50007)
    channel.wake(by_moderator=_moderates(channel))
    return send(channel, call.body, call.files).payload()


@ROUTES.on("GET", MESSAGES)
async def get_messages(call: Call) -> list[Json]:
    channel = call.channel()
    limit = call.number("limit", 50, 100)
    bot = channel.guild.bot if channel.guild else None
    if bot is not None and Permission.READ_MESSAGE_HISTORY not in bot.permissions(channel):
        return []
    return [message.payload() for message in reversed(_chosen(call, channel, limit))]


def _chosen(call: Call, channel: ChannelState, limit: int) -> list[MessageState]:
    """Oldest first."""
    messages, query = channel.messages, call.query
    if "before" in query:
        return [m for m in messages if int(m.id) < int(query["before"])][-limit:]
    if "after" in query:
        return [m for m in messages if int(m.id) > int(query["after"])][:limit]
    if "around" in query:
        centre = int(query["around"])
        older = [m for m in messages if int(m.id) < centre]
        newer = [m for m in messages if int(m.id) >= centre]
        return older[len(older) - min(limit // 2, len(older)) :] + newer[: limit - limit // 2]
    return messages[-limit:]


@ROUTES.on("GET", MESSAGE)
async def get_message(call: Call) -> Json:
    return call.message(call.channel(Permission.READ_MESSAGE_HISTORY)).payload()


@ROUTES.on("PATCH", MESSAGE)
async def patch_message(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.world.bot:
        raise Refusal(50005)
    _require_parts(channel, call)
    if channel.archived:
        raise Refusal(50083)
    return edit(message, call.body, call.files).payload()


@ROUTES.on("DELETE", MESSAGE)
async def delete_message(call: Call) -> None:
    channel = call.channel()
    message = call.message(channel)
    if message.author is not call.world.bot:
        if channel.guild is None:
            raise Refusal(50003, "Cannot execute action on a DM channel", status=403)
        require(channel, Permission.MANAGE_MESSAGES)
    if channel.archived:
        raise Refusal(50083)
    message.delete()


def _require_parts(channel: ChannelState, call: Call) -> None:
    if call.body.get("embeds"):
        require(channel, Permission.EMBED_LINKS)
    if call.files:
        require(channel, Permission.ATTACH_FILES)


def _moderates(channel: ChannelState) -> bool:
    return channel.guild is None or Permission.MANAGE_THREADS in channel.guild.bot.permissions(channel)
