"""Clients that leave in the middle, or send a form slowly: no error, and no place taken from others."""

import logging

import pytest
import trio

from daemon.web import pages
from daemon.web.pages import FORMS_AT_ONCE
from tests.worlds.web_site import TOKEN, Site, running

UPGRADE = (
    "connection: upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
)
OK = "HTTP/1.1 200 "


def _requests(site: Site) -> dict[str, bytes]:
    foreign = "origin: https://evil.example"
    form = site.head("/login", "content-length: 50", method="POST")
    return {
        "health": site.head("/healthz"),
        "form": site.head("/login"),
        "refused": site.head("/api/status", foreign),
        "refused socket": site.head("/ws", foreign, *UPGRADE),
        "socket": site.head("/ws", *UPGRADE),
        "half a form": form + b"t",
        "half an order": site.head(
            "/api/codes", f"authorization: Bearer {TOKEN}", "content-length: 50", method="POST"
        )
        + b"{",
    }


@pytest.mark.parametrize(
    "request_", ["health", "form", "refused", "refused socket", "socket", "half a form", "half an order"]
)
async def test_who_leaves_without_reading_the_answer_is_no_error(
    request_: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with running(Site()) as site:
        for number in range(100):
            stream = await site.connection()
            await stream.send_all(_requests(site)[request_])
            stream.socket.close()
            if number % 10 == 9:
                await trio.sleep(0.01)  # some are answered first, some have gone before
        assert await site.ask() == OK
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []


async def test_forms_that_are_sent_slowly_keep_nobody_from_being_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pages, "FORM_WITHIN", 1000.0)  # a busy machine may take long to send them all
    async with running(Site()) as site:
        slow = [await site.connection() for _ in range(500)]
        for stream in slow:
            await stream.send_all(_requests(site)["half a form"])
        for _ in range(5):
            assert await site.ask(within=30.0) == OK
        send, answers = trio.open_memory_channel[bytes](len(slow))

        async def hear(stream: trio.SocketStream) -> None:
            await send.send(await stream.receive_some())

        async with trio.open_nursery() as nursery:
            for stream in slow:
                nursery.start_soon(hear, stream)
            with trio.fail_after(60):
                for _ in range(len(slow) - FORMS_AT_ONCE):  # whichever came too late
                    assert (await answers.receive()).startswith(b"HTTP/1.1 429 ")
            nursery.cancel_scope.cancel()
        with pytest.raises(trio.WouldBlock):
            answers.receive_nowait()
        for stream in slow:
            stream.socket.close()
