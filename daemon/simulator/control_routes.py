"""The simulator's own endpoints: what it was asked, and what shall go wrong or be there from now on."""

import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import cattrs
import cattrs.v
from attrs import asdict, evolve, frozen
from cattrs.gen import make_dict_structure_fn
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from daemon.simulator.faults import Fault
from daemon.simulator.game import SimGame
from daemon.simulator.listings import Listing, SimSource
from daemon.simulator.population import SimCode, SimPlayer
from daemon.simulator.world import World


class OrderError(ValueError):
    """An order that can't be followed; its text says why."""


T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]

_converter = cattrs.Converter(forbid_extra_keys=True)
for _type in (Fault, SimPlayer, SimCode, Listing):
    _converter.register_structure_hook(
        _type, make_dict_structure_fn(_type, _converter, _cattrs_forbid_extra_keys=True)
    )


def refusing(endpoint: Endpoint) -> Endpoint:
    """Answer 400 with `{"error": …}` where an order is wrong."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except OrderError as error:
            return JSONResponse({"error": str(error)}, 400)

    return guarded


async def show_stats(request: Request) -> Response:
    """`GET /_stats`: see `Stats.as_json`."""
    return JSONResponse(_world(request).stats.as_json())


async def show_faults(request: Request) -> Response:
    """`GET /_faults`: what is ordered, and how often each was considered and happened."""
    script = _world(request).script
    faults = [{**asdict(fault), **asdict(script.tally(index))} for index, fault in enumerate(script.faults)]
    return JSONResponse({"faults": faults})


async def order_faults(request: Request) -> Response:
    """`POST /_faults`: one fault or a list of them, behind those ordered before."""
    world = _world(request)
    faults = [_read(one, Fault) for one in await _objects(request)]
    for fault in faults:
        if fault.game:
            _game(world, fault.game)
        if fault.source:
            _source(world, fault.source)
    world.order(*faults)
    return JSONResponse({"faults": len(world.script.faults)}, 201)


async def reset_faults(request: Request) -> Response:
    """`DELETE /_faults`: nothing goes wrong any more."""
    _world(request).reset_faults()
    return Response(status_code=204)


async def add_codes(request: Request) -> Response:
    """`POST /_codes`: `{"game", "code", "state"?, "uses"?, …}` (see `SimCode`), or a list."""
    found = [(_pick_game(request, one), _read(one, SimCode)) for one in await _objects(request)]
    for game, code in found:
        game.add_code(code)
    return JSONResponse({"codes": len(found)}, 201)


async def add_players(request: Request) -> Response:
    """`POST /_players`: `{"game", "fid", "kid", "name"?, …}` (see `SimPlayer`), or a list."""
    found = [(_pick_game(request, one), _read(one, SimPlayer)) for one in await _objects(request)]
    for game, player in found:
        game.add_player(player)
    return JSONResponse({"players": len(found)}, 201)


async def add_listings(request: Request) -> Response:
    """`POST /_listings`: `{"source", "code", "visible_after"?, "expires"?}`, or a list; from now on."""
    world = _world(request)
    pairs = [(_source(world, one.pop("source", "")), _read(one, Listing)) for one in await _objects(request)]
    for source, listing in pairs:
        source.add(evolve(listing, visible_after=world.elapsed() + listing.visible_after))
    return JSONResponse({"listings": len(pairs)}, 201)


async def read_captcha(request: Request) -> Response:
    """`GET /_captcha/{game}/{fid}`: what the player's open captcha says."""
    game = _game(_world(request), request.path_params["game"])
    captcha = game.captchas.peek(request.path_params["fid"])
    if captcha is None:
        return JSONResponse({"error": f"player {request.path_params['fid']} has no open captcha"}, 404)
    return JSONResponse({"text": captcha.text})


@frozen
class ControlPath:
    """One endpoint, and what it does in a few words."""

    method: str
    path: str
    endpoint: Endpoint
    does: str


paths = (
    ControlPath("GET", "/_stats", show_stats, "what it was asked"),
    ControlPath("GET", "/_faults", show_faults, "what is ordered to go wrong, and how often it did"),
    ControlPath("POST", "/_faults", order_faults, "orders what goes wrong from now on"),
    ControlPath("DELETE", "/_faults", reset_faults, "nothing goes wrong any more"),
    ControlPath("POST", "/_codes", add_codes, "codes that a game takes"),
    ControlPath("POST", "/_players", add_players, "players that a game knows"),
    ControlPath("POST", "/_listings", add_listings, "codes that a source lists"),
    ControlPath("GET", "/_captcha/{game}/{fid}", read_captcha, "what a player's open captcha says"),
)
routes = [Route(one.path, refusing(one.endpoint), methods=[one.method]) for one in paths]


def _world(request: Request) -> World:
    world: World = request.app.state.world
    return world


async def _objects(request: Request) -> list[dict[str, Any]]:
    try:
        found = await request.json()
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise OrderError(f"the body is not JSON: {error}") from error
    objects = found if isinstance(found, list) else [found]
    for one in objects:
        if not isinstance(one, dict):
            raise OrderError(f"{one!r}: must be a JSON object, or a list of them")
    return objects


def _read(value: dict[str, Any], type_: type[T]) -> T:
    try:
        return _converter.structure(value, type_)
    except (cattrs.BaseValidationError, ValueError, TypeError) as error:
        faults = cattrs.transform_error(error, path=type_.__name__, format_exception=_explain)
        raise OrderError("; ".join(faults)) from error


def _explain(error: BaseException, type_: type[Any] | None) -> str:
    """A validator's own sentence, which cattrs would reduce to "invalid value"."""
    if isinstance(error, ValueError | TypeError) and error.args:
        return str(error.args[0])
    return cattrs.v.format_exception(error, type_)


def _pick_game(request: Request, value: dict[str, Any]) -> SimGame:
    return _game(_world(request), value.pop("game", ""))


def _game(world: World, name: str) -> SimGame:
    if name not in world.games:
        raise OrderError(f"game {name!r}: no such game; there are {', '.join(world.games)}")
    return world.games[name]


def _source(world: World, name: str) -> SimSource:
    if name not in world.sources:
        raise OrderError(f"source {name!r}: no such source; there are {', '.join(world.sources)}")
    return world.sources[name]
