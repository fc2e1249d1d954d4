"""The push feed, against a real WebSocket server; and against peers that are none."""

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, serve_websocket

from actors.ports import FoundCode, SourceError
from daemon.secrets import Secret
from daemon.sources import SourceKind, SourceSettings
from daemon.sources.websocket_feed import WebSocketFeed, read_message
from daemon.sources.websocket_line import MAX_MESSAGE, Address


def feed_at(port: int, *, secret: Secret | None = None, timeout: float = 5.0, **options: Any) -> Any:
    settings = SourceSettings(
        "live", "wos", SourceKind.WEBSOCKET, f"ws://127.0.0.1:{port}/live", secret, timeout
    )
    return WebSocketFeed(settings, **options)


@asynccontextmanager
async def serving(talk: Any) -> AsyncIterator[Any]:
    """Serve `talk(connection)` to each client; yields port and the requests that came."""
    requests = []

    async def handler(request: WebSocketRequest) -> None:
        requests.append(dict(request.headers))
        connection = await request.accept()
        with suppress(ConnectionClosed):
            await talk(connection)

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, handler, "127.0.0.1", 0, None)
        yield server.port, requests
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def raw(talk: Any) -> AsyncIterator[Any]:
    """Serve `talk(stream)` to each client of a plain socket."""
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(partial(trio.serve_tcp, talk, 0, host="127.0.0.1"))
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()


def saying(*messages: Any, then: Any = None) -> Any:
    async def talk(connection: WebSocketConnection) -> None:
        for message in messages:
            await connection.send_message(
                message if isinstance(message, str | bytes) else json.dumps(message)
            )
        if then is not None:
            await then(connection)

    return talk


async def say_nothing(stream: trio.SocketStream) -> None:
    await trio.sleep_forever()


async def stay(connection: WebSocketConnection) -> None:
    await connection.get_message()


async def listened(feed: WebSocketFeed) -> Any:
    async with feed.listen() as codes:
        return [code async for code in codes]


async def test_codes_come_as_they_are_pushed_until_the_peer_closes() -> None:
    talk = saying(
        {"code": "Aa1", "game": "wos", "expires": "2026-01-01T00:00:00Z"}, {"code": "Bb2"}, b'{"code": "Cc3"}'
    )
    async with serving(talk) as (port, _):
        assert await listened(feed_at(port)) == [
            FoundCode("wos", "Aa1", 1_767_225_600.0),
            FoundCode("wos", "Bb2"),
            FoundCode("wos", "Cc3"),
        ]


async def test_bad_messages_are_counted_and_do_not_end_the_feed(caplog: pytest.LogCaptureFixture) -> None:
    bad = [
        "",
        "hello",
        "[]",
        "{}",
        '{"code": 5}',
        '{"code": "a b"}',
        b"\xff",
        '{"code": "A", "game": ["wos"]}',
        "\ud7ff",
    ]
    async with serving(saying(*bad, {"code": "Good"})) as (port, _):
        feed = feed_at(port)
        assert await listened(feed) == [FoundCode("wos", "Good")]
    assert feed.bad_messages == len(bad)
    assert "bad message number 5 was skipped" in caplog.text
    assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) == 5


async def test_codes_of_another_game_are_taken_only_where_it_is_configured() -> None:
    talk = saying({"code": "A", "game": "ks"}, {"code": "B", "game": "pubg"}, {"code": "C", "game": None})
    async with serving(talk) as (port, _):
        assert await listened(feed_at(port, games=frozenset({"ks"}))) == [
            FoundCode("ks", "A"),
            FoundCode("wos", "C"),
        ]


async def test_the_token_goes_into_the_handshake() -> None:
    async with serving(saying()) as (port, requests):
        await listened(feed_at(port, secret=Secret("hunter2")))
        await listened(feed_at(port))
    assert requests[0][b"authorization"] == b"Bearer hunter2"
    assert b"authorization" not in requests[1]


async def test_a_message_that_is_too_long_ends_the_connection_as_an_error() -> None:
    async with serving(saying({"code": "A"}, "x" * (MAX_MESSAGE + 1), then=stay)) as (port, _):
        with pytest.raises(SourceError, match="1009"):
            await listened(feed_at(port))


async def test_a_close_with_an_error_status_is_an_error_that_names_it() -> None:
    async def shed(connection: WebSocketConnection) -> None:
        await connection.aclose(1013, "too many listeners")

    async with serving(shed) as (port, _):
        with pytest.raises(SourceError, match=r"closed with 1013 .*'too many listeners'"):
            await listened(feed_at(port))


async def test_a_connection_that_is_cut_is_an_error() -> None:
    async def cut(connection: WebSocketConnection) -> None:
        await connection._stream.aclose()

    async with serving(saying({"code": "A"}, then=cut)) as (port, _):
        with pytest.raises(SourceError, match="lost the connection"):
            await listened(feed_at(port))


async def test_a_peer_that_answers_no_ping_is_given_up() -> None:
    async def play_dead(connection: WebSocketConnection) -> None:
        # Nobody reads its socket any more, as when the host is gone.
        connection._reader_running = False
        await trio.sleep_forever()

    async with serving(play_dead) as (port, _):
        with pytest.raises(SourceError, match=r"no answer to a ping within 0.05 s"):
            # The server's reader is still in one last read: the first ping wakes it, the second finds nobody.
            await listened(feed_at(port, idle=0.05, patience=0.05))


async def test_a_quiet_peer_that_answers_pings_is_kept() -> None:
    async def dawdle(connection: WebSocketConnection) -> None:
        await trio.sleep(0.3)
        await connection.send_message('{"code": "Late"}')
        await stay(connection)  # the server of the tests stumbles over a ping that comes while it closes

    async with serving(dawdle) as (port, _), feed_at(port, idle=0.12, patience=5.0).listen() as codes:
        assert await anext(codes) == FoundCode("wos", "Late")


async def test_a_slow_reader_is_no_dead_peer() -> None:
    talk = saying(*({"code": f"C{number}"} for number in range(100)))
    async with serving(talk) as (port, _), feed_at(port, idle=0.01, patience=1.2).listen() as codes:
        seen = []
        async for code in codes:
            seen.append(code.code)
            if len(seen) == 3:
                await trio.sleep(1.5)
    assert seen == [f"C{number}" for number in range(100)]


async def test_who_is_no_websocket_server_is_named_as_what_it_is() -> None:
    async def refuse(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")

    async with raw(refuse) as port:
        with pytest.raises(SourceError, match="got HTTP 403 instead of a WebSocket"):
            await listened(feed_at(port))


@pytest.mark.parametrize(
    "said", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"\0\xff"]
)
async def test_a_handshake_gone_wrong_is_an_error(said: bytes) -> None:
    async def babble(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(said)
        await stream.aclose()

    async with raw(babble) as port:
        with pytest.raises(SourceError):
            await listened(feed_at(port, timeout=2.0))


async def test_a_peer_that_speaks_no_tls_is_an_error() -> None:
    async def babble(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw(babble) as port:
        settings = SourceSettings("live", "wos", SourceKind.WEBSOCKET, f"wss://127.0.0.1:{port}/")
        with pytest.raises(SourceError, match="got no connection: 'SSLError"):
            await listened(WebSocketFeed(settings))


async def test_a_peer_that_drowns_the_handshake_in_words_is_left() -> None:
    async def babble(stream: trio.SocketStream) -> None:
        await stream.receive_some()
        await stream.send_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 9999999\r\n\r\n")
        with suppress(trio.BrokenResourceError):
            while True:
                await stream.send_all(b"x" * 10_000)

    async with raw(babble) as port:
        with pytest.raises(SourceError, match="more than 65536 bytes"):
            await listened(feed_at(port))


@pytest.mark.parametrize(
    ("url", "host", "resource"),
    [
        ("ws://codes.example", "codes.example", "/"),
        ("wss://codes.example/live?room=1", "codes.example", "/live?room=1"),
        ("wss://codes.example:80/", "codes.example:80", "/"),
        ("ws://[::1]:8080/x", "[::1]:8080", "/x"),
    ],
)
def test_the_handshake_names_host_and_resource(url: str, host: str, resource: str) -> None:
    address = Address.of(url)
    assert (address.host_header, address.resource) == (host, resource)


async def test_a_handshake_without_an_answer_ends_at_the_timeout() -> None:
    async with raw(say_nothing) as port:
        with pytest.raises(SourceError):
            await listened(feed_at(port, timeout=0.1))


async def test_nobody_listening_is_an_error() -> None:
    with pytest.raises(SourceError, match="got no connection"):
        await listened(feed_at(1))


@pytest.mark.parametrize(
    "garbage",
    [
        b"\xff" * 20,
        b"\x81\x02\xff\xfe",  # a text frame of invalid UTF-8
        b"\x83\x00",  # a reserved opcode
        b"\x81\xff" + b"\xff" * 8,  # a length beyond all bounds
        b"\x00\x01a",  # a continuation of nothing
        b"\x89\x7e\x00\x80" + b"x" * 128,  # a ping that is too long
        b"\x88\x01a",  # a close frame of one byte
    ],
)
async def test_garbage_frames_are_an_error_and_no_crash(garbage: bytes) -> None:
    async def misbehave(connection: WebSocketConnection) -> None:
        await connection._stream.send_all(garbage)
        with trio.move_on_after(1):
            await connection.get_message()

    async with serving(saying({"code": "A"}, then=misbehave)) as (port, _):
        with pytest.raises(SourceError):
            await listened(feed_at(port))


async def test_leaving_the_block_closes_the_connection() -> None:
    closed = trio.Event()

    async def talk(connection: WebSocketConnection) -> None:
        with pytest.raises(ConnectionClosed):
            await connection.get_message()
        closed.set()

    async with serving(talk) as (port, _):
        async with feed_at(port).listen():
            pass
        with trio.fail_after(5):
            await closed.wait()


async def test_cancelling_a_listener_leaves_nothing_behind() -> None:
    async with serving(saying({"code": "A"}, then=stay)) as (port, _):
        with trio.move_on_after(0.2) as scope:
            await listened(feed_at(port))
        assert scope.cancelled_caught


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ws://", "live", ""])
def test_an_address_that_is_no_websocket_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be ws://"):
        WebSocketFeed(SourceSettings("live", "wos", SourceKind.WEBSOCKET, url))


@given(
    st.one_of(
        st.text(),
        st.binary(),
        st.dictionaries(st.sampled_from(["code", "game", "expires"]), st.text()).map(json.dumps),
    )
)
def test_any_message_gives_a_code_or_a_source_error(message: Any) -> None:
    with suppress(SourceError):
        code = read_message(message, "wos", frozenset({"ks"}))
        assert code.game in {"wos", "ks"}
        assert 1 <= len(code.code) <= 64


# --- another perkd's feed ------------------------------------------------------------------------


async def test_who_comes_back_says_what_it_has_seen_and_reads_what_a_code_gives() -> None:
    paths: list[str] = []

    async def handler(request: WebSocketRequest) -> None:
        paths.append(request.path)
        connection = await request.accept()
        number = 7 * len(paths)
        for message in (
            {"code": f"A{number}", "sequence": number, "rewards": "100 gems\x00"},
            {"code": f"B{number}", "sequence": "soon"},
            {"code": f"C{number}", "sequence": -3, "rewards": ["no", "text"]},
        ):
            await connection.send_message(json.dumps(message))

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, handler, "127.0.0.1", 0, None)
        feed = feed_at(server.port)
        assert await listened(feed) == [
            FoundCode("wos", "A7", rewards="100 gems"),
            FoundCode("wos", "B7"),
            FoundCode("wos", "C7"),
        ]
        assert len(await listened(feed)) == 3
        assert feed.seen == 14
        await listened(feed)
        nursery.cancel_scope.cancel()
    assert paths == ["/live", "/live?after=7", "/live?after=14"]


async def test_a_code_that_its_reader_did_not_take_is_not_counted_as_seen() -> None:
    async with serving(saying({"code": "A", "sequence": 3}, {"code": "B", "sequence": 4}, then=stay)) as (
        port,
        _,
    ):
        feed = feed_at(port)
        async with feed.listen() as codes:
            async for _ in codes:
                break
        assert feed.seen == 0
