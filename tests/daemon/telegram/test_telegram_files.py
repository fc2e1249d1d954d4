"""Files and media through an account, with the real Telethon and the stand-in."""

from datetime import UTC, datetime

import pytest
from attrs import evolve
from telethon.tl import types

from actors.vip.ports import Gone, Refused
from daemon.telegram.chat import DeskChat
from daemon.telegram.incoming import incoming
from daemon.telegram.reading import read_media, read_message, write_entities
from daemon.telegram.values import Entity, Media, MediaKind, NewMessage, Outgoing, Upload
from tests.worlds.telegram.desk import document

DATA = bytes(range(256)) * 1200


async def test_a_file_is_sent_with_its_name_and_caption(line, telegram, desk_1):
    upload = Upload("list.csv", DATA, "text/csv")

    sent = await line.account.ask(DeskChat.send, Outgoing("the list", upload=upload), 5)
    again = await line.account.ask(DeskChat.send, Outgoing("the list", upload=upload), 5)

    (kept,) = telegram.chat(desk_1).messages
    assert (kept.id, again, kept.text) == (sent, sent, "the list")
    assert (kept.media.document.mime_type, telegram.files[kept.media.document.id]) == ("text/csv", DATA)


async def test_a_picture_is_sent_as_one(line, telegram, desk_1):
    await line.account.ask(
        DeskChat.send, Outgoing("", upload=Upload("a.png", DATA, "image/png", picture=True)), 5
    )

    assert isinstance(telegram.chat(desk_1).messages[0].media, types.MessageMediaPhoto)


async def test_a_file_of_the_desk_is_fetched(line, telegram, desk_1):
    telegram.desk.send_file(desk_1, DATA, "answer.txt", "here")
    told = await line.wait_for(NewMessage)

    data = await line.account.ask(DeskChat.fetch, told.message.id, 10**6)

    assert told.message.media == Media(MediaKind.FILE, "answer.txt", "text/plain", len(DATA))
    assert data == DATA


async def test_a_file_that_is_too_large_is_refused_before_it_is_fetched(line, telegram, desk_1):
    message = telegram.desk.send_file(desk_1, DATA, "answer.txt")

    with pytest.raises(Refused, match="307200 bytes, more than 1000"):
        await line.account.ask(DeskChat.fetch, message.id, 1000)

    assert telegram.seen("GetFile") == []


async def test_a_message_without_a_file_has_none_to_fetch(line, telegram, desk_1):
    message = telegram.desk.say(desk_1, "hello")

    with pytest.raises(Gone):
        await line.account.ask(DeskChat.fetch, message.id, 1000)


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ([], Media(MediaKind.FILE, "a.pdf")),
        (
            [types.DocumentAttributeSticker("😀", types.InputStickerSetEmpty())],
            Media(MediaKind.STICKER, words="😀"),
        ),
        ([types.DocumentAttributeAudio(3, voice=True)], Media(MediaKind.VOICE, seconds=3)),
        ([types.DocumentAttributeAudio(180)], Media(MediaKind.AUDIO, "song.mp3", seconds=180)),
        ([types.DocumentAttributeVideo(2.6, 640, 480)], Media(MediaKind.VIDEO, "v.mp4", seconds=3)),
        (
            [types.DocumentAttributeVideo(9, 64, 64, round_message=True)],
            Media(MediaKind.ROUND_VIDEO, seconds=9),
        ),
        (
            [types.DocumentAttributeVideo(3, 64, 64), types.DocumentAttributeAnimated()],
            Media(MediaKind.ANIMATION, seconds=3),
        ),
    ],
)
async def test_what_a_document_is_is_told(telegram, attributes, told):
    media = read_media(document(telegram, b"12345", told.name, "application/x", attributes))

    assert media == evolve(told, mime="application/x", size=5)


async def test_media_without_a_file_are_told_in_words():
    place = types.MessageMediaGeo(types.GeoPoint(13.4, 52.5, 0))
    contact = types.MessageMediaContact("+49", "Anna", "B", "", 1)

    assert read_media(place) == Media(MediaKind.LOCATION, words="52.50000, 13.40000")
    assert read_media(contact) == Media(MediaKind.CONTACT, words="Anna B +49")
    assert read_media(types.MessageMediaDice(3, "🎲")) == Media(MediaKind.OTHER, words="Dice")
    assert read_media(types.MessageMediaWebPage(types.WebPageEmpty(1))) is None


def _said(**more: object) -> types.Message:
    return types.Message(1, types.PeerUser(1), datetime(2026, 1, 1, tzinfo=UTC), "text", **more)


@pytest.mark.parametrize(
    ("header", "told"),
    [
        (None, None),
        (types.MessageFwdHeader(datetime(2026, 1, 1, tzinfo=UTC), from_name="Bob"), "Bob"),
        (types.MessageFwdHeader(datetime(2026, 1, 1, tzinfo=UTC), from_id=types.PeerUser(5)), ""),
    ],
)
async def test_what_somebody_else_wrote_first_is_told_as_forwarded(header, told):
    read = read_message(_said(fwd_from=header))

    assert (read.forwarded_from, incoming(read).forwarded_from) == (told, told)


async def test_an_answer_to_a_message_of_another_chat_answers_none_of_this_one():
    here = types.MessageReplyHeader(reply_to_msg_id=5)
    elsewhere = types.MessageReplyHeader(reply_to_msg_id=5, reply_to_peer_id=types.PeerUser(9))

    assert [read_message(_said(reply_to=reply)).reply_to for reply in (here, elsewhere)] == [5, None]


async def test_entities_are_values_and_only_what_people_may_set_is_sent():
    entities = (
        Entity("Bold", 0, 1),
        Entity("TextUrl", 1, 2, "https://example.org/"),
        Entity("Pre", 3, 4, "python"),
        Entity("Blockquote", 0, 7),
    )
    written = write_entities((*entities, Entity("CustomEmoji", 0, 1, "5"), Entity("MentionName", 0, 1, "7")))

    assert read_message(_said(entities=written)).entities == entities
