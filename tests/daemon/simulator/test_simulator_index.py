"""`GET /` says what there is."""

from typing import Any

from daemon.simulator import SimSource, World


async def test_the_front_page_lists_every_path(caller: Any, world: World) -> None:
    world.add_source(SimSource(name="feed", game="wos"))
    answer = await caller.client.get("/")
    assert answer.headers["content-type"].startswith("text/plain")
    listed = {tuple(line.split()[:2]) for line in answer.text.splitlines()}
    assert listed >= {
        ("GET", "/_stats"),
        ("POST", "/_faults"),
        ("DELETE", "/_faults"),
        ("POST", "/wos/api/gift_code"),
        ("POST", "/old/api/player"),
        ("POST", "/drawn/api/captcha"),
        ("GET", "/sources/feed.json"),
        ("WS", "/sources/feed/ws"),
    }
    assert ("POST", "/wos/api/player") not in listed
    assert ("POST", "/old/api/captcha") not in listed


async def test_what_is_listed_is_there(caller: Any, world: World) -> None:
    world.add_source(SimSource(name="feed", game="wos"))
    for line in (await caller.client.get("/")).text.splitlines():
        method, path, *_ = line.split()
        if method in {"GET", "POST"} and "{" not in path:
            assert (await caller.client.request(method, path)).status_code not in {404, 405}, line
