import itertools

from hypothesis import strategies as st

from actors.vip.intervals import minus, union
from actors.vip.rich_text import RichText, Span, Style, is_blank, plain, rich, styled
from tests.worlds.rich_texts import WORDS, given_any, looks, rich_texts

STYLES = {style.value: style for style in Style}


def _rich(text, *spans):
    return [(s.start, s.end, s.style.value, s.value) for s in rich(text, *(Span(*s) for s in spans)).spans]


@given_any(rich_texts())
def test_the_normal_form_of_a_normal_form_is_itself(value):
    assert rich(value.text, *value.spans) == value


@given_any(WORDS, st.data())
def test_a_text_is_not_changed_by_its_spans(text, data):
    value = data.draw(rich_texts(st.just(text)))
    assert value.text == plain(text).text


@given_any(rich_texts())
def test_spans_of_one_style_neither_overlap_nor_touch(value):
    for style in Style:
        spans = sorted((s.start, s.end) for s in value.spans if s.style is style)
        assert all(start < end for start, end in spans)
        if style not in {Style.PRE, Style.LINK}:  # those of different values may touch
            assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))


@given_any(rich_texts())
def test_nothing_but_a_quote_lies_over_code(value):
    for _, styles in looks(value):
        names = {name for name, _ in styles}
        if names & {"code", "pre"}:
            assert names <= {"code", "quote"} or names <= {"pre", "quote"}


@given_any(rich_texts())
def test_no_span_begins_or_ends_with_white_space(value):
    for span in value.spans:
        piece = value.text[span.start : span.end]
        assert piece == piece.rstrip()
        assert piece == piece.lstrip("\n") if span.style is Style.PRE else piece == piece.lstrip()


@given_any(rich_texts(), st.data())
def test_two_pieces_look_like_the_whole(value, data):
    cut = data.draw(st.integers(0, len(value.text)))
    first, second = value.part(0, cut), value.part(cut, len(value.text))
    assert first.text + second.text == value.text
    without = {"quote", "pre"}  # these are of whole lines: what was cut off stands at the end of one
    pieces = [(c, {s for s in styles if s[0] not in without}) for c, styles in looks(first) + looks(second)]
    assert pieces == [(c, {s for s in styles if s[0] not in without}) for c, styles in looks(value)]


@given_any(rich_texts(), rich_texts())
def test_texts_are_put_together_with_their_spans(one, other):
    both = one + other
    assert both.text == one.text + other.text
    assert both.part(0, len(one.text)).text == one.text


def test_overlapping_and_touching_spans_become_one():
    assert _rich("abcdef", (0, 3, Style.BOLD), (2, 4, Style.BOLD), (4, 5, Style.BOLD)) == [(0, 5, "bold", "")]


def test_white_space_at_the_ends_of_a_span_is_left_out():
    assert _rich(" a b ", (0, 5, Style.BOLD)) == [(1, 4, "bold", "")]
    assert _rich("a   b", (1, 4, Style.STRIKE)) == []


def test_emphasis_is_cut_out_of_code():
    assert _rich("one two three", (0, 13, Style.BOLD), (4, 7, Style.CODE)) == [
        (0, 3, "bold", ""),
        (4, 7, "code", ""),
        (8, 13, "bold", ""),
    ]


def test_hidden_code_stays_hidden():
    assert _rich("secret", (0, 6, Style.CODE), (0, 6, Style.SPOILER)) == [(0, 6, "spoiler", "")]


def test_of_two_links_over_one_another_the_first_one_counts():
    assert _rich("abcd", (0, 3, Style.LINK, "https://x"), (2, 4, Style.LINK, "https://y")) == [
        (0, 3, "link", "https://x"),
        (3, 4, "link", "https://y"),
    ]


def test_a_link_whose_text_is_its_address_is_none():
    assert _rich("https://x.example", (0, 17, Style.LINK, "https://x.example")) == []


def test_a_link_over_two_lines_is_two_links():
    assert _rich("a\nb", (0, 3, Style.LINK, "https://x")) == [
        (0, 1, "link", "https://x"),
        (2, 3, "link", "https://x"),
    ]


def test_a_quote_is_of_whole_lines():
    assert _rich("a bc d\nx\ny", (2, 4, Style.QUOTE), (7, 8, Style.QUOTE)) == [(0, 8, "quote", "")]


def test_spans_beyond_the_text_are_cut():
    assert _rich("abc", (-5, 2, Style.BOLD), (9, 12, Style.ITALIC)) == [(0, 2, "bold", "")]
    assert _rich("abc", (9, 12, Style.ITALIC)) == []


def test_half_a_surrogate_pair_is_replaced():
    assert plain("a\ud83d") == RichText("a\ufffd")
    assert rich("a\ude00", Span(0, 2, Style.BOLD)).text == "a\ufffd"


def test_a_text_without_anything_to_see_is_blank():
    assert is_blank(" \n\u200b\ufeff")
    assert not plain(" \u200b")
    assert plain(" a").stripped() == plain("a")
    assert styled("ab", Style.BOLD) == RichText("ab", (Span(0, 2, Style.BOLD),))
    assert styled(" ab ", Style.BOLD).stripped() == styled("ab", Style.BOLD)


@given_any(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_intervals_are_sets_of_places(these, those):
    one, other = union((i, i + 1) for i in these), union((i, i + 1) for i in those)
    left = minus(one, other)
    assert {i for start, end in left for i in range(start, end)} == these - those
    assert left == union(left)
