"""Which events a session gets, and how much of them: the intents it has identified with."""

from typing import Any

GUILDS = 1 << 0
GUILD_MEMBERS = 1 << 1
GUILD_MODERATION = 1 << 2
GUILD_PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_MESSAGE_REACTIONS = 1 << 10
DM_MESSAGES = 1 << 12
DM_MESSAGE_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15

KNOWN = sum(1 << bit for bit in (*range(17), 20, 21, 24, 25))

_BY_NAME = {
    "GUILD_CREATE": GUILDS,
    "GUILD_UPDATE": GUILDS,
    "GUILD_DELETE": GUILDS,
    "GUILD_ROLE_CREATE": GUILDS,
    "GUILD_ROLE_UPDATE": GUILDS,
    "GUILD_ROLE_DELETE": GUILDS,
    "CHANNEL_CREATE": GUILDS,
    "CHANNEL_UPDATE": GUILDS,
    "CHANNEL_DELETE": GUILDS,
    "CHANNEL_PINS_UPDATE": GUILDS,
    "THREAD_CREATE": GUILDS,
    "THREAD_UPDATE": GUILDS,
    "THREAD_DELETE": GUILDS,
    "THREAD_LIST_SYNC": GUILDS,
    "THREAD_MEMBER_UPDATE": GUILDS,
    "THREAD_MEMBERS_UPDATE": GUILDS,
    "GUILD_MEMBER_ADD": GUILD_MEMBERS,
    "GUILD_MEMBER_UPDATE": GUILD_MEMBERS,
    "GUILD_MEMBER_REMOVE": GUILD_MEMBERS,
    "GUILD_BAN_ADD": GUILD_MODERATION,
    "GUILD_BAN_REMOVE": GUILD_MODERATION,
}
_CONTENT: dict[str, Any] = {"content": "", "embeds": [], "attachments": [], "components": []}
"""What of a message needs MESSAGE_CONTENT, and what is sent without it."""


def needed(name: str, payload: dict[str, Any]) -> int:
    """The intent that an event needs; 0 for those that everybody gets."""
    if name.startswith("MESSAGE_REACTION"):
        return GUILD_MESSAGE_REACTIONS if "guild_id" in payload else DM_MESSAGE_REACTIONS
    if name.startswith("MESSAGE_"):
        return GUILD_MESSAGES if "guild_id" in payload else DM_MESSAGES
    return _BY_NAME.get(name, 0)


def as_seen(name: str, payload: dict[str, Any], intents: int, bot_id: str) -> dict[str, Any] | None:
    """The event as a session with these intents gets it; None where it gets nothing."""
    need = needed(name, payload)
    if need and not intents & need:
        return None
    if name not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or intents & MESSAGE_CONTENT:
        return payload
    own = payload.get("author", {}).get("id") == bot_id
    mentioned = any(user["id"] == bot_id for user in payload.get("mentions", ()))
    if own or mentioned or "guild_id" not in payload:
        return payload
    return payload | {key: empty for key, empty in _CONTENT.items() if key in payload}


def refused(intents: int, allowed: int) -> int:
    """The close code that identifying with these intents earns; 0 for none."""
    if intents & ~KNOWN:
        return 4013
    privileged = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
    return 4014 if intents & privileged & ~allowed else 0
