"""The REST half as an application: who may ask, how often, what goes wrong; then the route answers."""

from typing import Any

import trio
from attrs import define
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.worlds.discord import (
    rest_channels,
    rest_commands,
    rest_guilds,
    rest_interactions,
    rest_messages,
    rest_reactions,
    rest_threads,
    rest_users,
)
from tests.worlds.discord.body import Body, parse
from tests.worlds.discord.errors import Refusal
from tests.worlds.discord.faults import Answer, DropReply, Fault, Faults, Hang
from tests.worlds.discord.rate_limits import RateLimits
from tests.worlds.discord.rest_call import Call, Entry
from tests.worlds.discord.serving import CUT
from tests.worlds.discord.state import World

PREFIX = "/api/v10"

_MODULES = (
    rest_users,
    rest_guilds,
    rest_channels,
    rest_messages,
    rest_reactions,
    rest_threads,
    rest_commands,
    rest_interactions,
)


@define(eq=False)
class Rest:
    """What the routes share."""

    world: World
    faults: Faults
    limits: RateLimits
    requests: list[tuple[str, str, int]]
    """Method, path and status of each request, as it was answered; 0 where it was cut off."""

    def app(self, *more: Route) -> ASGIApp:
        """Everything below `/api/v10`, the files of attachments, and what is given."""
        entries = [entry for module in _MODULES for entry in module.ROUTES.entries]
        routes = [Route(e.path, self._endpoint(e), methods=[e.method]) for e in entries]
        rest = [Mount(PREFIX, routes=[*routes, Route("/{rest:path}", self._unknown, methods=_METHODS)])]
        files = Route("/attachments/{channel}/{attachment}/{name:path}", self._file)
        return Starlette(routes=[files, *rest, *more])

    def _endpoint(self, entry: Entry) -> ASGIApp:
        rest = self

        class Endpoint:
            """An ASGI application, for it may end without an answer."""

            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                await rest.serve(entry, scope, receive, send)

        return Endpoint()

    async def serve(self, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, unless a fault cuts it off."""
        request = Request(scope, receive)
        raw = await request.body()
        path = request.url.path.removeprefix(PREFIX)
        fault = self.faults.meet(entry.method, path)
        if isinstance(fault, Hang) and not fault.done:
            await fault.hold()
        answer = await self._answer(entry, request, raw, fault)
        if isinstance(fault, Hang) and fault.done:
            await fault.hold()
        if answer is None:
            self.requests.append((entry.method, path, 0))
            await scope["extensions"][CUT]()
            return
        self.requests.append((entry.method, path, answer.status_code))
        if isinstance(fault, DropReply):
            half = answer.body[: len(answer.body) // 2]
            if not fault.as_whole:
                await _send_part(answer, bytes(half), send)
                await scope["extensions"][CUT]()
                return
            answer = Response(half, answer.status_code, media_type="application/json")
        await answer(scope, receive, send)

    async def _answer(
        self, entry: Entry, request: Request, raw: bytes, fault: Fault | None
    ) -> Response | None:
        if isinstance(fault, Answer):
            return _response(fault.status, fault.body, fault.headers)
        if isinstance(fault, DropReply) and not fault.done:
            return None
        if entry.token and request.headers.get("authorization") != f"Bot {self.world.token}":
            return _refused(Refusal(0), {})
        headers: dict[str, str] = {}
        if entry.limited:
            taken = self.limits.take(entry.method, entry.path, _major(request), counts_globally=entry.token)
            headers = taken.headers
            if not taken.passed:
                return _limited(taken.retry_after, headers, is_global=taken.is_global)
        try:
            found = await self._do(entry, request, parse(request.headers.get("content-type", ""), raw))
        except Refusal as refusal:
            answer = _refused(refusal, headers)
        else:
            answer = _response(204 if found is None else 200, found, headers)
        return None if isinstance(fault, DropReply) and not fault.within else answer

    async def _do(self, entry: Entry, request: Request, body: Body) -> Any:
        await trio.lowlevel.checkpoint()
        call = Call(self.world, request.path_params, request.query_params, body.json, body.files)
        return await entry.handler(call)

    async def _unknown(self, request: Request) -> Response:
        path = request.url.path.removeprefix(PREFIX)
        self.requests.append((request.method, path, 404))
        return JSONResponse({"message": "404: Not Found", "code": 0}, 404)

    async def _file(self, request: Request) -> Response:
        fault = self.faults.meet("GET", request.url.path)
        if isinstance(fault, Hang):
            await fault.hold()
        if isinstance(fault, Answer):
            return _response(fault.status, fault.body, fault.headers)
        content = self.world.files.get(request.path_params["attachment"])
        return Response(status_code=404) if content is None else Response(content)


_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


def _major(request: Request) -> str:
    params = request.path_params
    if "token" in params:
        return f"{params.get('webhook')}/{params['token']}"
    return str(params.get("channel") or params.get("guild") or "")


def _response(status: int, body: Any, headers: dict[str, str]) -> Response:
    if status == 204:
        return Response(status_code=204, headers=headers)
    if isinstance(body, str | bytes):
        return Response(body, status, headers, media_type="text/html")
    return JSONResponse(body, status, headers)


async def _send_part(answer: Response, part: bytes, send: Send) -> None:
    await send({"type": "http.response.start", "status": answer.status_code, "headers": answer.raw_headers})
    await send({"type": "http.response.body", "body": part, "more_body": True})


def _refused(refusal: Refusal, headers: dict[str, str]) -> Response:
    return JSONResponse(refusal.payload(), refusal.status, headers)


def _limited(seconds: float, headers: dict[str, str], *, is_global: bool) -> Response:
    body = {"message": "You are being rate limited.", "retry_after": round(seconds, 3), "global": is_global}
    return JSONResponse(body, 429, {**headers, "retry-after": f"{seconds:.3f}"})
