"""A message in a VIP thread as the relay's planner takes it. Pure: files are fetched when they are sent."""

from collections.abc import Mapping, Sequence

import hikari
from attrs import frozen
from hikari.messages import MessageSnapshot

from actors.vip.relay_values import File, FileKind, Incoming, Thing, ThingKind
from actors.vip.rich_text import RichText, plain
from daemon.discord.markdown import Names, from_markdown

_HIDDEN = "SPOILER_"
_KINDS = {
    "image/gif": FileKind.ANIMATION,
    "image": FileKind.PICTURE,
    "video": FileKind.VIDEO,
    "audio": FileKind.AUDIO,
}
_SHOWN_STICKERS = {
    hikari.StickerFormatType.PNG: ".png",
    hikari.StickerFormatType.APNG: ".png",
    hikari.StickerFormatType.GIF: ".gif",
}
_NOBODY: Mapping[str, str] = {}


@frozen
class Places:
    """What channels and roles of the server are called, by id."""

    channels: Mapping[str, str] = _NOBODY
    roles: Mapping[str, str] = _NOBODY


def relayed(message: hikari.PartialMessage, places: Places | None = None) -> Incoming:
    """What somebody wrote in a thread. A file's `source` is its address, which expires.

    Whose it is stays open: the session knows. Embeds are previews of links, and are left out.
    """
    places = places or Places()
    forwarded = message.message_snapshots[0] if message.message_snapshots else None
    said: hikari.PartialMessage | MessageSnapshot = message if forwarded is None else forwarded
    names = Names(_named(said.user_mentions or {}), places.channels, places.roles)
    things = [_poll(message.poll)] if message.poll else []
    reference = message.message_reference
    answers = reference is not None and reference is not hikari.UNDEFINED and forwarded is None
    return Incoming(
        text=from_markdown(said.content or "", names),
        files=_files(said.attachments or (), said.stickers or (), said.flags or hikari.MessageFlag.NONE),
        things=tuple(things),
        at=message.id.created_at.timestamp(),
        edited_at=message.edited_timestamp.timestamp() if message.edited_timestamp else None,
        reply_to=str(reference.id) if answers and reference and reference.id else "",
        forwarded_from=None if forwarded is None else "",
        name=_name(message.member or message.author),
    )


def _named(users: Mapping[hikari.Snowflake, hikari.User]) -> dict[str, str]:
    return {str(number): _name(user) for number, user in users.items()}


def _name(user: hikari.PartialUser | hikari.UndefinedType) -> str:
    return (user.display_name or "") if user else ""


def _files(
    attachments: Sequence[hikari.Attachment],
    stickers: Sequence[hikari.PartialSticker],
    flags: hikari.MessageFlag,
) -> tuple[File, ...]:
    voice = bool(flags & hikari.MessageFlag.IS_VOICE_MESSAGE)
    return (*(_attached(one, voice=voice) for one in attachments), *map(_sticker, stickers))


def _attached(one: hikari.Attachment, *, voice: bool) -> File:
    media = (one.media_type or "").partition(";")[0]
    kind = _KINDS.get(media) or _KINDS.get(media.partition("/")[0]) or FileKind.FILE
    return File(
        FileKind.VOICE if voice else kind,
        one.filename.removeprefix(_HIDDEN),
        one.size,
        one.url,
        seconds=None if one.duration is None else round(one.duration),
        hidden=one.filename.startswith(_HIDDEN),
    )


def _sticker(sticker: hikari.PartialSticker) -> File:
    """A sticker as a picture; those that are drawn by Discord's own player have none."""
    ending = _SHOWN_STICKERS.get(hikari.StickerFormatType(sticker.format_type))
    source = None if ending is None else sticker.make_url().url
    return File(FileKind.STICKER, f"{sticker.name}{ending or ''}", None, source, sticker.name)


def _poll(poll: hikari.Poll) -> Thing:
    lines = [poll.question.text or "", *(f"• {one.poll_media.text or ''}" for one in poll.answers)]
    words: RichText = plain("\n".join(lines))
    return Thing(ThingKind.POLL, words)
