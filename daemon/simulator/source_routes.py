"""Code sources over HTTP and websocket."""

import trio
from starlette.requests import Request
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from daemon.simulator.answers import JSON_TYPE, Answer, encode, http_error
from daemon.simulator.delivery import CUT_EXTENSION, Delivery
from daemon.simulator.faults import Facts, Fault
from daemon.simulator.listings import Listing, SimSource, push_message, render
from daemon.simulator.reception import Plan, leaves_the_answer, spoil
from daemon.simulator.world import World


async def show(request: Request) -> Delivery:
    """`GET /sources/{name}.json`, `.rss` or `/distribution`: conditional, perhaps spoilt."""
    world: World = request.app.state.world
    source = world.sources.get(request.path_params["name"])
    if source is None:
        return Delivery(Plan(http_error(404)))
    fault = _fault_for(world, source)
    own = _page(world, source, request, is_empty=fault is not None and fault.answer == "EMPTY LIST")
    if fault is None:
        return Delivery(Plan(own))
    return Delivery(spoil(fault, own if leaves_the_answer(fault) or fault.answer == "EMPTY LIST" else None))


async def push(websocket: WebSocket) -> None:
    """`/sources/{name}/ws`: every visible code once, then each new one as it becomes visible."""
    world: World = websocket.app.state.world
    source = world.sources.get(websocket.path_params["name"])
    if source is None:
        await websocket.close()
        return
    fault = _fault_for(world, source)
    await websocket.accept()
    if fault is not None and await _spoil_feed(websocket, fault):
        return
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_push_listings, websocket, world, source)
        try:
            while True:  # pings are answered by hypercorn; what a client says is of no interest
                await websocket.receive_text()
        except (WebSocketDisconnect, KeyError):
            nursery.cancel_scope.cancel()


PATHS = {"json": ".json", "rss": ".rss", "distribution": "/distribution", "websocket": "/ws"}
"""By kind of source, in the words of `config.toml`: what stands behind `/sources/NAME`."""

routes = [
    *(Route(f"/sources/{{name}}{PATHS[kind]}", show, name=kind) for kind in ("json", "rss", "distribution")),
    WebSocketRoute(f"/sources/{{name}}{PATHS['websocket']}", push),
]


def _fault_for(world: World, source: SimSource) -> Fault | None:
    world.stats.sources[source.name] += 1
    number = world.stats.sources[source.name]
    return world.fault_for(Facts(source=source.name, game=source.game, number=number))


def _page(world: World, source: SimSource, request: Request, *, is_empty: bool) -> Answer:
    path = request.url.path
    kind = "distribution" if path.endswith("/distribution") else path.rpartition(".")[2]
    if kind == "distribution" and source.api_key and request.headers.get("x-api-key") != source.api_key:
        return Answer("HTTP 401", 401, (JSON_TYPE,), encode({"error": "Invalid API key"}))
    listings: list[Listing] = [] if is_empty else source.visible(world.elapsed())
    page = render(source, listings, kind, world.epoch)
    validators = ("ETag", page.etag), ("Last-Modified", page.last_modified)
    if page.is_known_by(request.headers.get("if-none-match"), request.headers.get("if-modified-since")):
        return Answer("HTTP 304", 304, validators)
    return Answer("LIST", 200, (("content-type", page.media_type), *validators), page.body)


async def _push_listings(websocket: WebSocket, world: World, source: SimSource) -> None:
    sent: set[Listing] = set()
    while True:
        changed = source.changed  # before looking: what is added from here on sets it
        elapsed = world.elapsed()
        for listing in source.visible(elapsed):
            if listing not in sent:
                sent.add(listing)
                await websocket.send_json(push_message(source, listing))
        upcoming = source.next_after(elapsed)
        with trio.move_on_after(float("inf") if upcoming is None else upcoming - elapsed):
            await changed.wait()


async def _spoil_feed(websocket: WebSocket, fault: Fault) -> bool:
    """What a fault does to a feed; whether the connection ended of it."""
    await trio.sleep(fault.delay)
    if fault.cut:
        cut = websocket.scope["extensions"].get(CUT_EXTENSION)
        if cut is not None:
            await cut(True)
        return True
    answer = spoil(fault, None).answer
    if answer.status != 200:  # noqa: PLR2004 - a feed has no statuses: it closes (1011, RFC 6455)
        await websocket.close(1011)
        return True
    if not leaves_the_answer(fault):
        await websocket.send_text(answer.body.decode(errors="replace"))
    return False
