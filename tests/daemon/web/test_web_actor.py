"""The TCP port of a running tree: real sockets, the real clock."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from attrs import define, field
from starlette.types import ASGIApp
from trio_websocket import WebSocketConnection, open_websocket_url

from daemon.control.app import control_app
from daemon.secrets import Secret
from daemon.service import Service
from daemon.storage.memory import MemoryStore
from daemon.web.actor import WebActor, is_loopback
from daemon.web.app import Watchers, Web
from daemon.web.guard import Guard
from daemon.web.happenings import Happenings
from daemon.web.watching import StatusFeed
from supervision import Actor, ActorSpec, Backoff, DynamicRef, DynamicSpec, SupervisorSpec, Tree

TOKEN = "a token of a test"
BEARER = {"authorization": f"Bearer {TOKEN}"}
UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
NOW = 1_795_000_000.0
CRASH = ("Crashed", "perkd/victim")


class FixedClock:
    def now(self) -> float:
        return NOW


class Victim(Actor):
    """Crashes when it is told to."""

    async def receive(self, message: object) -> object:
        if message == "crash":
            raise RuntimeError("ordered by the test")
        return await Actor.receive(self, message)


class Child(Actor):
    def __init__(self, _number: int) -> None:
        """One of many."""


@define
class Site:
    """A tree with a web server, and what stands behind it."""

    token: Secret | None = field(factory=lambda: Secret(TOKEN))
    every: float = 0.02
    happenings: Happenings = field(init=False)
    feed: StatusFeed = field(init=False)
    watchers: Watchers = field(factory=Watchers)
    tree: Tree = field(init=False)
    web: list[WebActor] = field(factory=list)
    wrong: dict[str, Any] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        self.happenings = Happenings(lambda: NOW, quiet=("perkd/many",))
        self.feed = StatusFeed(self.status, self.every)
        brief = Backoff(min=0.01, max=0.01)
        template = ActorSpec("child", Child)
        self.tree = Tree(
            SupervisorSpec(
                "perkd",
                [
                    ActorSpec("victim", Victim, backoff=brief),
                    DynamicSpec("many", template),
                    ActorSpec("web", self._make, backoff=brief),
                ],
            ),
            self.happenings,
        )

    def _make(self) -> WebActor:
        port = self.web[-1].bound if self.web else 0
        self.web.append(WebActor("127.0.0.1", port, self.token, "PERKD_STATUS_TOKEN", self.app, self.feed))
        return self.web[-1]

    def app(self) -> ASGIApp:
        service = Service(MemoryStore(), FixedClock(), lambda: {"wos": "v2"})
        guard = Guard(loopback=True, token=self.token, token_env="PERKD_STATUS_TOKEN")
        now = FixedClock().now
        web = Web(self.status, now, self.happenings, self.feed, self.dynamic, self.watchers, guard)
        return control_app(service, self.status, more=web.routes())

    def dynamic(self, path: str) -> DynamicRef | None:
        return self.tree.dynamic("many") if path == "perkd/many" else None

    async def status(self, every_child: bool) -> dict[str, Any]:
        numbers = ("codes", "codes_known", "owed", "redeemed", "already", "failed", "retrying")
        source = {"state": "healthy", "interval": 10.0, "last_ok_at": "2026-11-18T11:06:35Z", "checks": 1}
        return {
            "version": "1",
            "uptime": 1.0,
            "health": "healthy",
            "problems": [],
            "tree": self.tree.snapshot(every_child=every_child).to_json(),
            "giftcodes": {
                **dict.fromkeys(numbers, 0),
                "rate": {},
                "sources": {"feed": {**source, "consecutive_errors": 0, "last_error": None, **self.wrong}},
            },
            "vip": {"sessions": 0, "accounts": {}},
            "storage": {"backends": {"sqlite": {"state": "healthy", "last_error": None}}, "lag": 0},
        }

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.web[-1].bound}"


@asynccontextmanager
async def running(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with trio.open_nursery() as nursery:
        await nursery.start(site.tree.run)
        async with httpx.AsyncClient(base_url=f"http://{site.address}", timeout=10) as client:
            yield client
        site.tree.stop()


@asynccontextmanager
async def watching(site: Site, query: str = "", **headers: str) -> AsyncIterator[WebSocketConnection]:
    extra = [(name.encode(), value.encode()) for name, value in headers.items()]
    with trio.fail_after(10):
        async with open_websocket_url(f"ws://{site.address}/ws{query}", extra_headers=extra) as connection:
            yield connection


async def until(connection: WebSocketConnection, kind: str) -> Any:
    while True:
        message = json.loads(await connection.get_message())
        if kind in message:
            return message[kind]


async def test_the_checks_answer_and_every_answer_forbids_the_browser_what_the_page_does_not_need() -> None:
    site = Site()
    async with running(site) as client:
        alive = await client.get("/healthz")
        assert alive.json() == {"alive": True}
        assert "default-src 'none'" in alive.headers["content-security-policy"]
        assert "unsafe" not in alive.headers["content-security-policy"]
        assert alive.headers["x-content-type-options"] == "nosniff"
        assert (await client.get("/readyz")).json() == {"ready": True, "reasons": []}
        refused = await client.get("/api/status", headers={"host": "evil.example"})
        assert (refused.status_code, refused.headers["x-frame-options"]) == (403, "DENY")


async def test_not_ready_is_a_503_with_the_reason_and_passes_by_itself() -> None:
    site = Site()
    async with running(site) as client:
        site.wrong["last_ok_at"] = "2026-11-18T10:00:00Z"
        answer = await client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["source feed was last read 4000 s ago"]
        site.wrong.clear()
        assert (await client.get("/readyz")).status_code == 200


async def test_metrics_are_those_of_the_tree() -> None:
    async with running(Site()) as client:
        answer = await client.get("/metrics")
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        assert 'perkd_actor_restarts_total{actor="perkd/victim"} 0.0' in answer.text


async def test_what_changes_something_needs_the_token() -> None:
    async with running(Site()) as client:
        code = {"game": "wos", "code": "SNOW"}
        refused = await client.post("/api/codes", json=code)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert (await client.get("/api/codes")).json() == []
        assert (await client.post("/api/codes", json=code, headers=BEARER)).status_code == 201
        assert (await client.post("/api/reload", json={})).status_code == 401


async def test_a_crash_is_told_to_whoever_watches_within_a_second() -> None:
    site = Site()
    async with running(site), watching(site) as connection:
        assert (await until(connection, "status"))["tree"]["name"] == "perkd"
        site.tree.ref("victim").tell("crash")
        with trio.fail_after(10):
            kinds: list[str] = []
            while "Started" not in kinds[kinds.index("Crashed") :] if "Crashed" in kinds else True:
                kinds += [
                    e["event"] for e in await until(connection, "events") if e["path"] == "perkd/victim"
                ]
            restarts = looks = 0
            while not restarts:
                looks += 1
                tree = (await until(connection, "status"))["tree"]
                restarts = tree["children"][0]["restarts"]
        assert restarts == 1
        assert looks * site.every < 1.0  # on a machine that does not stand still meanwhile


async def test_who_comes_back_is_told_what_was_missed_and_no_more() -> None:
    site = Site()
    async with running(site) as client:
        site.tree.ref("victim").tell("crash")
        with trio.fail_after(10):
            while not site.happenings.after(0, kind="Crashed"):
                await site.happenings.wait(site.happenings.last)
        listed = (await client.get("/api/events?kind=crashed&path=perkd/victim")).json()
        (crash,) = listed["events"]
        assert crash["error"]["text"] == "ordered by the test"
        async with watching(site, f"?after={crash['number'] - 1}") as connection:
            first = (await until(connection, "events"))[0]
        assert first == crash
        assert (await client.get(f"/api/events?after={listed['last'] + 1000}")).json()["events"] == []
        assert (await client.get("/api/events?after=-1")).status_code == 400


async def test_children_are_paged_searched_and_those_not_well_come_first() -> None:
    site = Site()
    async with running(site) as client:
        many = site.tree.dynamic("many")
        for number in range(120):
            await many.start_child(f"wos:{number}", number)
        page = (await client.get("/api/children?path=perkd/many&words=wos:1&limit=10&offset=5")).json()
        assert (page["total"], page["offset"], len(page["children"])) == (31, 5, 10)
        assert page["children"][0]["name"] == "wos:103"
        assert (await client.get("/api/children?path=perkd/many&state=overdue")).json()["total"] == 0
        assert (await client.get("/api/children?path=perkd/none")).status_code == 404
        assert (await client.get("/api/children?path=perkd/many&limit=9999")).json()["total"] == 120
        assert not site.happenings.after(0, path="perkd/many/wos:1")  # they come and go as they should


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
async def test_a_page_of_another_site_can_not_watch(headers: dict[str, str]) -> None:
    site = Site()
    async with running(site) as client:
        refused = await client.get("/ws", headers={**UPGRADE, **headers})
        assert refused.status_code == 403
        assert site.watchers.count == 0


async def test_a_watcher_that_goes_is_forgotten_and_nothing_is_made_for_nobody() -> None:
    site = Site()
    async with running(site):
        async with watching(site) as connection:
            await until(connection, "status")
            assert site.watchers.count == 1
        with trio.fail_after(10):
            while site.watchers.count:  # noqa: ASYNC110 - nothing tells of it
                await trio.sleep(0.01)
        assert site.feed._latest is None


async def test_too_many_watchers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.web.app.MOST_WATCHERS", 1)
    site = Site()
    async with running(site) as client, watching(site) as first:
        await until(first, "status")
        refused = await client.get("/ws", headers=UPGRADE)
        assert refused.status_code == 403


async def test_a_server_that_ends_is_started_again_at_the_same_port() -> None:
    site = Site()
    async with running(site) as client:
        await client.get("/healthz")
        port = site.web[-1].bound
        site.web[-1]._ended.set()
        with trio.fail_after(10):
            while len(site.web) < 2 or not site.web[-1].bound:  # noqa: ASYNC110 - as above
                await trio.sleep(0.01)
        assert site.web[-1].bound == port
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - a value
        ("::", False),
        ("10.0.0.1", False),
        ("perkd.example", False),
    ],
)
def test_loopback_is_told_from_addresses_that_others_reach(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected
