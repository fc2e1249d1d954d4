"""Making and changing messages as the application asks: checks, files, nonces and pings.

The routes of channels and those of interactions both come through here.
"""

import mimetypes
from collections.abc import Mapping
from typing import Any

from tests.worlds.discord.body import Upload
from tests.worlds.discord.errors import Form, Refusal
from tests.worlds.discord.limits import check_message, is_empty
from tests.worlds.discord.mentions import join_named, ping
from tests.worlds.discord.messages import LOADING, MessageState
from tests.worlds.discord.places import ChannelState

Json = dict[str, Any]
Files = Mapping[str, Upload]

NONCE_LIVES = 120.0
"""Seconds in which a nonce with `enforce_nonce` makes no second message."""

_KEPT = ("content", "embeds", "components", "nonce", "flags")


def send(
    channel: ChannelState, body: Json, files: Files, *, ephemeral: bool = False, **kept: Any
) -> MessageState:
    """Send a message of the bot's; `ephemeral` says that it may be one, `kept` are fields of its state.

    Refuses 50035, 50006. An ephemeral one is not in the channel's messages, and no event tells of it.
    """
    check_message(body, ephemeral=ephemeral)
    attachments = _attachments(channel, body, files, [])
    fields = {name: body[name] for name in _KEPT if name in body} | {"attachments": attachments}
    if is_empty(fields):
        raise Refusal(50006)
    known = _same_nonce(channel, body)
    if known is not None:
        return known
    answered = _answered(channel, body)
    _finish_embeds(fields, attachments)
    _number(fields.get("components") or [])
    message = channel.new_message(channel.world.bot, fields, **kept)
    if answered is not None:
        message.reference = {"type": 0, "channel_id": channel.id, "message_id": answered.id}
    ping(message, body, answered)
    join_named(channel, message.content)
    if body.get("enforce_nonce"):
        channel.world.nonces[channel.id, str(body["nonce"])] = message
    if not message.ephemeral:
        channel.post(message)
    return message


def edit(message: MessageState, body: Json, files: Files, *, ephemeral: bool = False) -> MessageState:
    """Change those fields of a message that the body has. Refuses 50035, 50006."""
    check_message(body, ephemeral=ephemeral)
    fields: Json = {name: body[name] for name in ("content", "embeds", "components") if name in body}
    if files or body.get("attachments") is not None:
        fields["attachments"] = _attachments(message.channel, body, files, message.attachments)
    payload = message.payload()
    if is_empty({name: fields.get(name, payload[name]) for name in (*_KEPT[:3], "attachments")}):
        raise Refusal(50006)
    _finish_embeds(fields, fields.get("attachments", message.attachments))
    _number(fields.get("components") or [])
    message.change(fields)
    if message.flags & LOADING:  # what was deferred is only now a message
        message.flags &= ~LOADING
        ping(message, body)
    join_named(message.channel, message.content)
    message.edited()
    return message


def _same_nonce(channel: ChannelState, body: Json) -> MessageState | None:
    if not body.get("enforce_nonce"):
        return None
    known = channel.world.nonces.get((channel.id, str(body["nonce"])))
    if known is None or channel.world.now() - known.sent_at > NONCE_LIVES:
        return None
    return known


def _answered(channel: ChannelState, body: Json) -> MessageState | None:
    reference = body.get("message_reference")
    if not reference or reference.get("type", 0) != 0:
        return None
    message = channel.message(str(reference.get("message_id")))
    if message is None and reference.get("fail_if_not_exists", True):
        form = Form()
        form.wrong("REPLIES_UNKNOWN_MESSAGE", "Unknown message", "message_reference")
        form.refuse()
    return message


def _attachments(channel: ChannelState, body: Json, files: Files, present: list[Json]) -> list[Json]:
    """What the message has afterwards: those of `present` that the body names, and the new files."""
    named = {str(one["id"]): one for one in body.get("attachments") or []}
    kept = [one for one in present if one["id"] in named]
    if body.get("attachments") is None:
        kept = present
    return [*kept, *(_store(channel, named.get(number, {}), upload) for number, upload in files.items())]


def _store(channel: ChannelState, described: Json, upload: Upload) -> Json:
    name = described.get("filename") or upload.name
    return store_file(channel, name, upload.content) | (
        {"description": described["description"]} if described.get("description") else {}
    )


def store_file(channel: ChannelState, name: str, content: bytes) -> Json:
    """Keep a file where its url says; returns the attachment's payload."""
    world = channel.world
    file_id = world.clock.snowflake()
    world.files[file_id] = content
    origin = world.rest_url.removesuffix("/api/v10")
    url = f"{origin}/attachments/{channel.id}/{file_id}/{name}"
    return {
        "id": file_id,
        "filename": name,
        "size": len(content),
        "url": url,
        "proxy_url": url,
        "content_type": mimetypes.guess_type(name)[0] or "application/octet-stream",
    }


def _finish_embeds(fields: Json, attachments: list[Json]) -> None:
    """Embeds are `rich`, and pictures `attachment://name` become the file's url."""
    urls = {f"attachment://{one['filename']}": one["url"] for one in attachments}
    for embed in fields.get("embeds") or []:
        embed["type"] = "rich"
        for part in ("image", "thumbnail"):
            if embed.get(part):
                embed[part]["url"] = urls.get(embed[part]["url"], embed[part]["url"])


def _number(rows: list[Json]) -> None:
    """Every component gets an id, unique in its message."""
    every = [one for row in rows for one in (row, *(row.get("components") or []))]
    for number, one in enumerate(every, start=1):
        one["id"] = one.get("id") or number
