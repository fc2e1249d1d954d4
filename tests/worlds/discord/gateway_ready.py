"""What an application may ask for when it identifies, and what it is told first."""

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
