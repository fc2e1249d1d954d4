"""Routes about reactions."""

from urllib.parse import unquote

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.messages import MessageState, emoji_payload
from tests.worlds.discord.permissions import Permission
from tests.worlds.discord.rest_call import Call, Json, Routes, require

ROUTES = Routes()
REACTION = "/channels/{channel}/messages/{message}/reactions/{emoji}/{user}"


@ROUTES.on("PUT", REACTION)
async def put_reaction(call: Call) -> None:
    channel = call.channel(Permission.READ_MESSAGE_HISTORY)
    message, emoji = call.message(channel), _emoji(call)
    if channel.archived:
        raise Refusal(50083)
    if emoji not in message.reactions:
        require(channel, Permission.ADD_REACTIONS)
    if len({*message.reactions, emoji}) > 20:
        raise Refusal(30010, "Maximum number of reactions reached (20)", status=403)
    if (emoji, call.world.bot_id) not in message.reacted:
        message.reacted.append((emoji, call.world.bot_id))
        _tell(message, "ADD", emoji, call.world.bot_id)


@ROUTES.on("DELETE", REACTION)
async def delete_reaction(call: Call) -> None:
    channel = call.channel()
    message, emoji = call.message(channel), _emoji(call)
    user = call.world.bot_id if call.params["user"] == "@me" else call.params["user"]
    if user != call.world.bot_id:
        require(channel, Permission.MANAGE_MESSAGES)
    if (emoji, user) in message.reacted:
        message.reacted.remove((emoji, user))
        _tell(message, "REMOVE", emoji, user)


@ROUTES.on("GET", "/channels/{channel}/messages/{message}/reactions/{emoji}")
async def get_reactions(call: Call) -> list[Json]:
    message, emoji = call.message(call.channel()), _emoji(call)
    users = call.world.users
    return [users[user].payload() for found, user in message.reacted if found == emoji]


def _emoji(call: Call) -> str:
    """Unicode, or `name:id`. Words are no emoji (10014)."""
    emoji = unquote(call.params["emoji"])
    name, _, custom = emoji.partition(":")
    if (custom and not custom.isdecimal()) or (not custom and name.isascii()):
        raise Refusal(10014)
    return emoji


def _tell(message: MessageState, change: str, emoji: str, user_id: str) -> None:
    channel = message.channel
    event: Json = {
        "user_id": user_id,
        "channel_id": channel.id,
        "message_id": message.id,
        "message_author_id": message.author.id,
        "emoji": emoji_payload(emoji),
        "burst": False,
        "type": 0,
    }
    if channel.guild is not None:
        event["guild_id"] = channel.guild.id
        if change == "ADD" and user_id in channel.guild.members:
            event["member"] = channel.guild.members[user_id].payload()
    channel.world.dispatch(f"MESSAGE_REACTION_{change}", event, channel.guild_id)
