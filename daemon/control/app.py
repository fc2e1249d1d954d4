"""The daemon's HTTP application: what the commands ask and order. One for the control socket and for TCP.

Errors are JSON objects `{"error": "…"}`: 400 for a value that can't be taken, 404 for what is not there,
408, 413 and 422 for a body too slow, too large or unreadable, 503 where the store is away.
"""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import trio
from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from actors.ports import StoreUnavailable
from actors.storage import Refusal
from daemon import service as operations
from daemon.config import ConfigError
from daemon.control.body import (
    BODY_WITHIN,
    MAX_BODY,
    BodyTooLarge,
    BodyTooSlow,
    read_bytes,
    read_query,
    read_texts,
)
from daemon.control.errors import NotRunning
from daemon.service import BadFile, NotFound, Refused, Service, documents
from daemon.service.audit import CLI, By, record

logger = logging.getLogger("perkd.control")

Document = dict[str, Any]
Endpoint = Callable[[Request], Awaitable[Response]]
R = TypeVar("R")


IN_ONE_GO = 200
"""Rows of a long answer made before others have a turn: that many take about two milliseconds."""


def _dump(content: Any) -> str:
    """JSON in ASCII: a name from the web may hold half a surrogate pair, which UTF-8 can't."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


class _JSON(JSONResponse):
    def render(self, content: Any) -> bytes:
        return _dump(content).encode("ascii")


async def _answer_list(rows: Sequence[R], document: Callable[[R], Document]) -> Response:
    """A list that may be long, made while others have a turn."""
    parts = []
    for first in range(0, len(rows), IN_ONE_GO):
        parts += [_dump(document(row)) for row in rows[first : first + IN_ONE_GO]]
        await trio.lowlevel.checkpoint()
    return Response(f"[{','.join(parts)}]", media_type="application/json")


async def _no_status(_every_child: bool) -> Document:
    raise NotRunning("perkd is not running")


async def _no_reload() -> Document:
    raise NotRunning("perkd is not running")


@frozen
class _Control:
    """The endpoints."""

    service: Service
    make_status: Callable[[bool], Awaitable[Document]]
    do_reload: Callable[[], Awaitable[Document]]
    by: By

    async def _note(self, action: str, details: str = "") -> None:
        """Into the audit log, that the order was carried out."""
        await record(self.service, self.by, action, details)

    # --- the daemon -----------------------------------------------------------------------------

    async def status(self, request: Request) -> Response:
        """`GET /api/status?all=0|1`."""
        wanted = read_query(request, "all").get("all", "0")
        if wanted not in {"0", "1"}:
            raise Refused(f"all = {wanted!r}: must be 0 or 1")
        return _JSON(await self.make_status(wanted == "1"))

    async def health(self, _request: Request) -> Response:
        """`GET /healthz`: 503 when the daemon is down."""
        health = (await self.make_status(False))["health"]
        return _JSON({"health": health}, 503 if health == "down" else 200)

    async def reload(self, _request: Request) -> Response:
        """`POST /api/reload`."""
        done = await self.do_reload()
        await self._note("reload")
        return _JSON(done)

    # --- players --------------------------------------------------------------------------------

    async def list_players(self, request: Request) -> Response:
        """`GET /api/players?game=`."""
        players = await operations.list_players(self.service, **read_query(request, "game"))
        return await _answer_list(players, documents.player_document)

    async def export_players(self, request: Request) -> Response:
        """`GET /api/players.csv?game=`."""
        players = await operations.list_players(self.service, **read_query(request, "game"))
        text = operations.players_to_csv(players).encode(errors="replace")
        return Response(text, media_type="text/csv")

    async def add_player(self, request: Request) -> Response:
        """`POST /api/players`: `{"fid", "game"?, "state"?, "name"?}`."""
        values = {"game": "", "fid": "", **await read_texts(request, "game", "fid", "state", "name")}
        added = await operations.add_player(self.service, **values)
        document = documents.player_added_document(added)
        if added.result != "unchanged":
            what = f"{added.player.game}/{added.player.fid}"
            await self._note("players add", what if added.result == "added" else f"{what}: corrected")
        return _JSON(document, 201 if added.result == "added" else 200)

    async def import_players(self, request: Request) -> Response:
        """`POST /api/players/import`: a CSV file."""
        report = await operations.import_players(self.service, await read_bytes(request))
        if report.added or report.updated:
            await self._note("players import", f"{report.added} added, {len(report.updated)} corrected")
        return _JSON(documents.import_document(report))

    async def remove_player(self, request: Request) -> Response:
        """`POST /api/players/remove`: `{"fid", "game"?}`."""
        values = {"game": "", "fid": "", **await read_texts(request, "game", "fid")}
        removed = await operations.remove_player(self.service, **values)
        await self._note("players remove", f"{removed.player.game}/{removed.player.fid}")
        return _JSON(documents.player_removed_document(removed))

    # --- codes ----------------------------------------------------------------------------------

    async def list_codes(self, request: Request) -> Response:
        """`GET /api/codes?game=&state=`."""
        codes = await operations.list_codes(self.service, **read_query(request, "game", "state"))
        return await _answer_list(codes, documents.code_document)

    async def add_code(self, request: Request) -> Response:
        """`POST /api/codes`: `{"code", "game"?}`."""
        values = await read_texts(request, "game", "code")
        added = await operations.add_code(
            self.service, code=values.get("code", ""), game=values.get("game", ""), by=self.by
        )
        return _JSON(documents.code_added_document(added), 201 if added.result == "added" else 200)

    async def retire_code(self, request: Request) -> Response:
        """`POST /api/codes/retire`: `{"code", "game"?}`."""
        values = await read_texts(request, "game", "code")
        retired = await operations.retire_code(
            self.service, code=values.get("code", ""), game=values.get("game", ""), by=self.by
        )
        return _JSON(documents.code_retired_document(retired))

    # --- what there is --------------------------------------------------------------------------

    async def list_guilds(self, request: Request) -> Response:
        """`GET /api/guilds`."""
        read_query(request)
        guilds = await operations.list_guilds(self.service)
        return _JSON([documents.guild_document(guild) for guild in guilds])

    async def set_channel(self, request: Request) -> Response:
        """`POST /api/guilds/channels`: `{"guild", "channel", "name"?, "games"?: "wos ks"}`."""
        values = await read_texts(request, "guild", "channel", "name", "games")
        guild = await operations.set_board_channel(
            self.service,
            guild=values.get("guild", ""),
            channel=values.get("channel", ""),
            name=values.get("name", ""),
            games=tuple(values.get("games", "").split()),
        )
        return _JSON(documents.guild_document(guild))

    async def remove_channel(self, request: Request) -> Response:
        """`POST /api/guilds/channels/remove`: `{"guild", "channel"}`."""
        values = {"guild": "", "channel": "", **await read_texts(request, "guild", "channel")}
        return _JSON(documents.guild_document(await operations.remove_board_channel(self.service, **values)))

    async def history(self, request: Request) -> Response:
        """`GET /api/history?code=&player=&game=&limit=`."""
        query = read_query(request, "code", "player", "game", "limit")
        rows = await operations.read_history(self.service, **query)
        return await _answer_list(rows, documents.history_document)

    # --- routes ---------------------------------------------------------------------------------

    def reading(self) -> list[Route]:
        """Those that change nothing."""
        return [
            _route("GET", "/healthz", self.health),
            _route("GET", "/api/status", self.status),
            _route("GET", "/api/players", self.list_players),
            _route("GET", "/api/players.csv", self.export_players),
            _route("GET", "/api/codes", self.list_codes),
            _route("GET", "/api/guilds", self.list_guilds),
            _route("GET", "/api/history", self.history),
        ]

    def writing(self) -> list[Route]:
        """Those that change something."""
        return [
            _route("POST", "/api/reload", self.reload),
            _route("POST", "/api/players", self.add_player),
            _route("POST", "/api/players/import", self.import_players),
            _route("POST", "/api/players/remove", self.remove_player),
            _route("POST", "/api/codes", self.add_code),
            _route("POST", "/api/codes/retire", self.retire_code),
            _route("POST", "/api/guilds/channels", self.set_channel),
            _route("POST", "/api/guilds/channels/remove", self.remove_channel),
        ]


def control_app(
    service: Service,
    status: Callable[[bool], Awaitable[Document]] = _no_status,
    reload: Callable[[], Awaitable[Document]] = _no_reload,
    *,
    by: By = CLI,
    more: Sequence[BaseRoute] = (),
) -> Starlette:
    """The application.

    Args:
        service: the operations' store and hooks.
        status: makes the status object; its argument asks for every child. Without it: 503.
        reload: reads the configuration again and says what changed; raises `ConfigError` for a faulty one.
        by: who is named in the audit log for what is ordered here.
        more: routes of other parts, such as the web page; they go before those of the same path here.
    """
    control = _Control(service, status, reload, by)
    routes = [*control.reading(), *control.writing()]
    return Starlette(routes=[*more, *routes], exception_handlers={HTTPException: _say_http_error})


def _route(method: str, path: str, endpoint: Endpoint) -> Route:
    return Route(path, answering(endpoint), methods=[method])


def answering(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with every error it raises made an answer."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ClientDisconnect:
            logger.debug("%s %s: the client left before all of it came", request.method, request.url.path)
            return Response(status_code=400)  # nobody reads it
        except Exception as error:  # noqa: BLE001 - the outermost layer: every error becomes an answer
            return _answer_to(error, request)

    return answer


_STATUS_CODES: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (BadFile, 422),
    (Refused, 400),
    (ConfigError, 400),
    (StoreUnavailable, 503),
    (NotRunning, 503),
    (Refusal, 500),
)
"""The first that fits, counts."""


def _answer_to(error: Exception, request: Request) -> Response:
    if isinstance(error, BodyTooLarge):
        text = f"the body has more than {MAX_BODY} bytes: split it"
        # The rest of the body is not read; so the connection can't be used again.
        return _JSON({"error": text}, 413, {"connection": "close"})
    if isinstance(error, BodyTooSlow):
        text = f"the body did not come within {BODY_WITHIN:g} s"
        return _JSON({"error": text}, 408, {"connection": "close"})
    for type_, code in _STATUS_CODES:
        if isinstance(error, type_):
            return _JSON({"error": str(error)}, code)
    where = f"{request.method} {request.url.path}"
    logger.error("💥 %s failed", where, exc_info=error, extra={"request": where})
    return _JSON({"error": f"{where} failed inside perkd ({type(error).__name__}): see its log"}, 500)


async def _say_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it alone
    return _JSON(
        {"error": f"{request.method} {request.url.path}: {error.detail}"}, error.status_code, error.headers
    )
