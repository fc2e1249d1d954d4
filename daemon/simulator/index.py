"""`GET /`: what there is to ask the simulator for."""

from collections.abc import Iterator

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from daemon.simulator import control_routes
from daemon.simulator.faults import ENDPOINTS
from daemon.simulator.rules import required_fields
from daemon.simulator.source_routes import PATHS
from daemon.simulator.world import World


async def show(request: Request) -> PlainTextResponse:
    """A line for each path, in plain text."""
    lines = list(_lines(request.app.state.world))
    width = max(len(path) for _, path, _ in lines)
    return PlainTextResponse(
        "".join(f"{method:<6}  {path:<{width}}  {does}\n" for method, path, does in lines)
    )


def _lines(world: World) -> Iterator[tuple[str, str, str]]:
    for one in control_routes.paths:
        yield one.method, one.path, one.does
    for game in world.games.values():
        for endpoint in ENDPOINTS:
            if required_fields(game, endpoint) is not None:
                yield "POST", f"/{game.name}/api/{endpoint}", f"game {game.name}, protocol {game.protocol}"
    for source in world.sources.values():
        for kind, path in PATHS.items():
            method = "WS" if kind == "websocket" else "GET"
            yield method, f"/sources/{source.name}{path}", f"codes of {source.game}, kind {kind}"


routes = [Route("/", show, methods=["GET"])]
