"""Random faults in a random order: whatever was acknowledged is in both stores when all is well again."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import hypothesis.strategies as st
import trio
import trio.testing
from attrs import define, field
from hypothesis import given, settings

from actors.giftcodes.model import Player
from actors.pair import Mode, Pair
from actors.ports import Put, StoreUnavailable
from actors.replicated import ReplicatedStore
from daemon.storage.memory_local import MemoryDisk, MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica, MemoryServer

STEPS = st.lists(
    st.sampled_from(
        [
            "put", "put", "put", "wait", "long", "kill", "stop", "mend",
            "full", "read_only", "unreadable", "damaged", "deleted", "commit-lost",
            "away", "hang", "slow", "answer-lost", "drop", "pruned",
        ]
    ),
    max_size=40,
)  # fmt: skip


async def at_once(call: Callable[[], Any]) -> Any:
    """Run a call without a thread: on a virtual clock time would pass while a thread works."""
    await trio.lowlevel.checkpoint()
    return call()


@define
class Life:
    """A host through several processes."""

    server: MemoryServer = field(factory=MemoryServer)
    disk: MemoryDisk = field(factory=MemoryDisk)
    acknowledged: set[str] = field(factory=set)
    replica: MemoryReplica = field(init=False)
    store: ReplicatedStore = field(init=False)
    tending: trio.CancelScope = field(init=False)
    over: trio.Event = field(init=False)
    _names: int = 0

    async def boot(self, nursery: trio.Nursery) -> None:
        self.disk.crash()
        self.server.expire()
        self.replica = MemoryReplica(self.server, timeout=5.0, clock=trio.current_time)
        local = MemoryLocalStore(self.disk, trio.current_time)
        self.store = ReplicatedStore(Pair(local, self.replica, at_once, trio.current_time))
        await self.store.open()
        self.tending, self.over = trio.CancelScope(), trio.Event()
        nursery.start_soon(self._tend)

    async def _tend(self) -> None:
        over = self.over
        with self.tending:
            await self.store.tend()
        over.set()

    async def end(self, *, orderly: bool) -> None:
        self.tending.cancel()
        await self.over.wait()
        if orderly:
            with trio.move_on_after(5.0):
                await self.store.flush()
            await self.store.close()

    async def put(self) -> None:
        self._names += 1
        name = str(self._names)
        with suppress(StoreUnavailable):
            await self.store.write((Put(Player("wos", name)),))
            self.acknowledged.add(name)

    def mend(self) -> None:
        self.disk.full = self.disk.read_only = self.disk.unreadable = False
        self.replica.away, self.replica.delay = False, 0.0
        self.replica.release()

    def damage(self, fault: str) -> None:
        """Destroy the file, unless it alone has something that was acknowledged."""
        in_memory = self.store.pair.mode is Mode.LOCAL and self.store.pair.outbox.complete
        if self.in_mongodb() and (in_memory or self.in_mongodb() >= self.acknowledged):
            if fault == "deleted":
                self.disk.lose_file()
            else:
                self.disk.damaged = True

    def in_mongodb(self) -> set[str]:
        return {player.fid for player in self.server.chain.records.find(Player)}

    def in_file(self) -> set[str]:
        chain = self.disk.chain
        return set() if chain is None else {player.fid for player in chain.records.find(Player)}

    async def settle(self) -> None:
        """All is well again: let time pass until both stores have the same."""
        self.mend()
        with trio.fail_after(600):
            while not self._level():
                await self.put()  # that a file was deleted is noticed at the next commit
                await trio.sleep(0.5)

    def _level(self) -> bool:
        return self.store.pair.mode is Mode.LOCAL and self.in_file() == self.in_mongodb() >= self.acknowledged


async def go_through(steps: list[str]) -> Life:
    life = Life()
    async with trio.open_nursery() as nursery:
        await life.boot(nursery)
        for step in steps:
            await take(life, step, nursery)
        await life.settle()
        await life.end(orderly=True)
        nursery.cancel_scope.cancel()
    return life


async def take(life: Life, step: str, nursery: trio.Nursery) -> None:
    disk, replica = life.disk, life.replica
    switches: dict[str, Callable[[], object]] = {
        "mend": life.mend,
        "full": lambda: setattr(disk, "full", True),
        "read_only": lambda: setattr(disk, "read_only", True),
        "unreadable": lambda: setattr(disk, "unreadable", True),
        "damaged": lambda: life.damage("damaged"),
        "deleted": lambda: life.damage("deleted"),
        "commit-lost": lambda: setattr(disk, "lose_answers", 1),
        "away": lambda: setattr(replica, "away", True),
        "hang": replica.hang,
        "slow": lambda: setattr(replica, "delay", 4.0),
        "answer-lost": lambda: setattr(replica, "lose_answers", 1),
        "drop": lambda: setattr(replica, "drop_after", 1),
        "pruned": lambda: life.server.chain.prune(keep=2),
    }
    match step:
        case "put":
            await life.put()
        case "wait" | "long":
            await trio.sleep(1.0 if step == "wait" else 30.0)
        case "kill" | "stop":
            # A note that the file lags can't be left on a disk that takes nothing: see docs/storage.md.
            disk.behind = life.store.pair.behind
            await life.end(orderly=step == "stop")
            if disk.damaged or disk.chain is None:  # what was only in memory goes with it
                life.acknowledged &= life.in_mongodb()
            life.mend()
            await life.boot(nursery)
        case _:
            switches[step]()


@given(STEPS)
@settings(max_examples=300, deadline=None)
def test_what_was_acknowledged_is_in_both_stores_when_all_is_well_again(steps: list[str]) -> None:
    life = trio.run(go_through, steps, clock=trio.testing.MockClock(autojump_threshold=0))
    assert life.acknowledged <= life.in_file()
    assert life.in_file() == life.in_mongodb()
