"""The adapters against the simulator's sources, over real HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
import trio

from actors.ports import FoundCode
from daemon.secrets import Secret
from daemon.simulator import Listing, SimSource, World, serve
from daemon.sources import SourceKind, SourceSettings, open_feed, open_source

EXPIRES = 1_900_000_000.0


@pytest.fixture
async def simulated() -> AsyncIterator[tuple[int, SimSource]]:
    page = SimSource(name="page", game="wos", api_key="hunter2")
    page.add(Listing("Aa1", expires=EXPIRES), Listing("Bb2"))
    world = World()
    world.add_source(page)
    async with trio.open_nursery() as nursery:
        yield await nursery.start(serve, world), page
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("kind", "path", "expires"),
    [
        (SourceKind.JSON, "page.json", EXPIRES),
        (SourceKind.RSS, "page.rss", None),
        (SourceKind.DISTRIBUTION, "page/distribution", None),
    ],
)
async def test_every_polled_kind_reads_what_the_simulator_lists(
    simulated: tuple[int, SimSource],
    client: httpx.AsyncClient,
    kind: SourceKind,
    path: str,
    expires: float | None,
) -> None:
    port, page = simulated
    secret = Secret("hunter2") if kind is SourceKind.DISTRIBUTION else None
    settings = SourceSettings("page", "wos", kind, f"http://127.0.0.1:{port}/sources/{path}", secret)
    source = open_source(settings, client)
    assert await source.fetch() == (FoundCode("wos", "Aa1", expires), FoundCode("wos", "Bb2"))
    source.accept()
    assert await source.fetch() is None
    page.add(Listing("Cc3"))
    changed = await source.fetch()
    assert changed is not None
    assert [item.code for item in changed] == ["Aa1", "Bb2", "Cc3"]


async def test_the_feed_hears_what_the_simulator_pushes(simulated: tuple[int, SimSource]) -> None:
    port, page = simulated
    url = f"ws://127.0.0.1:{port}/sources/page/ws"
    feed = open_feed(SourceSettings("live", "wos", SourceKind.WEBSOCKET, url))
    with trio.fail_after(5):
        async with feed.listen() as codes:
            assert await anext(codes) == FoundCode("wos", "Aa1", EXPIRES)
            assert await anext(codes) == FoundCode("wos", "Bb2")
            page.add(Listing("Cc3"))
            assert await anext(codes) == FoundCode("wos", "Cc3")
