"""The routes of the TCP port beside those of the control socket.

    /healthz             the process answers
    /readyz              it makes progress, or what does not
    /metrics             for Prometheus
    /api/…               as the control socket; /api/events and /api/children beside it
    /ws                  status and events, as they change
    /, /login, /static/  the page: `pages.py`, `page.py`, `actions.py`

Behind one guard (`shield.py`).
"""

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import trio
from attrs import define, frozen
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from daemon.control.app import answering
from daemon.service import NotFound, Refused
from daemon.web.branch import page_of
from daemon.web.guard import Guard
from daemon.web.happenings import KEPT, Happening, Happenings
from daemon.web.metrics import CONTENT_TYPE, exposition
from daemon.web.page import AsciiJSON, read_number, whole
from daemon.web.readiness import not_ready
from daemon.web.watching import StatusFeed
from supervision import DynamicRef

logger = logging.getLogger("perkd.web")

Document = dict[str, Any]

MOST_WATCHERS = 100
"""WebSockets at once: a page that is open is one."""
WATCHER_WITHIN = 10.0
"""Seconds that a watcher may take to read a message; then it is let go."""

EVENTS_AT_ONCE = 100
"""Events of one message to a page: where more happen at once, it is shown the newest."""


@define(eq=False)
class Watchers:
    """How many there are."""

    count: int = 0


@frozen
class Web:
    """What the routes are given."""

    make_status: Callable[[bool], Awaitable[Document]]
    now: Callable[[], float]
    happenings: Happenings
    feed: StatusFeed
    dynamic: Callable[[str], DynamicRef | None]
    """The dynamic supervisor at a path; None: there is none."""
    watchers: Watchers
    guard: Guard

    async def healthz(self, _request: Request) -> Response:
        """`GET /healthz`: the process answers."""
        return JSONResponse({"alive": True})

    async def readyz(self, request: Request) -> Response:
        """`GET /readyz`: 200, or 503 with what makes no progress; for strangers without texts of errors."""
        port = (request.scope.get("server") or ("", 0))[1] or 0
        brief = not self.guard.may_read(request.headers, port)
        reasons = not_ready(await self.make_status(False), self.now(), brief=brief)
        return AsciiJSON({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    async def metrics(self, _request: Request) -> Response:
        """`GET /metrics`."""
        status = await self.make_status(False)
        return Response(exposition(status, ready=not not_ready(status, self.now())), media_type=CONTENT_TYPE)

    async def events(self, request: Request) -> Response:
        """`GET /api/events?after=&kind=&path=&limit=&brief=`: what happened lately, oldest first.

        With `brief` tracebacks are left out, as from what watchers with `brief` are sent.
        """
        query = request.query_params
        after, limit = read_number(query, "after", 0), read_number(query, "limit", 200)
        found = self.happenings.after(
            after, most=limit, kind=query.get("kind", ""), path=query.get("path", "")
        )
        brief = bool(query.get("brief"))
        events = [event_document(one, brief=brief) for one in found]
        return AsciiJSON({"last": self.happenings.last, "events": events})

    async def event(self, request: Request) -> Response:
        """`GET /api/events/NUMBER`: one event, with its traceback."""
        number = whole(request.path_params["number"], "number")
        found = self.happenings.after(max(number, 1) - 1)
        if not found or found[0].number != number:
            raise NotFound(f"event {number}: it is not kept any more: the log has it")
        return AsciiJSON(event_document(found[0], brief=False))

    async def list_children(self, request: Request) -> Response:
        """`GET /api/children?path=&words=&state=&offset=&limit=`: a page of a dynamic supervisor's."""
        query = request.query_params
        path = query.get("path", "")
        dynamic = self.dynamic(path)
        if dynamic is None:
            raise NotFound(f"path {path!r}: there is no dynamic supervisor")
        page = page_of(
            dynamic,
            words=query.get("words", ""),
            state=query.get("state", ""),
            offset=read_number(query, "offset", 0),
            most=read_number(query, "limit", 50),
        )
        return AsciiJSON(page.to_json())

    # --- as it changes --------------------------------------------------------------------------

    async def watch(self, socket: WebSocket) -> None:
        """`/ws?after=&brief=`: `{"status", "reasons"}` once a second, `{"events": […]}` as they happen.

        `reasons`: why perkd is not ready, as `/readyz` tells; empty where it is.
        """
        if self.watchers.count >= MOST_WATCHERS:
            await socket.close(1013, "too many watch already")
            return
        self.watchers.count += 1  # before anything is waited for: many may come at once
        try:
            await socket.accept()
            with self.feed.watching():
                async with trio.open_nursery() as nursery:
                    for task in (self._send_status, self._send_events, self._until_gone):
                        nursery.start_soon(self._until_end, task, socket, nursery.cancel_scope)
        finally:
            self.watchers.count -= 1

    @staticmethod
    async def _until_end(
        task: Callable[[WebSocket], Awaitable[None]], socket: WebSocket, scope: trio.CancelScope
    ) -> None:
        """The connection's tasks end together; that the other side has gone is no error."""
        try:
            await task(socket)
        except (WebSocketDisconnect, RuntimeError, trio.TooSlowError, Refused) as error:
            logger.debug("a watcher is gone: %s", error)
        scope.cancel()

    async def _send_status(self, socket: WebSocket) -> None:
        number = 0
        while True:
            number, status = await self.feed.next(number)
            await _send(socket, {"status": status, "reasons": not_ready(status, self.now())})

    async def _send_events(self, socket: WebSocket) -> None:
        number, brief = read_number(socket.query_params, "after", 0), bool(socket.query_params.get("brief"))
        while True:
            if found := self.happenings.after(number, most=EVENTS_AT_ONCE if brief else KEPT):
                await _send(socket, {"events": [event_document(one, brief=brief) for one in found]})
                number = found[-1].number
            await self.happenings.wait(number)

    async def _until_gone(self, socket: WebSocket) -> None:
        """It tells the end. Nothing is expected: whoever sends something is let go, and can't flood us."""
        if (await socket.receive())["type"] == "websocket.receive":
            await socket.close(1008, "nothing is to be sent here")

    # --- routes ---------------------------------------------------------------------------------

    def routes(self) -> list[BaseRoute]:
        """Those of the machine side; the page has its own."""
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", answering(self.readyz)),
            Route("/metrics", answering(self.metrics)),
            Route("/api/events", answering(self.events)),
            Route("/api/events/{number}", answering(self.event)),
            Route("/api/children", answering(self.list_children)),
            WebSocketRoute("/ws", self.watch),
        ]


async def _send(socket: WebSocket, document: Document) -> None:
    text = json.dumps(document, separators=(",", ":"))
    with trio.fail_after(WATCHER_WITHIN):
        await socket.send_text(text)


def event_document(one: Happening, *, brief: bool) -> Document:
    """An event as it is sent; `brief`: without its traceback, which may have 4,000 characters."""
    document = one.to_json()
    if brief and isinstance(document.get("error"), dict):
        document["error"] = {**document["error"], "traceback": ""}
    return document
