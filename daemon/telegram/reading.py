"""Telethon's objects as perkd's values, and entities the other way."""

from typing import Any

from telethon.tl import types  # type: ignore[import-untyped]

from daemon.telegram.values import Entity, Media, MediaKind, TelegramMessage

_PREFIX = "MessageEntity"
_VALUES = ("url", "language", "user_id", "document_id")
_WRITABLE = frozenset(
    "Bold Italic Underline Strike Spoiler Code Pre TextUrl Blockquote Mention Url Email Hashtag".split()  # noqa: SIM905
)


def read_message(message: types.Message) -> TelegramMessage:
    """A message as a value. A link's preview is no media."""
    return TelegramMessage(
        id=message.id,
        text=message.message or "",
        at=message.date.timestamp(),
        own=bool(message.out),
        entities=tuple(map(_read_entity, message.entities or ())),
        media=read_media(message.media),
        reply_to=_read_reply(message.reply_to),
        edited_at=message.edit_date.timestamp() if message.edit_date and not message.edit_hide else None,
        forwarded_from=None if message.fwd_from is None else message.fwd_from.from_name or "",
    )


def _read_reply(reply: Any) -> int | None:
    """A message of another chat has its number there: here it would be some other one's."""
    if isinstance(reply, types.MessageReplyHeader) and reply.reply_to_peer_id is None:
        number: int | None = reply.reply_to_msg_id
        return number
    return None


def read_media(media: Any) -> Media | None:
    """What a message carries; None: nothing, or a link's preview."""
    if media is None or isinstance(media, types.MessageMediaEmpty | types.MessageMediaWebPage):
        return None
    return _read_some_media(media)


def _read_some_media(media: Any) -> Media:
    match media:
        case types.MessageMediaPhoto(photo=types.Photo() as photo):
            largest = max(map(_size_of, photo.sizes), default=0)
            return Media(MediaKind.PHOTO, "photo.jpg", "image/jpeg", largest)
        case types.MessageMediaDocument(document=types.Document() as document):
            return _read_document(document)
        case types.MessageMediaGeo() | types.MessageMediaGeoLive() | types.MessageMediaVenue():
            return Media(MediaKind.LOCATION, words=_place(media))
        case types.MessageMediaContact():
            name = f"{media.first_name} {media.last_name}".strip()
            return Media(MediaKind.CONTACT, words=f"{name} {media.phone_number}".strip())
        case types.MessageMediaPoll():
            return Media(MediaKind.POLL, words=media.poll.question.text)
    return Media(MediaKind.OTHER, words=type(media).__name__.removeprefix("MessageMedia"))


def write_entities(entities: tuple[Entity, ...]) -> list[Any]:
    """Entities as Telethon sends them. What only Telegram itself can set is left out."""
    return [_write_entity(entity) for entity in entities if entity.kind in _WRITABLE]


def _write_entity(entity: Entity) -> Any:
    build = getattr(types, _PREFIX + entity.kind)
    if entity.kind in ("TextUrl", "Pre"):
        return build(entity.offset, entity.length, entity.value)
    return build(entity.offset, entity.length)


def _read_entity(entity: Any) -> Entity:
    value = next((str(found) for name in _VALUES if (found := getattr(entity, name, None)) is not None), "")
    return Entity(type(entity).__name__.removeprefix(_PREFIX), entity.offset, entity.length, value)


def _read_document(document: types.Document) -> Media:
    kind, name, words, seconds = MediaKind.FILE, "", "", None
    for attribute in document.attributes:
        match attribute:
            case types.DocumentAttributeFilename():
                name = attribute.file_name
            case types.DocumentAttributeSticker():
                kind, words = MediaKind.STICKER, attribute.alt
            case types.DocumentAttributeAudio():
                kind = MediaKind.VOICE if attribute.voice else MediaKind.AUDIO
                seconds = round(attribute.duration)
            case types.DocumentAttributeAnimated() if kind is not MediaKind.STICKER:
                kind = MediaKind.ANIMATION
            case types.DocumentAttributeVideo() if kind is MediaKind.FILE:
                kind = MediaKind.ROUND_VIDEO if attribute.round_message else MediaKind.VIDEO
                seconds = round(attribute.duration)
    return Media(kind, name, document.mime_type, document.size, words, seconds)


def _size_of(size: Any) -> int:
    match size:
        case types.PhotoSize():
            return int(size.size)
        case types.PhotoSizeProgressive():
            return int(max(size.sizes))
    return 0


def _place(media: Any) -> str:
    geo = media.geo
    where = f"{geo.lat:.5f}, {geo.long:.5f}" if isinstance(geo, types.GeoPoint) else ""
    return f"{getattr(media, 'title', '')} {where}".strip()
