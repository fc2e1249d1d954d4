"""What readers of `/feed` are sent, and what is looked at for those who watch."""

import json
from typing import Any, cast

import trio
from starlette.websockets import WebSocket
from trio.testing import MockClock

from actors.giftcodes.model import Code
from actors.giftcodes.publisher import CodeFeed
from daemon.web.feed import FeedRoute
from daemon.web.happenings import Happenings
from daemon.web.watching import StatusFeed
from supervision import Started

NOW = 1_795_000_000.0


def code(name: str) -> Code:
    return Code(game="wos", code=name, source="feed", first_seen=NOW)


class Reader:
    """A WebSocket whose sending takes as long as the test says."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.began = trio.Event()
        self.may_end = trio.Event()

    async def send_text(self, text: str) -> None:
        self.began.set()
        await self.may_end.wait()
        self.sent.append(json.loads(text)["code"])


async def test_a_code_that_is_published_while_another_is_sent_is_sent_as_well(
    autojump_clock: MockClock,
) -> None:
    feed, reader = CodeFeed(), Reader()
    feed.set([code("SNOW")], NOW)
    route = FeedRoute(feed)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(route._send, cast(WebSocket, reader), 0)
        await reader.began.wait()
        feed.set([code("SNOW"), code("FROST")], NOW + 1)
        reader.may_end.set()
        await trio.sleep(1)
        assert reader.sent == ["SNOW", "FROST"]
        nursery.cancel_scope.cancel()


async def test_a_status_that_was_made_for_those_who_went_is_not_shown_to_the_next(
    autojump_clock: MockClock,
) -> None:
    made: list[float] = []

    async def make(_every_child: bool) -> dict[str, Any]:
        made.append(trio.current_time())
        await trio.sleep(2)
        return {"at": made[-1]}

    feed = StatusFeed(make)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(feed.run)
        with feed.watching():
            await trio.sleep(1)
        await trio.sleep(3600)
        with feed.watching():
            came = trio.current_time()
            _, status = await feed.next(0)
        assert status["at"] >= came
        nursery.cancel_scope.cancel()


def test_who_asks_for_no_events_gets_none() -> None:
    happenings = Happenings(lambda: NOW)
    happenings(Started("perkd/campaign", 2))
    assert happenings.after(0, most=0) == []
    assert len(happenings.after(0, most=1)) == 1
