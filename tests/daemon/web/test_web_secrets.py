"""What crashes tells its error, and that may hold a secret: it leaves perkd as little as it is logged."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import trio
from attrs import define

from daemon import logs
from daemon.clock import SteadyClock
from daemon.control.app import control_app
from daemon.log_values import Redactor
from daemon.secrets import Secret
from daemon.service import Service
from daemon.status import StatusReport
from daemon.storage.memory import MemoryStore
from daemon.web.app import Watchers, Web
from daemon.web.branch import page_of
from daemon.web.guard import Guard
from daemon.web.happenings import Happenings
from daemon.web.watching import StatusFeed
from supervision import Actor, ActorSpec, Backoff, DynamicSpec, SupervisorSpec, Tree

SECRET = "hunter2-hunter2"
TEXT = f"GET https://x.example/?api_key={SECRET} for player 123456 failed"
TOKEN = "a token of a test"


@define(eq=False)
class Crashing(Actor):
    """Crashes at each message."""

    async def receive(self, message: object) -> object:
        raise RuntimeError(TEXT)


@define(eq=False)
class Site:
    """A tree in which two have crashed, and what is told of it."""

    tree: Tree
    happenings: Happenings
    report: StatusReport

    @asynccontextmanager
    async def asking(self, guard: Guard) -> AsyncIterator[httpx.AsyncClient]:
        watchers, feed = Watchers(), StatusFeed(self.report.make)
        clock = SteadyClock()
        web = Web(self.report.make, clock.now, self.happenings, feed, lambda _: None, watchers, guard)
        service = Service(MemoryStore(), clock, lambda: {"wos": "v2"})
        app = control_app(service, self.report.make, more=web.routes())
        # Without the shield: it lets everybody see the page that is asked here.
        base = "http://127.0.0.1:8470"
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
            yield client


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(logs, "_redact", Redactor())
    logs.add_secret(SECRET)
    slow = Backoff(min=100, max=100)
    storage, campaign, announcer, pool = (
        ActorSpec(name, Crashing, backoff=slow)
        for name in ("storage", "campaign", "announcer", "session_pool")
    )
    giftcodes = SupervisorSpec(
        "giftcodes", [campaign, announcer, SupervisorSpec("redemption", [pool])], intensity=50
    )
    many = DynamicSpec("many", ActorSpec("child", Crashing, backoff=slow))
    happenings = Happenings(SteadyClock().now)
    tree = Tree(SupervisorSpec("perkd", [storage, many, giftcodes], intensity=50), happenings)
    async with trio.open_nursery() as nursery:
        await nursery.start(tree.run)
        tree.ref("storage").tell("crash")
        (await tree.dynamic("many").start_child("wos:1")).tell("crash")
        with trio.fail_after(5):
            while sum(one.event["event"] == "Crashed" for one in happenings.after(0)) < 2:
                await happenings.wait(happenings.last)
        yield Site(tree, happenings, StatusReport(tree, SteadyClock()))
        tree.stop()


async def test_no_secret_is_in_the_status_the_events_and_the_children(site: Site) -> None:
    told: list[Any] = [
        await site.report.make(every_child=True),
        [one.to_json() for one in site.happenings.after(0)],
        page_of(site.tree.dynamic("many")).to_json(),
    ]
    for one in told:
        assert SECRET not in str(one)
        assert "https://x.example/?api_key=*** for player 123456 failed" in str(one)


NEAR = Guard(loopback=True, token=Secret(TOKEN), token_env="X")
FAR = Guard(loopback=False, token=Secret(TOKEN), token_env="X")
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("guard", "headers", "whole"),
    [
        (NEAR, {}, True),
        (FAR, BEARER, True),
        (FAR, {}, False),
        (FAR, {"authorization": "Bearer wrong"}, False),
        (NEAR, {"host": "rebound.example"}, False),
        (NEAR, {"sec-fetch-site": "cross-site"}, False),
    ],
)
async def test_readyz_tells_texts_of_errors_to_those_alone_who_may_read_the_status(
    site: Site, guard: Guard, headers: dict[str, str], whole: bool
) -> None:
    async with site.asking(guard) as client:
        answer = await client.get("/readyz", headers=headers)
    assert answer.status_code == 503
    crashed = answer.json()["reasons"][0]
    assert crashed.startswith("perkd/storage is backing off")
    assert ("player 123456" in answer.text) == whole
    assert SECRET not in answer.text
