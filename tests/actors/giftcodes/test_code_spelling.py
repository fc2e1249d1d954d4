"""What a code may look like, and where one is read out of a message."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.giftcodes.codes import clean_code, find_code_in_message, find_labelled_code, read_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Frost2026", "Frost2026"),
        (" \t\nFrost2026\u00a0", "Frost2026"),
        ("\ufeffFr\u200bost\u00ad2026\u2060", "Frost2026"),
        ("Fr\ud800ost2026\x00", "Frost2026"),
        ("fROST2026", "fROST2026"),
        ("Frost-2026_é", "Frost-2026_é"),
        ("x" * 64, "x" * 64),
    ],
)
def test_a_code_keeps_its_spelling_and_loses_what_pasting_added(text: str, code: str) -> None:
    assert clean_code(text) == code
    assert read_code(text) == code


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "two words", "two\nlines", "a\u2003b", "a\x1cb", "x" * 65]
)
def test_what_can_be_no_code_is_none(text: str) -> None:
    assert read_code(text) is None


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("Frost2026", "Frost2026"),
        ("  Frost2026\n", "Frost2026"),
        ("`Frost2026`", "Frost2026"),
        ("**Frost2026**", "Frost2026"),
        ("Fr\u200bost2026", "Frost2026"),
        ("Code: Frost2026", "Frost2026"),
        ("New gift CODE:Frost2026!", "Frost2026"),
        ("A gift!\n**Code:** `Frost2026`\nValid until Friday", "Frost2026"),
        ("Gift Code：Frost2026", "Frost2026"),
        ("Code: Frost2026, code: Other1", "Frost2026"),
        ("code: Frost-2026 or code: Other1", "Other1"),
    ],
)
def test_a_message_of_one_word_or_with_a_label_announces_a_code(message: str, code: str) -> None:
    assert find_code_in_message(message) == code


@pytest.mark.parametrize(
    "message",
    [
        "",
        "Good morning",
        "Grüße",
        "Frost-2026",
        "Code:",
        "Code Frost2026",
        "Barcode: Frost2026",
        "Code: Früh2026",
        "Code: Frost-2026",
        "x" * 65,
        f"Code: {'x' * 65}",
    ],
)
def test_any_other_message_announces_none(message: str) -> None:
    assert find_code_in_message(message) is None


def test_one_word_is_no_label() -> None:
    assert find_labelled_code("Gems") is None


@given(st.text())
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_hidden(text: str) -> None:
    code = clean_code(text)
    assert clean_code(code) == code
    assert not any(unicodedata.category(char).startswith("C") for char in code)


@given(st.text() | st.lists(st.sampled_from(["code", ":", " ", "*", "`", "-", "Aa1", "\u200b"])).map("".join))
def test_what_is_found_in_a_message_is_a_plain_word_of_it(text: str) -> None:
    code = find_code_in_message(text)
    if code is not None:
        assert code.isascii()
        assert code.isalnum()
        assert code in clean_code(text.replace("\n", " "))
        assert read_code(code) == code
