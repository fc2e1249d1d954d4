"""Routes about guilds and their members."""

from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.permissions import Permission
from tests.worlds.discord.rest_call import Call, Json, Routes

ROUTES = Routes()


@ROUTES.on("GET", "/guilds/{guild}")
async def get_guild(call: Call) -> Json:
    guild = call.guild()
    found = guild.payload()
    if call.query.get("with_counts") in ("true", "True", "1"):
        found |= {"approximate_member_count": len(guild.members), "approximate_presence_count": 0}
    return found


@ROUTES.on("GET", "/guilds/{guild}/channels")
async def get_channels(call: Call) -> list[Json]:
    return [channel.payload() for channel in call.guild().channels.values() if not channel.is_thread]


@ROUTES.on("GET", "/guilds/{guild}/threads/active")
async def get_active_threads(call: Call) -> Json:
    bot = call.world.bot_id
    threads = [thread for thread in call.guild().threads() if not thread.archived]
    seen = [thread for thread in threads if thread.visible_to_bot()]
    members = [
        {"id": thread.id, "user_id": bot, "join_timestamp": thread.thread_members[bot], "flags": 0}
        for thread in seen
        if bot in thread.thread_members
    ]
    return {"threads": [thread.payload() for thread in seen], "members": members}


@ROUTES.on("GET", "/guilds/{guild}/roles")
async def get_roles(call: Call) -> list[Json]:
    return [role.payload() for role in call.guild().roles.values()]


@ROUTES.on("GET", "/guilds/{guild}/members")
async def get_members(call: Call) -> list[Json]:
    if not call.world.application.members:
        raise Refusal(50001)
    after, limit = int(call.query.get("after", "0")), call.number("limit", 1, 1000)
    members = sorted(call.guild().members.values(), key=lambda member: int(member.id))
    return [member.payload() for member in members if int(member.id) > after][:limit]


@ROUTES.on("GET", "/guilds/{guild}/members/{user}")
async def get_member(call: Call) -> Json:
    guild, user = call.guild(), call.params["user"]
    member = guild.members.get(call.world.bot_id if user == "@me" else user)
    if member is None:
        raise Refusal(10007 if user in call.world.users else 10013)
    return member.payload()


@ROUTES.on("PUT", "/guilds/{guild}/members/{user}/roles/{role}")
async def put_member_role(call: Call) -> None:
    guild = call.guild()
    member, role = guild.members.get(call.params["user"]), guild.roles.get(call.params["role"])
    if role is None or member is None:
        raise Refusal(10011 if role is None else 10007)
    if Permission.MANAGE_ROLES not in guild.bot.permissions() or role.managed:
        raise Refusal(50013)
    if role not in member.roles:
        guild.set_roles(member, *member.roles, role)


@ROUTES.on("DELETE", "/users/@me/guilds/{guild}")
async def leave_guild(call: Call) -> None:
    call.guild().remove_bot()
