"""What an application may ask for when it identifies, what it is told first, and what it may hear of."""

from typing import TYPE_CHECKING, Any

from tests.worlds.discord.gateway_intents import GUILD_MEMBERS, GUILD_PRESENCES, MESSAGE_CONTENT
from tests.worlds.discord.gateway_session import Identity

if TYPE_CHECKING:
    from tests.worlds.discord.state import World


def allowed_intents(world: "World") -> int:
    """The privileged intents that the application's page allows."""
    application = world.application
    return (
        GUILD_MEMBERS * application.members
        | GUILD_PRESENCES * application.presences
        | MESSAGE_CONTENT * application.message_content
    )


def ready(world: "World", identity: Identity, url: str, guilds: list[str]) -> dict[str, Any]:
    """The data of READY; `url` is where to resume."""
    user = {**world.bot.payload(), "verified": True, "mfa_enabled": False, "email": None, "flags": 0}
    return {
        "v": 10,
        "user": user,
        "guilds": [{"id": guild, "unavailable": True} for guild in guilds],
        "session_id": identity.session,
        "session_type": "normal",
        "resume_gateway_url": url,
        "shard": [identity.shard, identity.shards],
        "application": {"id": world.application.id, "flags": world.application.flags()},
        "private_channels": [],
        "relationships": [],
        "user_settings": {},
    }


def may_hear(world: "World", name: str, payload: dict[str, Any], guild_id: str | None) -> bool:
    """Whether the bot can see where it happens. Of a guild in an outage only that is told."""
    guild = world.guilds.get(guild_id or "")
    if guild is not None and not guild.available:
        return name in ("GUILD_CREATE", "GUILD_DELETE")
    channel = world.channels.get(payload.get("channel_id", ""))
    return channel is None or name == "INTERACTION_CREATE" or channel.visible_to_bot()
