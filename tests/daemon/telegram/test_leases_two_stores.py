"""Leases of accounts on the real stores, file and MongoDB: what counts is what MongoDB has acknowledged."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import trio
from attrs import define, field

from actors.pair import Mode
from actors.ports import Change, Position
from actors.storage import StorageHealth
from actors.vip.model import TelegramLease
from actors.vip.ports import Unreachable
from daemon.storage.holder import holder_id
from daemon.telegram.leases import AccountLeases, LeaseTimes, reaching_mongodb
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import PATIENCE, Host, Life, Times

LEASES = LeaseTimes(renew=0.2, last=1.0, wait=1.5, look=0.05, ask=0.01)
SLOW = LeaseTimes(renew=0.2, last=20.0, wait=30.0, look=0.05, ask=0.01)
"""With these nobody has by waiting what he should have at once."""
STORES = Times(ttl=0.6)


@define(eq=False)
class OneAtATime:
    """The two stores, as their actor asks them."""

    life: Life
    _turn: trio.Lock = field(factory=trio.Lock)

    async def commit(self, *changes: Change) -> Position:
        async with self._turn:
            return await self.life.store.write(changes)

    async def get(self, type_, key):
        async with self._turn:
            return await self.life.store.get(type_, key)

    async def find(self, type_):
        async with self._turn:
            return await self.life.store.find(type_)

    async def health(self) -> StorageHealth:
        pair = self.life.pair
        return StorageHealth(healthy=True, position=pair.position, last_error=None, stores=pair.health())


@define(eq=False)
class Wanting:
    """Who wants the account."""

    holds: bool = False
    said: list[str] = field(factory=list)

    async def say(self, reason: str) -> None:
        self.said.append(reason)

    async def live(self, leases: AccountLeases) -> None:
        while True:
            try:
                async with leases.hold("desk-1", self.say):
                    try:
                        self.holds = True
                        await trio.sleep_forever()
                    finally:
                        self.holds = False
            except Unreachable as error:
                self.said.append(str(error))

    async def until(self, holds: bool) -> float:
        """When it is so."""
        with trio.fail_after(PATIENCE):
            while self.holds is not holds:  # noqa: ASYNC110 - on the real clock
                await trio.sleep(0.01)
        return trio.current_time()


@contextlib.asynccontextmanager
async def daemon(
    host: Host, times: LeaseTimes = LEASES, *, orderly: bool = True
) -> AsyncIterator[tuple[Life, Wanting]]:
    async with host.running(orderly=orderly) as life, trio.open_nursery() as nursery:
        store, wanting = OneAtATime(life), Wanting()
        holder = holder_id(host.path.parent)
        leases = AccountLeases(store, holder, reaching_mongodb(store.health), times)
        nursery.start_soon(leases.run)
        nursery.start_soon(wanting.live, leases)
        yield life, wanting
        if not orderly:  # what it would still do is not heard of
            life.pair.wait("it is dead")
        nursery.cancel_scope.cancel()


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


@pytest.fixture
def first(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "first" / "perkd.sqlite3", mongo.uri, STORES)


@pytest.fixture
def second(tmp_path: Path, mongo: MongoThread) -> Host:
    return Host(tmp_path / "second" / "perkd.sqlite3", mongo.uri, STORES)


async def test_while_mongodb_is_away_the_file_leads_on_but_the_account_is_given_up_in_time(first, mongo):
    async with daemon(first) as (life, one):
        await one.until(holds=True)
        began = trio.current_time()
        mongo.set(hang=True)
        until = await one.until(holds=False)
        await life.until_mongodb_is_away()
        with trio.fail_after(PATIENCE):
            while not any("MongoDB has not acknowledged it" in said for said in one.said):  # noqa: ASYNC110 - as above
                await trio.sleep(0.01)
        mode, holds = life.pair.mode, one.holds
        mongo.set(hang=False)
        await one.until(holds=True)

    assert until - began < LEASES.last + 5.0  # on a busy machine
    assert (mode, holds) == (Mode.LOCAL, False)


async def test_on_another_host_the_account_waits_for_longer_than_the_dead_one_could_have_had_it(
    first, second
):
    async with daemon(first, orderly=False) as (_, one):
        await one.until(holds=True)
    died = trio.current_time()

    async with daemon(second) as (life, other):
        had = await other.until(holds=True)
        await life.until_level()
        lease = await life.store.get(TelegramLease, "desk-1")

    assert had - died >= LEASES.wait
    assert any("another perkd" in said and "has its lease" in said for said in other.said)
    assert lease.holder == holder_id(second.path.parent)


async def test_after_an_ordered_stop_the_next_host_has_it_at_once(first, second):
    async with daemon(first, SLOW) as (_, one):
        await one.until(holds=True)
    async with daemon(second, SLOW) as (_, other):
        began = trio.current_time()
        had = await other.until(holds=True)

    assert had - began < SLOW.wait
    assert not any("has its lease" in said for said in other.said)


async def test_a_restart_on_the_same_disk_has_it_at_once_also_after_a_crash(first):
    async with daemon(first, SLOW, orderly=False) as (_, one):
        await one.until(holds=True)
    async with daemon(first, SLOW) as (_, again):
        began = trio.current_time()
        had = await again.until(holds=True)

    assert had - began < SLOW.wait
