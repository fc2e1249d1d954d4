"""What the stand-in makes of a request's body, whatever is in it."""

import json

import httpx
from hypothesis import example, given
from hypothesis import strategies as st

from tests.worlds.discord.body import parse
from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.limits import CONTENT, EMBED_TOTAL, check_message
from tests.worlds.discord.limits_text import length

NAMES = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n\0'), min_size=1, max_size=40)


@given(content=st.binary(max_size=500), name=NAMES, text=st.text(st.characters(codec="utf-8")))
@example(content=b"\r\n--x\r\n\r\n--", name="a.csv", text="")
def test_files_and_json_come_out_of_a_multipart_body_as_they_went_in(content, name, text):
    payload = json.dumps({"content": text}).encode()
    parts = {
        "files[0]": (name, content, "text/csv"),
        "payload_json": (None, payload, "application/json"),
    }
    request = httpx.Request("POST", "http://discord.test", files=parts)
    body = parse(request.headers["content-type"], request.read())
    assert body.json == {"content": text}
    assert body.files["0"].content == content
    assert body.files["0"].content_type == "text/csv"


def accepted(message: dict) -> bool:
    try:
        check_message(message)
    except Refusal as refusal:
        return refusal.code != 50035
    return True


EMOJIS = st.integers(0, 1100).map(lambda count: "🎁" * count)
LETTERS = st.integers(1990, 2010).map(lambda count: "x" * count)


@given(text=st.one_of(EMOJIS, LETTERS))
def test_content_is_accepted_up_to_its_limit_in_utf16(text):
    assert accepted({"content": text}) is (length(text) <= CONTENT)


@given(sizes=st.lists(st.integers(0, 4096), min_size=1, max_size=10), fields=st.integers(0, 25))
def test_embeds_are_accepted_up_to_what_they_may_have_together(sizes, fields):
    embeds = [{"description": "x" * size} for size in sizes]
    embeds[0]["fields"] = [{"name": "n", "value": "v" * 99}] * fields
    assert accepted({"embeds": embeds}) is (sum(sizes) + 100 * fields <= EMBED_TOTAL)


@given(custom=st.integers(0, 110), label=st.integers(0, 90), buttons=st.integers(0, 6))
def test_buttons_are_accepted_within_their_limits(custom, label, buttons):
    found = [
        {"type": 2, "style": 1, "custom_id": str(n) * custom, "label": "x" * label} for n in range(buttons)
    ]
    fits = 1 <= custom <= 100 and 1 <= label <= 80 and 1 <= buttons <= 5
    assert accepted({"content": "x", "components": [{"type": 1, "components": found}]}) is fits
