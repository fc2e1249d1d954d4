"""The store's two actors crash, in each mode: nothing that was acknowledged is lost, and nobody is blamed."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import trio
from attrs import define, field

from actors.giftcodes.model import Player
from actors.pair import Mode, Pair
from actors.ports import Put, StoreUnavailable
from actors.replica import ReplicaActor, ReplicaClient
from actors.replicated import ReplicatedStore
from actors.replicated_storage import ReplicatedStorageActor
from actors.storage import StorageHealth, StoreClient
from actors.stores import Replica
from daemon.storage.memory_local import MemoryDisk, MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica, MemoryServer
from supervision import ActorRef, ActorSpec, SupervisorSpec, Tree
from tests.worlds.memory_host import at_once

KILL = "kill"
"""A message that no actor knows: it ends the life it is in."""


class MortalReplicaActor(ReplicaActor):
    async def receive(self, message: object) -> object:
        if message == KILL:
            raise RuntimeError("killed by the test")
        return await super().receive(message)


class MortalStorageActor(ReplicatedStorageActor):
    async def receive(self, message: object) -> object:
        if message == KILL:
            raise RuntimeError("killed by the test")
        return await super().receive(message)


@define
class House:
    """The tree's part that keeps the state: an actor for MongoDB, then the one writer."""

    server: MemoryServer = field(factory=MemoryServer)
    disk: MemoryDisk = field(factory=MemoryDisk)
    replicas: list[MemoryReplica] = field(factory=list)
    stores: list[ReplicatedStore] = field(factory=list)
    acknowledged: set[str] = field(factory=set)
    away: bool = False
    """MongoDB can't be reached, by whatever life."""
    disk_answers: trio.Event = field(factory=trio.Event)
    _tree: Tree | None = None

    def __attrs_post_init__(self) -> None:
        self.disk_answers.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["House"]:
        children = (ActorSpec("mongodb", self._mongodb), ActorSpec("storage", self._storage))
        self._tree = tree = Tree(SupervisorSpec("t", children, intensity=20))
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            try:
                yield self
            finally:
                tree.stop()

    def _mongodb(self) -> ReplicaActor:
        return MortalReplicaActor(self._opened)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[Replica]:
        self.server.expire()  # all lives of one process have the same name to the lease
        self.replicas.append(MemoryReplica(self.server, timeout=5.0))
        self.replicas[-1].away = self.away
        yield self.replicas[-1]

    def _storage(self) -> ReplicatedStorageActor:
        return MortalStorageActor(self._store())

    def _store(self) -> ReplicatedStore:
        local = MemoryLocalStore(self.disk, trio.current_time)
        pair = Pair(local, ReplicaClient(self.ref("mongodb")), self._run, trio.current_time)
        self.stores.append(ReplicatedStore(pair))
        return self.stores[-1]

    async def _run(self, call: Callable[[], Any]) -> Any:
        """As in a thread: what has begun is waited for."""
        with trio.CancelScope(shield=True):
            await self.disk_answers.wait()
        return await at_once(call)

    def ref(self, name: str) -> ActorRef:
        assert self._tree is not None
        return self._tree.ref(name)

    @property
    def pair(self) -> Pair:
        return self.stores[-1].pair

    def is_in(self, mode: Mode) -> bool:
        return self.pair.mode is mode

    async def kill(self, name: str) -> None:
        self.ref(name).tell(KILL)
        await trio.sleep(0.1)

    async def put(self, *names: str) -> None:
        """Write a player each, as often as it takes."""
        client = StoreClient(self.ref("storage"))
        for name in names:
            with trio.fail_after(60.0):
                while name not in self.acknowledged:
                    with suppress(StoreUnavailable):
                        await client.commit(Put(Player("wos", name)))
                        self.acknowledged.add(name)
                    await trio.sleep(0.1)

    async def health(self) -> StorageHealth:
        return await StoreClient(self.ref("storage")).status()

    def in_file(self) -> set[str]:
        chain = self.disk.chain
        return set() if chain is None else {player.fid for player in chain.records.find(Player)}

    def in_mongodb(self) -> set[str]:
        return {player.fid for player in self.server.chain.records.find(Player)}

    async def until_level(self) -> None:
        with trio.fail_after(120.0):
            while not (self.acknowledged == self.in_file() == self.in_mongodb() and self.pair.lag == 0):  # noqa: ASYNC110 - it happens inside the stores
                await trio.sleep(0.1)


@pytest.fixture
def house() -> House:
    return House()


@pytest.mark.parametrize("name", ["mongodb", "storage"])
async def test_a_crash_while_the_file_leads_loses_nothing(
    house: House, name: str, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running():
        await house.put("1")
        await house.until_level()
        await house.kill(name)
        await house.put("2", "3")
        await house.until_level()
        assert house.is_in(Mode.LOCAL)
    assert "taken over" not in caplog.text


@pytest.mark.parametrize("name", ["mongodb", "storage"])
async def test_a_crash_while_mongodb_leads_loses_nothing(
    house: House, name: str, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    async with house.running():
        await house.put("1")
        await house.until_level()
        house.disk.full = True
        await house.put("2")
        await house.kill(name)
        await house.put("3", "4")
        assert house.is_in(Mode.REPLICA)
        assert house.in_mongodb() == {"1", "2", "3", "4"}
        house.disk.full = False
        await house.until_level()
        assert house.is_in(Mode.LOCAL)
    assert "taken over" not in caplog.text


@pytest.mark.parametrize("name", ["mongodb", "storage"])
async def test_a_crash_while_nobody_leads_changes_nothing(
    house: House, name: str, autojump_clock: object
) -> None:
    house.away = True
    async with house.running():
        with suppress(trio.TooSlowError), trio.fail_after(10.0):
            await house.put("1")
        await house.kill(name)
        with pytest.raises(trio.TooSlowError), trio.fail_after(10.0):
            await house.put("1")
        assert house.is_in(Mode.WAITING)
        assert house.in_file() == set()
        house.away = house.replicas[-1].away = False
        await house.put("1")
        await house.until_level()


async def test_a_replica_that_crashes_again_and_again_does_not_hold_up_the_file(
    house: House, autojump_clock: object
) -> None:
    async with house.running():
        await house.put("0")
        for number in range(1, 6):
            await house.kill("mongodb")
            started = trio.current_time()
            await house.put(str(number))
            assert trio.current_time() - started < 1.0
        await house.until_level()
        assert (await house.health()).problems == ()


async def test_a_storage_actor_that_crashes_while_mongodb_hangs_is_soon_back(
    house: House, autojump_clock: object
) -> None:
    async with house.running():
        await house.put("1")
        await house.until_level()
        house.replicas[-1].timeout = 60.0
        house.replicas[-1].hang()
        await house.kill("storage")
        started = trio.current_time()
        await house.put("2")
        assert trio.current_time() - started < 30.0
        house.replicas[-1].release()
        await house.until_level()


async def test_a_disk_that_hangs_is_waited_for_and_who_asks_is_told_after_a_while(
    house: House, autojump_clock: object
) -> None:
    async with house.running():
        await house.put("1")
        house.disk_answers = trio.Event()
        client, started = StoreClient(house.ref("storage")), trio.current_time()
        for name in ("2", "3"):
            with pytest.raises(StoreUnavailable, match="did not answer"):
                await client.commit(Put(Player("wos", name)))
        assert trio.current_time() - started == pytest.approx(10.0, abs=0.5)
        await trio.sleep(60.0)
        house.disk_answers.set()
        await house.put("2", "3")
        assert house.is_in(Mode.LOCAL)
        await house.until_level()
