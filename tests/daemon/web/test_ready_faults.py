"""Each fault that is injected turns `/readyz` red, and it turns green again by itself: virtual time."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from actors.giftcodes.announcing_messages import AnnouncerNumbers
from actors.giftcodes.campaign_messages import CampaignNumbers, CampaignStatus
from actors.giftcodes.found import CodesFound
from actors.giftcodes.model import Player
from actors.giftcodes.poller import PollerActor
from actors.giftcodes.pool_messages import PoolNumbers
from actors.ports import Change, FoundCode, Position, Put, SourceError, StoreUnavailable
from actors.storage import StorageHealth, StoreClient
from actors.writer import StorageActor
from daemon.clock import SteadyClock
from daemon.discord.report import DiscordReport
from daemon.discord.status import DiscordNumbers, DiscordStatus
from daemon.status import StatusReport
from daemon.storage import SQLiteBackend
from daemon.storage.memory import MemoryStore
from daemon.web.readiness import not_ready
from supervision import Actor, ActorRef, ActorSpec, Backoff, DynamicSpec, SupervisorSpec, Tree
from supervision.testing import crash
from tests.worlds.memory_host import at_once

BRIEF = Backoff(min=0.5, max=5.0)
WELL = StorageHealth(healthy=True, position=Position(1, 1), last_error=None)


@define(eq=False)
class Answering(Actor):
    """Answers what `answers` holds for it now."""

    name: str
    answers: dict[str, Any]
    busy: dict[str, float]
    """Name → for how many seconds, before it answers."""

    async def receive(self, message: object) -> object:
        await trio.sleep(self.busy.get(self.name, 0.0))
        if isinstance(message, CodesFound):
            return True
        return self.answers[self.name]


@define
class Feed:
    """A source that fails or hangs when a test says so."""

    fails: bool = False
    hangs: bool = False

    async def fetch(self) -> Sequence[FoundCode]:
        if self.hangs:
            await trio.sleep(3600)
        if self.fails:
            raise SourceError("got HTTP 500")
        return [FoundCode("wos", "SNOW")]

    def accept(self) -> None:
        pass


@define(eq=False)
class Site:
    """A tree with what readiness looks at."""

    make_store: Callable[[], Actor] | None = None
    """None: one that answers what `answers` holds."""
    feed: Feed = field(factory=Feed)
    busy: dict[str, float] = field(factory=dict)
    answers: dict[str, Any] = field(factory=dict)
    clock: SteadyClock = field(factory=SteadyClock)
    tree: Tree = field(init=False)
    report: StatusReport = field(init=False)

    def __attrs_post_init__(self) -> None:
        numbers = {name: 0 for name in CampaignNumbers.__annotations__ if name != "loaded"}
        self.answers |= {
            "storage": WELL,
            "session_pool": PoolNumbers(loaded=True, in_flight=0, waiting=0, games=()),
            "campaign": CampaignNumbers(loaded=True, **numbers),
            "announcer": AnnouncerNumbers(posted=0, failing=""),
            "discord": DiscordNumbers("connected", since=0.0),
            "watcher": None,
        }

    def child(self, name: str) -> ActorSpec:
        return ActorSpec(name, lambda: Answering(name, self.answers, self.busy), backoff=BRIEF)

    def poller(self) -> PollerActor:
        return PollerActor("feed", self.feed, self.tree.ref("giftcodes/campaign"), self.clock)

    def spec(self) -> SupervisorSpec:
        names = ("redemption", "pollers")
        redemption = SupervisorSpec(names[0], [self.child("session_pool")])
        pollers = SupervisorSpec(names[1], [ActorSpec("feed", self.poller, backoff=BRIEF)])
        redeemers = DynamicSpec("redeemers", self.child("redeemer"))
        giftcodes = [redemption, redeemers, self.child("campaign"), self.child("announcer"), pollers]
        gateways = SupervisorSpec("gateways", [self.child("discord"), self.child("watcher")])
        half = SupervisorSpec("giftcodes", giftcodes, intensity=1, period=60.0, backoff=BRIEF)
        store = self.child("storage")
        if self.make_store is not None:
            store = ActorSpec("storage", self.make_store)
        return SupervisorSpec("perkd", [store, gateways, half], intensity=50, period=60.0)

    async def reasons(self) -> list[str]:
        """Why `/readyz` is red now."""
        return not_ready(await self.report.make(), self.clock.now())

    async def until_green(self, within: float = 60.0) -> None:
        with trio.fail_after(within):
            while await self.reasons():  # noqa: ASYNC110 - nothing tells of it
                await trio.sleep(0.5)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with open_site() as made:
        yield made


@asynccontextmanager
async def open_site(make_store: Callable[[], Actor] | None = None) -> AsyncIterator[Site]:
    site = Site(make_store)
    site.tree = Tree(site.spec())
    watched: ActorRef = site.tree.ref("gateways/watcher")
    discord = DiscordReport(site.tree.ref("gateways/discord"), MemoryStore(), watched, DiscordStatus())
    site.report = StatusReport(site.tree, site.clock, ("feed",), discord=discord)
    async with trio.open_nursery() as nursery:
        await nursery.start(site.tree.run)
        await site.until_green()
        yield site
        site.tree.stop()


@pytest.mark.parametrize(
    ("fault", "said"),
    [("fails", "times in a row: got HTTP 500"), ("hangs", "source feed was last read ")],
)
async def test_a_poller_that_does_not_get_through(
    site: Site, autojump_clock: MockClock, fault: str, said: str
) -> None:
    setattr(site.feed, fault, True)
    await trio.sleep(10)
    assert await site.reasons() == []  # one slow answer is no outage
    await trio.sleep(60)
    (reason,) = await site.reasons()
    assert said in reason
    setattr(site.feed, fault, False)
    await site.until_green(4000)


class Disk(SQLiteBackend):
    """A real file, on a disk that is full when a test says so."""

    full: int = 0
    """So many times it will have no room."""

    def _need_room(self) -> None:
        if self.full:
            self.full -= 1
            raise StoreUnavailable("disk full")

    def commit(self, changes: Sequence[Change]) -> Position:
        self._need_room()
        return super().commit(changes)

    def probe(self, size: int) -> None:
        self._need_room()
        super().probe(size)


async def test_a_commit_that_fails_once(tmp_path: Path, autojump_clock: MockClock) -> None:
    disk = Disk(tmp_path / "perkd.db")
    async with open_site(lambda: StorageActor(lambda: disk, at_once)) as site:
        disk.full = 1
        with pytest.raises(StoreUnavailable):
            await StoreClient(site.tree.ref("storage")).commit(Put(Player("wos", "1")))
        assert await site.reasons() == ["no store takes changes: sqlite is failing (disk full)"]
        await site.until_green(10)  # nobody writes anything


async def test_a_disk_that_fills_up_while_perkd_is_idle(tmp_path: Path, autojump_clock: MockClock) -> None:
    disk = Disk(tmp_path / "perkd.db")
    async with open_site(lambda: StorageActor(lambda: disk, at_once)) as site:
        disk.full = 1000
        await trio.sleep(70)
        assert await site.reasons() == ["no store takes changes: sqlite is failing (disk full)"]
        disk.full = 0
        await site.until_green(10)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("storage", "the store does not answer"),
        ("campaign", "the campaign does not answer"),
        ("discord", "Discord's part of perkd does not answer"),
    ],
)
async def test_who_is_busy_is_no_reason_and_who_stays_silent_is_one(
    site: Site, autojump_clock: MockClock, name: str, said: str
) -> None:
    site.busy[name] = 0.4
    assert await site.reasons() == []
    site.busy[name] = 0.0
    assert await site.reasons() == []
    site.busy[name] = 40.0
    assert await site.reasons() == []
    await trio.sleep(8)
    assert await site.reasons() == []
    await trio.sleep(2)
    assert await site.reasons() == [said]
    site.busy[name] = 0.0
    await site.until_green(200)


@pytest.mark.parametrize("name", ["storage", "campaign", "discord"])
async def test_who_is_busy_each_time_that_somebody_looks_is_no_reason(
    site: Site, autojump_clock: MockClock, name: str
) -> None:
    site.busy[name] = 0.6
    for _ in range(10):
        assert await site.reasons() == []
        await trio.sleep(30)


async def test_children_that_crash_again_and_again(site: Site, autojump_clock: MockClock) -> None:
    redeemers = site.tree.dynamic("giftcodes/redeemers")
    refs = [await redeemers.start_child(f"wos:{number}") for number in range(4)]
    crash(refs[0])
    await trio.sleep(0.1)
    assert await site.reasons() == []  # one bad child
    await trio.sleep(5)
    for ref in refs:
        crash(ref)
    await trio.sleep(0.1)
    assert await site.reasons() == ["perkd/giftcodes/redeemers: 4 of 4 children crash again and again"]
    await site.until_green()


async def test_a_campaign_that_can_not_read_the_store(site: Site, autojump_clock: MockClock) -> None:
    loaded = site.answers["campaign"]
    names = {name: 0 for name in CampaignNumbers.__annotations__ if name != "loaded"}
    site.answers["campaign"] = CampaignNumbers(loaded=False, **names)
    assert await site.reasons() == ["the campaign has not read the store yet"]
    site.answers["campaign"] = loaded
    assert await site.reasons() == []


async def test_an_actor_that_is_being_restarted(site: Site, autojump_clock: MockClock) -> None:
    crash(site.tree.ref("giftcodes/campaign"))
    await trio.sleep(0.1)
    assert any(
        reason.startswith("perkd/giftcodes/campaign is backing off") for reason in await site.reasons()
    )
    await site.until_green()


async def test_a_half_that_gives_up(site: Site, autojump_clock: MockClock) -> None:
    for wait in (1.0, 0.1):
        crash(site.tree.ref("giftcodes/announcer"))
        await trio.sleep(wait)
    assert any(reason.startswith("perkd/giftcodes is backing off") for reason in await site.reasons())
    await site.until_green()


@pytest.mark.parametrize("state", ["away", "connecting", "reconnecting"])
async def test_a_gateway_that_is_down(site: Site, autojump_clock: MockClock, state: str) -> None:
    site.answers["discord"] = DiscordNumbers(state, since=site.clock.now(), reason="it refuses")
    reasons = await site.reasons()
    assert len(reasons) == 1
    assert reasons[0].startswith(f"Discord is {state}")
    site.answers["discord"] = DiscordNumbers("connected", since=site.clock.now())
    assert await site.reasons() == []


async def test_the_campaign_is_asked_as_the_status_does(site: Site, autojump_clock: MockClock) -> None:
    numbers = await site.tree.ref("giftcodes/campaign").ask(CampaignStatus())
    assert isinstance(numbers, CampaignNumbers)
