import time

import pytest
from hypothesis import strategies as st

from daemon.discord.markdown import Names, from_markdown
from tests.worlds.rich_texts import given_any

NAMES = Names(members={"1": "Ann", "2": "**Bob**"}, channels={"5": "desk"}, roles={"7": "Staff"})


def _read(text):
    value = from_markdown(text, NAMES)
    return value.text, [(s.style.value, value.text[s.start : s.end], s.value) for s in value.spans]


@pytest.mark.parametrize(
    ("source", "text", "spans"),
    [
        ("**a *b* c**", "a b c", [("bold", "a b c"), ("italic", "b")]),
        ("***a***", "a", [("bold", "a"), ("italic", "a")]),
        ("***a** b*", "a b", [("italic", "a b"), ("bold", "a")]),
        ("**a *b***", "a b", [("bold", "a b"), ("italic", "b")]),
        ("**a*b***", "ab", [("bold", "ab"), ("italic", "b")]),
        ("___a___", "a", [("underline", "a"), ("italic", "a")]),
        ("__a ~~b~~ ||c||__", "a b c", [("underline", "a b c"), ("strike", "b"), ("spoiler", "c")]),
        ("_a_ *b*", "a b", [("italic", "a"), ("italic", "b")]),
        ("||||t||||", "||t||", [("spoiler", "||t")]),
        ("**a ~~b** c~~", "a ~~b c~~", [("bold", "a ~~b")]),
    ],
)
def test_emphasis_is_read_as_discord_shows_it(source, text, spans):
    said, found = _read(source)
    assert (said, [one[:2] for one in found]) == (text, spans)


@pytest.mark.parametrize(
    "text",
    [
        "a ** b",
        "****",
        "*a**",
        "* a *",
        "snake_case_name",
        "~a~",
        "|a|",
        "5 * 3 * 2",
        "**",
        "~~~~",
        "a_b",
        "`a",
        "# title",
        "- item",
        "* item",
        "1. one",
        "-# small",
        ">no quote",
        ">>>none",
        "[a]",
        "[a](b)",
        "\\a",
        "¯\\_(ツ)_/¯",
    ],
)
def test_marks_without_a_partner_stay_as_they_were_typed(text):
    assert _read(text) == (text, [])


@pytest.mark.parametrize(
    ("source", "text", "language"),
    [
        ("```py\nx = 1\n```", "x = 1", "py"),
        ("```\n\n  x\n\n```", "  x", ""),
        ("```x```", "x", ""),
        ("```py\n```", "py", ""),
        ("```c++\n**a**\n> b\n```", "**a**\n> b", "c++"),
    ],
)
def test_a_block_of_code_is_read_with_its_language(source, text, language):
    assert _read(source) == (text, [("pre", text, language)])


def test_a_block_of_code_stands_on_lines_of_its_own():
    assert _read("a```b```c") == ("a\nb\nc", [("pre", "b", "")])
    assert _read("a\n```b```\nc") == ("a\nb\nc", [("pre", "b", "")])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("`a`", "a"),
        ("``a`b``", "a`b"),
        ("`` `a` ``", "`a`"),
        ("`**a** <@1>`", "**a** <@1>"),
        ("`a\\`", "a\\"),
    ],
)
def test_code_is_read_as_it_is(source, text):
    assert _read(source) == (text, [("code", text, "")])


def test_an_escaped_sign_is_itself():
    assert _read(r"\*a\* \<@1> \`b\` \# \\") == ("*a* <@1> `b` # \\", [])


def test_lines_that_begin_with_a_quote_mark_are_a_quote():
    assert _read("a\n> b\n> **c**\nd") == ("a\nb\nc\nd", [("quote", "b\nc", ""), ("bold", "c", "")])
    assert _read("> a\n\n> b") == ("a\n\nb", [("quote", "a", ""), ("quote", "b", "")])
    assert _read("> ```\n> a\n> ```") == ("a", [("quote", "a", ""), ("pre", "a", "")])


def test_three_marks_quote_the_rest():
    assert _read("a\n>>> b\n\n> c") == ("a\nb\n\n> c", [("quote", "b\n\n> c", "")])


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<@1> <@!1> <@9>", "@Ann @Ann @9"),
        ("<@2>", "@**Bob**"),
        ("<@&7> <@&8> <#5> <#6>", "@Staff @8 #desk #6"),
        ("<:wave:12> <a:party:13>", ":wave: :party:"),
        ("</vip end:77>", "/vip end"),
        ("<t:1700000000> <t:1700000000:R>", "2023-11-14 22:13 UTC 2023-11-14 22:13 UTC"),
        ("<t:1700000000:t> <t:1700000000:T>", "22:13 UTC 22:13:20 UTC"),
        ("<t:1700000000:d> <t:1700000000:F>", "2023-11-14 Tuesday, 2023-11-14 22:13 UTC"),
        ("<t:99999999999999>", "<t:99999999999999>"),
        ("<id:guide> <b> a < b", "<id:guide> <b> a < b"),
    ],
)
def test_tokens_become_words(source, text):
    assert _read(source) == (text, [])


def test_links_keep_their_address():
    one = "https://a.example/x_(y)"
    assert _read(f"[see **here**]({one})") == ("see here", [("link", "see here", one), ("bold", "here", "")])
    assert _read("[a](<https://b.example/(> 'title')") == ("a", [("link", "a", "https://b.example/(")])
    assert _read("<https://c.example/*d*>") == ("https://c.example/*d*", [])
    assert _read("https://c.example/a_b_c *d*") == ("https://c.example/a_b_c d", [("italic", "d", "")])


def test_a_link_that_names_another_address_is_shown_as_typed():
    text = "[https://good.example](https://evil.example)"
    assert _read(text) == (text, [])


def test_emphasis_around_a_link_ends_where_it_should():
    assert _read("**https://a.example** ||https://b.example||") == (
        "https://a.example https://b.example",
        [("bold", "https://a.example", ""), ("spoiler", "https://b.example", "")],
    )


def test_lines_end_alike():
    assert _read("a\r\nb\rc") == ("a\nb\nc", [])


NESTED = [
    "*a",
    "*a* *",
    "_a _ ",
    "[a](",
    "[[a]",
    "**a __b ~~c ||d ",
    "`",
    "``a`",
    "||a",
    "<a:",
    "> ",
    "```a",
    "\n > ",
]


@given_any(st.lists(st.sampled_from(NESTED), min_size=1, max_size=4).map("".join))
def test_no_message_takes_long_to_read(piece):
    text = (piece * 4000)[:4000]
    began = time.process_time()
    from_markdown(text)
    assert time.process_time() - began < 0.5  # a hundred times what it takes: quadratic readers take seconds
