"""A session pool alone in its tree, with holders that call a game's API as redeemers do."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actors.giftcodes.model import Call, PlayerKey
from actors.giftcodes.session_pool import (
    PoolNumbers,
    PoolPolicy,
    PoolStatus,
    ReleaseSlot,
    RequestSlot,
    SessionPoolActor,
    SlotGranted,
)
from actors.ports import Put, RateHint, Verdict
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import Actor, ActorRef, ActorSpec, DynamicSpec, Kind, SupervisorSpec, Tree, open_tree
from supervision.testing import Do
from tests.worlds.pool_values import FINE, wos


class Ask:
    """To a holder: want a slot."""


@define
class World:
    """The game's API as the holders see it, and what the test wants them to do."""

    store: MemoryStore
    clock: SteadyClock
    verdict: Verdict = FINE
    hint: RateHint = field(factory=RateHint)
    latency: float = 0.5
    keep: bool = False
    """Holders do not release."""
    calls: list[tuple[PlayerKey, float]] = field(factory=list)
    served: list[tuple[int, str]] = field(factory=list)
    grants: list[int] = field(factory=list)
    in_flight: int = 0
    most_in_flight: int = 0
    tree: Tree | None = None

    @property
    def pool(self) -> ActorRef:
        assert self.tree is not None
        return self.tree.ref("pool")

    async def holder(self, player: PlayerKey) -> ActorRef:
        assert self.tree is not None
        return await self.tree.dynamic("holders").start_child(player.fid, self, player)

    async def holders(self, count: int) -> list[ActorRef]:
        refs = [await self.holder(wos(number)) for number in range(count)]
        for number, ref in enumerate(refs):
            self.pool.tell(RequestSlot(ref, wos(number), ()))  # not by themselves: the order is wanted
        return refs

    async def status(self) -> PoolNumbers:
        numbers = await self.pool.ask(PoolStatus())
        assert isinstance(numbers, PoolNumbers)
        return numbers

    @property
    def order(self) -> list[str]:
        """Who was served, in the order of the grants: of two at once, either may call first."""
        return [fid for _, fid in sorted(self.served)]


@define(eq=False)
class Holder(Actor):
    """Makes one call per slot, and records it as a redeemer does."""

    world: World
    player: PlayerKey

    async def receive(self, message: object) -> object:
        match message:
            case Ask():
                await self.world.pool.send(RequestSlot(self.ref, self.player, ()))
            case SlotGranted(grant):
                self.world.grants.append(grant)
                if not self.world.keep:
                    await self._call(grant)
            case Do(sleep=sleep, error=error, stop=stop):
                await trio.sleep(sleep)
                if error is not None:
                    raise error
                if stop:
                    self.stop()
        return None

    async def _call(self, grant: int) -> None:
        world, now = self.world, self.world.clock.now()
        verdict = None
        try:
            record = Call("wos", self.player.fid, f"{grant}", now)
            await world.store.commit(Put(record))
            world.calls.append((self.player, now))
            world.served.append((grant, self.player.fid))
            world.in_flight += 1
            world.most_in_flight = max(world.in_flight, world.most_in_flight)
            await trio.sleep(world.latency)
            verdict = world.verdict
        finally:
            world.in_flight -= 1
            world.pool.tell(ReleaseSlot(grant, called=True, verdict=verdict, hint=world.hint))
        await world.store.commit(Put(Call("wos", self.player.fid, f"{grant}", now, world.clock.now())))


@asynccontextmanager
async def life(
    world: World,
    policy: PoolPolicy | None = None,
    *,
    mailbox: int = 64,
    listener: Callable[[], ActorRef] | None = None,
    extra: tuple[ActorSpec, ...] = (),
) -> AsyncIterator[Tree]:
    """One life of a tree with a pool and, on demand, holders."""

    def pool() -> SessionPoolActor:
        return SessionPoolActor(world.store, world.clock, policy or PoolPolicy(), listener and listener())

    holder = ActorSpec("holder", Holder, kind=Kind.TRANSIENT, mailbox=mailbox)
    spec = SupervisorSpec(
        "t", [*extra, ActorSpec("pool", pool, mailbox=20_000), DynamicSpec("holders", holder)], intensity=10
    )
    async with open_tree(spec) as tree:
        world.tree = tree
        yield tree


def pending_timers(tree: Tree) -> int:
    return sum(deadline.pending for _, _, deadline in tree.wheel._heap)
