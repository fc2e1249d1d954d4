import pytest

from actors.vip.relay_values import File, FileKind, Incoming, Role, Thing, ThingKind
from actors.vip.rich_text import Style, plain, styled
from daemon.telegram.incoming import incoming
from daemon.telegram.values import Entity, Media, MediaKind, TelegramMessage


def _incoming(media=None, **values):
    return incoming(TelegramMessage(id=7, text=values.pop("text", ""), at=5.0, media=media, **values))


def test_a_text_comes_with_its_formatting():
    message = _incoming(text="hi", entities=(Entity("Bold", 0, 2),), reply_to=3, edited_at=9.0)
    assert message == Incoming(styled("hi", Style.BOLD), at=5.0, edited_at=9.0, reply_to="3", role=Role.DESK)


def test_what_the_account_itself_wrote_is_perkds_own():
    assert _incoming(text="hi", own=True).role is Role.OWN


@pytest.mark.parametrize(
    ("media", "file"),
    [
        (Media(MediaKind.PHOTO, "photo.jpg", "image/jpeg", 10), File(FileKind.PICTURE, "photo.jpg", 10, 7)),
        (
            Media(MediaKind.VOICE, "", "audio/ogg", 10, seconds=72),
            File(FileKind.VOICE, "voice.ogg", 10, 7, seconds=72),
        ),
        (
            Media(MediaKind.ROUND_VIDEO, "", "video/mp4", 0),
            File(FileKind.ROUND_VIDEO, "round_video.mp4", None, 7),
        ),
        (
            Media(MediaKind.STICKER, "", "image/webp", 10, "😀"),
            File(FileKind.STICKER, "sticker.webp", 10, 7, "😀"),
        ),
        (Media(MediaKind.FILE, "a.txt", "text/plain", 10), File(FileKind.FILE, "a.txt", 10, 7)),
    ],
)
def test_files_have_a_name_and_where_they_are_fetched(media, file):
    assert _incoming(media).files == (file,)


def test_an_animated_sticker_is_told_in_words():
    (file,) = _incoming(
        Media(MediaKind.STICKER, "AnimatedSticker.tgs", "application/x-tgsticker", 10, "😀")
    ).files
    assert (file.source, file.words) == (None, "😀")


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        (MediaKind.POLL, ThingKind.POLL),
        (MediaKind.LOCATION, ThingKind.LOCATION),
        (MediaKind.CONTACT, ThingKind.CONTACT),
        (MediaKind.OTHER, ThingKind.OTHER),
    ],
)
def test_what_is_no_file_is_told_in_words(kind, thing):
    assert _incoming(Media(kind, words="Tea?")).things == (Thing(thing, plain("Tea?")),)


@pytest.mark.parametrize("kind", list(MediaKind))
def test_nothing_that_telegram_carries_is_passed_over(kind):
    message = _incoming(Media(kind, "name", "x/y", 1, "words"))
    assert message.files or message.things
