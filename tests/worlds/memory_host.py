"""A host whose two stores are in memory, on a virtual clock. Its MongoDB may be shared with others."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
from attrs import define, field

from actors.giftcodes.model import Player
from actors.pair import Pair
from actors.ports import Put
from actors.replicated import ReplicatedStore
from daemon.storage.memory_local import MemoryDisk, MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica, MemoryServer


async def at_once(call: Callable[[], Any]) -> Any:
    """Run a call without a thread: on a virtual clock time would pass while a thread works."""
    await trio.lowlevel.checkpoint()
    return call()


@define
class Host:
    """One host with its disk; MongoDB is elsewhere, and may be shared with another host."""

    server: MemoryServer = field(factory=MemoryServer)
    disk: MemoryDisk = field(factory=MemoryDisk)
    replica: MemoryReplica = field(init=False)
    store: ReplicatedStore = field(init=False)
    acknowledged: list[str] = field(factory=list)
    """Keys of the records that were told to be durable."""

    def boot(self) -> ReplicatedStore:
        """A new process on this host."""
        self.disk.crash()
        self.replica = MemoryReplica(self.server, timeout=5.0)
        local = MemoryLocalStore(self.disk, trio.current_time)
        self.store = ReplicatedStore(Pair(local, self.replica, at_once, trio.current_time))
        return self.store

    @asynccontextmanager
    async def running(self, *, orderly: bool = True) -> AsyncIterator[ReplicatedStore]:
        """A life of the process; not `orderly`: it ends as by kill -9."""
        store = self.boot()
        async with trio.open_nursery() as nursery:
            await store.open()
            nursery.start_soon(store.tend)
            yield store
            nursery.cancel_scope.cancel()
        if orderly:
            with trio.move_on_after(5.0):
                await store.flush()
            await store.close()
        else:
            self.server.expire()

    async def put(self, *names: str) -> None:
        """Write a player each; what is acknowledged counts."""
        for name in names:
            await self.store.write((Put(Player("wos", name)),))
            self.acknowledged.append(name)

    async def until(self, condition: Callable[[], bool], within: float = 120.0) -> None:
        """Let time pass until something is so."""
        with trio.fail_after(within):
            while not condition():  # noqa: ASYNC110 - what it waits for happens inside the stores
                await trio.sleep(0.1)

    async def until_level(self) -> None:
        """Let time pass until both stores have the same batches."""
        await self.until(lambda: self.in_file() == self.in_mongodb() and self.store.pair.lag == 0)

    def in_file(self) -> list[str]:
        """The players in the file."""
        chain = self.disk.chain
        return [] if chain is None else [player.fid for player in chain.records.find(Player)]

    def in_mongodb(self) -> list[str]:
        """The players in MongoDB."""
        return [player.fid for player in self.server.chain.records.find(Player)]

    def nothing_is_lost(self) -> bool:
        """Both have all that was acknowledged."""
        wanted = sorted(set(self.acknowledged))
        return sorted(self.in_file()) == wanted == sorted(self.in_mongodb())
