"""The simulator as an ASGI application; it works over hypercorn and in process alike."""

from contextlib import aclosing

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from daemon.simulator import control_routes, index, source_routes
from daemon.simulator.answers import http_error
from daemon.simulator.delivery import Delivery
from daemon.simulator.reception import Arrival, Plan, receive
from daemon.simulator.world import World

MAX_BODY = 64 * 1024


async def call_game(request: Request) -> Delivery | Response:
    """`POST /{game}/api/{endpoint}`: everything below a game's base address."""
    world: World = request.app.state.world
    game = world.games.get(request.path_params["game"])
    if game is None:
        return Delivery(Plan(http_error(404)))
    body = await _read_body(request)
    if body is None:
        return Delivery(Plan(http_error(413)))
    address = request.client.host if request.client else ""
    endpoint = request.path_params["endpoint"]
    return Delivery(receive(world, game, Arrival(endpoint, address, request.headers, body)), world.stats.left)


async def _read_body(request: Request) -> bytes | None:
    body = bytearray()
    async with aclosing(request.stream()) as chunks:
        async for chunk in chunks:
            body += chunk
            if len(body) > MAX_BODY:
                return None
    return bytes(body)


def create_app(world: World) -> Starlette:
    """The application that serves `world`.

    In process: `httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world)))`, on any clock of trio.
    """
    app = Starlette(
        routes=[
            *index.routes,
            *control_routes.routes,
            *source_routes.routes,
            Route("/{game}/api/{endpoint:path}", call_game, methods=["POST"]),
        ]
    )
    app.state.world = world
    return app
