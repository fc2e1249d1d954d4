"""Files of a thread, fetched over real HTTP on 127.0.0.1: what can't be had is told from what passes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from actors.vip.ports import FloodWait, Gone, Refused, Unreachable
from daemon.vip.attachments import Attachments, TooLarge, new_client
from daemon.vip.failures import TRIES

LIMIT = 1000


@asynccontextmanager
async def web(answer: bytes, *, stall: bool = False) -> AsyncIterator[str]:
    """A server that says this to everybody; its address."""

    async def serve(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.receive_some(65536)
            try:
                await stream.send_all(answer)
                if stall:
                    await trio.sleep_forever()
            except trio.BrokenResourceError:
                return

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, serve, listeners)
        yield f"http://127.0.0.1:{listeners[0].socket.getsockname()[1]}/file"
        nursery.cancel_scope.cancel()


def reply(status: str, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


async def fetch(url: str, *, times: int = 1, within: float = 10.0) -> bytes:
    async with new_client() as client:
        attachments = Attachments(client, LIMIT, within)
        for _ in range(times - 1):
            with pytest.raises(Unreachable):
                await attachments.open(url)
        return await attachments.open(url)


async def test_the_bytes_come_as_they_are() -> None:
    data = bytes(range(256))
    async with web(reply("200 OK", data, "Content-Encoding: identity")) as url:
        assert await fetch(url) == data


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "410 Gone"])
async def test_a_file_whose_address_has_expired_is_gone(status: str) -> None:
    async with web(reply(status, b"expired")) as url:
        with pytest.raises(Gone, match=status[:3]):
            await fetch(url)


async def test_nothing_is_fetched_from_elsewhere() -> None:
    async with (
        web(reply("200 OK", b"of somebody else")) as elsewhere,
        web(reply("302 Found", b"", f"Location: {elsewhere}")) as url,
    ):
        with pytest.raises(Gone, match="302"):
            await fetch(url)


async def test_what_is_announced_as_too_large_is_not_fetched() -> None:
    async with web(b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n", stall=True) as url:
        with pytest.raises(TooLarge, match="1001"):
            await fetch(url)


async def test_what_turns_out_to_be_too_large_is_put_down() -> None:
    async with web(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(5000), stall=True) as url:
        with pytest.raises(TooLarge):
            await fetch(url)


async def test_a_limit_that_is_just_met_is_no_fault() -> None:
    async with web(reply("200 OK", bytes(LIMIT))) as url:
        assert len(await fetch(url)) == LIMIT


async def test_a_network_that_is_away_is_tried_again() -> None:
    async with web(b"") as url:
        with pytest.raises(Unreachable):
            await fetch(url)
    with pytest.raises(Unreachable):
        await fetch(url)  # nobody listens there any more


async def test_a_file_that_ends_too_early_is_tried_again() -> None:
    async with web(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") as url:
        with pytest.raises(Unreachable):
            await fetch(url)


async def test_a_server_in_trouble_is_asked_again_but_not_for_ever() -> None:
    async with web(reply("503 Service Unavailable")) as url:
        with pytest.raises(Gone, match=f"{TRIES} times"):
            await fetch(url, times=TRIES)


async def test_a_file_that_never_comes_to_its_end_is_given_up() -> None:
    async with web(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", stall=True) as url:
        with pytest.raises(Gone, match="did not come"):
            await fetch(url, times=TRIES, within=0.05)


async def test_a_server_that_wants_a_pause_gets_it() -> None:
    async with web(reply("429 Too Many Requests", b"", "Retry-After: 7")) as url:
        with pytest.raises(FloodWait) as caught:
            await fetch(url)
    assert caught.value.seconds == 7.0


@pytest.mark.parametrize(("said", "seconds"), [("never", 60.0), ("nan", 60.0), ("-1", 1.0), ("1e9", 3600.0)])
async def test_a_pause_is_bounded(said: str, seconds: float) -> None:
    async with web(reply("429 Too Many Requests", b"", f"Retry-After: {said}")) as url:
        with pytest.raises(FloodWait) as caught:
            await fetch(url)
    assert caught.value.seconds == seconds


@pytest.mark.parametrize("source", [None, "", "file:///etc/passwd", "ftp://127.0.0.1/x", 7])
async def test_what_is_no_address_on_the_web_is_refused(source: object) -> None:
    async with new_client() as client:
        with pytest.raises(Refused):
            await Attachments(client, LIMIT).open(source)


async def test_no_error_shows_the_address_which_is_a_key_to_the_file() -> None:
    async with web(reply("404 Not Found")) as url:
        with pytest.raises(Gone) as gone:
            await fetch(f"{url}?hm=secret")
    with pytest.raises(Unreachable) as away:
        await fetch(f"{url}?hm=secret")
    assert "secret" not in f"{gone.value}{away.value}"
