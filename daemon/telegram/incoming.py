"""A message of the desk as the relay's planner takes it. Pure: files are fetched when they are sent."""

from actors.vip.relay_values import File, FileKind, Incoming, Role, Thing, ThingKind
from actors.vip.rich_text import plain
from daemon.telegram.entities import from_entities
from daemon.telegram.values import Media, MediaKind, TelegramMessage

_FILES = {
    MediaKind.PHOTO: FileKind.PICTURE,
    MediaKind.FILE: FileKind.FILE,
    MediaKind.STICKER: FileKind.STICKER,
    MediaKind.VOICE: FileKind.VOICE,
    MediaKind.VIDEO: FileKind.VIDEO,
    MediaKind.ROUND_VIDEO: FileKind.ROUND_VIDEO,
    MediaKind.AUDIO: FileKind.AUDIO,
    MediaKind.ANIMATION: FileKind.ANIMATION,
}
_THINGS = {
    MediaKind.LOCATION: ThingKind.LOCATION,
    MediaKind.CONTACT: ThingKind.CONTACT,
    MediaKind.POLL: ThingKind.POLL,
}
_ENDINGS = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "audio/ogg": ".ogg",
    "audio/mpeg": ".mp3",
}
_NOT_SHOWN = "application/x-tgsticker"
"""Telegram's animated stickers, which nobody else can show."""


def incoming(message: TelegramMessage) -> Incoming:
    """What the desk wrote. A file's `source` is the message's id."""
    file = None if message.media is None else _file(message.media, message.id)
    thing = None if message.media is None or file is not None else _thing(message.media)
    return Incoming(
        text=from_entities(message.text, message.entities),
        files=() if file is None else (file,),
        things=() if thing is None else (thing,),
        at=message.at,
        edited_at=message.edited_at,
        reply_to="" if message.reply_to is None else str(message.reply_to),
        forwarded_from=message.forwarded_from,
        role=Role.OWN if message.own else Role.DESK,
    )


def _file(media: Media, number: int) -> File | None:
    kind = _FILES.get(media.kind)
    if kind is None:
        return None
    mime = media.mime.partition(";")[0]
    name = media.name or f"{kind.value}{_ENDINGS.get(mime, '')}"
    source = None if mime == _NOT_SHOWN else number
    return File(kind, name, media.size or None, source, media.words, media.seconds)


def _thing(media: Media) -> Thing:
    return Thing(_THINGS.get(media.kind, ThingKind.OTHER), plain(media.words))
