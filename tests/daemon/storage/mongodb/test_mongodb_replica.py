"""The replica as trio code has it: over the asyncio bridge."""

import asyncio
import logging
import time
from typing import Any

import pytest
import trio
from pymongo import ReadPreference
from pymongo.read_concern import ReadConcern

from actors.giftcodes.model import Redemption
from actors.history import NOWHERE, Document, Entry, History, Term
from actors.ports import Position, Put
from actors.stores import LeaseHeld, Replica, StoreAway
from daemon.storage import codec
from daemon.storage.mongodb import MongoAddress, open_replica
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.mongodb.threads import MongoThread

FIRST = Term(1, "w1")
PAIR = Redemption("wos", "1", "GIFT")
BATCH = Entry(Position(1, 1), 5.0, codec.encode_batch([Put(PAIR)]))


async def test_it_is_a_replica(mongo_server: MongoTarget) -> None:
    address = MongoAddress.parse(mongo_server.uri)
    with trio.fail_after(30):
        async with open_replica(address, holder="one", clock=lambda: 7.0) as replica:
            port: Replica = replica
            assert await port.open() == History()
            await port.begin(FIRST)
            assert await port.append([BATCH]) == Position(1, 1)
            assert await port.write([Put(Redemption("wos", "2", "GIFT"))]) == Position(1, 2)
            assert await port.get(Redemption, PAIR.key) == PAIR
            assert [found.fid for found in await port.find(Redemption, game="wos")] == ["1", "2"]
            assert [found.at for found in await port.entries(NOWHERE, 9)] == [5.0, 7.0]
            assert [page.key for page in await port.page("redemptions", PAIR.key, 9)] == ["wos/GIFT/1/2"]
            await port.begin_copy(Term(2, "w2"), History((Term(2, "w2"),), Position(2, 3)))
            await port.copy("redemptions", [Document(PAIR.key, codec.encode(PAIR))])
            await port.end_copy()
            assert await port.open() == History((Term(2, "w2"),), Position(2, 3), Position(2, 3))


async def test_the_end_of_the_block_gives_the_lease_back(mongo_server: MongoTarget) -> None:
    address = MongoAddress.parse(mongo_server.uri)
    with trio.fail_after(30):
        async with open_replica(address, holder="two") as second:
            async with open_replica(address, holder="one") as first:
                await first.open()
                with pytest.raises(LeaseHeld):
                    await second.open()
            await second.open()


def test_what_the_address_says_of_reading_is_for_others(faulty_shop: Any, faulty_mongo: MongoThread) -> None:
    """A secondary may not know of the newest term, or of whoever has the lease."""
    faulty_shop.uri = with_options(faulty_shop.uri, "readPreference=secondary&readConcernLevel=available")

    async def script() -> None:
        store = faulty_shop.store()
        database = store._state.database
        assert database.client.read_preference == ReadPreference.SECONDARY
        assert database.read_preference == ReadPreference.PRIMARY
        assert database.read_concern == ReadConcern()
        async with asyncio.timeout(30):
            await store.open()
            await store.begin(FIRST)
            assert await store.append([BATCH]) == BATCH.position
            assert await store.get(Redemption, PAIR.key) == PAIR

    faulty_shop.play(script)


def with_options(uri: str, options: str) -> str:
    return f"{uri}{'&' if '?' in uri else '?'}{options}"


async def test_a_closed_replica_can_be_opened_again(mongo_server: MongoTarget) -> None:
    address = MongoAddress.parse(mongo_server.uri)
    with trio.fail_after(30):
        async with open_replica(address, holder="one") as replica:
            await replica.open()
            await replica.begin(FIRST)
            await replica.close()
            with pytest.raises(StoreAway):
                await replica.append([BATCH])
            assert (await replica.open()).terms == (FIRST,)
            with pytest.raises(StoreAway, match="no term"):
                await replica.write([Put(PAIR)])  # whose term it is must be said again
            await replica.begin(FIRST)
            assert await replica.write([Put(PAIR)]) == Position(1, 1)


@pytest.mark.parametrize("trouble", ["stop", "hang"])
async def test_the_end_waits_for_no_server(faulty_mongo: MongoThread, trouble: str) -> None:
    address = MongoAddress.parse(faulty_mongo.uri)
    with trio.fail_after(30):
        async with open_replica(address, holder="one") as replica:
            await replica.open()
            if trouble == "stop":
                await trio.to_thread.run_sync(faulty_mongo.stop)
            else:
                await trio.to_thread.run_sync(lambda: faulty_mongo.set(hang=True))
            began = time.monotonic()
        assert time.monotonic() - began < 8
    faulty_mongo.set(hang=False)


async def test_a_call_that_is_given_up_leaves_it_usable(faulty_mongo: MongoThread) -> None:
    address = MongoAddress.parse(faulty_mongo.uri)
    with trio.fail_after(30):
        async with open_replica(address, holder="one") as replica:
            await replica.open()
            await replica.begin(FIRST)
            faulty_mongo.set(hold_writes=True)
            with trio.move_on_after(0.2) as scope:
                await replica.append([BATCH])
            assert scope.cancelled_caught
            faulty_mongo.set(hold_writes=False)
            assert await replica.append([BATCH]) == Position(1, 1)
            assert await replica.entries(NOWHERE, 9) == [BATCH]


async def test_the_driver_logs_no_commands(
    mongo_server: MongoTarget, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with trio.fail_after(30):
        async with open_replica(MongoAddress.parse(mongo_server.uri), holder="one") as replica:
            await replica.open()
    assert not [record for record in caplog.records if record.name.startswith("pymongo")]
