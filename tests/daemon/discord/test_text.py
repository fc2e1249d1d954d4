import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from daemon.discord.text import (
    DATES_END,
    ZWSP,
    clean,
    code_block,
    code_span,
    cut,
    isolated,
    label,
    moment,
    plain,
    plain_lines,
    units,
)

FSI, PDI = "\u2068", "\u2069"
HARD = (
    "@everyone @here <@1> <@!1> <@&1> <#1> </a b:1> <t:1:R> <:a:1> <a:b:1> <id:browse> "
    "https://x.yz discord.gg/abc **b** __u__ `c` ```d``` ||e|| [f](g) \\ ~~h~~ "
    "# - > 1. \n\u202e\u200b\u200d\u2066אبج1👍🏽👨‍👩‍👧🇩🇪\ud800"
)
foreign = st.one_of(
    st.text(alphabet=st.one_of(st.sampled_from(HARD), st.characters()), max_size=300),
    st.lists(st.sampled_from(HARD.split(" ")), max_size=40).map("".join),
)

TOKENS = re.compile(
    r"@everyone|@here|<@[!&]?\d|<#\d|</[\w -]+:\d|<a?:\w+:\d|<t:-?\d|<id:\w|https?://|discord\.gg/"
)
ESCAPE = re.compile(r"\\[^0-9A-Za-z\s]")
BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067"


@given(foreign)
@example("@everyone")
@example("<@123456789012345678> <#1> </redeem:1> <t:1:R> <a:b:1>")
@example("\\@everyone\\")
def test_nothing_foreign_stays_a_mention_a_link_or_markdown(text):
    shown = plain(text)
    assert not TOKENS.search(shown)
    bare = ESCAPE.sub("x", shown)
    assert not re.search(r"[*_~`|\[\]\\]", bare)
    assert not re.match(r"(#|>|-|\+|\d+[.)])", bare.strip(FSI + PDI))


@given(foreign, foreign)
@example("<", "@1>")
@example("@", "everyone")
def test_two_harmless_texts_side_by_side_make_no_mention(one, other):
    assert not TOKENS.search(plain(one) + plain(other))


@given(foreign)
def test_unescaped_again_it_reads_as_it_was_typed(text):
    assert re.sub(r"\\([^0-9A-Za-z\s])", r"\1", plain(text)).translate({0x200B: None}).strip(
        FSI + PDI
    ) == clean(text)


@given(foreign)
def test_nothing_unseen_is_left(text):
    kept = clean(text)
    assert "\n" not in kept
    assert not set(kept) & set(BIDI + ZWSP + "\u2060\ufeff\xad")
    assert all(unicodedata.category(char) not in {"Cc", "Cs"} for char in kept)
    assert clean(kept) == kept


@given(foreign, foreign)
def test_letters_from_right_to_left_do_not_reorder_what_follows(before, after):
    for made in (plain(before), label(before), plain(before, 20), code_span(before)):
        assert made.count(FSI) == made.count(PDI)
        outside = re.sub(f"{FSI}[^{PDI}]*{PDI}", "", made)
        assert all(unicodedata.bidirectional(char) not in {"R", "AL", "AN"} for char in outside)


@pytest.mark.parametrize(
    "name", ["شمس", "مى\u200cخواهم", "👨\u200d👩\u200d👧", "👍🏽", "🇩🇪", "Zoë", "क्\u200dष", "❤️\u200d🔥"]
)
def test_names_of_all_scripts_and_joined_emoji_stay_whole(name):
    assert clean(name) == name


@pytest.mark.parametrize("name", ["", " ", "\u200b\u200d", "\u3164", "\ufe0f", "\u202e", "\u0301\u0301"])
def test_a_name_of_which_nothing_is_seen_is_empty(name):
    assert clean(name) == ""
    assert plain(name) == ""


def test_marks_do_not_climb_out_of_their_line():
    assert len(clean("Z" + "\u0301" * 200)) <= 6


def test_a_text_of_several_lines_keeps_them():
    assert plain_lines("# one\n\n**two**") == "\\# one\n\n\\*\\*two\\*\\*"


# --- code ---------------------------------------------------------------------------------------


@given(foreign)
@example("```\n@everyone")
@example("``````")
def test_code_never_ends_before_its_end(text):
    block = code_block(text)
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert block.count("```") == 2
    assert not re.search(r"@everyone|@here|<@[!&]?\d|<#\d|<t:", block)
    assert units(block) <= 1000
    span = code_span(text).strip(FSI + PDI)
    assert span.count("`") == 2
    assert span[0] == span[-1] == "`"
    assert span[-2] not in "`\\"


@given(st.text(alphabet=st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=64))
def test_a_code_is_copied_exactly(code):
    inner = code_block(code).removeprefix("```\n").removesuffix("\n```")
    assert inner.replace(ZWSP, "") == code
    if not re.search(r"```|@everyone|@here|<[@#/:]|<a:|<t:|<id:", code):
        assert inner == code


def test_empty_code_is_shown_as_such():
    assert code_block("\u200b") == "```\n…\n```"
    assert code_span("") == "`…`"


# --- lengths ------------------------------------------------------------------------------------


@given(foreign, st.integers(0, 200))
def test_a_cut_text_fits_and_says_that_it_was_cut(text, longest):
    shown = cut(text, longest)
    assert units(shown) <= longest
    if shown != text and longest:
        assert "…" in shown


@given(foreign, st.integers(1, 200))
def test_what_was_made_harmless_stays_so_when_it_is_cut(text, longest):
    shown = plain(text, longest)
    assert not TOKENS.search(shown)
    assert not re.search(r"[*_~`|\[\]\\]", ESCAPE.sub("x", shown))
    assert shown.count(FSI) == shown.count(PDI)


@given(foreign, st.integers(10, 200))
def test_a_block_that_is_cut_is_still_a_block(text, longest):
    shown = cut(code_block(text) + "\nrest", longest)
    assert shown.count("```") % 2 == 0


@pytest.mark.parametrize(
    ("text", "longest", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 4, "abc…"),
        ("😀😀😀", 4, "😀…"),
        ("a👍🏽b", 4, "a…"),
        ("a👨\u200d👩\u200d👧b", 8, "a…"),
        ("ae\u0301bc", 3, "a…"),
        (r"ab\*cd", 4, "ab…"),
        (r"ab\\cd", 5, r"ab\\…"),
        ("at <t:123456:R> or so", 12, "at…"),
        ("hey <@123456789012345678> you", 15, "hey…"),
        ("say `something long` now", 12, "say `somet…`"),
        ("abc", 0, ""),
        ("abc", 1, "…"),
    ],
)
def test_nothing_is_cut_in_two(text, longest, shown):
    assert cut(text, longest) == shown


def test_an_isolate_that_is_cut_is_closed():
    name = isolated("شمس" * 10)
    assert cut(name, 10).endswith(f"…{PDI}")


# --- moments ------------------------------------------------------------------------------------


def test_a_moment_is_shown_in_each_members_time():
    assert moment(1_800_000_000.9) == "<t:1800000000:R>"
    assert moment(-1.5, "f") == "<t:-2:f>"


@pytest.mark.parametrize("at", [None, float("nan"), float("inf"), -float("inf"), 1e300, DATES_END * 1.1])
def test_a_moment_beyond_what_discord_shows_is_left_out(at):
    assert moment(at) == ""
