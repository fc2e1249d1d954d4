"""Batches: durable, in order, and once."""

import os
from typing import Any

import pytest

from actors.giftcodes.model import Redemption
from actors.history import NOWHERE, Entry, History, Term, Unfit
from actors.ports import Position, Put
from actors.storage import Refusal
from actors.stores import Fenced, NeedsCopy, StoreAway
from daemon.storage import codec
from daemon.storage.mongodb import batches, state
from tests.worlds.mongodb.threads import MongoThread

FIRST = Term(1, "w1")


def tries(mongo: MongoThread) -> int:
    """How often the driver itself sends a write: twice where the server is one of a set."""
    return 2 if "replicaSet" in mongo.uri else 1


# --- batches ------------------------------------------------------------------------------------


def test_what_was_appended_is_there_for_the_next_process(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store()
        assert await store.open() == History()
        await store.begin(FIRST)
        assert await store.append(make.entries(1, 3)) == Position(1, 3)
        await store.close()
        other = shop.store("two")
        assert await other.open() == History((FIRST,), Position(1, 3))
        assert await other.entries(NOWHERE, 2) == make.entries(1, 2)
        assert await other.entries(Position(1, 2), 9) == make.entries(3, 3)
        assert await other.get(Redemption, "wos/GIFT/1/2") == make.pair(2)

    shop.play(script)


def test_appending_again_changes_nothing(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 3))
        assert await store.append(make.entries(1, 3)) == Position(1, 3)
        assert await store.append(make.entries(2, 5)) == Position(1, 5)
        assert await store.append([]) == Position(1, 5)
        assert await store.entries(NOWHERE, 99) == make.entries(1, 5)

    shop.play(script)


def test_an_append_whose_answer_was_lost_is_repeated(
    faulty_shop: Any, faulty_mongo: MongoThread, make: Any
) -> None:
    async def script() -> None:
        store = faulty_shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        faulty_mongo.cut("insert", after=3, times=tries(faulty_mongo))
        with pytest.raises(StoreAway, match=r"MongoDB at 127\.0\.0\.1"):
            await store.append(make.entries(3, 8))
        assert await store.append(make.entries(3, 8)) == Position(1, 8)
        assert await store.entries(NOWHERE, 99) == make.entries(1, 8)
        assert len(await store.find(Redemption, {})) == 8

    faulty_shop.play(script)


def test_a_batch_must_follow_the_last_one(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        with pytest.raises(Unfit):
            await store.append(make.entries(1, 1))
        await store.begin(FIRST)
        await store.append(make.entries(1, 2))
        with pytest.raises(Unfit, match="does not follow"):
            await store.append(make.entries(4, 4))
        assert await store.entries(NOWHERE, 99) == make.entries(1, 2)

    shop.play(script)


def test_nothing_is_written_before_it_is_opened(shop: Any, make: Any) -> None:
    async def script() -> None:
        with pytest.raises(StoreAway, match="has not been opened"):
            await shop.store().append(make.entries(1, 1))

    shop.play(script)
    assert shop.journal() == []


def test_a_long_batch_is_packed(shop: Any, make: Any) -> None:
    long = make.pair("1", status="x" * 3_000_000)

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append([make.entry(1, long)])
        assert (await store.entries(NOWHERE, 9)) == [make.entry(1, long)]
        assert await store.get(Redemption, long.key) == long

    shop.play(script)
    (found,) = shop.raw["journal"].find({"fence": {"$exists": False}})
    assert "batch" not in found
    assert len(found["packed"]) < 100_000


def test_long_batches_are_read_a_few_at_a_time(shop: Any, make: Any) -> None:
    entries = [make.entry(n, make.pair(str(n), status="x" * 3_000_000)) for n in (1, 2, 3)]

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(entries)
        assert await store.entries(NOWHERE, 9) == entries[:2]
        assert await store.entries(Position(1, 2), 9) == entries[2:]

    shop.play(script)


def test_a_batch_that_no_document_can_hold_is_refused_with_its_size(
    shop: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "LARGEST", 600_000)
    noise = os.urandom(1_000_000).hex()

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        with pytest.raises(Refusal, match=r"batch 1 of term 1 is too large.* \d{7} bytes compressed, 600000"):
            await store.append([make.entry(1, make.pair("1", status=noise))])
        assert (await store.entries(NOWHERE, 9)) == []

    shop.play(script)


def test_a_record_that_no_document_can_hold_is_refused_before_it_is_in_the_journal(
    shop: Any, make: Any
) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        with pytest.raises(Refusal, match=r"redemptions 'wos/GIFT/1/9' is too large.* 17\d{6} bytes"):
            await store.append([make.entry(1), make.entry(2, make.pair(9, status="x" * 17_000_000))])
        assert (await store.entries(NOWHERE, 9)) == []

    shop.play(script)


# --- the replica leads --------------------------------------------------------------------------


def test_write_numbers_the_batches(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = shop.store()
        await store.open()
        with pytest.raises(StoreAway, match="no term"):
            await store.write([Put(make.pair(1))])
        await store.begin(FIRST)
        assert await store.write([Put(make.pair(1))]) == Position(1, 1)
        assert await store.write([Put(make.pair(2)), Put(make.pair(3))]) == Position(1, 2)
        found = await store.entries(NOWHERE, 9)
        assert found[0] == Entry(Position(1, 1), 5.0, codec.encode_batch([Put(make.pair(1))]))
        assert len(await store.find(Redemption, {"game": "wos"})) == 3

    shop.play(script)


def test_a_write_whose_answer_was_lost_counts_and_the_next_comes_after_it(
    faulty_shop: Any, faulty_mongo: MongoThread, make: Any
) -> None:
    async def script() -> None:
        store = faulty_shop.store()
        await store.open()
        await store.begin(FIRST)
        faulty_mongo.cut("insert", times=tries(faulty_mongo))
        with pytest.raises(StoreAway):
            await store.write([Put(make.pair(1, status="lost"))])
        assert await store.write([Put(make.pair(1, status="again"))]) == Position(1, 2)
        assert (await store.get(Redemption, make.pair(1).key)).status == "again"
        assert [each.position.sequence for each in await store.entries(NOWHERE, 9)] == [1, 2]

    faulty_shop.play(script)


def test_a_write_that_arrives_late_takes_nobody_s_place(
    faulty_shop: Any, faulty_mongo: MongoThread, make: Any
) -> None:
    """The server stalls; what the client has given up is done when it goes on."""

    async def script() -> None:
        store = faulty_shop.store()
        await store.open()
        await store.begin(FIRST)
        faulty_mongo.set(hang=True)
        faulty_shop.hurry(store, 0.3)
        for status in ("first", "second"):
            with pytest.raises(StoreAway, match=r"did not answer within 0\.3 s"):
                await store.write([Put(make.pair(1, status=status))])
        faulty_mongo.set(hang=False)
        faulty_shop.hurry(store, 5.0)
        last = await store.write([Put(make.pair(1, status="third"))])
        found = await store.entries(NOWHERE, 9)
        assert [each.position.sequence for each in found] == list(range(1, last.sequence + 1))
        assert "third" in found[-1].batch
        assert (await store.get(Redemption, make.pair(1).key)).status == "third"

    faulty_shop.play(script)


# --- pruning ------------------------------------------------------------------------------------


def test_the_journal_keeps_the_newest_batches_and_all_fences(shop: Any, make: Any) -> None:
    async def script() -> None:
        store, old = shop.store(keep=10, prune_every=20), shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 3))
        await old.open()
        await old.begin(FIRST)
        await store.begin(Term(2, "w2", Position(1, 3)))
        for start in range(1, 40, 10):
            await store.append(make.entries(start, start + 9, term=2))
        found = await store.open()
        assert found.oldest == Position(2, 30)
        assert await store.entries(found.oldest, 99) == make.entries(31, 40, term=2)
        with pytest.raises(NeedsCopy, match="begins after batch 30 of term 2"):
            await store.entries(Position(2, 29), 99)
        with pytest.raises(Fenced):
            await old.append(make.entries(4, 4))
        assert len(await store.find(Redemption, {})) == 40

    shop.play(script)
    assert [line for line in shop.journal() if "begins" in line] == [
        "0000000000-000000000001 begins 1",
        "0000000001-000000000004 begins 2",
    ]


def test_the_journal_is_pruned_also_where_no_life_is_long(shop: Any, make: Any) -> None:
    async def script() -> None:
        for life in range(8):
            store = shop.store(keep=10, prune_every=1000)
            await store.open()
            await store.begin(FIRST)
            await store.append(make.entries(9 * life + 1, 9 * life + 9))
            await store.close()

    shop.play(script)
    assert len(shop.journal()) <= 10 + 9 + 1  # what stays, what a life adds, and the fence


def test_a_long_journal_is_pruned_in_parts_that_a_server_can_answer_in_time(
    shop: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "PRUNE_AT_ONCE", 15)
    lengths = []

    async def script() -> None:
        store = shop.store()
        await store.open()
        await store.begin(FIRST)
        await store.append(make.entries(1, 59))
        await store.close()
        later = shop.store(keep=10, prune_every=1000)
        assert (await later.open()).oldest == NOWHERE
        await later.begin(FIRST)
        for number in range(60, 66):
            await later.append(make.entries(number, number))
            lengths.append(len(shop.journal()) - 1)
        assert (await later.open()).oldest == Position(1, 53)

    shop.play(script)
    assert lengths == [45, 31, 17, 10, 11, 12]
