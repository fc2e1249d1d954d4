"""The health of the daemon: busy is not gone, gone is down."""

import trio
from attrs import define, field

from actors.giftcodes.announcing_messages import AnnouncerNumbers
from actors.giftcodes.campaign_messages import CampaignNumbers
from actors.giftcodes.pool_policy import GameLane
from actors.giftcodes.session_pool import PoolNumbers
from actors.ports import Position
from actors.storage import StorageHealth
from daemon.assembly import CAMPAIGN, STORAGE
from daemon.clock import SteadyClock
from daemon.status import GONE_AFTER, StatusReport
from supervision import Actor, ActorSpec, Backoff, SupervisorSpec
from supervision.testing import crash
from supervision.tree import open_tree

HEALTHY = StorageHealth(healthy=True, position=Position(1, 1), last_error=None)


@define
class World:
    """What the actors answer; None: nothing, for they are busy."""

    storage: object = HEALTHY
    pool: object = PoolNumbers(loaded=True, in_flight=0, waiting=0, games=())
    announcer: object = AnnouncerNumbers(posted=3, failing="12: HTTP 503", waiting=7)
    campaign: object = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.campaign = _numbers(loaded=True)


@define(eq=False)
class Stand(Actor):
    world: World
    name: str

    async def receive(self, message: object) -> object:
        answer = getattr(self.world, self.name)
        await trio.sleep(0 if answer is not None else 5)
        return answer


def _numbers(*, loaded: bool) -> CampaignNumbers:
    names = [name for name in CampaignNumbers.__annotations__ if name != "loaded"]
    return CampaignNumbers(loaded=loaded, **dict.fromkeys(names, 0))


def _spec(world: World) -> SupervisorSpec:
    slow = Backoff(min=100, max=100)
    redemption = SupervisorSpec("redemption", [ActorSpec("session_pool", lambda: Stand(world, "pool"))])
    campaign = ActorSpec("campaign", lambda: Stand(world, "campaign"), backoff=slow)
    announcer = ActorSpec("announcer", lambda: Stand(world, "announcer"))
    return SupervisorSpec(
        "perkd",
        [
            ActorSpec("storage", lambda: Stand(world, "storage"), backoff=slow),
            SupervisorSpec("giftcodes", [redemption, campaign, announcer]),
        ],
    )


async def _health(report: StatusReport) -> object:
    return (await report.make())["health"]


async def test_a_part_that_is_busy_degrades_and_is_down_after_a_while(
    autojump_clock: object,
) -> None:
    world = World()
    async with open_tree(_spec(world)) as tree:
        report = StatusReport(tree, SteadyClock())
        assert await _health(report) == "healthy"
        world.storage = None
        assert await _health(report) == "degraded"
        await trio.sleep(GONE_AFTER)
        assert await _health(report) == "down"
        world.storage = HEALTHY
        await trio.sleep(30)
        assert await _health(report) == "healthy"


async def test_a_part_that_does_not_run_is_down_at_once(autojump_clock: object) -> None:
    for path in (STORAGE, CAMPAIGN):
        async with open_tree(_spec(World())) as tree:
            report = StatusReport(tree, SteadyClock())
            crash(tree.ref(path))
            await trio.sleep(1)
            status = await report.make()
            assert status["health"] == "down"
            assert any("is backing off" in problem for problem in _problems(status))


async def test_a_store_that_fails_and_one_that_was_not_read_are_down(
    autojump_clock: object,
) -> None:
    world = World()
    async with open_tree(_spec(world)) as tree:
        report = StatusReport(tree, SteadyClock())
        world.storage = StorageHealth(healthy=False, position=Position(1, 1), last_error="disk full")
        status = await report.make()
        assert (status["health"], _problems(status)) == ("down", ["the store can't be used: disk full"])
        world.storage, world.campaign = HEALTHY, _numbers(loaded=False)
        assert await _health(report) == "down"


async def test_a_pause_that_needs_a_person_says_what_to_check(autojump_clock: object) -> None:
    lane = GameLane("wos", 1, 0, 0, 30, 60.0, 0.0, "PROTOCOL_CHANGED")
    world = World(pool=PoolNumbers(loaded=True, in_flight=0, waiting=1, games=(lane,)))
    async with open_tree(_spec(world)) as tree:
        said = _problems(await StatusReport(tree, SteadyClock()).make())
        way_out = "check signing key, base_url, origin and protocol of [games.wos]"
        assert said == [f"game wos is paused until one call gets through: PROTOCOL_CHANGED: {way_out}"]
        keyless = StatusReport(tree, SteadyClock(), notes=lambda: ("no key",), keyless=lambda: ("wos",))
        assert _problems(await keyless.make()) == ["no key"]


async def test_what_is_still_to_be_posted_is_told_with_the_reason(autojump_clock: object) -> None:
    world = World()
    async with open_tree(_spec(world)) as tree:
        numbers = (await StatusReport(tree, SteadyClock()).make())["giftcodes"]
        assert isinstance(numbers, dict)
        assert numbers["posts"] == {"waiting": 7, "posted": 3, "edited": 0, "failing": "12: HTTP 503"}
        world.announcer = None
        numbers = (await StatusReport(tree, SteadyClock()).make())["giftcodes"]
        assert isinstance(numbers, dict)
        assert numbers["posts"] is None


def _problems(status: dict[str, object]) -> list[str]:
    problems = status["problems"]
    assert isinstance(problems, list)
    return problems
