"""Accounts that connect only while their daemon has the lease, with the real Telethon."""

import contextlib
from collections.abc import AsyncIterator

import pytest
import trio
from attrs import evolve

from actors.ports import Delete, Position
from actors.vip.model import TelegramLease
from actors.vip.ports import Unreachable
from daemon.storage.memory import MemoryStore
from daemon.telegram.chat import DeskChat
from daemon.telegram.leases import AccountLeases, LeaseTimes
from daemon.telegram.values import Connected, Died, Lost
from tests.worlds.telegram_line import Line

QUICK = LeaseTimes(renew=0.1, last=0.5, wait=0.8, look=0.05, ask=0.01)
STEADY = LeaseTimes(renew=0.1, last=2.2, wait=2.6, look=0.05, ask=0.01)
"""A machine that stands still for 2 s costs nobody the lease."""
LONG = LeaseTimes(renew=0.1, last=20.0, wait=30.0, look=0.05, ask=0.01)


@pytest.fixture
def store():
    return MemoryStore()


@pytest.fixture
def stops() -> dict[str, trio.CancelScope]:
    """By name: ends that daemon."""
    return {}


@pytest.fixture
def life(account, loop, store, stops):
    """A life of the account in a daemon; each has a copy of the session file, as if on a host of its own."""

    @contextlib.asynccontextmanager
    async def live(name: str, times: LeaseTimes = QUICK, reached=None) -> AsyncIterator[Line]:
        session = account.session.with_name(f"{name}.session")
        if not session.exists():
            session.write_bytes(account.session.read_bytes())
        leases = AccountLeases(store, name, reached, times)
        line = Line(evolve(account, session=session, events=loop.from_asyncio(100), leases=leases))
        stop = stops[name] = trio.CancelScope()

        async def run() -> None:
            with stop:
                async with trio.open_nursery() as daemon:
                    daemon.start_soon(leases.run)
                    await line.account.run()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(line.listen)
            nursery.start_soon(run)
            yield line
            nursery.cancel_scope.cancel()

    return live


async def test_a_second_daemon_never_connects_while_the_first_one_has_the_lease(life, telegram):
    async with life("first", STEADY) as first:
        await first.wait_for(Connected)
        asked = len(telegram.seen("InvokeWithLayer", "GetUsers", "GetState"))
        async with life("second", STEADY) as second:
            lost = await second.wait_for(Lost)
            await trio.sleep(1.25 * STEADY.wait)
            connected = [event for event in second.told if isinstance(event, Connected)]
            connections = len(telegram.connections)

    assert "has its lease" in lost.reason
    assert (connected, connections) == ([], 1)
    assert asked
    assert not first.account.dead


async def test_it_connects_as_soon_as_the_first_one_has_stopped(life, stops, store):
    async with life("first", LONG) as first:
        await first.wait_for(Connected)
        async with life("second", LONG) as second:
            await second.wait_for(Lost)
            stops["first"].cancel()
            await second.wait_for(Connected)
            holder = (await store.get(TelegramLease, "desk-1")).holder

    assert holder == "second"


async def test_who_loses_the_store_disconnects_in_time_and_comes_back_with_it(life, telegram, store):
    async with life("first") as first:
        await first.wait_for(Connected)
        store.away = True
        began = trio.current_time()
        await first.wait_for(Lost)
        took = trio.current_time() - began
        while telegram.connections:  # noqa: ASYNC110 - of the stand-in, which hears of the end a moment later
            await trio.sleep(0.01)
        with pytest.raises(Unreachable, match="lease"):
            await first.account.ask(DeskChat.probe)
        store.away = False
        await first.wait_for(Connected, 2)

    assert took < QUICK.last + 5.0  # on a busy machine


async def test_the_lease_that_has_run_out_is_not_used_however_late_it_is_noticed(life, store):
    async with life("first", LONG) as first:
        await first.wait_for(Connected)
        first.account._held.scope.deadline = trio.current_time()

        with pytest.raises(Unreachable, match="its lease has run out"):
            await first.account.ask(DeskChat.probe)


async def test_nobody_connects_before_mongodb_has_the_lease(life, telegram):
    there = trio.Event()

    async def reached(_position: Position) -> bool:
        return there.is_set()

    async with life("first", QUICK, reached) as first:
        lost = await first.wait_for(Lost)
        connections = len(telegram.connections)
        there.set()
        await first.wait_for(Connected)

    assert "MongoDB has not acknowledged it" in lost.reason
    assert connections == 0


async def test_a_reconnect_keeps_the_lease(life, telegram, store):
    async with life("first", LONG) as first:
        await first.wait_for(Connected)
        telegram.drop_connections()
        await first.wait_for(Connected, 2)
        deleted = [one for batch in store.history for one in batch.changes if isinstance(one, Delete)]

    assert deleted == []
    assert "its lease" not in str(first.told)


async def test_a_dead_account_gives_its_lease_back(life, telegram, desk_1, store):
    telegram.kill(desk_1, "SESSION_REVOKED")

    async with life("first") as first:
        await first.wait_for(Died)
        while await store.get(TelegramLease, "desk-1") is not None:  # noqa: ASYNC110 - of a store
            await trio.sleep(0.01)

        assert first.account.dead


async def test_a_dead_account_that_was_signed_in_anew_is_tried_again(life, telegram, desk_1):
    telegram.kill(desk_1, "SESSION_REVOKED")
    async with life("first") as first:
        await first.wait_for(Died)
        desk_1.dead = ""
        first.account.session.unlink()
        telegram.write_session(first.account.session, desk_1)

        first.account.revive()
        await first.wait_for(Connected)
        first.account.revive()  # of one that lives: nothing happens
        await first.account.ask(DeskChat.probe)

        assert not first.account.dead
