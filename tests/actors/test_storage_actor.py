import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import trio
from attrs import evolve

from actors.giftcodes.model import Outcome, Player, Redemption
from actors.ports import Change, Delete, Position, Put, Store, StoreUnavailable
from actors.storage import (
    Backend,
    Refusal,
    StorageHealth,
    StorageStatus,
    StoreClient,
    one_thread,
)
from actors.writer import StorageActor
from daemon.storage import MemoryBackend, SQLiteBackend, StoreBusy, StoreDamaged
from supervision import ActorCrashed, ActorSpec, Crashed, StartFailed, SupervisorSpec, Tree, open_tree
from supervision.testing import Trace, crash, settle

PAIR = Redemption("wos", "1", "GIFT")


async def at_once(call: Callable[[], Any]) -> Any:
    """Run a call without a thread: on a virtual clock time would pass while a thread works."""
    await trio.lowlevel.checkpoint()
    return call()


class Moody(MemoryBackend):
    """A backend in memory that fails as it is told, and says when it is opened and closed."""

    def __init__(self) -> None:
        super().__init__()
        self.mood: Exception | None = None
        self.life: list[str] = []

    def open(self) -> Position:
        self.life.append("open")
        return super().open()

    def close(self) -> None:
        if self.life and self.life[-1] == "open":
            self.life.append("close")

    def commit(self, changes: Sequence[Change]) -> Position:
        self._show()
        return super().commit(changes)

    def get(self, type_: Any, key: str) -> Any:
        self._show()
        return super().get(type_, key)

    def _show(self) -> None:
        if self.mood is not None:
            raise self.mood


@asynccontextmanager
async def running(
    factory: Callable[[], Backend], run: Any = None, **spec: Any
) -> AsyncIterator[tuple[Tree, StoreClient, Trace]]:
    trace = Trace()
    child = ActorSpec("storage", lambda: StorageActor(factory, run), **spec)
    async with open_tree(SupervisorSpec("t", (child,), intensity=5), on_event=trace) as tree:
        yield tree, StoreClient(tree.ref("storage")), trace


async def test_the_client_is_a_store(tmp_path: Path) -> None:
    async with running(lambda: SQLiteBackend(tmp_path / "perkd.db")) as (_, client, _trace):
        store: Store = client
        done = evolve(PAIR, fid="2", outcome=Outcome.REDEEMED)
        assert await store.commit(Put(PAIR), Put(done), Put(Player("wos", "1"))) == Position(1, 1)
        assert await store.get(Redemption, PAIR.key) == PAIR
        assert await store.get(Redemption, "wos/OTHER/1/1") is None
        assert await store.find(Redemption, game="wos") == [PAIR, done]
        assert await store.find(Redemption, outcome=Outcome.REDEEMED, fid="2") == [done]
        assert await store.commit(Delete(Player, "wos/1")) == Position(1, 2)
        assert await store.find(Player) == []


async def test_a_hundred_askers_each_get_a_place_of_their_own(tmp_path: Path) -> None:
    positions: list[Position] = []

    async def commit(client: StoreClient, fid: str) -> None:
        positions.append(await client.commit(Put(evolve(PAIR, fid=fid))))

    async with running(lambda: SQLiteBackend(tmp_path / "perkd.db")) as (_, client, _trace):
        async with trio.open_nursery() as nursery:
            for number in range(100):
                nursery.start_soon(commit, client, str(number))
        assert len(await client.find(Redemption)) == 100
    assert sorted(positions) == [Position(1, number) for number in range(1, 101)]


async def test_a_store_that_is_away_is_told_to_who_asks_and_crashes_nobody(autojump_clock: object) -> None:
    backend = Moody()
    async with running(lambda: backend, at_once) as (tree, client, trace):
        await client.commit(Put(PAIR))
        backend.mood = StoreUnavailable("perkd.db: disk full")
        for _ in range(3):
            with pytest.raises(StoreUnavailable, match="disk full"):
                await client.commit(Put(evolve(PAIR, attempts=1)))
            with pytest.raises(StoreUnavailable, match="disk full"):
                await client.get(Redemption, PAIR.key)
        backend.mood = None
        assert await client.get(Redemption, PAIR.key) == PAIR
        assert await client.commit(Put(PAIR)) == Position(1, 2)
        assert trace.of(Crashed) == []
        assert tree.snapshot().children[0].restarts == 0


async def test_what_the_store_refuses_is_raised_where_it_was_asked(autojump_clock: object) -> None:
    async with running(MemoryBackend, at_once) as (_, client, trace):
        with pytest.raises(Refusal, match=r"wos/GIFT/1/1.*float values"):
            await client.commit(Put(evolve(PAIR, due_at=float("nan"))))
        with pytest.raises(Refusal, match="can't be looked up by 'status'"):
            await client.find(Redemption, status="SUCCESS")
        with pytest.raises(Refusal, match="key"):
            await client.get(Redemption, "\ud800")
        assert await client.status() == StorageHealth(True, Position(1, 0), None)
        assert trace.of(Crashed) == []


async def test_a_fault_of_the_backend_crashes_the_actor_and_a_fresh_backend_takes_over(
    tmp_path: Path,
) -> None:
    backends: list[SQLiteBackend] = []

    def make() -> SQLiteBackend:
        backends.append(SQLiteBackend(tmp_path / "perkd.db"))
        return backends[-1]

    async with running(make) as (_, client, trace):
        await client.commit(Put(PAIR))
        backends[0]._open.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
        with pytest.raises(StoreUnavailable, match=r"did not answer: .*not authorized.*Commit"):
            await client.commit(Put(Player("wos", "1")))
        # The lock beside the file proves that the first was closed before the second was opened.
        assert await client.commit(Put(Player("wos", "2"))) == Position(2, 1)
        assert await client.get(Redemption, PAIR.key) == PAIR
        assert await client.find(Player) == [Player("wos", "2")]
        assert len(trace.of(Crashed)) == 1


async def test_a_crash_while_idle_lets_go_of_the_file_too(tmp_path: Path) -> None:
    async with running(lambda: SQLiteBackend(tmp_path / "perkd.db")) as (tree, client, _):
        await client.commit(Put(PAIR))
        crash(tree.ref("storage"))
        assert await client.get(Redemption, PAIR.key) == PAIR
        assert await client.commit(Put(PAIR)) == Position(2, 1)


@pytest.mark.parametrize("cancelled", [False, True])
async def test_however_the_tree_ends_the_file_is_free_for_the_next(
    tmp_path: Path, *, cancelled: bool
) -> None:
    with trio.CancelScope() as scope:
        async with running(lambda: SQLiteBackend(tmp_path / "perkd.db")) as (_, client, _trace):
            await client.commit(Put(PAIR))
            if cancelled:
                scope.cancel()
    other = SQLiteBackend(tmp_path / "perkd.db")
    assert other.open() == Position(2, 0)
    other.close()


async def test_when_the_actor_has_ended_for_good_the_store_is_unavailable() -> None:
    async with running(MemoryBackend, at_once) as (_, client, _trace):
        await client.commit(Put(PAIR))
    with pytest.raises(StoreUnavailable, match="has ended"):
        await client.commit(Put(PAIR))


async def test_the_backend_is_opened_and_closed_once_per_life(autojump_clock: object) -> None:
    backend = Moody()
    async with running(lambda: backend, at_once) as (tree, client, _):
        crash(tree.ref("storage"))
        await client.get(Redemption, PAIR.key)
    assert backend.life == ["open", "close", "open", "close"]


async def test_a_store_that_can_not_be_opened_fails_the_start_with_its_words(tmp_path: Path) -> None:
    path = tmp_path / "perkd.db"
    path.write_text("no database" * 500)
    with pytest.raises(ExceptionGroup) as damaged:
        async with running(lambda: SQLiteBackend(path)):
            pass
    assert damaged.group_contains(StartFailed, match=f"{StoreDamaged.__name__}.*{path} is damaged")
    path.unlink()
    holder = SQLiteBackend(path)
    holder.open()
    with pytest.raises(ExceptionGroup) as busy:
        async with running(lambda: SQLiteBackend(path)):
            pass
    holder.close()
    assert busy.group_contains(StartFailed, match=f"{StoreBusy.__name__}.*in use by another perkd")


async def slowly(call: Callable[[], Any]) -> Any:
    """Take a minute for each call."""
    await trio.sleep(60)
    return call()


async def ask_in_vain(client: StoreClient, times: int) -> None:
    """Commit so often at once, and be told each time that the store is unavailable."""

    async def ask() -> None:
        with pytest.raises(StoreUnavailable, match="did not answer"):
            await client.commit(Put(PAIR))

    async with trio.open_nursery() as nursery:
        for _ in range(times):
            nursery.start_soon(ask)


async def test_a_store_that_hangs_is_unavailable_after_the_timeout(autojump_clock: object) -> None:
    backend = MemoryBackend()
    async with running(lambda: backend, slowly, mailbox=1, grace=1000.0) as (tree, _, trace):
        began = trio.current_time()
        # One is worked on, one queued, three don't find room.
        await ask_in_vain(StoreClient(tree.ref("storage"), timeout=3.0), 5)
        assert trio.current_time() - began == pytest.approx(3.0)
        assert trace.of(Crashed) == []
    assert backend.get(Redemption, PAIR.key) == PAIR  # what was under way was done nevertheless


async def test_questions_nobody_waits_for_any_more_crash_nobody(autojump_clock: object) -> None:
    backend = MemoryBackend()
    async with running(lambda: backend, slowly, grace=1000.0) as (tree, _, trace):
        await ask_in_vain(StoreClient(tree.ref("storage"), timeout=3.0), 5)
        patient = StoreClient(tree.ref("storage"), timeout=1000.0)
        assert await patient.get(Redemption, PAIR.key) == PAIR
        assert trace.of(Crashed) == []


async def test_the_status_tells_position_health_and_the_last_error(autojump_clock: object) -> None:
    backend = Moody()
    async with running(lambda: backend, at_once) as (tree, client, _):
        assert await client.status() == StorageHealth(healthy=True, position=Position(1, 0), last_error=None)
        await client.commit(Put(PAIR))
        backend.mood = StoreUnavailable("disk full")
        with pytest.raises(StoreUnavailable):
            await client.commit(Put(PAIR))
        ailing = StorageHealth(healthy=False, position=Position(1, 1), last_error="disk full")
        assert await client.status() == ailing
        backend.mood = None
        await client.get(Redemption, PAIR.key)
        assert (
            await client.status() == ailing
        )  # it can be read, but nobody knows yet whether it can be written
        await client.commit(Put(PAIR))
        assert await client.status() == evolve(ailing, healthy=True, position=Position(1, 2))
        backend.mood = StoreUnavailable("unreadable")
        with pytest.raises(StoreUnavailable):
            await client.get(Redemption, PAIR.key)
        assert await client.status() == StorageHealth(False, Position(1, 2), "unreadable")
        assert await tree.ref("storage").ask(StorageStatus()) == await client.status()


async def test_an_outage_is_logged_once_when_it_begins_and_once_when_it_is_over(
    autojump_clock: object, caplog: pytest.LogCaptureFixture
) -> None:
    backend = Moody()
    caplog.set_level(logging.INFO, "actors.storage")
    async with running(lambda: backend, at_once) as (_, client, _trace):
        for mood in (StoreUnavailable("disk full"), None, StoreUnavailable("I/O error")):
            backend.mood = mood
            for _ in range(3):
                try:
                    await client.commit(Put(PAIR))
                    await client.get(Redemption, PAIR.key)
                except StoreUnavailable:
                    with pytest.raises(StoreUnavailable):
                        await client.get(Redemption, PAIR.key)
    said = [(record.levelname, record.getMessage()) for record in caplog.records]
    assert said == [
        ("CRITICAL", "Failed to persist state: disk full"),
        ("ERROR", "Failed to read state: disk full"),
        ("WARNING", "State is persisted again"),
        ("CRITICAL", "Failed to persist state: I/O error"),
        ("ERROR", "Failed to read state: I/O error"),
    ]


async def test_what_is_no_question_for_a_store_is_a_fault(autojump_clock: object) -> None:
    async with running(MemoryBackend, at_once) as (tree, _, _trace):
        with pytest.raises(ActorCrashed, match="does not handle"):
            await tree.ref("storage").ask("Hello")


async def test_blocking_calls_never_run_two_at_once() -> None:
    run = one_thread()
    inside, most = 0, 0
    lock = threading.Lock()
    barrier = threading.Event()

    def work() -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        barrier.wait(0.001)
        with lock:
            inside -= 1

    async with trio.open_nursery() as nursery:
        for _ in range(20):
            nursery.start_soon(run, work)
    assert most == 1


async def test_a_commit_that_has_begun_is_finished_before_the_actor_ends() -> None:
    begun, may_end = trio.Event(), threading.Event()
    token = trio.lowlevel.current_trio_token()
    backend = Moody()

    class Slow(Moody):
        def commit(self, changes: Sequence[Change]) -> Position:
            token.run_sync_soon(begun.set)
            assert may_end.wait(10)
            return super().commit(changes)

    backend = Slow()
    async with running(lambda: backend) as (tree, client, _), trio.open_nursery() as nursery:
        nursery.start_soon(_ignoring_absence, client)
        await begun.wait()
        crash(tree.ref("storage"))
        await settle()
        assert backend.life == ["open"]  # not closed under the commit's feet
        may_end.set()
    assert backend.get(Redemption, PAIR.key) == PAIR
    assert backend.life[:2] == ["open", "close"]


async def _ignoring_absence(client: StoreClient) -> None:
    with suppress(StoreUnavailable):
        await client.commit(Put(PAIR))
