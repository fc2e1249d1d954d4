"""Each fault that is injected turns `/readyz` red, and it turns green again by itself: virtual time."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from attrs import define, field
from trio.testing import MockClock

from actors.giftcodes.announcing_messages import AnnouncerNumbers
from actors.giftcodes.campaign_messages import CampaignNumbers, CampaignStatus
from actors.giftcodes.found import CodesFound
from actors.giftcodes.poller import PollerActor
from actors.giftcodes.pool_messages import PoolNumbers
from actors.ports import FoundCode, Position, SourceError
from actors.storage import StorageHealth
from daemon.clock import SteadyClock
from daemon.discord.report import DiscordReport
from daemon.discord.status import DiscordNumbers, DiscordStatus
from daemon.status import StatusReport
from daemon.storage.memory import MemoryStore
from daemon.web.readiness import not_ready
from supervision import Actor, ActorRef, ActorSpec, Backoff, SupervisorSpec, Tree
from supervision.testing import crash

BRIEF = Backoff(min=0.5, max=5.0)
WELL = StorageHealth(healthy=True, position=Position(1, 1), last_error=None)


@define(eq=False)
class Answering(Actor):
    """Answers what `answers` holds for it now."""

    name: str
    answers: dict[str, Any]

    async def receive(self, message: object) -> object:
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

    feed: Feed = field(factory=Feed)
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
        return ActorSpec(name, lambda: Answering(name, self.answers), backoff=BRIEF)

    def poller(self) -> PollerActor:
        return PollerActor("feed", self.feed, self.tree.ref("giftcodes/campaign"), self.clock)

    def spec(self) -> SupervisorSpec:
        names = ("redemption", "pollers")
        redemption = SupervisorSpec(names[0], [self.child("session_pool")])
        pollers = SupervisorSpec(names[1], [ActorSpec("feed", self.poller, backoff=BRIEF)])
        giftcodes = [redemption, self.child("campaign"), self.child("announcer"), pollers]
        gateways = SupervisorSpec("gateways", [self.child("discord"), self.child("watcher")])
        half = SupervisorSpec("giftcodes", giftcodes, intensity=1, period=60.0, backoff=BRIEF)
        return SupervisorSpec("perkd", [self.child("storage"), gateways, half], intensity=50, period=60.0)

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
async def open_site() -> AsyncIterator[Site]:
    site = Site()
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


async def test_a_store_that_fails(site: Site, autojump_clock: MockClock) -> None:
    site.answers["storage"] = StorageHealth(healthy=False, position=Position(1, 1), last_error="disk full")
    assert await site.reasons() == ["no store takes changes: sqlite is failing (disk full)"]
    site.answers["storage"] = WELL
    assert await site.reasons() == []


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
