import hikari
import pytest

from actors.vip.relay_values import File, FileKind, Thing, ThingKind
from actors.vip.rich_text import Style, plain, styled
from daemon.discord.relayed import Places, relayed

BOB = {"id": "2", "username": "bob", "discriminator": "0", "avatar": None, "global_name": "Bob"}
AT = "2026-01-01T00:00:00+00:00"
PNG = {
    "id": "9",
    "filename": "a.png",
    "size": 10,
    "url": "https://cdn/a.png",
    "proxy_url": "",
    "content_type": "image/png",
}


def _relayed(places=None, **values):
    payload = {
        "id": "1100000000000000000",
        "channel_id": "6",
        "author": {"id": "1", "username": "ann", "discriminator": "0", "avatar": None, "global_name": "Ann"},
        "content": "",
        "timestamp": AT,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
        **values,
    }
    factory = hikari.impl.EntityFactoryImpl(hikari.RESTApp())
    return relayed(factory.deserialize_message(payload), places)


def test_a_text_comes_with_its_formatting_and_names():
    message = _relayed(Places({"5": "desk"}, {"7": "Staff"}), content="**<@2> <#5> <@&7>**", mentions=[BOB])
    assert message.text == styled("@Bob #desk @Staff", Style.BOLD)
    assert (message.name, message.edited_at, message.reply_to) == ("Ann", None, "")
    assert message.at == pytest.approx(1682330837, abs=1)


def test_an_edit_has_its_time():
    assert _relayed(content="a", edited_timestamp=AT).edited_at == 1767225600.0


def test_an_answer_names_what_it_answers():
    reference = {"type": 0, "message_id": "3", "channel_id": "6"}
    assert _relayed(content="a", type=19, message_reference=reference).reply_to == "3"


@pytest.mark.parametrize(
    ("media", "kind"),
    [
        ("image/png", FileKind.PICTURE),
        ("image/gif", FileKind.ANIMATION),
        ("video/mp4", FileKind.VIDEO),
        ("audio/mpeg", FileKind.AUDIO),
        ("text/plain; charset=utf-8", FileKind.FILE),
        (None, FileKind.FILE),
    ],
)
def test_files_are_what_their_type_says(media, kind):
    (file,) = _relayed(attachments=[{**PNG, "content_type": media}]).files
    assert file == File(kind, "a.png", 10, "https://cdn/a.png")


def test_a_hidden_file_stays_hidden():
    (file,) = _relayed(attachments=[{**PNG, "filename": "SPOILER_a.png"}]).files
    assert (file.name, file.hidden) == ("a.png", True)


def test_a_voice_message_has_its_length():
    voice = {**PNG, "filename": "voice-message.ogg", "content_type": "audio/ogg", "duration_secs": 3.6}
    (file,) = _relayed(attachments=[voice], flags=1 << 13).files
    assert (file.kind, file.seconds) == (FileKind.VOICE, 4)


@pytest.mark.parametrize(
    ("format_type", "name"), [(1, "Wave.png"), (2, "Wave.png"), (3, "Wave"), (4, "Wave.gif")]
)
def test_a_sticker_is_a_picture_or_told_in_words(format_type, name):
    (file,) = _relayed(sticker_items=[{"id": "77", "name": "Wave", "format_type": format_type}]).files
    assert (file.kind, file.name, file.words, file.source is None) == (
        FileKind.STICKER,
        name,
        "Wave",
        format_type == 3,
    )


def test_a_poll_is_told_with_its_answers():
    poll = {
        "question": {"text": "Tea?"},
        "answers": [
            {"answer_id": 1, "poll_media": {"text": "Yes"}},
            {"answer_id": 2, "poll_media": {"text": "No"}},
        ],
        "expiry": None,
        "allow_multiselect": False,
        "layout_type": 1,
    }
    assert _relayed(poll=poll).things == (Thing(ThingKind.POLL, plain("Tea?\n• Yes\n• No")),)


def test_a_forwarded_message_is_read_and_marked():
    snapshot = {
        "message": {"type": 0, "content": "*hi*", "embeds": [], "attachments": [PNG], "timestamp": AT}
    }
    snapshot["message"] |= {
        "edited_timestamp": None,
        "flags": 0,
        "mentions": [],
        "mention_roles": [],
        "components": [],
    }
    reference = {"type": 1, "message_id": "3", "channel_id": "6"}
    message = _relayed(message_reference=reference, message_snapshots=[snapshot])
    assert (message.text, message.forwarded_from, message.reply_to) == (styled("hi", Style.ITALIC), "", "")
    assert [file.name for file in message.files] == ["a.png"]


def test_a_links_preview_is_left_out():
    message = _relayed(content="https://a.example", embeds=[{"type": "link", "title": "A page"}])
    assert (message.text, message.things) == (plain("https://a.example"), ())
