"""Routes about channels; of a thread's own fields see `rest_threads`."""

from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.limits_text import check_text
from tests.worlds.discord.permissions import Permission
from tests.worlds.discord.places import ChannelState
from tests.worlds.discord.rest_call import Call, Json, Routes, require
from tests.worlds.discord.rest_threads import change_thread

ROUTES = Routes()


@ROUTES.on("GET", "/channels/{channel}")
async def get_channel(call: Call) -> Json:
    return call.channel().payload()


@ROUTES.on("PATCH", "/channels/{channel}")
async def patch_channel(call: Call) -> Json:
    channel = call.channel()
    form = Form()
    check_text(form, call.body, "name", 100, least=1)
    check_text(form, call.body, "topic", 1024)
    form.refuse()
    if channel.is_thread:
        change_thread(channel, call.body)
    else:
        _change(channel, call.body)
    channel.tell("UPDATE")
    return channel.payload()


def _change(channel: ChannelState, body: Json) -> None:
    require(channel, Permission.MANAGE_CHANNELS)
    channel.name = body.get("name") or channel.name
    channel.topic = body.get("topic", channel.topic)


@ROUTES.on("DELETE", "/channels/{channel}")
async def delete_channel(call: Call) -> Json:
    channel = call.channel()
    if channel.guild is None:
        raise Refusal(50024)
    require(channel, Permission.MANAGE_THREADS if channel.is_thread else Permission.MANAGE_CHANNELS)
    found = channel.payload()
    channel.delete()
    return found


@ROUTES.on("POST", "/channels/{channel}/typing")
async def post_typing(call: Call) -> None:
    call.channel(Permission.SEND_MESSAGES)
