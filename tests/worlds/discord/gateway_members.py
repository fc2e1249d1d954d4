"""REQUEST_GUILD_MEMBERS: who is found, in chunks."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.worlds.discord.people import MemberState
    from tests.worlds.discord.state import World

Payload = dict[str, Any]

CHUNK = 1000
_MOST_BY_NAME = 100


def member_chunks(world: "World", data: Payload) -> list[Payload]:
    """The data of the events that answer the request."""
    guild = world.guilds[data["guild_id"]]
    missing: list[str] = []
    if "user_ids" in data:
        wanted = [data["user_ids"]] if isinstance(data["user_ids"], str) else data["user_ids"]
        missing = [user for user in wanted if user not in guild.members]
        found = [guild.members[user] for user in wanted if user in guild.members]
    else:
        found = _by_name(list(guild.members.values()), data.get("query", ""), data.get("limit") or 0)
    chunks = [found[at : at + CHUNK] for at in range(0, len(found), CHUNK)] or [[]]
    answer: Payload = {"guild_id": guild.id, "chunk_count": len(chunks)}
    if missing:
        answer["not_found"] = missing
    if "nonce" in data:
        answer["nonce"] = data["nonce"]
    return [
        answer | {"chunk_index": number, "members": [member.payload() for member in chunk]}
        for number, chunk in enumerate(chunks)
    ]


def _by_name(members: "list[MemberState]", start: str, limit: int) -> "list[MemberState]":
    if not start and not limit:
        return members
    found = [member for member in members if member.name.lower().startswith(start.lower())]
    return found[: min(limit or _MOST_BY_NAME, _MOST_BY_NAME)]
