import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.cli.output import _UNSAFE_IN_JSON, print_json


@pytest.mark.parametrize("text", ["雪狐 👨‍👩‍👧", "\x1b[31m\x9b\u202e\u2028", "half \ud83d pair"])
def test_json_is_read_back_the_same_and_drives_no_terminal(text: str, capsys: Any) -> None:
    assert print_json([text]) is True
    printed = capsys.readouterr().out
    assert json.loads(printed) == [text]
    assert not any(char in printed for char in "\x1b\x9b\u202e\u2028\ud83d")


@given(st.text(st.characters()))
def test_escaping_changes_no_document(text: str) -> None:
    written = json.dumps(text, ensure_ascii=False)
    escaped = _UNSAFE_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
    assert json.loads(escaped) == text
    escaped.encode()
