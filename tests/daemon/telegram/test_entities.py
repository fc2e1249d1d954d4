from datetime import UTC, datetime

import pytest
from hypothesis import strategies as st
from telethon.extensions import BinaryReader
from telethon.helpers import add_surrogate
from telethon.tl import types

from actors.vip.rich_text import Span, Style, plain, rich, units
from daemon.discord.markdown import from_markdown, to_markdown
from daemon.telegram.entities import MOST_ENTITIES, from_entities, to_entities
from daemon.telegram.reading import read_message, write_entities
from daemon.telegram.values import Entity
from tests.worlds.rich_texts import WORDS, calm_texts, given_any, looks, rich_texts, seen

KINDS = ["Bold", "Italic", "Underline", "Strike", "Spoiler", "Code", "Pre", "TextUrl", "Blockquote"]


@st.composite
def telegrams(draw):
    """A text and entities, some of which begin within characters, cross, or reach over the end."""
    text = draw(WORDS)
    places = st.integers(-1, units(text) + 2)
    entities = []
    for _ in range(draw(st.integers(0, 5))):
        start, end = sorted((draw(places), draw(places)))
        kind = draw(st.sampled_from([*KINDS, "CustomEmoji", "MentionName", "Hashtag"]))
        extra = {"Pre": "py", "TextUrl": "https://a.example/b"}.get(kind, "")
        entities.append(Entity(kind, start, end - start, extra))
    return text, entities


@given_any(rich_texts())
def test_what_is_sent_to_telegram_looks_the_same_when_it_is_read(value):
    text, entities = to_entities(value)
    assert looks(from_entities(text, entities)) == looks(value)
    assert text == value.stripped().text


@given_any(telegrams())
def test_what_telegram_has_is_sent_again_as_it_was(message):
    text, entities = message
    value = from_entities(text, entities)
    assert value.text == plain(text).text
    assert looks(from_entities(*to_entities(value))) == looks(value)


@given_any(rich_texts())
def test_entities_are_as_telegram_keeps_them(value):
    text, entities = to_entities(value)
    wide = add_surrogate(text)
    ends = []
    for entity in entities:
        piece = wide[entity.offset : entity.offset + entity.length]
        assert entity.length == len(piece) > 0
        assert not piece[-1].isspace()
        assert not "\udc00" <= piece[0] <= "\udfff"
        assert not "\ud800" <= piece[-1] <= "\udbff"
        while ends and ends[-1] <= entity.offset:
            ends.pop()
        assert not ends or ends[-1] >= entity.offset + entity.length
        ends.append(entity.offset + entity.length)
    assert [e.offset for e in entities] == sorted(e.offset for e in entities)


@given_any(calm_texts())
def test_from_discord_to_telegram_and_back_looks_the_same(value):
    there = from_entities(*to_entities(from_markdown(to_markdown(value))))
    assert looks(there) == looks(value)
    assert looks(from_markdown(to_markdown(there))) == looks(value)


@given_any(WORDS)
def test_every_message_of_discord_arrives_whole(source):
    read = from_markdown(source)
    assert seen(to_entities(read)[0]) == seen(read.text)


@given_any(rich_texts())
def test_telethon_carries_text_and_entities_unchanged(value):
    text, entities = to_entities(value)
    sent = types.Message(
        id=1,
        peer_id=types.PeerUser(1),
        date=datetime(2026, 1, 1, tzinfo=UTC),
        message=text,
        entities=write_entities(entities),
    )
    read = read_message(BinaryReader(bytes(sent)).tgread_object())
    assert (read.text, read.entities) == (text, entities)


def test_offsets_count_utf16_units():
    value = rich("😀a😀b", Span(1, 2, Style.BOLD), Span(3, 4, Style.ITALIC))
    assert to_entities(value)[1] == (Entity("Bold", 2, 1), Entity("Italic", 5, 1))
    assert from_entities("😀a😀b", [Entity("Bold", 2, 1), Entity("Italic", 5, 1)]) == value


@pytest.mark.parametrize(("offset", "length"), [(0, 1), (1, 1), (0, 2), (1, 0)])
def test_an_entity_within_a_character_holds_all_of_it(offset, length):
    value = from_entities("😀a", [Entity("Bold", offset, length)])
    assert value.spans == (Span(0, 1, Style.BOLD),)


def test_names_and_emoji_are_the_text_that_stands_there():
    entities = [Entity("MentionName", 0, 3), Entity("CustomEmoji", 4, 2), Entity("Url", 0, 6)]
    assert from_entities("Ann 😀", entities) == plain("Ann 😀")


def test_white_space_around_the_text_is_left_out():
    assert to_entities(rich("  a b \n", Span(0, 7, Style.BOLD))) == ("a b", (Entity("Bold", 0, 3),))


def test_of_too_many_entities_emphasis_is_left_out_first():
    text = "a " * 120
    bold = [Span(i * 2, i * 2 + 1, Style.BOLD) for i in range(110)]
    hidden = [Span(i * 2, i * 2 + 1, Style.SPOILER) for i in range(110, 120)]
    entities = to_entities(rich(text, *bold, *hidden))[1]
    assert len(entities) == MOST_ENTITIES
    assert sum(entity.kind == "Spoiler" for entity in entities) == 10


def test_a_message_without_entities_is_plain():
    assert from_entities("a", []) == plain("a")
