"""A member's attachment, fetched in the loop's thread."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio
from attrs import frozen

from daemon.aio import Loop, open_loop
from daemon.discord.commands import attachments
from daemon.discord.commands.attachments import fetch
from daemon.service import BadFile
from tests.worlds.discord.sending import store_file


@frozen
class Stored:
    """A file at Discord."""

    loop: Loop
    url: str
    world: Any

    async def fetch(self, longest: int = 200_000) -> bytes:
        return await self.loop.call(fetch, self.url, longest)


@pytest.fixture
async def stored(discord: Any) -> AsyncIterator[Stored]:
    channel = next(iter(discord.guilds.values())).add_channel("files")
    payload = store_file(channel, "players.csv", b"x" * 150_000)
    async with open_loop("test") as loop:
        yield Stored(loop, payload["url"], discord)


async def test_a_file_comes_whole(stored: Stored) -> None:
    assert await stored.fetch() == b"x" * 150_000
    assert await stored.fetch(150_000) == b"x" * 150_000


async def test_a_file_that_is_longer_than_allowed_is_not_read_to_its_end(stored: Stored) -> None:
    with pytest.raises(BadFile, match="more than 149999 bytes"):
        await stored.fetch(149_999)


async def test_a_file_that_is_gone_is_said_to_be_so(stored: Stored) -> None:
    stored.world.files.clear()

    with pytest.raises(BadFile, match="could not be fetched from Discord"):
        await stored.fetch()


async def test_a_host_that_can_not_be_reached_is_said_to_be_so(stored: Stored) -> None:
    nowhere = "http://127.0.0.1:1/players.csv"

    with pytest.raises(BadFile, match="attach it again"):
        await stored.loop.call(fetch, nowhere, 1000)


async def test_a_file_that_does_not_come_is_not_waited_for_for_ever(
    stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attachments, "FETCH_WITHIN", 0.2)
    async with trio.open_nursery() as nursery:
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]

        async def say_nothing(_: trio.SocketStream) -> None:
            await trio.sleep_forever()

        nursery.start_soon(trio.serve_listeners, say_nothing, listeners)
        with pytest.raises(BadFile, match=r"did not come within 0\.2 s"):
            await stored.loop.call(fetch, f"http://127.0.0.1:{port}/x.csv", 1000)
        nursery.cancel_scope.cancel()
