import re

from hypothesis import strategies as st

from actors.vip.rich_text import Style, is_blank, plain, styled
from daemon.discord.markdown import from_markdown, markdown_units, to_markdown
from daemon.discord.text import ZWSP, units
from tests.worlds.rich_texts import WORDS, calm_texts, given_any, looks, rich_texts, seen

MENTION = re.compile(r"<@[!&]?\d+>|<#\d+>|@everyone|@here|<a?:\w+:\d+>|<t:|</\w|<id:", re.IGNORECASE)


@given_any(rich_texts())
def test_what_is_written_for_discord_reads_as_the_same_text(value):
    back = from_markdown(to_markdown(value))
    links = {s.value for s in value.spans if s.style is Style.LINK}
    if not links:  # an address that can't be a link is written out after its label
        assert seen(back.text) == seen(value.text)
    else:
        assert _is_within(seen(value.text), seen(back.text))


@given_any(calm_texts())
def test_what_is_written_for_discord_looks_the_same(value):
    assert looks(from_markdown(to_markdown(value))) == looks(value)


@given_any(rich_texts())
def test_nothing_that_is_written_mentions_anybody(value):
    assert not MENTION.search(to_markdown(value))


@given_any(WORDS)
def test_a_text_is_shown_character_by_character(text):
    back = from_markdown(to_markdown(plain(text)))
    assert not back.spans
    assert seen(back.text) == seen(text)
    assert back.text.replace(ZWSP, "") == plain(text).text.replace(ZWSP, "")


@given_any(WORDS)
def test_no_letter_of_a_message_is_lost(text):
    without_tokens = re.sub(r"<[^<>]*>|\]\([^()]*\)|https?://\S*|```[\w+\-.#]*\n", "", text)
    letters = [char for char in without_tokens if char.isalpha()]
    assert _is_within(letters, from_markdown(without_tokens).text)


@given_any(WORDS)
def test_what_has_no_mark_and_no_token_is_read_as_it_is(text):
    calm = re.sub(r"[\\*_~|`\[<>]", "", text).replace("\r", "")
    assert from_markdown(calm).text.replace(ZWSP, "") == calm.replace(ZWSP, "")


@given_any(st.text("*_~|`ab \n\\>[]()", max_size=60))
def test_a_message_of_marks_keeps_what_is_between_them(text):
    read = from_markdown(text)
    assert [c for c in read.text if c in "ab"] == [c for c in text if c in "ab"]
    assert looks(from_markdown(to_markdown(read))) == looks(read)


@given_any(rich_texts())
def test_the_length_is_the_written_ones(value):
    assert markdown_units(value) == units(to_markdown(value))


@given_any(calm_texts())
def test_hidden_text_is_written_hidden(value):
    hidden = styled(value.text, Style.SPOILER)
    if not is_blank(value.text):
        assert to_markdown(hidden).strip().startswith("||")


def _is_within(letters, text):
    rest = iter(text)
    return all(char in rest for char in letters)
