"""`/feed`: the live codes as a WebSocket feed, which another perkd reads as a source of kind `websocket`.

One message a code: `{"sequence", "game", "code", "expires", "rewards"}`. A reader that comes back says what
it has seen last (`?after=`), and gets what came since.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

import trio
from attrs import define, field
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from actors.giftcodes.publisher import CodeFeed, Published

logger = logging.getLogger("perkd.web")

MOST_READERS = 100
"""At once; more are turned away."""
READ_WITHIN = 10.0
"""Seconds that a reader may take for a message; then it is let go, and may come back."""
_DIGITS = 16


@define(eq=False)
class FeedRoute:
    """Serves one feed to its readers."""

    feed: CodeFeed
    readers: int = field(default=0, init=False)

    def route(self) -> WebSocketRoute:
        """Where it is."""
        return WebSocketRoute("/feed", self.serve)

    async def serve(self, socket: WebSocket) -> None:
        """One reader, until it goes."""
        after = socket.query_params.get("after", "0")
        if self.readers >= MOST_READERS or not _is_number(after):
            await socket.close(1013 if _is_number(after) else 1008)
            return
        self.readers += 1  # before anything is waited for: many may come at once
        try:
            await socket.accept()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._until_gone, socket, nursery.cancel_scope)
                await self._send(socket, int(after))
                nursery.cancel_scope.cancel()
        finally:
            self.readers -= 1

    async def _send(self, socket: WebSocket, number: int) -> None:
        try:
            while True:
                # Taken together: what is published while these are sent comes in the next round.
                news, number = self.feed.after(number), self.feed.last
                for one in news:
                    with trio.fail_after(READ_WITHIN):
                        await socket.send_text(json.dumps(message_of(one)))
                await self.feed.wait(number)
        except (WebSocketDisconnect, RuntimeError, trio.TooSlowError) as error:
            logger.debug("a reader of the feed is gone: %s", error)

    @staticmethod
    async def _until_gone(socket: WebSocket, scope: trio.CancelScope) -> None:
        """A reader says nothing; that it goes is seen here."""
        try:
            if (await socket.receive())["type"] == "websocket.receive":
                await socket.close(1008, "nothing is to be sent here")
        except (WebSocketDisconnect, RuntimeError) as error:
            logger.debug("a reader of the feed is gone: %s", error)
        scope.cancel()


def message_of(one: Published) -> dict[str, Any]:
    """What is sent of a code."""
    return {
        "sequence": one.number,
        "game": one.code.game,
        "code": one.code.code,
        "expires": _iso(one.code.expires),
        "rewards": one.code.rewards,
    }


def _iso(at: float | None) -> str | None:
    try:
        return None if at is None else datetime.fromtimestamp(at, UTC).isoformat()
    except (ValueError, OverflowError, OSError):  # a source wrote a date beyond the calendar
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= _DIGITS
