"""What each kind of listing looks like, and what becomes of entries that are no good."""

import contextlib
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ports import FoundCode, SourceError
from daemon.sources import distribution, json_feed, rss
from daemon.sources.body import Body
from daemon.sources.expiry import parse_expiry
from daemon.sources.listing import MAX_ENTRIES, Listing
from daemon.sources.polled import Format

FORMATS = [json_feed.FORMAT, rss.FORMAT, distribution.FORMAT]
NEW_YEAR = 1_767_225_600.0


def codes_of(form: Format, content: Any, listing: Listing | None = None) -> Any:
    content = content if isinstance(content, bytes) else content.encode()
    return (listing or Listing("page", "wos")).codes(form.entries(Body(content)), form.read)


def found(*codes: str) -> Any:
    return tuple(FoundCode("wos", code) for code in codes)


def feed(*items: str) -> Any:
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Codes</title>{inside}</channel></rss>'


def kingshot(*entries: Any, **more: str) -> Any:
    return json.dumps({"status": "success", "data": {"giftCodes": list(entries)}} | more)


# --- json ---------------------------------------------------------------------------------------


def test_json_lists_codes_with_their_expiry() -> None:
    page = kingshot(
        {
            "id": 1,
            "code": "KS2026",
            "createdAt": "2025-12-01T00:00:00.000Z",
            "expiresAt": "2026-01-01T00:00:00.000Z",
        },
        {"id": 2, "code": "ForEver", "expiresAt": None},
    )
    assert codes_of(json_feed.FORMAT, page) == (
        FoundCode("wos", "KS2026", NEW_YEAR),
        FoundCode("wos", "ForEver"),
    )


@pytest.mark.parametrize(
    "page", ['{"data": {"giftCodes": []}}', '{"status": "success", "data": {"giftCodes": []}}']
)
def test_an_empty_list_is_an_empty_list(page: Any) -> None:
    assert codes_of(json_feed.FORMAT, page) == ()


@pytest.mark.parametrize(
    "page",
    [
        '{"status": "error", "message": "database away", "data": {"giftCodes": []}}',
        '{"status": false, "data": {"giftCodes": []}}',
        '{"data": null}',
        '{"data": {"giftCodes": null}}',
        '{"data": []}',
        "[]",
        '"codes"',
    ],
)
def test_an_outage_is_not_an_empty_list(page: Any) -> None:
    with pytest.raises(SourceError):
        codes_of(json_feed.FORMAT, page)


def test_bad_entries_are_skipped_and_named_and_the_good_ones_kept(caplog: pytest.LogCaptureFixture) -> None:
    bad = [{"code": ""}, {"code": 7}, {"id": 3}, "X", None, [], {"code": "two words"}, {"code": "x" * 65}]
    page = kingshot({"code": "GOOD1"}, *bad, {"code": "Good2"})
    assert codes_of(json_feed.FORMAT, page) == found("GOOD1", "Good2")
    assert len(caplog.records) == len(bad)
    assert "two words" in caplog.text
    assert all(vars(record)["source"] == "page" for record in caplog.records)


def test_a_bad_entry_is_named_once_and_not_every_ten_seconds(caplog: pytest.LogCaptureFixture) -> None:
    listing = Listing("page", "wos")
    for _ in range(3):
        codes_of(json_feed.FORMAT, kingshot({"code": "two words"}), listing)
    assert len(caplog.records) == 1


def test_a_thousand_bad_entries_are_not_a_thousand_lines(caplog: pytest.LogCaptureFixture) -> None:
    codes_of(json_feed.FORMAT, kingshot(*({"code": f"bad {number}"} for number in range(1000))))
    assert len(caplog.records) == 11
    assert "990 more" in caplog.text


def test_of_a_huge_listing_the_first_thousand_are_read_with_one_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    listing = Listing("page", "wos")
    page = kingshot(*({"code": f"C{number}"} for number in range(20_000)))
    for _ in range(2):
        read = codes_of(json_feed.FORMAT, page, listing)
        assert [item.code for item in read] == [f"C{number}" for number in range(MAX_ENTRIES)]
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert "20000" in caplog.text


def test_codes_keep_their_case_and_lose_hidden_characters_and_duplicates() -> None:
    page = kingshot(*({"code": text} for text in [" aBc\u200b1 ", "aBc1", "ABC1", "\ud800abc1"]))
    assert codes_of(json_feed.FORMAT, page) == found("aBc1", "ABC1", "abc1")


def test_a_garbage_expiry_costs_the_expiry_and_not_the_code() -> None:
    assert codes_of(json_feed.FORMAT, kingshot({"code": "A", "expiresAt": "soon"})) == found("A")


# --- distribution -------------------------------------------------------------------------------


def test_distribution_lists_codes_with_the_day_they_were_added() -> None:
    page = json.dumps(
        {"codes": ["Frost1 01.10.2026", "Frost2\t1.1.26", "Frost3", "\u200bFrost4 \u200b01.10.2026 "]}
    )
    assert codes_of(distribution.FORMAT, page) == found("Frost1", "Frost2", "Frost3", "Frost4")


def test_what_is_not_code_and_date_is_skipped(caplog: pytest.LogCaptureFixture) -> None:
    page = json.dumps({"codes": ["A B 01.10.2026", "A tomorrow", "", " ", 5, None, ["A"], "OK 01.10.2026"]})
    assert codes_of(distribution.FORMAT, page) == found("OK")
    assert "A tomorrow" in caplog.text


# --- rss ----------------------------------------------------------------------------------------


def test_rss_where_the_title_is_the_code() -> None:
    link = "<link>https://x.example/1</link><guid>1</guid><pubDate>Thu, 01 Oct 2026 08:00:00 +0000</pubDate>"
    items = [f"<title>Frost2026</title>{link}", "<title><![CDATA[ gift777 ]]></title>"]
    assert codes_of(rss.FORMAT, feed(*items)) == found("Frost2026", "gift777")


@pytest.mark.parametrize(
    "item",
    [
        "<title>New gift! Code: Frost2026</title>",
        "<title>New gift code</title><description>Code: Frost2026 - 500 gems</description>",
        "<title/><description>&lt;b&gt;Gift Code:&lt;/b&gt; &lt;i&gt;Frost2026</description>",
        "<title>No 2</title><x:encoded xmlns:x='urn:x'><![CDATA[<p>CODE:&nbsp;Frost2026</p>]]></x:encoded>",
    ],
)
def test_rss_where_a_sentence_holds_the_code(item: str) -> None:
    assert codes_of(rss.FORMAT, feed(item)) == found("Frost2026")


def test_an_item_without_a_code_is_news(caplog: pytest.LogCaptureFixture) -> None:
    page = feed("<title>Server maintenance on Monday</title><description>Gems</description>", "<title/>", "")
    assert codes_of(rss.FORMAT, page) == ()
    assert "Server maintenance on Monday" in caplog.text


@pytest.mark.parametrize(
    "more",
    [
        "<expires>2026-01-01T00:00:00Z</expires>",
        "<g:expiresAt xmlns:g='urn:g'>2026-01-01 01:00:00+01:00</g:expiresAt>",
        "<expiry>Thu, 01 Jan 2026 00:00:00 GMT</expiry>",
        "<description>100 gems. Expires: 2026-01-01T00:00Z</description>",
        "<description>Expires on 2025-12-31, be quick</description>",
    ],
)
def test_rss_tells_the_expiry_in_an_element_or_in_the_description(more: str) -> None:
    assert codes_of(rss.FORMAT, feed(f"<title>A1</title>{more}")) == (FoundCode("wos", "A1", NEW_YEAR),)


def test_atom_and_rss_1_are_feeds_too() -> None:
    atom = "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry><title>A1</title></entry></feed>"
    rdf = (
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'>"
        "<channel><title>t</title></channel><item><title>A1</title></item></r:RDF>"
    )
    assert codes_of(rss.FORMAT, atom) == codes_of(rss.FORMAT, rdf) == found("A1")


BOMB = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<rss><channel><item><title>&b;</title></item></channel></rss>"
)


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"<html><title>Blocked</title></html>", "an HTML page 'Blocked' instead of an RSS feed"),
        (b"", "bad XML"),
        (b"{}", "bad XML"),
        (b"<rss><channel>", "bad XML"),
        (b'<?xml version="1.0" encoding="utf-8"?><rss>\xff</rss>', "bad XML"),
        (b'<?xml version="1.0" encoding="klingon"?><rss/>', "an encoding that can't be read"),
        (b'<?xml version="1.0" encoding="cp037"?><rss/>', ""),
        (b"<sitemap/>", "root 'sitemap'"),
        (b"<rss>&" + b"x" * 100_000 + b";</rss>", "bad XML"),
        (b"<" + b"x" * 100_000 + b"/>", "root 'xxx"),
        (BOMB.encode(), "EntitiesForbidden"),
        (b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>', "EntitiesForbidden"),
    ],
)
def test_what_is_no_feed_is_refused_by_name(page: Any, words: str) -> None:
    with pytest.raises(SourceError) as caught:
        codes_of(rss.FORMAT, page)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_feed_nested_a_hundred_thousand_deep_does_no_harm() -> None:
    deep = b"<rss>" + b"<item>" * 100_000 + b"<title>A1</title>" + b"</item>" * 100_000 + b"</rss>"
    with contextlib.suppress(SourceError):  # as good an answer
        codes_of(rss.FORMAT, deep)


# --- expiry -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01T00:00:00.000Z", NEW_YEAR),
        ("2026-01-01T02:00:00+02:00", NEW_YEAR),
        ("2026-01-01 00:00", NEW_YEAR),
        (" 2026-01-01T00:00:00Z\u200b", NEW_YEAR),
        ("2025-12-31", NEW_YEAR),
        ("Thu, 01 Jan 2026 00:00:00 +0000", NEW_YEAR),
        (1767225600, NEW_YEAR),
        (1767225600000, NEW_YEAR),
        ("never", None),
        ("", None),
        (None, None),
        (True, None),
        (0, None),
        (-5, None),
        (float("nan"), None),
        (10**400, None),
        ({}, None),
        ("0001-01-01T00:00:00+23:59", -62135683140.0),
        ("9999-12-31", 253402300800.0),
        ("2026-13-45T99:00:00Z", None),
    ],
)
def test_an_expiry_is_understood_or_none(value: Any, expected: Any) -> None:
    assert parse_expiry(value) == expected


@given(
    st.one_of(
        st.text(), st.integers(), st.floats(), st.datetimes().map(str), st.from_regex(r"[\d :TZ+.,-]{1,30}")
    )
)
def test_an_expiry_never_raises(value: Any) -> None:
    assert parse_expiry(value) is None or isinstance(parse_expiry(value), float)


# --- any bytes at all ---------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
json_pages = st.one_of(
    json_values,
    st.builds(lambda inner: {"codes": inner}, json_values | st.lists(json_values)),
    st.builds(lambda inner: {"data": inner}, json_values),
    st.builds(
        lambda inner: {"data": {"giftCodes": inner}},
        st.lists(
            json_values | st.fixed_dictionaries({"code": st.text(max_size=70), "expiresAt": json_values})
        ),
    ),
).map(lambda value: json.dumps(value).encode())
xml_pages = st.lists(
    st.sampled_from(
        [
            *[
                "<rss>",
                "</rss>",
                "<channel>",
                "</channel>",
                "<item>",
                "</item>",
                "<title>",
                "</title>",
                "<a/>",
            ],
            *[
                "<description>",
                "</description>",
                "Code: ",
                "Frost",
                "&lt;",
                "&nope;",
                "<![CDATA[",
                "]]>",
                "<!-- -->",
            ],
            *[
                "<?xml version='1.0'?>",
                "<?pi?>",
                "<!DOCTYPE rss>",
                "\u200b",
                "é",
                " ",
                "<expires>",
                "</expires>",
                "2026",
            ],
        ]
    ),
    max_size=30,
).map(lambda parts: "".join(parts).encode())


@pytest.mark.parametrize("form", FORMATS)
@given(content=st.one_of(st.binary(max_size=300), json_pages, xml_pages))
def test_any_bytes_give_clean_codes_or_a_source_error(form: Format, content: Any) -> None:
    codes: tuple[FoundCode, ...] = ()
    with contextlib.suppress(SourceError):
        codes = codes_of(form, content)
    for item in codes:
        assert 1 <= len(item.code) <= 64
        assert not any(char.isspace() for char in item.code)
