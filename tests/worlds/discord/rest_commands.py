"""Routes about the application's commands, global ones and those of one guild."""

from typing import Any

from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.limits_commands import check_command, check_commands
from tests.worlds.discord.rest_call import Call, Json, Routes, available

ROUTES = Routes()
GLOBAL = "/applications/{application}/commands"
GUILD = "/applications/{application}/guilds/{guild}/commands"

_DEFAULTS: Json = {
    "type": 1,
    "name_localizations": None,
    "description": "",
    "description_localizations": None,
    "default_member_permissions": None,
    "dm_permission": True,
    "nsfw": False,
    "contexts": None,
    "integration_types": [0],
}


def _scope(call: Call) -> list[Json]:
    """The list that the path speaks of. Refuses 20012, 50001."""
    if call.params["application"] != call.world.application_id:
        raise Refusal(20012)
    if "guild" not in call.params:
        return call.world.commands
    guild = call.world.guilds.get(call.params["guild"])
    if guild is None or not guild.has_bot:
        raise Refusal(50001)
    return call.world.guild_commands.setdefault(available(guild).id, [])


def _find(call: Call) -> Json:
    for command in _scope(call):
        if command["id"] == call.params["command"]:
            return command
    raise Refusal(10063)


def _made(call: Call, body: Json, known: Json | None) -> Json:
    made = {**_DEFAULTS, **{name: value for name, value in body.items() if value is not None}}
    made |= {
        "id": known["id"] if known else call.world.clock.snowflake(),
        "application_id": call.world.application_id,
        "version": call.world.clock.snowflake(),
    }
    return made | ({"guild_id": call.params["guild"]} if "guild" in call.params else {})


def _same_name(commands: list[Json], body: Json) -> Json | None:
    key = (body.get("type") or 1, body.get("name"))
    return next((one for one in commands if (one["type"], one["name"]) == key), None)


@ROUTES.on("GET", GLOBAL)
@ROUTES.on("GET", GUILD)
async def get_commands(call: Call) -> list[Json]:
    return _scope(call)


@ROUTES.on("PUT", GLOBAL)
@ROUTES.on("PUT", GUILD)
async def put_commands(call: Call) -> list[Json]:
    commands = _scope(call)
    if not isinstance(call.body, list):
        form = Form()
        form.wrong("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
        form.refuse()
    check_commands(call.body)
    commands[:] = [_made(call, body, _same_name(commands, body)) for body in call.body]
    return commands


@ROUTES.on("POST", GLOBAL)
@ROUTES.on("POST", GUILD)
async def post_command(call: Call) -> Json:
    commands = _scope(call)
    check_command(call.body)
    known = _same_name(commands, call.body)
    made = _made(call, call.body, known)
    check_commands([*(one for one in commands if one is not known), made])
    commands[:] = [*(one for one in commands if one is not known), made]
    return made


@ROUTES.on("GET", f"{GLOBAL}/{{command}}")
@ROUTES.on("GET", f"{GUILD}/{{command}}")
async def get_command(call: Call) -> Any:
    return _find(call)


@ROUTES.on("PATCH", f"{GLOBAL}/{{command}}")
@ROUTES.on("PATCH", f"{GUILD}/{{command}}")
async def patch_command(call: Call) -> Json:
    command = _find(call)
    changed = {**command, **call.body}
    check_command(changed)
    command.update(changed, version=call.world.clock.snowflake())
    return command


@ROUTES.on("DELETE", f"{GLOBAL}/{{command}}")
@ROUTES.on("DELETE", f"{GUILD}/{{command}}")
async def delete_command(call: Call) -> None:
    _scope(call).remove(_find(call))
