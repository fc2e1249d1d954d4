from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
from trio.testing import MockClock

from actors.giftcodes.model import Redemption
from actors.history import NOWHERE, Document, Entry, History, Term, Unfit
from actors.ports import Position, Put
from actors.replica import ReplicaActor, ReplicaClient
from actors.stores import Fenced, LeaseHeld, NeedsCopy, Replica, StoreAway
from daemon.storage import codec
from daemon.storage.memory_replica import MemoryReplica, MemoryServer
from supervision import ActorSpec, Crashed, SupervisorSpec, Tree, open_tree
from supervision.testing import Trace, settle

PAIR = Redemption("wos", "1", "GIFT")
TERM = Term(1, "me")
FIRST = Entry(Position(1, 1), 5.0, codec.encode_batch([Put(PAIR)]))


class Opened:
    """Counts the openings of one replica."""

    def __init__(self, replica: Any) -> None:
        self.replica = replica
        self.life: list[str] = []
        self.gate = trio.Event()
        self.gate.set()
        self.fault: Exception | None = None

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[Replica]:
        self.life.append("open")
        await self.gate.wait()
        if self.fault is not None:
            fault, self.fault = self.fault, None
            raise fault
        try:
            yield self.replica
        finally:
            self.life.append("close")


@asynccontextmanager
async def running(
    factory: Callable[[], Any], *, patience: float = 20.0
) -> AsyncIterator[tuple[Tree, ReplicaClient, Trace]]:
    trace = Trace()
    child = ActorSpec("replica", lambda: ReplicaActor(factory))
    async with open_tree(SupervisorSpec("t", (child,), intensity=5), on_event=trace) as tree:
        yield tree, ReplicaClient(tree.ref("replica"), patience), trace


async def test_the_client_is_a_replica(autojump_clock: MockClock) -> None:
    async with running(Opened(MemoryReplica())) as (_, client, _trace):
        replica: Replica = client
        assert await replica.open() == History()
        await replica.begin(TERM)
        assert await replica.append([FIRST]) == Position(1, 1)
        assert await replica.write([Put(Redemption("wos", "2", "GIFT"))]) == Position(1, 2)
        assert await replica.get(Redemption, PAIR.key) == PAIR
        assert [found.fid for found in await replica.find(Redemption, game="wos")] == ["1", "2"]
        assert (await replica.entries(NOWHERE, 1)) == [FIRST]
        assert [page.key for page in await replica.page("redemptions", PAIR.key, 9)] == ["wos/GIFT/1/2"]
        await replica.begin_copy(Term(2, "me"), History((Term(2, "me"),), Position(2, 3)))
        await replica.copy("redemptions", [Document(PAIR.key, codec.encode(PAIR))])
        await replica.end_copy()
        assert (await replica.open()).end == Position(2, 3)
        await replica.close()


async def test_it_acknowledges_its_start_before_there_is_a_connection(autojump_clock: MockClock) -> None:
    opened = Opened(MemoryReplica())
    opened.gate = trio.Event()
    async with running(opened) as (_, client, _trace):
        await settle()
        assert opened.life == ["open"]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.open)
            await settle()
            opened.gate.set()
        assert opened.replica.calls == ["open"]


async def test_who_asks_before_there_is_a_connection_is_told_that_the_store_is_away(
    autojump_clock: MockClock,
) -> None:
    opened = Opened(MemoryReplica())
    opened.gate = trio.Event()
    async with running(opened, patience=3) as (_, client, _trace):
        began = trio.current_time()
        with pytest.raises(StoreAway, match="within 3 s"):
            await client.find(Redemption)
        assert trio.current_time() - began == pytest.approx(3)
        opened.gate.set()
        await settle()
        assert opened.replica.calls == [], "what was given up before it began is not done"


async def test_what_a_replica_says_is_raised_where_it_was_asked(autojump_clock: MockClock) -> None:
    server = MemoryServer()
    async with running(Opened(MemoryReplica(server))) as (_, client, trace):
        await client.open()
        await client.begin(TERM)
        with pytest.raises(Unfit, match="does not follow"):
            await client.append([Entry(Position(1, 7), 5.0, FIRST.batch)])
        server.chain.history = History(server.chain.history.terms, Position(1, 9), Position(1, 5))
        with pytest.raises(NeedsCopy):
            await client.entries(Position(1, 2), 10)
        server.expire()
        with pytest.raises(Fenced, match="lease is lost"):
            await client.append([FIRST])
        server.holder = "somebody else"
        with pytest.raises(LeaseHeld, match="somebody else"):
            await client.open()
        assert not trace.of(Crashed)


async def test_a_fault_of_the_replica_crashes_the_actor_and_is_away_for_who_asked(
    autojump_clock: MockClock,
) -> None:
    opened = Opened(MemoryReplica())
    async with running(opened) as (_, client, trace):

        async def broken() -> None:
            raise ZeroDivisionError("a bug")

        opened.replica.open = broken
        with pytest.raises(StoreAway, match="ZeroDivisionError: a bug"):
            await client.open()
        await settle()
        assert [event.error.text for event in trace.of(Crashed)]
        del opened.replica.open
        assert await client.open() == History()
        assert opened.life == ["open", "close", "open"]


async def test_a_connection_that_breaks_on_opening_is_opened_again(autojump_clock: MockClock) -> None:
    opened = Opened(MemoryReplica())
    opened.fault = RuntimeError("no thread")
    async with running(opened) as (_, client, trace):
        await settle()
        assert len(trace.of(Crashed)) == 1
        assert await client.open() == History()


async def test_who_waits_when_the_actor_crashes_is_told_at_once(autojump_clock: MockClock) -> None:
    opened = Opened(MemoryReplica())
    async with running(opened) as (_, client, _trace):
        await client.open()
        opened.replica.hang()
        told: list[str] = []

        async def ask(method: Callable[[], Any]) -> None:
            with pytest.raises(StoreAway) as caught:
                await method()
            told.append(str(caught.value))

        async def broken(*_: object) -> None:
            raise ZeroDivisionError("a bug")

        began = trio.current_time()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ask, lambda: client.append([FIRST]))
            await settle()
            nursery.start_soon(ask, client.close)  # waits behind it
            await settle()
            opened.replica.get = broken
            nursery.start_soon(ask, lambda: client.get(Redemption, "x"))
        assert trio.current_time() == began
        assert len(told) == 3


async def test_reads_do_not_wait_behind_a_slow_append(autojump_clock: MockClock) -> None:
    replica = MemoryReplica()
    async with running(Opened(replica)) as (_, client, _trace):
        await client.open()
        await client.begin(TERM)
        replica.delay = 10.0
        async with trio.open_nursery() as nursery:
            nursery.start_soon(client.append, [FIRST])
            await settle()
            replica.delay = 0.0
            began = trio.current_time()
            assert await client.get(Redemption, PAIR.key) is None
            assert trio.current_time() == began
        assert await client.get(Redemption, PAIR.key) == PAIR


async def test_what_takes_many_commands_is_given_more_time_than_a_question(autojump_clock: MockClock) -> None:
    replica = MemoryReplica()
    async with running(Opened(replica)) as (_, client, _trace):
        replica.delay = 100.0
        await client.open()
        await client.begin(TERM)
        assert await client.append([FIRST]) == FIRST.position
        for question in (client.get(Redemption, PAIR.key), client.write([Put(PAIR)])):
            with pytest.raises(StoreAway, match="within 20 s"):
                await question
        replica.delay = 200.0
        with pytest.raises(StoreAway, match="within 120 s"):
            await client.append([FIRST])


async def test_writes_keep_their_order(autojump_clock: MockClock) -> None:
    replica = MemoryReplica()
    async with running(Opened(replica)) as (_, client, _trace):
        await client.open()
        await client.begin(TERM)
        replica.delay = 1.0
        async with trio.open_nursery() as nursery:
            for number in range(1, 6):
                entry = Entry(Position(1, number), 5.0, FIRST.batch)
                nursery.start_soon(client.append, [entry])
                await settle()
                replica.delay /= 4  # each would be there before the one ahead of it
        assert replica.server.chain.end == Position(1, 5)


async def test_a_stop_closes_the_replica(autojump_clock: MockClock) -> None:
    opened = Opened(MemoryReplica())
    async with running(opened) as (_, client, _trace):
        await client.open()
    assert opened.life == ["open", "close"]


async def test_who_asks_an_actor_that_has_ended_is_told_that_the_store_is_away(
    autojump_clock: MockClock,
) -> None:
    async with running(Opened(MemoryReplica())) as (_, client, _trace):
        pass
    with pytest.raises(StoreAway, match="did not answer"):
        await client.open()
