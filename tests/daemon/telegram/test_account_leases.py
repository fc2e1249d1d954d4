"""Leases of accounts, on the virtual clock: never two daemons at once."""

import contextlib
from collections.abc import AsyncIterator

import pytest
import trio
import trio.testing

from actors.ports import Delete, Position, Put
from actors.storage import StorageHealth, StoreHealth
from actors.vip.model import TelegramBeat, TelegramLease
from daemon.storage.memory import MemoryStore
from daemon.telegram.leases import AccountLeases, LeaseTimes, reaching_mongodb
from tests.worlds.leasing import Daemon

TIMES = LeaseTimes()


@pytest.fixture
def store():
    return MemoryStore()


def daemon_of(store, name: str, reached=None) -> Daemon:
    return Daemon(name, AccountLeases(store, name, reached))


@contextlib.asynccontextmanager
async def living(daemon: Daemon) -> AsyncIterator[Daemon]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(daemon.live)
        yield daemon
        nursery.cancel_scope.cancel()


async def lease_in(store) -> TelegramLease | None:
    return await store.get(TelegramLease, "desk-1")


async def beat_of(store, holder: str) -> int:
    """0: it has none."""
    found = await store.get(TelegramBeat, holder)
    return 0 if found is None else found.beat


async def test_a_free_account_is_had_at_once_renewed_and_given_back(store, autojump_clock):
    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(1)
        lease, first = await lease_in(store), await beat_of(store, "a")
        await trio.sleep(600)
        later = await beat_of(store, "a")

    assert lease.holder == "a"
    assert later - first == pytest.approx(600 / TIMES.renew, abs=1)
    assert a.had == [(0, pytest.approx(601))]
    assert (await lease_in(store), await beat_of(store, "a")) == (None, 0)


async def test_a_restart_on_the_same_host_and_disk_goes_on_at_once(store, autojump_clock):
    await store.commit(Put(TelegramLease("desk-1", "a", "host")), Put(TelegramBeat("a", 7)))

    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(1)
        beat = await beat_of(store, "a")

    assert a.had[0][0] == 0
    assert beat not in {0, 7}


async def test_anothers_lease_is_waited_out_and_the_other_is_named(store, autojump_clock):
    await store.commit(Put(TelegramLease("desk-1", "gone", "old-host")), Put(TelegramBeat("gone", 7)))

    async with living(daemon_of(store, "b")) as b:
        await trio.sleep(TIMES.wait + 10)

    assert TIMES.wait <= b.had[0][0] <= TIMES.wait + 2 * TIMES.look
    assert "another perkd on old-host has its lease" in b.said[0]
    assert await beat_of(store, "gone") == 0


async def test_all_accounts_of_a_dead_daemon_are_had_after_one_wait(store, autojump_clock):
    accounts = [f"desk-{number}" for number in range(20)]
    await store.commit(*(Put(TelegramLease(name, "gone")) for name in accounts), Put(TelegramBeat("gone", 7)))
    b, had = daemon_of(store, "b"), {}

    async def live(name: str) -> None:
        async with b.leases.hold(name, b.say):
            had[name] = trio.current_time()
            await trio.sleep_forever()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(b.leases.run)
        for name in accounts:
            nursery.start_soon(live, name)
        await trio.sleep(TIMES.wait + 3 * TIMES.look)
        beats = [one.holder for one in await store.find(TelegramBeat)]
        written = len(store.history)
        await trio.sleep(10 * TIMES.renew)
        renewals = store.history[written:]
        nursery.cancel_scope.cancel()

    assert sorted(had) == sorted(accounts)
    assert beats == ["b"]
    assert [len(batch.changes) for batch in renewals] == [1] * 10


async def test_a_lease_that_is_renewed_is_never_taken_one_that_is_given_back_at_once(store, autojump_clock):
    async with trio.open_nursery() as nursery:
        b = daemon_of(store, "b")
        async with living(daemon_of(store, "a")) as a:
            await trio.sleep(1)
            nursery.start_soon(b.live)
            await trio.sleep(3600.7)
            meanwhile = (a.holds, b.holds, list(b.had))
        await trio.sleep(2 * TIMES.look)
        afterwards = b.holds
        nursery.cancel_scope.cancel()

    assert meanwhile == (True, False, [])
    assert afterwards


async def test_a_store_that_is_away_ends_the_lease_in_time_and_it_is_had_again_after_it(
    store, autojump_clock
):
    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(100)
        renewed = 100 - 100 % TIMES.renew
        store.away = True
        await trio.sleep(TIMES.last + 5)
        until, said = a.had[0][1], a.said[-1]
        store.away = False
        await trio.sleep(2 * TIMES.look)
        holds = a.holds

    assert until == pytest.approx(renewed + TIMES.last, abs=0.1)
    assert "lease can't be had: the store is away" in said
    assert holds


async def test_a_lease_counts_from_when_its_renewal_was_begun_not_from_the_answer(store, autojump_clock):
    async def reached(_position: Position) -> bool:
        await trio.sleep(10)
        return not store.away

    async with living(daemon_of(store, "a", reached)) as a:
        while not a.holds:  # noqa: ASYNC110 - on the virtual clock
            await trio.sleep(1)
        store.away = True
        await trio.sleep(TIMES.last)

    assert a.had[0][1] == pytest.approx(TIMES.last, abs=0.1)


async def test_an_outage_shorter_than_the_lease_is_not_noticed(store, autojump_clock):
    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(100)
        store.away = True
        await trio.sleep(TIMES.last - TIMES.renew - 2 * TIMES.look)
        store.away = False
        await trio.sleep(100)

        assert (a.holds, a.had) == (True, [])


async def test_a_lease_that_ran_out_is_not_given_back_by_who_lost_it(store, autojump_clock):
    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(100)
        store.away = True
        await trio.sleep(TIMES.last)
        store.away = False
        assert await lease_in(store) is not None
        assert len(a.had) == 1


async def test_who_may_still_be_connected_gives_nothing_back(store, autojump_clock):
    leases = AccountLeases(store, "a")

    async with leases.hold("desk-1", daemon_of(store, "a").say) as held:
        held.clean = False

    assert (await lease_in(store)).holder == "a"


async def test_where_mongodb_has_to_confirm_nobody_connects_before_it_has(store, autojump_clock):
    there = Position(0, 0)

    async def reached(position: Position) -> bool:
        return position <= there

    async with living(daemon_of(store, "a", reached)) as a:
        await trio.sleep(100)
        before, said = list(a.had), a.said[0]
        there = Position(99, 0)
        await trio.sleep(20)
        holds = a.holds
        there = Position(0, 0)
        await trio.sleep(TIMES.last + 1)
        lost = not a.holds
        given_back = [one for batch in store.history for one in batch.changes if isinstance(one, Delete)]

    assert (before, holds, lost) == ([], True, True)
    assert given_back == []  # who may have it no longer does not give it back
    assert "MongoDB has not acknowledged it" in said


@pytest.mark.parametrize(
    ("stores", "there"),
    [
        ((), True),
        ((StoreHealth("sqlite", "leading"), StoreHealth("mongodb", "away", None)), False),
        ((StoreHealth("mongodb", "behind", 9, acknowledged=Position(2, 4)),), False),
        ((StoreHealth("mongodb", "behind", 1, acknowledged=Position(2, 5)),), True),
        ((StoreHealth("mongodb", "following", 0, acknowledged=Position(3, 0)),), True),
        ((StoreHealth("sqlite", "failing"), StoreHealth("mongodb", "leading")), True),
    ],
)
async def test_confirmed_is_what_mongodb_has_acknowledged_where_there_is_one(stores, there):
    async def health() -> StorageHealth:
        return StorageHealth(healthy=True, position=Position(2, 9), last_error=None, stores=stores)

    assert await reaching_mongodb(health)(Position(2, 5)) is there


class Switching(MemoryStore):
    """Right after the first look somebody else writes; then we are the writer again."""

    switch = True
    lose = False
    """And the answer to our own write is lost."""

    async def get(self, type_, key):
        found = await super().get(type_, key)
        if self.switch:
            self.switch = False
            self.restart()
            await self.commit(Put(TelegramLease("desk-1", "b", "other")), Put(TelegramBeat("b", 3)))
            self.restart()
            self.lose_answers = self.lose
            return None  # as it was a moment ago
        return found

    async def commit(self, *changes):
        try:
            return await super().commit(*changes)
        finally:
            self.lose_answers = False


@pytest.mark.parametrize("lose", [False, True])
async def test_who_may_have_overwritten_anothers_lease_waits_as_if_it_were_there(lose, autojump_clock):
    switching = Switching()
    switching.lose = lose
    async with living(daemon_of(switching, "a")) as a:
        await trio.sleep(TIMES.wait)
        overwritten = (await lease_in(switching)).holder
        too_early = a.holds or bool(a.had)
        await trio.sleep(4 * TIMES.look)

        assert (overwritten, too_early, a.holds) == ("a", False, True)


async def test_a_write_without_an_answer_costs_no_wait_where_nobody_else_can_have_written(
    store, autojump_clock
):
    store.lose_answers = True
    async with living(daemon_of(store, "a")) as a:
        await trio.sleep(20)
        before = a.holds
        store.lose_answers = False
        await trio.sleep(2 * TIMES.look)

        assert (before, a.holds) == (False, True)


def test_a_lease_is_waited_out_for_longer_than_it_lasts():
    assert TIMES.wait >= TIMES.last * 4 / 3
    assert TIMES.last >= 2 * TIMES.renew
