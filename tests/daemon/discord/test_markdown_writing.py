import pytest

from actors.vip.rich_text import Span, Style, plain, rich, styled
from daemon.discord.markdown import from_markdown, to_markdown
from daemon.discord.text import ZWSP

Z = ZWSP


def _write(text, *spans):
    return to_markdown(rich(text, *(Span(*span) for span in spans)))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("**a** __b__ ~~c~~ ||d|| `e`", r"\*\*a\*\* \_\_b\_\_ \~\~c\~\~ \|\|d\|\| \`e\`"),
        ("# a\n- b\n1. c\n> d\n  + e", "\\# a\n\\- b\n1\\. c\n\\> d\n  \\+ e"),
        ("a # b - c > d 1. e", "a # b - c > d 1. e"),
        ("<@1> <@!1> <@&2> <#3>", f"<{Z}@1> <{Z}@!1> <{Z}@&2> <{Z}#3>"),
        ("@everyone @here @Everyone a@b.example", f"@{Z}everyone @{Z}here @{Z}Everyone a@b.example"),
        ("<:a:1> <a:b:2> <t:0> </x:1> <id:guide>", f"<{Z}:a:1> <{Z}a:b:2> <{Z}t:0> <{Z}/x:1> <{Z}id:guide>"),
        ("[a](https://b.example)", "\\[a\\](<https://b.example>)"),
        ("discord.gg/abc", "discord.gg\\/abc"),
        ("C:\\dir", "C:\\\\dir"),
    ],
)
def test_foreign_text_shows_as_it_is(text, written):
    assert to_markdown(plain(text)) == written


def test_a_mention_in_code_is_broken_too():
    assert to_markdown(styled("<@1>", Style.CODE)) == f"`<{Z}@1>`"
    assert to_markdown(styled("@everyone", Style.PRE)) == f"```\n@{Z}everyone\n```"


def test_a_mention_does_not_come_of_formatting():
    written = _write("@everyone", (1, 9, Style.LINK, "mailto:x"))
    assert "@everyone" not in written


def test_addresses_are_links_without_previews():
    assert to_markdown(plain("see https://a.example/b_c.")) == "see <https://a.example/b_c>."
    assert _write("https://a.example/b_c", (0, 21, Style.BOLD)) == "**<https://a.example/b_c>**"


def test_an_address_that_would_mention_or_format_is_text():
    assert "@everyone" not in to_markdown(plain("https://a.example/@everyone"))
    styled_address = styled("https://a.example/**", Style.BOLD)
    assert to_markdown(styled_address) == f"**https:\\/\\/a.example\\/\\*\\*{Z}**"


def test_half_an_address_is_no_link():
    assert "<https" not in _write("https://good.example.evil.example", (20, 33, Style.BOLD))


def test_links_have_their_label_and_address():
    one = (4, 8, Style.LINK, "https://b.example/x_(y)")
    assert _write("see here", one) == "see [here](<https://b.example/x_%28y%29>)"


@pytest.mark.parametrize(
    ("label", "address", "written"),
    [
        ("bank.example", "https://evil.example", "bank.example (<https://evil.example>)"),
        ("mail", "mailto:a@b.example", "mail (mailto:a@b.example)"),
        ("tap", "tg://user?id=1", "tap (tg:\\/\\/user?id=1)"),
        ("odd", "https://x.example/a b", "odd (https:\\/\\/x.example\\/a b)"),
    ],
)
def test_an_address_that_discord_would_not_link_is_written_out(label, address, written):
    assert to_markdown(styled(label, Style.LINK, address)) == written


@pytest.mark.parametrize(
    ("spans", "written"),
    [
        ([(0, 3, Style.BOLD), (0, 3, Style.ITALIC)], "***abc***"),
        ([(0, 2, Style.BOLD), (2, 3, Style.ITALIC)], f"**ab**{Z}*c*"),
        ([(0, 2, Style.BOLD), (1, 3, Style.UNDERLINE)], "**a__b__**__c__"),
        ([(0, 3, Style.QUOTE), (1, 2, Style.STRIKE)], "> a~~b~~c"),
        ([(1, 2, Style.SPOILER), (0, 3, Style.CODE)], "`a`||b||`c`"),
        ([(0, 3, Style.PRE, "py")], "```py\nabc\n```"),
        ([(0, 3, Style.PRE, "not a language")], "```\nabc\n```"),
    ],
)
def test_formatting_is_nested(spans, written):
    assert _write("abc", *spans) == written


def test_white_space_stays_outside_of_marks():
    written = _write("one two three", (0, 8, Style.ITALIC), (4, 13, Style.BOLD))
    assert written == "*one **two*** **three**"


def test_a_quote_has_its_mark_on_every_line():
    assert _write("a\nb\n\nc\nd", (2, 6, Style.QUOTE)) == "a\n> b\n> \n> c\nd"
    assert _write("x\ny", (0, 3, Style.QUOTE), (0, 3, Style.PRE)) == "> ```\n> x\n> y\n> ```"


@pytest.mark.parametrize("code", ["a`b", "`", "a``b", "```", "\\", "``````"])
def test_code_of_backticks_is_shown(code):
    for style in (Style.CODE, Style.PRE):
        back = from_markdown(to_markdown(styled(code, style)))
        assert back.text.replace(Z, "") == code
        assert [span.style for span in back.spans] == [style]
