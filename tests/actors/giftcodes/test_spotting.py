"""Which messages of a watched channel announce codes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from actors.giftcodes.codes import MAX_CODE_LENGTH, SHORTEST_WORD, read_code
from actors.giftcodes.spotting import MOST_CODES, Part, spot

WORD = st.text("abcXYZ0189", min_size=SHORTEST_WORD, max_size=MAX_CODE_LENGTH)


@given(WORD, st.sampled_from(["{}", " {}\n", "`{}`", "**{}**", "```{}```", "||{}||", "__{}__"]))
def test_a_message_that_is_one_word_announces_it_in_its_spelling(word: str, around: str) -> None:
    assert spot(around.format(word)).codes == (word,)


@given(
    WORD,
    st.sampled_from(
        [
            "Code: {}",
            "New gift CODE:{}!",
            "Gift code: `{}` and be quick",
            "**Code:** **{}**",
            "Code:\n```\n{}\n```",
            "Gift Code：{}",
            "> code : {}",
        ]
    ),
)
def test_a_label_announces_a_code_whatever_its_case_and_markdown(word: str, text: str) -> None:
    assert spot(text.format(word)).codes == (word,)
    assert spot("", [Part("News", text.format(word))]).codes == (word,)


@given(st.lists(WORD, unique=True, max_size=MOST_CODES + 5))
def test_several_codes_come_in_their_order_each_once_and_not_endlessly(words: list[str]) -> None:
    text = "\n".join(f"Code: {word}" for word in (*words, *words))
    assert spot(text).codes == tuple(words[:MOST_CODES])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ok",
        "gg!",
        "lol",
        "good morning",
        "Grüße",
        "Frost-2026",
        "https://example.org/code:Frost2026",
        "<:code:123456789012345678>",
        "<a:giftcode:123456789012345678> nice",
        "see <#123456789012345678>",
        "x" * (MAX_CODE_LENGTH + 1),
    ],
)
def test_talk_links_emoji_and_mentions_announce_nothing(text: str) -> None:
    assert spot(text).codes == ()
    assert not spot(text).attempted


@pytest.mark.parametrize("text", ["Code: früh", "gift code:", "CODE: Frost-2026", f"Code: {'x' * 65}"])
def test_a_label_without_a_code_is_an_attempt(text: str) -> None:
    assert spot(text).codes == ()
    assert spot(text).attempted


@pytest.mark.parametrize(
    ("part", "codes"),
    [
        (Part("New Gift Code", "Frost2026"), ("Frost2026",)),
        (Part("**Code:**", "`Frost2026`"), ("Frost2026",)),
        (Part("Code: Frost2026", "until Friday"), ("Frost2026",)),
        (Part("New gift code", "is out: look"), ()),
        (Part("Rewards", "Gems"), ()),
        (Part("Barcode", "Frost2026"), ()),
    ],
)
def test_a_titled_part_is_read_as_label_and_code(part: Part, codes: tuple[str, ...]) -> None:
    assert spot("", [part]).codes == codes


def test_one_word_beside_an_embed_is_no_announcement_of_its_own() -> None:
    assert spot("Look", [Part("Gift code", "Frost2026")]).codes == ("Frost2026",)


@given(
    st.text()
    | st.lists(st.sampled_from(["code", ":", " ", "*", "`", "-", "Aa1", "<", ">", "\u200b"])).map("".join)
)
@example("<:code:1>")
def test_whatever_is_written_what_is_spotted_is_a_plain_word_of_it(text: str) -> None:
    sighting = spot(text, [Part(text, text)])
    assert sighting.attempted or not sighting.codes
    assert all(code.isascii() and code.isalnum() and read_code(code) == code for code in sighting.codes)
