from actors.vip.nesting import nested
from actors.vip.rich_text import RichText, Span, Style
from tests.worlds.rich_texts import given_any, looks, rich_texts


@given_any(rich_texts())
def test_nested_spans_never_cross_and_look_the_same(value):
    spans = nested(value.text, value.spans)
    ends = []
    for span in spans:
        while ends and ends[-1] <= span.start:
            ends.pop()
        assert span.start < span.end
        assert not ends or span.end <= ends[-1]
        ends.append(span.end)
    assert looks(RichText(value.text, tuple(spans))) == looks(value)
    assert [span.start for span in spans] == sorted(span.start for span in spans)


def test_a_span_that_crosses_another_is_cut_at_its_end():
    spans = (Span(0, 7, Style.BOLD), Span(4, 13, Style.ITALIC))
    assert nested("one two three", spans) == [
        Span(0, 7, Style.BOLD),
        Span(4, 7, Style.ITALIC),
        Span(8, 13, Style.ITALIC),
    ]


def test_of_equal_spans_the_outer_style_comes_first():
    spans = (Span(0, 3, Style.ITALIC), Span(0, 3, Style.QUOTE), Span(0, 3, Style.BOLD))
    assert [span.style for span in nested("abc", spans)] == [Style.QUOTE, Style.BOLD, Style.ITALIC]
