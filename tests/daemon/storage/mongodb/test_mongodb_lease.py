"""The lease: one writer at a time, without anybody's clock but one's own."""

import asyncio
import time
from typing import Any

import pytest

from actors.history import Term
from actors.stores import Fenced, LeaseHeld, StoreAway
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.mongodb.threads import MongoThread

FIRST = Term(1, "w1")
LOOKS = 2.0
"""Seconds between two looks of a perkd that waits."""


def beat(shop: Any) -> None:
    """The holder gives a sign of life."""
    shop.raw["lease"].update_one({"_id": "writer"}, {"$inc": {"beat": 1}})


def holder(shop: Any) -> str | None:
    found = shop.raw["lease"].find_one({"_id": "writer"})
    return found and found["holder"]


async def beats(shop: Any, wanted: int) -> None:
    """Until the server has seen so many."""
    while shop.raw["lease"].find_one()["beat"] < wanted:  # noqa: ASYNC110 - the server tells nobody
        await asyncio.sleep(0.02)


async def held(store: Any) -> str:
    with pytest.raises(LeaseHeld) as caught:
        await store.open()
    return str(caught.value)


def test_a_second_process_is_told_who_writes(shop: Any) -> None:
    async def script() -> None:
        first, second = shop.store("one"), shop.store("two")
        first._lease.host, first._lease.pid = "earlier-host", 4711
        await first.open()
        assert "process 4711 on earlier-host" in await held(second)
        shop.ticks.now += 7
        assert "silent for 20 s" in await held(second)

    shop.play(script)


async def watched(shop: Any, store: Any, seconds: float) -> None:
    """The other process looks every two seconds, as it does in life, and is told to wait."""
    for _ in range(int(seconds / LOOKS)):
        shop.ticks.now += LOOKS
        await held(store)


def test_it_is_taken_over_only_after_the_whole_time_without_a_beat(shop: Any, make: Any) -> None:
    async def script() -> None:
        first, second = shop.store("one"), shop.store("two")
        await first.open()
        await first.begin(FIRST)
        await held(second)
        await watched(shop, second, 14)
        beat(shop)
        await watched(shop, second, 2)  # sees the beat now
        await watched(shop, second, 18)
        shop.ticks.now += 1.9
        await held(second)
        shop.ticks.now += 0.1
        await second.open()
        assert holder(shop) == "two"
        with pytest.raises(Fenced, match="the lease was lost"):
            await first.append(make.entries(1, 1))
        with pytest.raises(Fenced):
            await first.write([])
        await held(first)

    shop.play(script)


def test_a_time_without_looking_counts_for_nothing(shop: Any) -> None:
    """Whoever waits could not look, so perhaps the holder could not renew it either."""

    async def script() -> None:
        second = shop.store("two")
        await shop.store("one").open()
        await held(second)
        await watched(shop, second, 18)
        shop.ticks.now += 10.5
        await held(second)
        await watched(shop, second, 18)
        shop.ticks.now += 2
        await second.open()

    shop.play(script)
    assert holder(shop) == "two"


def test_an_outage_between_two_looks_takes_the_lease_from_nobody(
    faulty_shop: Any, faulty_mongo: MongoThread
) -> None:
    shop = faulty_shop

    async def script() -> None:
        first, second = shop.store("one"), shop.store("two")
        await first.open()
        await held(second)
        await watched(shop, second, 4)
        faulty_mongo.set(hang=True)
        shop.hurry(second, 0.7)
        for _ in range(3):
            with pytest.raises(StoreAway):
                await second.open()
            shop.ticks.now += 8.0
        faulty_mongo.set(hang=False)
        shop.hurry(second, 5.0)
        await held(second)
        await watched(shop, second, 6)
        beat(shop)  # the holder lives, and can say so again
        await watched(shop, second, 18)

    shop.play(script)
    assert holder(shop) == "one"


def test_a_server_that_answers_each_look_slowly_keeps_nobody_waiting_for_ever(shop: Any) -> None:
    async def script() -> None:
        second = shop.store("two")
        await shop.store("one").open()
        document = second._state.document
        read = document.read

        async def read_slowly() -> object:
            shop.ticks.now += 4.9
            return await read()

        document.read = read_slowly
        for _ in range(3):
            await held(second)
            shop.ticks.now += LOOKS
        await second.open()

    shop.play(script)
    assert holder(shop) == "two"


def test_who_looks_at_a_large_damaged_file_each_time_does_not_wait_for_ever(shop: Any) -> None:
    async def script() -> None:
        second = shop.store("two")
        await shop.store("one").open()
        for _ in range(4):
            await held(second)
            shop.ticks.now += LOOKS + 4.0  # which is checked again before MongoDB is asked
        await second.open()

    shop.play(script)
    assert holder(shop) == "two"


def test_one_look_is_not_enough_however_late_it_comes(shop: Any) -> None:
    async def script() -> None:
        await shop.store("one").open()
        shop.ticks.now += 1_000_000
        assert await held(shop.store("two"))

    shop.play(script)


def test_of_two_who_wait_one_gets_it(shop: Any, mongo_server: MongoTarget) -> None:
    mongo_server.skip_ferretdb("an update's filter and its change are not one step")

    async def script() -> None:
        await shop.store("one").open()
        waiting = [shop.store(name) for name in ("two", "three")]
        for store in waiting:
            await held(store)
        for _ in range(9):
            shop.ticks.now += LOOKS
            for store in waiting:
                await held(store)
        shop.ticks.now += LOOKS
        results = await asyncio.gather(*(store.open() for store in waiting), return_exceptions=True)
        assert sum(isinstance(result, LeaseHeld) for result in results) == 1
        winner = next(
            s for s, result in zip(waiting, results, strict=True) if not isinstance(result, LeaseHeld)
        )
        assert holder(shop) == winner._lease.holder

    shop.play(script)


def test_the_same_holder_takes_it_again_at_once(shop: Any) -> None:
    async def script() -> None:
        first = shop.store("one")
        await first.open()
        await first.open()
        await shop.store("one").open()

    shop.play(script)
    assert holder(shop) == "one"


def test_a_close_gives_it_back_and_an_open_takes_it_again(shop: Any, make: Any) -> None:
    async def script() -> None:
        first, second = shop.store("one"), shop.store("two")
        await first.open()
        await first.close()
        assert holder(shop) is None
        with pytest.raises(StoreAway, match="has not been opened"):
            await first.append([])
        await second.open()
        await held(first)
        await first.close()  # not its own: nothing happens
        assert holder(shop) == "two"
        await second.close()
        await first.open()
        assert holder(shop) == "one"

    shop.play(script)


def test_it_is_renewed_in_the_background(shop: Any) -> None:
    async def script() -> None:
        store = shop.store("one", ttl=0.2, monotonic=time.monotonic)
        await store.open()
        async with asyncio.timeout(60):
            await beats(shop, 3)
        await store.close()
        assert holder(shop) is None

    shop.play(script)


def test_one_who_was_held_up_asks_before_he_writes(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store("one")
        await store.open()
        await store.begin(FIRST)
        shop.ticks.now += 11
        before = shop.raw["lease"].find_one()["beat"]
        await store.append(make.entries(1, 1))
        assert shop.raw["lease"].find_one()["beat"] == before + 1
        shop.raw["lease"].update_one({}, {"$set": {"holder": "two"}})
        await store.append(make.entries(2, 2))  # it was ours a moment ago: only a fence could tell
        shop.ticks.now += 11
        with pytest.raises(Fenced, match="the lease was lost"):
            await store.append(make.entries(3, 3))

    shop.play(script)


def test_a_lease_that_somebody_deleted_is_lost(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store("one")
        await store.open()
        shop.raw["lease"].delete_many({})
        shop.ticks.now += 11
        with pytest.raises(Fenced):
            await store.begin(FIRST)
        await store.open()
        await store.begin(FIRST)

    shop.play(script)
    assert holder(shop) == "one"


def test_a_renewal_that_fails_for_a_while_is_tried_again(faulty_shop: Any, faulty_mongo: MongoThread) -> None:
    async def script() -> None:
        store = faulty_shop.store("one", ttl=0.2, monotonic=time.monotonic)
        await store.open()
        faulty_mongo.refuse("update", 14031, times=3)
        before = faulty_shop.raw["lease"].find_one()["beat"]
        async with asyncio.timeout(60):
            await beats(faulty_shop, before + 2)
        await store.begin(FIRST)

    faulty_shop.play(script)
    assert holder(faulty_shop) == "one"
