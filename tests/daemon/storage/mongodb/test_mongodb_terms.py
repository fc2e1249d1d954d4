"""Terms: they begin behind a fence, and the old writer stays in front of it."""

import asyncio
import random
from typing import Any

import pytest

from actors.giftcodes.model import Redemption
from actors.history import NOWHERE, History, Term, Unfit
from actors.ports import Position, Put
from actors.stores import Fenced, StoreAway
from tests.worlds.mongodb.threads import MongoThread

FIRST = Term(1, "w1")


def tries(mongo: MongoThread) -> int:
    """How often the driver itself sends a write: twice where the server is one of a set."""
    return 2 if "replicaSet" in mongo.uri else 1


def test_a_term_begins_with_a_fence_after_the_last_batch(shop: Any, make: Any) -> None:
    second, third = Term(4, "w4", Position(1, 2)), Term(5, "w5", Position(1, 2))

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        await store.begin(second)
        await store.begin(third)
        await store.append(make.entries(1, 1, term=5))
        assert await store.open() == History((FIRST, second, third), Position(5, 1))

    shop.play(script)
    assert shop.journal() == [
        "0000000000-000000000001 begins 1",
        "0000000001-000000000001",
        "0000000001-000000000002",
        "0000000001-000000000003 begins 4",
        "0000000004-000000000001 begins 5",
        "0000000005-000000000001",
    ]


def test_a_term_begun_again_is_done_already(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        await store.begin(FIRST)
        assert await store.write([Put(make.pair(3))]) == Position(1, 3)

    shop.play(script)
    assert sum("begins" in line for line in shop.journal()) == 1


@pytest.mark.parametrize(
    ("term", "error"),
    [
        (Term(1, "another"), Fenced),
        (Term(2, "w2", Position(1, 1)), Fenced),
        (Term(2, "w2", NOWHERE), Fenced),
        (Term(2, "w2", Position(1, 3)), Unfit),
    ],
)
def test_a_term_that_does_not_go_on_from_the_end_can_not_begin(
    shop: Any, make: Any, term: Term, error: type[Exception]
) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        with pytest.raises(error):
            await store.begin(term)
        assert await store.open() == History((FIRST,), Position(1, 2))

    shop.play(script)


def test_an_old_writer_is_fenced(shop: Any, make: Any) -> None:
    async def script() -> None:
        old, new = shop.store(), shop.store()
        await old.open()
        await old.begin(FIRST)
        await old.append(make.entries(1, 2))
        await new.open()
        await new.begin(Term(2, "w2", Position(1, 2)))
        with pytest.raises(Fenced, match="another perkd has taken over: the fence of term 2 of writer w2"):
            await old.append(make.entries(3, 4))
        with pytest.raises(Fenced):
            await old.write([Put(make.pair(3))])
        with pytest.raises(Fenced):
            await old.begin(Term(2, "w1 again", Position(1, 2)))
        assert await new.append(make.entries(1, 1, term=2)) == Position(2, 1)
        assert len(await new.entries(NOWHERE, 99)) == 3

    shop.play(script)


def test_a_batch_that_came_before_the_fence_counts(shop: Any, make: Any) -> None:
    async def script() -> None:
        old, new = shop.store(), shop.store()
        await old.open()
        await old.begin(FIRST)
        await new.open()
        await old.append(make.entries(1, 1))
        with pytest.raises(Fenced, match="a batch of writer w1 stands where it would"):
            await new.begin(Term(2, "w2"))
        found = await new.open()
        assert found.end == Position(1, 1)
        await new.begin(Term(2, "w2", found.end))
        with pytest.raises(Fenced):
            await old.append(make.entries(2, 2))

    shop.play(script)


@pytest.mark.parametrize("seed", range(6))
def test_whatever_was_acknowledged_is_before_the_fence(shop: Any, make: Any, seed: int) -> None:
    """Two writers race, each on connections of its own."""
    acknowledged: list[Position] = []
    chance = random.Random(seed)

    async def script() -> None:
        old, new = shop.store(), shop.store()
        await old.open()
        await old.begin(FIRST)
        await new.open()

        tried, begun = asyncio.Event(), asyncio.Event()

        async def write_until_fenced() -> None:
            sequence = 1
            for burst in range(6):
                # Without a pause it could stay ahead of the other, until it hears of its lease.
                await (tried.wait() if burst < 5 else begun.wait())
                tried.clear()
                for _ in range(chance.randint(1, 6)):
                    try:
                        acknowledged.append(await old.append(make.entries(sequence, sequence + 2)))
                    except Fenced:
                        return
                    sequence += 3
            pytest.fail("it was never fenced")

        async def take_over() -> None:
            while True:
                end = (await new.open()).end
                tried.set()
                for _ in range(chance.randint(0, 40)):
                    await asyncio.sleep(0)
                try:
                    await new.begin(Term(2, "w2", end))
                except Fenced:
                    continue
                tried.set()
                begun.set()
                return

        await asyncio.gather(write_until_fenced(), take_over())
        history = await new.open()
        found = await new.entries(NOWHERE, 9999)
        assert [each.position.sequence for each in found] == list(range(1, history.end.sequence + 1))
        assert history.terms[-1].after == history.end
        assert all(position <= history.end for position in acknowledged)
        assert len(await new.find(Redemption, {})) == len(found)

    shop.play(script)


def test_a_beginning_whose_answer_was_lost_is_repeated(
    faulty_shop: Any, faulty_mongo: MongoThread, make: Any
) -> None:
    second = Term(2, "w2", Position(1, 2))

    async def script() -> None:
        store = faulty_shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        faulty_mongo.cut("insert", times=tries(faulty_mongo))
        with pytest.raises(StoreAway):
            await store.begin(second)
        await store.begin(second)
        assert await store.append(make.entries(1, 1, term=2)) == Position(2, 1)
        assert await store.open() == History((FIRST, second), Position(2, 1))

    faulty_shop.play(script)
    assert sum("begins 2" in line for line in faulty_shop.journal()) == 1


def test_a_term_whose_beginner_died_at_once_is_known_by_its_fence(shop: Any, make: Any) -> None:
    second = Term(7, "w7", Position(1, 2))

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        await store.begin(second)
        shop.raw["terms"].delete_one({"_id": 7})
        assert await shop.store().open() == History((FIRST, second), Position(7, 0))

    shop.play(script)
    assert shop.raw["terms"].find_one({"_id": 7}) == {
        "_id": 7,
        "writer": "w7",
        "after_term": 1,
        "after_sequence": 2,
    }
