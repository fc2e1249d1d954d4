"""The two halves of perkd do not end each other, whatever happens to one of them. On the virtual clock."""

from collections.abc import Callable

import trio
from attrs import define, evolve, field

from daemon.assembly import ANNOUNCER, CAMPAIGN
from daemon.assembly_gateways import DISCORD, TELEGRAM, VIP_WATCHER
from daemon.assembly_vip import OFFICE, VIPHalf, VIPParts, vip_spec
from supervision import Actor, GaveUp, Started, StartError, Tree
from supervision.testing import crash
from tests.worlds.giftcodes import Rig, make_rig
from tests.worlds.vip import Life, PlainPlanner, World, WorldPeople
from tests.worlds.vip_ports import WorldDesk, WorldThreads
from tests.worlds.vip_rig import POLICY

HOURS = 6 * 3600.0


@define(eq=False)
class Quiet(Actor):
    """Does nothing, and lives."""


@define(eq=False)
class Doomed(Actor):
    """Crashes as soon as it runs."""

    async def started(self) -> None:
        self.start_soon(self._fail)

    async def _fail(self) -> None:
        await trio.sleep(0.01)
        raise ZeroDivisionError("doomed")


@define(eq=False)
class Store:
    """One that raises what nobody expects, while it is broken."""

    store: object
    broken: bool = False

    def __getattr__(self, name: str) -> object:
        if self.broken:
            raise ZeroDivisionError("broken")
        return getattr(self.store, name)


@define(eq=False)
class Both:
    """A daemon with both halves."""

    rig: Rig
    store: Store
    tree: Tree | None = field(default=None)

    def gave_up(self) -> set[str]:
        return {event.path for event in self.rig.trace.of(GaveUp)}

    def starts(self, path: str) -> int:
        return sum(event.path == f"perkd/{path}" for event in self.rig.trace.of(Started))


def both(gateway: Callable[[], Actor] = Quiet) -> Both:
    """`gateway` makes each of VIP's."""
    rig = make_rig()
    made = Both(rig, Store(rig.store))
    world, life = World(now=rig.clock.now), Life()
    people = WorldPeople(world)
    parts = VIPParts(
        tree=lambda: rig.tree,
        store=lambda: made.store,
        clock=rig.clock,
        threads=WorldThreads(world, life),
        desk=WorldDesk(world, life),
        answers=people,
        staff=people,
        planner=PlainPlanner(),
        policy=lambda: POLICY,
        accounts=("a",),
    )
    half = VIPHalf(vip_spec(parts), {"telegram": lambda _: gateway(), "vip": lambda _: gateway()})
    gateways = {"discord": lambda _: Quiet(), "watcher": lambda _: Quiet()}
    rig.parts = evolve(rig.parts, gateways=gateways, vip=half)
    return made


async def test_a_vip_half_that_crashes_for_hours_takes_nothing_of_the_gift_codes_along(
    autojump_clock: object,
) -> None:
    made = both()
    async with made.rig.running():
        made.store.broken = True
        crash(made.rig.tree.ref(OFFICE))
        crash(made.rig.tree.ref("vip/leasing/account_pool"))
        await trio.sleep(HOURS)
        assert len(made.rig.trace.of(StartError)) > 10
        assert "perkd/vip" in made.gave_up()
        assert (made.starts(CAMPAIGN), made.starts(ANNOUNCER), made.starts(DISCORD)) == (1, 1, 1)
        assert (await made.rig.numbers()).loaded
        assert await made.rig.find_code("SNOW")
        made.store.broken = False
        await trio.sleep(600)
        assert made.rig.tree.snapshot().state == "running"
        assert made.rig.tree.ref(OFFICE).alive


async def test_gateways_of_vip_that_crash_again_and_again_leave_the_bot_alone(autojump_clock: object) -> None:
    made = both(Doomed)
    async with made.rig.running():
        await trio.sleep(HOURS)
        assert min(made.starts(TELEGRAM), made.starts(VIP_WATCHER)) > 50
        assert (made.starts(DISCORD), made.starts(CAMPAIGN)) == (1, 1)
        assert made.gave_up() == set()


async def test_gift_codes_that_crash_again_and_again_leave_vip_alone(autojump_clock: object) -> None:
    made = both()
    async with made.rig.running():
        with trio.move_on_after(1800):
            while True:
                crash(made.rig.tree.ref(CAMPAIGN))
                await trio.sleep(0.3)
        assert made.starts(CAMPAIGN) > 10
        assert made.starts(OFFICE) == 1
        assert made.rig.tree.snapshot().state == "running"


async def test_without_vip_the_tree_is_as_it_was(autojump_clock: object) -> None:
    rig = make_rig()
    async with rig.running() as tree:
        assert [child.name for child in tree.snapshot().children] == ["giftcodes"]
    rig.parts = evolve(rig.parts, gateways={"discord": lambda _: Quiet()})
    async with rig.running() as tree:
        assert [child.name for child in tree.snapshot().children] == ["gateways", "giftcodes"]


async def test_vip_comes_last_and_its_gateways_after_those_of_the_gift_codes(autojump_clock: object) -> None:
    made = both()
    async with made.rig.running() as tree:
        root = tree.snapshot()
        assert [child.name for child in root.children] == ["gateways", "giftcodes", "vip"]
        assert [child.name for child in root.children[0].children] == [
            "discord",
            "watcher",
            "telegram",
            "vip",
        ]
