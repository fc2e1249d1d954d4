"""The account pool alone, with two actors that hold accounts, and the Telegram of `tests.worlds.vip`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio
from attrs import define, field

from actors.ports import Put
from actors.vip.account_pool import AccountPoolActor, PoolPorts
from actors.vip.epochs import Epochs, GuardedDesk
from actors.vip.model import AccountState, SessionState, VIPAccount, VIPSession
from actors.vip.policy import VIPPolicy
from actors.vip.pool_messages import Granted, PoolNumbers, PoolStatus, Queued, RequestLease
from actors.vip.ports import Lease
from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from supervision import Actor, ActorRef, ActorSpec, Backoff, Kind, SupervisorSpec, open_tree
from tests.worlds.vip import Life, World, WorldPeople
from tests.worlds.vip_ports import WorldDesk

POLICY = VIPPolicy()


@define(eq=False)
class Holder(Actor):
    got: list[object]

    async def receive(self, message: object) -> None:
        if message == "stop":
            self.stop()
        else:
            self.got.append(message)


@define(eq=False)
class PoolRig:
    accounts: tuple[str, ...]
    world: World = field(factory=World)
    store: MemoryStore = field(factory=MemoryStore)
    epochs: Epochs = field(factory=Epochs)
    got: dict[str, list[object]] = field(factory=lambda: {"h1": [], "h2": []})
    desk: GuardedDesk = None
    pool: ActorRef = None
    holders: dict[str, ActorRef] = field(factory=dict)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator["PoolRig"]:
        raw = WorldDesk(self.world, Life())
        self.epochs = Epochs()
        self.desk = GuardedDesk(raw, self.epochs)
        ports = PoolPorts(
            self.store,
            SteadyClock(),
            raw,
            self.epochs,
            WorldPeople(self.world),
            lambda: POLICY,
            self.accounts,
        )
        backoff = Backoff(min=0.1, max=1.0)
        children = [ActorSpec("pool", lambda: AccountPoolActor(ports), backoff=backoff)]
        children += [ActorSpec(n, lambda n=n: Holder(self.got[n]), kind=Kind.TRANSIENT) for n in self.got]
        async with open_tree(SupervisorSpec("t", children, intensity=50)) as tree:
            self.pool = tree.ref("pool")
            self.holders = {n: tree.ref(n) for n in self.got}
            yield self

    async def session(self, member: str) -> None:
        await self.store.commit(
            Put(VIPSession("100", member, f"s{member}", SessionState.OPENING, started_at=float(member)))
        )

    async def request(self, member: str, holder: str = "h1") -> object:
        return await self.pool.ask(
            RequestLease(f"s{member}", f"100/{member}", float(member), self.holders[holder])
        )

    async def leased(self, member: str, holder: str = "h1") -> Lease:
        await self.session(member)
        answer = await self.request(member, holder)
        assert isinstance(answer, Granted)
        return answer.lease

    async def leased_and_queued(self) -> None:
        """Its one account is leased to `s1` for `h1`; `s2` waits for `h2`."""
        await self.until("a", AccountState.FREE)
        await self.leased("1")
        await self.session("2")
        assert await self.request("2", "h2") == Queued(1)

    async def numbers(self) -> PoolNumbers:
        numbers = await self.pool.ask(PoolStatus())
        if numbers.loaded:
            assert sum(numbers.by_state.values()) == len(self.accounts)
        return numbers

    async def state(self, name: str) -> AccountState | None:
        return {a.name: a.state for a in (await self.numbers()).accounts}.get(name)

    async def until(self, name: str, state: AccountState) -> None:
        with trio.fail_after(100_000):
            while await self.state(name) is not state:  # noqa: ASYNC110 - the pool tells nobody
                await trio.sleep(0.5)

    def stored(self, name: str) -> VIPAccount:
        (account,) = [a for a in self.store.backend.find(VIPAccount) if a.name == name]
        return account
