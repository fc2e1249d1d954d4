"""How the store is, is found out where nobody asks anything of it: by trying."""

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

from actors.giftcodes.model import Player
from actors.pair import Mode
from actors.ports import Change, Position, Put, StoreUnavailable
from actors.replicated_storage import ReplicatedStorageActor
from actors.storage import Backend, StoreClient
from actors.writer import A_LOT, AGAIN_AFTER, IDLE_FOR, StorageActor
from daemon.storage import SQLiteBackend
from daemon.storage.memory_local import MemoryLocalStore
from supervision import Actor, ActorSpec, SupervisorSpec, open_tree
from tests.worlds.memory_host import Host, at_once

ANNA = Put(Player("wos", "1", name="Anna"))


class Failing(SQLiteBackend):
    """The file, which fails as often as it is told; and what was asked of it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.fails = self.commits = 0
        self.tried: list[int] = []

    def _fail(self) -> None:
        if self.fails:
            self.fails -= 1
            raise StoreUnavailable("database or disk is full")

    def commit(self, changes: Sequence[Change]) -> Position:
        self.commits += 1
        if changes:
            self._fail()
        return super().commit(changes)

    def probe(self, size: int) -> None:
        self.tried.append(size)
        self._fail()
        super().probe(size)


@asynccontextmanager
async def running(make: Callable[[], Actor]) -> AsyncIterator[StoreClient]:
    async with open_tree(SupervisorSpec("t", [ActorSpec("storage", make)])) as tree:
        yield StoreClient(tree.ref("storage"), timeout=1000.0)


def alone(backend: Backend) -> Callable[[], Actor]:
    return lambda: StorageActor(lambda: backend, at_once)


async def test_one_failed_commit_is_over_by_itself(
    tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Failing(tmp_path / "perkd.db")
    async with running(alone(backend)) as store:
        backend.fails = 1
        with pytest.raises(StoreUnavailable):
            await store.commit(ANNA)
        assert not (await store.status()).healthy
        await trio.sleep(2 * AGAIN_AFTER)
        assert (await store.status()).healthy
        assert backend.commits == 1  # nobody asked for another one
        assert backend.tried == [A_LOT]
        assert (await store.status()).position == Position(1, 0)
    said = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["Failed to persist state: database or disk is full", "State is persisted again"]


async def test_a_disk_that_fills_up_while_nothing_happens_is_seen_and_told_once(
    tmp_path: Path, autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Failing(tmp_path / "perkd.db")
    async with running(alone(backend)) as store:
        await store.commit(ANNA)
        backend.fails = 1000
        await trio.sleep(IDLE_FOR + 2 * AGAIN_AFTER)
        assert not (await store.status()).healthy
        await trio.sleep(10 * IDLE_FOR)
        assert len(caplog.records) == 1
        backend.fails = 0
        await trio.sleep(2 * AGAIN_AFTER)
        assert (await store.status()).healthy


async def test_a_read_that_failed_once_is_over_by_itself(tmp_path: Path, autojump_clock: object) -> None:
    class Unread(Failing):
        def get(self, type_: object, key: str) -> None:
            raise StoreUnavailable("I/O error")

    backend = Unread(tmp_path / "perkd.db")
    async with running(alone(backend)) as store:
        with pytest.raises(StoreUnavailable):
            await store.get(Player, "wos:1")
        assert not (await store.status()).healthy
        await trio.sleep(2 * AGAIN_AFTER)
        assert (await store.status()).healthy
        assert backend.tried == [1]  # nothing says that there is no room


async def test_a_commit_of_nothing_says_nothing_of_the_store(tmp_path: Path, autojump_clock: object) -> None:
    backend = Failing(tmp_path / "perkd.db")
    async with running(alone(backend)) as store:
        backend.fails = 1000
        for _ in range(10):
            await store.commit()
            await trio.sleep(IDLE_FOR / 5)
        assert backend.tried  # it counts as idle
        assert not (await store.status()).healthy
        await store.commit()
        assert not (await store.status()).healthy


async def test_while_commits_succeed_nothing_is_tried(tmp_path: Path, autojump_clock: object) -> None:
    backend = Failing(tmp_path / "perkd.db")
    async with running(alone(backend)) as store:
        for _ in range(20):
            await store.commit(ANNA)
            await trio.sleep(IDLE_FOR / 2)
        assert backend.tried == []
        await trio.sleep(10 * IDLE_FOR)
        assert 8 <= len(backend.tried) <= 11


async def test_a_disk_that_hangs_is_not_asked_again_and_again(tmp_path: Path, autojump_clock: object) -> None:
    backend = Failing(tmp_path / "perkd.db")
    answers = trio.Event()
    answers.set()

    async def run(call: Callable[[], object]) -> object:
        await answers.wait()
        return await at_once(call)

    async with running(lambda: StorageActor(lambda: backend, run)) as store:
        answers = trio.Event()
        await trio.sleep(100 * IDLE_FOR)
        answers.set()
        assert (await store.status()).healthy
        assert len(backend.tried) <= 2


# --- the file and MongoDB -----------------------------------------------------------------------


@asynccontextmanager
async def both(host: Host) -> AsyncIterator[StoreClient]:
    store = host.boot()
    async with running(lambda: ReplicatedStorageActor(store)) as client:
        yield client


async def test_with_both_stores_a_commit_that_both_refused_is_over_by_itself(autojump_clock: object) -> None:
    host = Host()
    async with both(host) as store:
        await store.commit(ANNA)
        await host.until_level()
        host.disk.full = host.replica.away = True
        with pytest.raises(StoreUnavailable):
            await store.commit(ANNA)
        await trio.sleep(10 * AGAIN_AFTER)
        assert not (await store.status()).healthy
        host.disk.full = host.replica.away = False
        await trio.sleep(60.0)
        health = await store.status()
        assert health.healthy
        assert [one.state for one in health.stores] == ["leading", "following"]
        assert health.position == Position(1, 1)


async def test_mongodb_takes_over_from_a_file_that_fails_while_idle(
    autojump_clock: object,
) -> None:
    host = Host()
    async with both(host) as store:
        await store.commit(ANNA)
        await host.until_level()
        host.disk.full = True
        await trio.sleep(IDLE_FOR + 2 * AGAIN_AFTER)
        assert host.store.pair.mode is Mode.REPLICA
        assert (await store.status()).healthy
        host.disk.full = False
        await trio.sleep(60.0)
        assert host.store.pair.mode is Mode.LOCAL
        await store.commit(ANNA)
        await host.until_level()
        assert host.in_mongodb() == ["1"]


async def test_while_nobody_leads_there_is_nothing_to_try(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    host = Host()
    host.boot()
    host.replica.away = True
    store = host.store
    async with running(lambda: ReplicatedStorageActor(store)) as client:
        await trio.sleep(10 * IDLE_FOR)
        assert store.pair.mode is Mode.WAITING
        assert not (await client.status()).healthy
    assert [record for record in caplog.records if record.levelno >= logging.CRITICAL] == []


def test_a_store_in_memory_is_tried_as_the_file_is() -> None:
    host = Host()
    local = MemoryLocalStore(host.disk, lambda: 0.0)
    local.attach()
    local.probe(1)
    host.disk.full = True
    with pytest.raises(StoreUnavailable):
        local.probe(1)
