import pytest
from hypothesis import assume
from hypothesis import strategies as st

from actors.vip.rich_text import Span, Style, is_blank, plain, rich, units
from actors.vip.splitting import split, text_units
from daemon.discord.markdown import from_markdown, markdown_units, to_markdown
from tests.worlds.rich_texts import WORDS, calm_texts, given_any, looks, rich_texts, seen

LIMITS = st.integers(2, 40)


@given_any(rich_texts(), LIMITS)
def test_parts_put_together_are_the_text(value, longest):
    parts = split(value, longest)
    assert seen("".join(part.text for part in parts)) == seen(value.text)
    whole, rest = "".join(part.text for part in parts), iter(value.text)
    assert all(char in rest for char in whole)


@given_any(rich_texts(), st.integers(60, 200))
def test_where_no_stretch_is_blank_nothing_at_all_is_left_out(value, longest):
    pieces = [value.text[i : i + longest // 2] for i in range(0, len(value.text), max(longest // 4, 1))]
    assume(not any(map(is_blank, pieces)))
    assert "".join(part.text for part in split(value, longest)) == value.text


@given_any(rich_texts(), LIMITS)
def test_no_part_is_too_long_or_empty(value, longest):
    for part in split(value, longest):
        assert units(part.text) <= longest
        assert not is_blank(part.text)


@given_any(rich_texts(), LIMITS)
def test_spans_go_on_in_the_next_part(value, longest):
    def styles(values):
        lines = {"pre", "quote"}  # these end with a part's line
        return [(c, {s for s in found if s[0] not in lines}) for one in values for c, found in looks(one)]

    assert styles(split(value, longest)) == styles([value])


@given_any(rich_texts(WORDS.map(lambda text: text * 3)), st.integers(150, 300))
def test_what_is_written_for_discord_is_measured(value, longest):
    assert all(units(to_markdown(part)) <= longest for part in split(value, longest, markdown_units))


@given_any(calm_texts(), st.integers(60, 90))
def test_parts_on_discord_read_as_the_text(value, longest):
    parts = split(value, longest, markdown_units)
    assert seen("".join(from_markdown(to_markdown(part)).text for part in parts)) == seen(value.text)


@given_any(rich_texts(), LIMITS, LIMITS)
def test_the_first_part_may_have_less_room(value, first, longest):
    parts = split(value, longest, first=first)
    assert all(
        text_units(part) <= room for part, room in zip(parts, [first, *[longest] * len(parts)], strict=False)
    )


def _eaten(part):
    """The characters a part is made of; those that a cut has left over come one by one."""
    while part:
        whole = (one for one in sorted(TOGETHER, key=len, reverse=True) if part.startswith(one))
        piece = next(whole, part[0])
        yield piece
        part = part[len(piece) :]


TOGETHER = ["👨‍👩‍👧", "🇩🇪", "e\u0301", "👍🏽", "🏳️‍🌈", "क्षि", "각", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"]


@given_any(st.lists(st.sampled_from(TOGETHER), min_size=1, max_size=12), st.integers(14, 40))
def test_what_is_one_character_for_a_reader_is_not_cut(characters, longest):
    parts = [part.text for part in split(plain("".join(characters)), longest)]
    assert "".join(parts) == "".join(characters)
    assert [one for part in parts for one in _eaten(part)] == characters


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one two\n\nthree four", ["one two\n\n", "three four"]),
        ("one two\nthree four", ["one two\n", "three four"]),
        ("one two three", ["one two ", "three"]),
        ("a\n\nbcdefgh ijk", ["a\n\nbcdefgh ", "ijk"]),
        ("abcdefghijklmnop", ["abcdefghijkl", "mnop"]),
        ("One. Two. Three four", ["One. Two. ", "Three four"]),
        ("short", ["short"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_parts_end_where_a_reader_would_stop(text, parts):
    assert [part.text for part in split(plain(text), 12)] == parts


def test_a_stretch_of_white_space_is_no_part():
    assert [part.text.strip() for part in split(plain("a" + " " * 50 + "b"), 10)] == ["a", "b"]


def test_a_cut_block_of_code_is_a_block_in_both_parts():
    parts = split(rich("aaaa\nbbbb", Span(0, 9, Style.PRE, "py")), 6)
    assert [(part.text, [(s.style, s.value) for s in part.spans]) for part in parts] == [
        ("aaaa\n", [(Style.PRE, "py")]),
        ("bbbb", [(Style.PRE, "py")]),
    ]


def test_a_stack_of_marks_that_fits_nowhere_is_cut():
    parts = split(plain("e" + "\u0301" * 300), 100)
    assert "".join(part.text for part in parts) == "e" + "\u0301" * 300
    assert all(len(part.text) <= 100 for part in parts)


@pytest.mark.parametrize("syllable", ["\u1100\u1161\u11a8", "\uac00\u11a8", "\u1100\u1100\u1161"])
def test_a_syllable_of_several_letters_is_not_cut(syllable):
    parts = split(plain(syllable * 5), len(syllable) + 1)
    assert [part.text for part in parts] == [syllable] * 5


def test_two_flags_are_not_mixed_up():
    assert [part.text for part in split(plain("🇩🇪🇫🇷🇮🇹"), 6)] == ["🇩🇪", "🇫🇷", "🇮🇹"]
