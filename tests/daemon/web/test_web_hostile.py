"""Clients that are slow, many, rude or wrong: refused or bounded, and everybody else is served meanwhile."""

import socket as sockets
from contextlib import suppress

import pytest
import trio
from trio_websocket import open_websocket_url

from daemon.control import app, body, connections, server
from tests.worlds.web_site import TOKEN, Site, first_line, running, until_closed

UPGRADE = (
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
)
BEARER = f"authorization: Bearer {TOKEN}"
OK, UNAUTHORIZED = "HTTP/1.1 200 ", "HTTP/1.1 401 "


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bounds, in less time."""
    monkeypatch.setattr(server, "IDLE_FOR", 0.3)
    monkeypatch.setattr(connections, "SEND_WITHIN", 0.3)
    monkeypatch.setattr(body, "BODY_WITHIN", 0.3)
    monkeypatch.setattr(app, "BODY_WITHIN", 0.3)


# --- slow ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
async def test_a_head_that_comes_byte_by_byte_is_given_up_however_often_something_comes() -> None:
    async with running(Site()) as site, await site.connection() as slow:
        with trio.fail_after(5), suppress(trio.BrokenResourceError):
            for byte in site.head("/healthz", f"x-padding: {'x' * 1000}"):
                await slow.send_all(bytes([byte]))
                await trio.sleep(0.02)
            raise AssertionError("it was waited for")
        assert await site.ask() == OK


@pytest.mark.usefixtures("impatient")
async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with running(Site()) as site, await site.connection() as silent:
        with trio.fail_after(5):
            assert await until_closed(silent) == b""


@pytest.mark.usefixtures("impatient")
async def test_a_body_that_does_not_come_is_given_up_with_408() -> None:
    async with running(Site()) as site, await site.connection() as slow:
        await slow.send_all(site.head("/api/codes", BEARER, "content-length: 50", method="POST") + b"{")
        with trio.fail_after(5):
            heard = await until_closed(slow)
        assert heard.startswith(b"HTTP/1.1 408 ")
        assert b"the body did not come within 0.3 s" in heard


async def test_the_body_of_whoever_may_not_order_is_not_waited_for() -> None:
    async with running(Site()) as site, await site.connection() as slow:
        await slow.send_all(site.head("/api/codes", "content-length: 50", method="POST") + b"{")
        with trio.fail_after(5):
            assert (await until_closed(slow)).startswith(b"HTTP/1.1 401 ")


@pytest.mark.usefixtures("impatient")
async def test_whoever_does_not_read_an_answer_is_let_go() -> None:
    async with running(Site()) as site, await site.connection() as deaf:
        deaf.socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
        await deaf.send_all(site.head("/large"))
        await trio.sleep(0.6)
        with trio.fail_after(10):
            assert len(await until_closed(deaf)) < 64 << 20
        assert await site.ask() == OK


async def test_whoever_does_not_read_an_answer_does_not_hold_up_the_end() -> None:
    site = Site()
    with trio.fail_after(5):
        async with running(site):
            deaf = await site.connection()
            await deaf.send_all(site.head("/large"))
            assert await first_line(deaf) == OK
    await deaf.aclose()


# --- large --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "path"),
    [((f"x-padding: {'x' * 200_000}",), "/healthz"), ((), f"/healthz?{'x' * 200_000}")],
    ids=["header", "query"],
)
async def test_a_huge_head_is_refused(more: tuple[str, ...], path: str) -> None:
    async with running(Site()) as site, await site.connection() as stream:
        with trio.fail_after(5), suppress(trio.BrokenResourceError):
            await stream.send_all(site.head(path, *more))
        with trio.fail_after(5):
            assert (await until_closed(stream))[:13] in {b"HTTP/1.1 431 ", b""}
        assert await site.ask() == OK


async def test_a_head_without_an_end_takes_no_more_than_its_bound() -> None:
    async with running(Site()) as site, await site.connection() as stream:
        with trio.fail_after(5), suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(b"x" * 65_536)
        assert await site.ask() == OK


async def test_http_2_is_not_spoken() -> None:
    async with running(Site()) as site, await site.connection() as stream:
        await stream.send_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        with trio.fail_after(15):
            assert b"\0\0\0\4" not in await until_closed(stream)
        assert await site.ask("/healthz", "upgrade: h2c", "http2-settings: AAMAAABk") == OK


@pytest.mark.parametrize(
    "nonsense",
    [b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\0" * 100 + b"\r\n\r\n"],
    ids=["tls", "no version", "version", "zeros"],
)
async def test_what_is_no_http_ends_its_connection_and_nothing_else(nonsense: bytes) -> None:
    async with running(Site()) as site:
        async with await site.connection() as stream:
            await stream.send_all(nonsense)
            await stream.send_eof()
            with trio.fail_after(5):
                heard = await until_closed(stream)
        assert not heard or heard.startswith(b"HTTP/1.1 4")
        assert await site.ask() == OK
        assert len(site.web) == 1


async def test_a_fault_in_one_connection_is_logged_and_ends_no_other(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(Site()) as site:
        with monkeypatch.context() as broken, trio.fail_after(5):
            broken.setattr(connections._Connection, "_read_data", _fail)
            async with await site.connection() as stream:
                assert await until_closed(stream) == b""
        assert await site.ask() == OK
        assert len(site.web) == 1
    assert "a connection failed inside perkd" in caplog.text


async def test_whoever_vanishes_without_a_word_is_noticed_by_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    async def look(connection: connections._Connection) -> None:
        await trio.lowlevel.checkpoint()
        seen.append(connection.stream.socket.getsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE))

    async with running(Site()) as site:
        monkeypatch.setattr(connections._Connection, "_read_data", look)
        with trio.fail_after(5):
            async with await site.connection() as stream:
                await until_closed(stream)
    assert seen == [1]


async def _fail(_connection: object) -> None:
    raise RuntimeError("ordered by the test")


# --- many ---------------------------------------------------------------------------------------


async def test_the_one_that_is_idle_for_longest_makes_room_for_the_newest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 3)
    async with running(Site()) as site:
        first, second, third = [await site.connection() for _ in range(3)]
        await first.send_all(site.head())
        assert await first_line(first) == OK  # it was busy since: the second is the oldest now
        with trio.fail_after(5):
            assert await site.ask() == OK
            assert await until_closed(second) == b""
        await first.send_all(site.head())
        assert await first_line(first) == OK
        for stream in (first, second, third):
            await stream.aclose()


async def test_where_all_are_busy_the_newest_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 2)
    async with running(Site()) as site:
        url = f"ws://127.0.0.1:{site.port}/ws"
        async with open_websocket_url(url) as one, open_websocket_url(url) as other:
            assert await site.ask() == ""
            assert await one.get_message()
            assert await other.get_message()


@pytest.mark.slow
async def test_ten_thousand_idle_connections_lock_nobody_out() -> None:
    """As many as this machine's limit on open files allows, from several addresses."""
    limit = _raised_limit()
    number = min(10_000, limit - connections.MOST_CONNECTIONS - 500)
    held = []
    async with running(Site()) as site:
        try:
            with trio.fail_after(120):
                for index in range(number):
                    held.append(await site.connection(f"127.0.0.{2 + index % 8}"))
                    if index % 1000 == 999:
                        assert await site.ask() == OK
                assert await site.ask("/readyz") == OK
            alive = [stream for stream in held if not _is_closed(stream)]
            assert len(alive) <= connections.MOST_CONNECTIONS
        finally:
            for stream in held:
                stream.socket.close()


def _raised_limit() -> int:
    import resource  # noqa: PLC0415 - only here

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = 65_536 if hard == resource.RLIM_INFINITY else hard
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return limit


def _is_closed(stream: trio.SocketStream) -> bool:
    try:
        raw = sockets.socket(fileno=sockets.dup(stream.socket.fileno()))
    except OSError:
        return True
    with raw:
        raw.setblocking(False)
        try:
            return raw.recv(1) == b""
        except BlockingIOError:
            return False
        except ConnectionError:
            return True


# --- rude ---------------------------------------------------------------------------------------


def frame(kind: int, payload: bytes) -> bytes:
    """A masked frame (RFC 6455, 5.2), with a mask that changes nothing."""
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xff" + len(payload).to_bytes(8, "big")
    return bytes([0x80 | kind]) + length + bytes(4) + payload


TEXT, BINARY = 1, 2


@pytest.mark.parametrize(
    "sent",
    [frame(TEXT, b"hello"), frame(BINARY, b"\0\1"), b"\xff" * 100],
    ids=["text", "bytes", "no frame"],
)
async def test_whoever_sends_to_the_websocket_is_let_go(sent: bytes) -> None:
    async with running(Site()) as site:
        async with await site.connection() as stream:
            await stream.send_all(site.head("/ws", *UPGRADE))
            assert await first_line(stream) == "HTTP/1.1 101 "
            await stream.send_all(sent)
            with trio.fail_after(5):
                await until_closed(stream)
        with trio.fail_after(5):
            while site.watchers.count:  # noqa: ASYNC110 - its tasks are the server's
                await trio.sleep(0.01)
        assert await site.ask() == OK


async def test_a_message_that_is_too_large_is_not_kept() -> None:
    async with running(Site()) as site, await site.connection() as stream:
        await stream.send_all(site.head("/ws", *UPGRADE))
        assert await first_line(stream) == "HTTP/1.1 101 "
        await stream.send_all(frame(TEXT, b"x" * 200_000))
        heard = b""
        with trio.fail_after(5):
            while (1009).to_bytes(2, "big") not in heard:  # "message too big"
                heard = heard[-1:] + await stream.receive_some()
            while site.watchers.count:  # noqa: ASYNC110 - also where the other side stays on the line
                await trio.sleep(0.01)
        assert await site.ask() == OK


async def test_a_flood_of_frames_ends_the_connection_and_holds_up_nobody() -> None:
    async with running(Site()) as site, await site.connection() as stream:
        await stream.send_all(site.head("/ws", *UPGRADE))
        assert await first_line(stream) == "HTTP/1.1 101 "
        with trio.fail_after(10), suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(frame(TEXT, b"x") * 10_000)
        assert await site.ask() == OK


async def test_more_watchers_than_there_may_be_are_turned_away() -> None:
    site = Site()
    async with running(site):
        site.watchers.count = 100
        refused = await site.ask("/ws", *UPGRADE)
        assert refused.startswith("HTTP/1.1 403 ")


async def test_a_number_that_is_none_ends_the_watcher_and_is_no_fault_of_perkd(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(Site()) as site, await site.connection() as stream:
        await stream.send_all(site.head("/ws?after=x", *UPGRADE))
        with trio.fail_after(5):
            assert await until_closed(stream)
    assert [record for record in caplog.records if record.exc_info] == []


# --- wrong --------------------------------------------------------------------------------------


async def test_a_thousand_wrong_tokens_open_nothing_and_the_right_one_still_does(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(Site()) as site:
        tokens = [f"{TOKEN[: number % len(TOKEN)]}{number}" for number in range(1000)]
        heard = {await _post(site, f"authorization: Bearer {token}") for token in tokens}
        assert heard == {UNAUTHORIZED}
        assert (await _post(site, BEARER)).startswith("HTTP/1.1 400 ")
    assert TOKEN not in caplog.text


async def _post(site: Site, authorization: str) -> str:
    async with await site.connection() as stream:
        await stream.send_all(
            site.head("/api/codes", authorization, "content-length: 2", method="POST") + b"{}"
        )
        with trio.fail_after(5):
            return await first_line(stream)


async def test_wrong_tokens_in_the_form_wait_and_too_many_at_once_are_turned_away() -> None:
    form = b"token=wrong"
    head = ("/login", f"content-length: {len(form)}", "connection: close")
    async with running(Site()) as site:
        lines: list[str] = []

        async def try_one() -> None:
            async with await site.connection() as stream:
                await stream.send_all(site.head(*head, method="POST") + form)
                lines.append(await first_line(stream))

        with trio.fail_after(10):
            async with trio.open_nursery() as nursery:
                for _ in range(30):
                    nursery.start_soon(try_one)
        assert {line[9:12] for line in lines} == {"403", "429"}
        assert sum(line[9:12] == "403" for line in lines) <= 10
        assert await site.ask() == OK
