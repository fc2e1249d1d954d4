"""The shared fetch: conditional, bounded, and honest about what came instead."""

import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import trio

from actors.ports import FoundCode, SourceError
from daemon.secrets import Secret
from daemon.sources import SourceKind, SourceSettings, open_feed, open_source
from daemon.sources.body import BODY_LIMIT, BodyReader
from daemon.sources.http import Fetcher, _redirected

Respond = Callable[..., bytes]
GOOD = b'{"codes": ["Frost2026 01.10.2026"]}'


def source(
    server: Any, client: httpx.AsyncClient, *, secret: Secret | None = None, timeout: float = 5.0
) -> Any:
    settings = SourceSettings("shared", "wos", SourceKind.DISTRIBUTION, server.url, secret, timeout)
    return open_source(settings, client)


async def refusal(server: Any, client: httpx.AsyncClient, answer: bytes, **options: Any) -> Any:
    server.answer = lambda asked: answer
    with pytest.raises(SourceError) as caught:
        await source(server, client, **options).fetch()
    assert len(str(caught.value)) < 300
    return str(caught.value)


# --- conditional requests -----------------------------------------------------------------------


async def test_a_request_is_conditional_on_what_was_accepted_only(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    server.answer = lambda asked: http_response(
        GOOD, ETag='"one"', Last_Modified="Thu, 01 Oct 2026 00:00:00 GMT"
    )
    polled = source(server, client)
    await polled.fetch()
    await polled.fetch()
    assert "if-none-match" not in server.asked[1].headers
    polled.accept()
    await polled.fetch()
    assert server.asked[2].headers["if-none-match"] == '"one"'
    assert server.asked[2].headers["if-modified-since"] == "Thu, 01 Oct 2026 00:00:00 GMT"


async def test_not_modified_is_none_and_not_an_empty_list(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    polled = source(server, client)
    server.answer = lambda asked: http_response(GOOD, ETag='"one"')
    assert await polled.fetch() == (FoundCode("wos", "Frost2026"),)
    polled.accept()
    server.answer = lambda asked: http_response(b"", "304 Not Modified")
    assert await polled.fetch() is None
    polled.accept()
    assert await polled.fetch() is None
    assert server.asked[-1].headers["if-none-match"] == '"one"'


async def test_accepting_after_a_failed_fetch_accepts_nothing(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    polled = source(server, client)
    server.answer = lambda asked: http_response(GOOD, ETag='"one"')
    await polled.fetch()
    server.answer = lambda asked: http_response(b"", "503 Busy", ETag='"two"')
    with pytest.raises(SourceError):
        await polled.fetch()
    polled.accept()
    server.answer = lambda asked: http_response(GOOD)
    await polled.fetch()
    assert "if-none-match" not in server.asked[-1].headers


async def test_a_list_without_validators_makes_the_next_request_unconditional(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    polled = source(server, client)
    server.answer = lambda asked: http_response(GOOD, ETag='"one"')
    await polled.fetch()
    polled.accept()
    server.answer = lambda asked: http_response(GOOD)
    await polled.fetch()
    polled.accept()
    await polled.fetch()
    assert "if-none-match" not in server.asked[-1].headers


async def test_not_modified_without_a_condition_is_an_error(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    assert "HTTP 304" in await refusal(server, client, http_response(b"", "304 Not Modified"))


async def test_a_monstrous_etag_is_not_sent_back(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    polled = source(server, client)
    server.answer = lambda asked: http_response(GOOD, ETag='"' + "x" * 5000 + '"')
    await polled.fetch()
    polled.accept()
    await polled.fetch()
    assert "if-none-match" not in server.asked[-1].headers


# --- what comes instead -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!DOCTYPE html><html><title>Just a moment...</title></html>", "an HTML page 'Just a moment...'"),
        (b"\xef\xbb\xbf\n<HTML><body>Blocked</body>", "an HTML page"),
        (b"", "an empty body"),
        (b"\xff\xfe", "invalid UTF-8 at byte 0"),
        (b'{"codes": [', "bad JSON"),
        (b"[" * 200_000, "JSON beyond reason"),
        (b'{"codes": ' + b"9" * 5000 + b"}", "JSON beyond reason"),
        (b"null", "JSON that is null"),
        (b'{"status": "error", "why": 1}', "an object with status, why"),
        (b'{"\\u001b[2J": 1, "' + b"x" * 9999 + b'": 2}', "an object with \\x1b[2J, xxx"),
        (b'{"codes": {"a": 1}}', "without a list codes"),
        (b"[1, 2, 3]", "a list of 3"),
    ],
)
async def test_the_error_names_what_came_instead(
    server: Any, client: httpx.AsyncClient, http_response: Respond, body: bytes, words: str
) -> None:
    assert words in await refusal(server, client, http_response(body, media_type="text/html"))


@pytest.mark.parametrize(
    "status", ["201 Created", "204 No Content", "403 Forbidden", "429 Slow Down", "500 Oops"]
)
async def test_any_other_status_is_an_error_that_names_it(
    server: Any, client: httpx.AsyncClient, http_response: Respond, status: str
) -> None:
    body = b"" if status.startswith("204") else GOOD
    assert f"HTTP {status[:3]}" in await refusal(server, client, http_response(body, status))


async def test_a_connection_that_is_cut_is_an_error(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    assert "no answer" in await refusal(server, client, http_response(GOOD, content_length="500"))
    assert "no answer" in await refusal(server, client, b"")
    assert "no answer" in await refusal(server, client, b"SSH-2.0-OpenSSH_9.6\r\n")


async def test_nobody_listening_is_an_error(client: httpx.AsyncClient) -> None:
    settings = SourceSettings("shared", "wos", SourceKind.DISTRIBUTION, "http://127.0.0.1:1/")
    with pytest.raises(SourceError, match="no answer"):
        await open_source(settings, client).fetch()


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\n{"])
async def test_a_server_that_says_no_more_is_left_at_the_deadline(
    server: Any, client: httpx.AsyncClient, sent: bytes
) -> None:
    server.hang = True
    assert "within 0.2 s" in await refusal(server, client, sent, timeout=0.2)


# --- bounds -------------------------------------------------------------------------------------


async def test_a_body_above_one_mebibyte_is_refused(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    assert str(BODY_LIMIT) in await refusal(server, client, http_response(b"x" * 10 * BODY_LIMIT))


async def test_a_body_of_exactly_one_mebibyte_is_read(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    body = GOOD + b" " * (BODY_LIMIT - len(GOOD))
    server.answer = lambda asked: http_response(body)
    assert await source(server, client).fetch() == (FoundCode("wos", "Frost2026"),)


async def test_gzip_is_understood(server: Any, client: httpx.AsyncClient, gzip_response: Respond) -> None:
    server.answer = lambda asked: gzip_response(GOOD)
    assert await source(server, client).fetch() == (FoundCode("wos", "Frost2026"),)
    assert server.asked[0].headers["accept-encoding"] == "gzip"


async def test_a_gzip_bomb_is_refused(server: Any, client: httpx.AsyncClient, gzip_response: Respond) -> None:
    assert str(BODY_LIMIT) in await refusal(server, client, gzip_response(b" " * 100 * BODY_LIMIT))


def test_a_gzip_bomb_is_never_unpacked_beyond_the_limit() -> None:
    reader = BodyReader("gzip")
    with pytest.raises(SourceError):
        reader.feed(gzip.compress(b"\0" * 200 * BODY_LIMIT))
    assert len(reader._body) == BODY_LIMIT + 1


def test_a_gzip_body_may_come_byte_by_byte_and_in_members() -> None:
    reader = BodyReader("x-gzip")
    for byte in gzip.compress(b"one") + gzip.compress(b"two") + b"\0\0":
        reader.feed(bytes([byte]))
    assert reader.finish() == b"onetwo"


async def test_damaged_cut_or_unknown_encodings_are_refused(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    good = gzip.compress(GOOD)
    assert "cut short" in await refusal(server, client, http_response(good[:-9], content_encoding="gzip"))
    assert "damaged" in await refusal(server, client, http_response(b"no gzip", content_encoding="gzip"))
    deflated = http_response(zlib.compress(GOOD), content_encoding="br")
    assert "Content-Encoding 'br'" in await refusal(server, client, deflated)


# --- redirects and secrets ----------------------------------------------------------------------


async def test_three_redirects_are_followed_and_a_fourth_is_not(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    def answer(asked: Any) -> Any:
        hop = int(asked.path.rpartition("/")[2]) if asked.path[-1].isdigit() else 0
        return (
            http_response(GOOD)
            if hop == hops
            else http_response(b"", "302 Found", Location=f"/hop/{hop + 1}")
        )

    server.answer = answer
    hops = 3
    assert await source(server, client).fetch() == (FoundCode("wos", "Frost2026"),)
    hops = 4
    with pytest.raises(SourceError, match="more than 3 times"):
        await source(server, client).fetch()


async def test_the_key_is_sent_to_its_own_origin_only(
    server: Any, other_server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    server.answer = lambda asked: http_response(b"", "307 Elsewhere", Location=other_server.url)
    other_server.answer = lambda asked: http_response(GOOD)
    await source(server, client, secret=Secret("hunter2")).fetch()
    assert server.asked[0].headers["x-api-key"] == "hunter2"
    assert "x-api-key" not in other_server.asked[0].headers


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("ftp://127.0.0.1/x", "which is no web address"),
        ("http://[bad", "got no answer"),
        ("http:///nowhere", "redirected more than 3 times"),
        ("data:,x", "got no answer"),
    ],
)
async def test_a_redirect_to_nowhere_is_an_error(
    server: Any, client: httpx.AsyncClient, http_response: Respond, target: str, words: str
) -> None:
    assert words in await refusal(server, client, http_response(b"", "302 Found", Location=target))


def test_a_redirect_from_https_to_http_is_refused() -> None:
    response = httpx.Response(302, headers={"Location": "http://codes.example/list?key=hunter2"})
    with pytest.raises(SourceError, match="which anybody could forge") as caught:
        _redirected(httpx.URL("https://codes.example/list"), response)
    assert "hunter2" not in str(caught.value)


async def test_cookies_are_not_kept(server: Any, client: httpx.AsyncClient, http_response: Respond) -> None:
    server.answer = lambda asked: http_response(GOOD, Set_Cookie="id=1; Path=/")
    polled = source(server, client)
    await polled.fetch()
    await polled.fetch()
    assert "cookie" not in server.asked[1].headers


async def test_a_source_without_a_key_sends_none(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    server.answer = lambda asked: http_response(GOOD)
    await source(server, client).fetch()
    assert "x-api-key" not in server.asked[0].headers


@pytest.mark.parametrize("value", ["schlüssel", "two\r\nlines", "\x7f"])
def test_a_secret_that_makes_no_header_is_refused_without_being_shown(value: Any) -> None:
    with pytest.raises(ValueError, match="source shared: its secret") as caught:
        SourceSettings("shared", "wos", SourceKind.DISTRIBUTION, "http://x/", Secret(value))
    assert value not in str(caught.value)


def test_a_secret_does_not_show_in_the_settings() -> None:
    settings = SourceSettings("shared", "wos", SourceKind.DISTRIBUTION, "http://x/", Secret("hunter2"))
    assert "hunter2" not in repr(settings)


async def test_a_kind_that_pushes_is_not_polled_nor_the_other_way_round(client: httpx.AsyncClient) -> None:
    with pytest.raises(ValueError, match="source live: kind websocket is listened to"):
        open_source(SourceSettings("live", "wos", SourceKind.WEBSOCKET, "ws://x/"), client)
    with pytest.raises(ValueError, match="source page: kind json is polled"):
        open_feed(SourceSettings("page", "wos", SourceKind.JSON, "http://x/"))


async def test_a_fetch_that_is_cancelled_leaves_the_source_usable(
    server: Any, client: httpx.AsyncClient, http_response: Respond
) -> None:
    fetcher = Fetcher(server.url, client, accept="*/*", timeout=5.0)
    server.hang = True
    server.answer = lambda asked: b"HTTP/1.1 200 OK\r\n"
    with trio.move_on_after(0.05):
        await fetcher.fetch()
    server.hang = False
    server.answer = lambda asked: http_response(json.dumps([]).encode())
    body = await fetcher.fetch()
    assert body is not None
    assert body.content == b"[]"
