"""Two daemons, one store, and everything that goes wrong with it."""

import math
import random

import trio
import trio.testing
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ports import Change, Position, Put, StoreUnavailable
from actors.vip.model import TelegramLease
from daemon.storage.memory import MemoryStore
from daemon.telegram.leases import AccountLeases
from tests.worlds.leasing import Daemon


@define(eq=False)
class Shared:
    """A store with one writer at a time; who becomes the writer begins a term."""

    memory: MemoryStore = field(factory=MemoryStore)
    writer: str = ""

    def become_writer(self, name: str) -> None:
        if self.writer != name:
            self.writer = name
            self.memory.restart()


@define(eq=False)
class View:
    """The store, as one daemon sees it."""

    shared: Shared
    name: str
    chance: random.Random
    trouble: float = 0.0

    async def commit(self, *changes: Change) -> Position:
        await self._meet()
        position = await self.shared.memory.commit(*changes)
        await self._meet()  # it may be durable all the same
        return position

    async def get(self, type_, key):
        await self._meet()
        return await self.shared.memory.get(type_, key)

    async def find(self, type_):
        await self._meet()
        return await self.shared.memory.find(type_)

    async def _meet(self) -> None:
        await trio.sleep(self.chance.uniform(0, 5) if self.chance.random() < self.trouble else 0)
        if self.shared.writer != self.name or self.chance.random() < self.trouble:
            raise StoreUnavailable("not the writer, or out of order")


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.lists(st.tuples(st.sampled_from("abab-"), st.floats(0.1, 200)), min_size=1, max_size=12),
    st.floats(0, 0.5),
)
def test_two_daemons_never_have_the_account_at_once(seed, switches, trouble):
    async def main() -> list[tuple[bool, bool]]:
        shared, chance = Shared(), random.Random(seed)
        a, b = (Daemon(name, AccountLeases(View(shared, name, chance, trouble), name)) for name in "ab")
        seen = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(a.live)
            nursery.start_soon(b.live)
            for writer, seconds in switches:
                shared.become_writer(writer)
                until = trio.current_time() + seconds
                while trio.current_time() < until:
                    await trio.sleep(0.5)
                    seen.append((a.holds, b.holds))
            nursery.cancel_scope.cancel()
        spans = [(*span, daemon) for daemon in (a, b) for span in daemon.had]
        for since, until, who in spans:
            assert not [1 for s, u, other in spans if other is not who and s < until and since < u]
        return seen

    seen = trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))

    assert (True, True) not in seen


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 0.3))
def test_who_stays_the_writer_has_the_account_in_the_end(seed, trouble):
    async def main() -> bool:
        shared, chance = Shared(), random.Random(seed)
        view = View(shared, "b", chance, trouble)
        b = Daemon("b", AccountLeases(view, "b"))
        shared.become_writer("a")
        await shared.memory.commit(Put(TelegramLease("desk-1", "a", "other")))
        shared.become_writer("b")
        with trio.move_on_after(math.inf):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(b.live)
                await trio.sleep(600)
                view.trouble = 0.0
                await trio.sleep(600)
                nursery.cancel_scope.cancel()
        return bool(b.had)

    assert trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
