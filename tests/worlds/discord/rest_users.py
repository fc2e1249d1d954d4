"""Routes about the application, its bot, and users."""

from typing import Any

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.rest_call import Call, Json, Routes

ROUTES = Routes()


@ROUTES.on("GET", "/gateway/bot")
async def get_gateway(call: Call) -> Json:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 86_400_000, "max_concurrency": 1}
    limit |= getattr(call.world.gateway, "start_limit", {})
    return {"url": call.world.gateway_url, "shards": 1, "session_start_limit": limit}


@ROUTES.on("GET", "/users/@me")
async def get_me(call: Call) -> Json:
    return call.world.bot.payload() | {"mfa_enabled": False, "locale": "en-US", "verified": True, "flags": 0}


@ROUTES.on("GET", "/applications/@me")
@ROUTES.on("GET", "/oauth2/applications/@me")
async def get_application(call: Call) -> Json:
    return call.world.application.payload()


@ROUTES.on("GET", "/users/@me/guilds")
async def get_my_guilds(call: Call) -> list[Json]:
    after = int(call.query.get("after", "0"))
    listed = sorted(call.world.visible_guilds(), key=lambda guild: int(guild.id))
    page = [guild for guild in listed if int(guild.id) > after][: call.number("limit", 200, 200)]
    return [
        {
            "id": guild.id,
            "name": guild.name,
            "icon": None,
            "owner": False,
            "permissions": str(int(guild.bot.permissions()) & (1 << 53) - 1),
            "features": [],
            "approximate_member_count": len(guild.members),
            "approximate_presence_count": 0,
        }
        for guild in page
    ]


@ROUTES.on("POST", "/users/@me/channels")
async def post_dm_channel(call: Call) -> Json:
    user = call.world.users.get(str(call.body.get("recipient_id")))
    if user is None:
        raise Refusal(50035, "Invalid Recipient(s)")
    return call.world.dm_channel(user).payload()


@ROUTES.on("GET", "/users/{user}")
async def get_user(call: Call) -> Any:
    user = call.world.users.get(call.params["user"])
    if user is None:
        raise Refusal(10013)
    return user.payload()
