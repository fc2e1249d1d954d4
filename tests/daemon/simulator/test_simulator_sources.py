"""Code sources in all their kinds, conditional, delayed and spoilt."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from defusedxml import ElementTree
from trio.testing import MockClock
from trio_websocket import ConnectionClosed, ConnectionRejected, WebSocketConnection, wrap_client_stream

from daemon.simulator import Fault, Listing, SimSource, World

EPOCH = 1_790_000_000.0  # 2026-09-21T14:13:20Z


@pytest.fixture
def source(world: World) -> SimSource:
    source = SimSource(name="page", game="wos", api_key="secret")
    source.add(Listing("SNOW2026"), Listing("A&B", expires=EPOCH + 60))
    world.add_source(source)
    return source


async def test_the_json_source_has_the_shape_of_kingshot(remote: Any, source: SimSource) -> None:
    found = (await remote.client.get("/sources/page.json")).json()
    assert found["status"] == "success"
    first, second = found["data"]["giftCodes"]
    assert first == {"id": 1, "code": "SNOW2026", "createdAt": "2026-09-21T14:13:20.000Z"}
    assert second["expiresAt"] == "2026-09-21T14:14:20.000Z"


async def test_the_rss_source_is_well_formed_and_names_codes_in_titles(
    remote: Any, source: SimSource
) -> None:
    answer = await remote.client.get("/sources/page.rss")
    assert answer.headers["content-type"].startswith("application/rss+xml")
    feed = ElementTree.fromstring(answer.content)
    assert [item.findtext("title") for item in feed.iter("item")] == ["SNOW2026", "A&B"]


async def test_the_distribution_api_wants_its_key(remote: Any, source: SimSource) -> None:
    assert (await remote.client.get("/sources/page/distribution")).status_code == 401
    answer = await remote.client.get("/sources/page/distribution", headers={"X-API-Key": "secret"})
    assert answer.json() == {"codes": ["SNOW2026 21.09.2026", "A&B 21.09.2026"]}


@pytest.mark.parametrize("kind", [".json", ".rss", "/distribution"])
async def test_an_unchanged_source_answers_304_and_a_changed_one_200(
    remote: Any, source: SimSource, kind: str
) -> None:
    url, key = f"/sources/page{kind}", {"X-API-Key": "secret"}
    first = await remote.client.get(url, headers=key)
    known = {**key, "If-None-Match": first.headers["etag"]}
    unchanged = await remote.client.get(url, headers=known)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == first.headers["etag"]
    source.add(Listing("NEW"))
    assert (await remote.client.get(url, headers=known)).status_code == 200


async def test_last_modified_serves_as_a_condition_too(remote: Any, source: SimSource) -> None:
    first = await remote.client.get("/sources/page.json")
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert (await remote.client.get("/sources/page.json", headers=since)).status_code == 304
    stale = {**since, "If-None-Match": '"another"'}
    assert (await remote.client.get("/sources/page.json", headers=stale)).status_code == 200


async def test_a_listing_becomes_visible_after_its_delay(
    caller: Any, source: SimSource, autojump_clock: MockClock
) -> None:
    async def codes() -> list[str]:
        found = (await caller.client.get("/sources/page.json")).json()
        return [one["code"] for one in found["data"]["giftCodes"]]

    await codes()
    source.add(Listing("LATER", visible_after=12.0))
    await trio.sleep(11.9)
    assert "LATER" not in await codes()
    await trio.sleep(0.1)
    assert "LATER" in await codes()


async def test_listings_can_be_added_over_http_with_a_delay_from_now(
    caller: Any, source: SimSource, world: World, autojump_clock: MockClock
) -> None:
    await caller.stats()
    world.elapsed()
    await trio.sleep(100)
    order = {"source": "page", "code": "SOON", "visible_after": 5}
    assert (await caller.client.post("/_listings", json=order)).json() == {"listings": 1}
    assert source.listings[-1] == Listing("SOON", visible_after=105.0)
    wrong = await caller.client.post("/_listings", json={"source": "nowhere", "code": "X"})
    assert wrong.status_code == 400


@pytest.mark.parametrize("status", [500, 503, 404])
async def test_a_source_can_be_down(world: World, remote: Any, source: SimSource, status: int) -> None:
    world.order(Fault(source="page", answer=f"HTTP {status}", times=1))
    assert (await remote.client.get("/sources/page.json")).status_code == status
    assert (await remote.client.get("/sources/page.json")).status_code == 200


async def test_a_source_can_answer_garbage(world: World, remote: Any, source: SimSource) -> None:
    async def spoilt(**fault: Any) -> Any:
        world.reset_faults()
        world.order(Fault(source="page", **fault))
        return await remote.client.get("/sources/page.rss")

    assert len((await spoilt(answer="HUGE")).content) > 10 * 1024 * 1024
    assert (await spoilt(answer="HTML")).text.startswith("<!DOCTYPE html>")
    with pytest.raises(UnicodeDecodeError):
        (await spoilt(answer="INVALID UTF-8")).content.decode()
    empty = await spoilt(answer="EMPTY LIST")
    assert not list(ElementTree.fromstring(empty.content).iter("item"))
    with pytest.raises(httpx.ReadError):
        await spoilt(cut="connection")


async def test_faults_of_games_do_not_reach_sources(world: World, remote: Any, source: SimSource) -> None:
    world.order(Fault(answer="HTTP 500"))
    assert (await remote.client.get("/sources/page.json")).status_code == 200


async def test_requests_to_sources_are_counted_apart(remote: Any, source: SimSource) -> None:
    for _ in range(3):
        await remote.client.get("/sources/page.rss")
    stats = await remote.stats()
    assert (stats["sources"], stats["requests"], stats["max_in_flight"]) == ({"page": 3}, 0, 0)


async def test_an_unknown_source_is_404(remote: Any) -> None:
    assert (await remote.client.get("/sources/nowhere.json")).status_code == 404


@asynccontextmanager
async def _feed(port: int) -> AsyncIterator[WebSocketConnection]:
    """A connection to the feed. trio-websocket leaves the socket open where the server ends first."""
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream, trio.open_nursery() as nursery:
        yield await wrap_client_stream(nursery, stream, f"127.0.0.1:{port}", "/sources/page/ws")
        nursery.cancel_scope.cancel()


async def test_the_websocket_pushes_what_is_listed_and_then_what_is_new(port: int, source: SimSource) -> None:
    async with _feed(port) as feed:
        first, second = [json.loads(await feed.get_message()) for _ in range(2)]
        assert first == {"code": "SNOW2026", "game": "wos"}
        assert second["expires"] == "2026-09-21T14:14:20.000Z"
        source.add(Listing("NEW"))
        assert json.loads(await feed.get_message())["code"] == "NEW"
        await feed.aclose()


async def test_the_websocket_pushes_a_delayed_listing_when_its_time_has_come(
    port: int, world: World, source: SimSource
) -> None:
    source.add(Listing("LATER", visible_after=world.elapsed() + 0.05))
    async with _feed(port) as feed:
        pushed = [json.loads(await feed.get_message())["code"] for _ in range(3)]
    assert pushed[-1] == "LATER"
    assert world.elapsed() >= 0.05


@pytest.mark.parametrize("fault", [{"cut": "connection"}, {"answer": "HTTP 503"}])
async def test_a_feed_can_break(world: World, port: int, source: SimSource, fault: dict[str, Any]) -> None:
    world.order(Fault(source="page", times=1, **fault))
    async with _feed(port) as feed:
        with pytest.raises(ConnectionClosed):
            await feed.get_message()
    async with _feed(port) as feed:
        assert json.loads(await feed.get_message())["code"] == "SNOW2026"


async def test_a_feed_can_talk_nonsense_first(world: World, port: int, source: SimSource) -> None:
    world.order(Fault(source="page", body="no json"))
    async with _feed(port) as feed:
        assert await feed.get_message() == "no json"
        assert json.loads(await feed.get_message())["code"] == "SNOW2026"


async def test_there_is_no_feed_of_an_unknown_source(port: int) -> None:
    with pytest.RaisesGroup(ConnectionRejected):
        async with _feed(port):
            pass
