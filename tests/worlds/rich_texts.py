"""Texts with formatting, as hypothesis makes them; and how a text looks, to compare what comes back."""

import string

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.vip.rich_text import UNSEEN, RichText, Span, Style, rich

NASTY = [
    *"*_~|`\\[]()<>#@:-+.!/{}&\n\n    ",
    *["**", "***", "__", "~~", "||", "```", "``", "> ", ">>> ", "# ", "- ", "1. ", "-# ", "\n\n", "://"],
    *["@everyone", "@here", "<@1>", "<@!12>", "<@&7>", "<#5>", "<:a:1>", "</x:1>", "<t:1>", "<id:guide>"],
    *["https://a.example/b_c*d", "http://x.example/(y)", "discord.gg/abc", "¯\\_(ツ)_/¯", "[a](b)"],
    *[
        "\U0001f600",
        "👨‍👩‍👧",
        "é",
        "e\u0301",
        "🏳️‍🌈",
        "👍🏽",
        "🇩🇪",
        "한",
        "क्षि",
        "שלום",
        "\u200b",
        "\ufeff",
        "\r\n",
    ],
]

WORDS = st.lists(
    st.one_of(st.sampled_from(NASTY), st.text(string.ascii_letters + " \n", max_size=6), st.text(max_size=4)),
    max_size=14,
).map("".join)

_CALM = st.lists(
    st.sampled_from(
        ["a", "b", "word", " ", " ", "\n", "é", "\U0001f600", "e\u0301", "*", "_", "|", "~", "`", "#"]
    ),
    max_size=16,
).map("".join)

ADDRESSES = st.sampled_from(["https://a.example/b", "http://b.example/?q=1&r=2", "https://c.example/d-e#f"])


def given_any(*strategies):
    """`given`, on machines that have other things to do as well: texts take as long as they take."""
    unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    return lambda test: unhurried(given(*strategies)(test))


@st.composite
def rich_texts(draw, texts=WORDS, styles=tuple(Style)):
    """Any text with any spans, in normal form."""
    text = draw(texts)
    spans = []
    for _ in range(draw(st.integers(0, 6))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        style = draw(st.sampled_from(styles))
        value = ""
        if style is Style.LINK:
            value = draw(ADDRESSES)
        elif style is Style.PRE:
            value = draw(st.sampled_from(["", "py", "c++"]))
        spans.append(Span(start, end, style, value))
    return rich(text, *spans)


def calm_texts():
    """Without mentions and links in the text itself."""
    return rich_texts(_CALM)


def seen(text: str) -> str:
    """The characters that show something."""
    return "".join(char for char in text if not char.isspace() and char not in UNSEEN)


def looks(value: RichText) -> list[tuple[str, frozenset[tuple[str, str]]]]:
    """Each character that shows something, with its styles."""
    at: list[set[tuple[str, str]]] = [set() for _ in value.text]
    for span in value.spans:
        for place in range(span.start, span.end):
            at[place].add((span.style.value, span.value))
    return [(char, frozenset(styles)) for char, styles in zip(value.text, at, strict=True) if seen(char)]
