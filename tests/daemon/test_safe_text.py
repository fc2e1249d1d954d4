"""Text from outside on a line for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.safe_text import cut, neutralised


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x1b[31mred\x9b", "\\x1b[31mred\\x9b"),
        ("\ud800", "\\ud800"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("abc\u202edef", "abc\\u202edef"),
        ("✅ ⚠️ 📊 👩‍👩‍👧 naïve 日本", "✅ ⚠️ 📊 👩‍👩‍👧 naïve 日本"),
    ],
)
def test_what_drives_a_terminal_is_shown_and_what_people_write_stays(text: str, shown: str) -> None:
    assert neutralised(text) == shown


@given(st.text(st.characters()))
def test_the_result_is_one_line_that_can_be_encoded(text: str) -> None:
    shown = neutralised(text)
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown
    shown.encode()
    assert neutralised(shown) == shown


def test_a_cut_says_how_much_is_missing() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcdef… (1 more)"
    assert cut("abcdef", 6, 100) == "abcdef… (94 more)"
    assert cut("abc", 6, 100) == "abc… (97 more)"
