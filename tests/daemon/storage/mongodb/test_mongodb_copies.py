"""A full copy: everything gives way to another store's state, in one step at its end."""

from typing import Any

import pytest
from attrs import evolve

from actors.giftcodes.model import Player, Redemption
from actors.history import NOWHERE, Document, History, Term, Unfit
from actors.ports import Position, Put
from actors.stores import Fenced, NeedsCopy
from daemon.storage import codec
from daemon.storage.errors import Unreadable

FIRST = Term(1, "w1")
NEW = Term(6, "w6", Position(4, 7))
STATE = History((Term(2, "x"), Term(4, "y", Position(2, 9)), NEW), Position(6, 3), Position(4, 1))


def documents(*records: Any) -> list[Document]:
    return [Document(record.key, codec.encode(record)) for record in records]


async def old_state(shop: Any, make: Any) -> Any:
    store = shop.store()
    await store.open()
    await store.begin(FIRST)
    await store.append([*make.entries(1, 3), make.entry(4, Player("wos", "1"))])
    return store


def test_a_copy_replaces_everything(shop: Any, make: Any) -> None:
    kept = make.pair(2, status="copied")

    async def script() -> None:
        store = await old_state(shop, make)
        await store.begin_copy(NEW, STATE)
        await store.copy("redemptions", documents(kept))
        await store.copy("redemptions", documents(kept, make.pair("x", status="\ud800")))
        await store.end_copy()
        await store.end_copy()
        expected = evolve(STATE, oldest=STATE.end)
        for found in (await store.open(), await shop.store().open()):
            assert found == expected
        assert [each.key[-1] for each in await store.page("redemptions", "", 9)] == ["2", "x"]
        assert await store.get(Redemption, kept.key) == kept
        assert await store.find(Player, {}) == []
        assert await store.entries(STATE.end, 9) == []
        with pytest.raises(NeedsCopy):
            await store.entries(Position(6, 2), 9)
        assert await store.append(make.entries(3, 5, term=6)) == Position(6, 5)
        assert await store.entries(STATE.end, 9) == make.entries(4, 5, term=6)
        assert await store.write([Put(make.pair(9))]) == Position(6, 6)

    shop.play(script)


def test_a_copy_of_a_state_whose_newest_term_has_no_batch(shop: Any, make: Any) -> None:
    state = evolve(STATE, last=Position(6, 0))

    async def script() -> None:
        store = await old_state(shop, make)
        await store.begin_copy(NEW, state)
        await store.end_copy()
        found = await shop.store().open()
        assert found == evolve(state, oldest=Position(4, 7))
        assert await store.entries(Position(4, 7), 9) == [], "a file that stands there needs no copy"
        assert await store.append(make.entries(1, 1, term=6)) == Position(6, 1)

    shop.play(script)


def test_a_copy_fences_the_old_writer(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await old_state(shop, make)
        other = shop.store()
        await other.open()
        await store.append(make.entries(5, 5))  # comes before the fence, and is replaced with the rest
        await other.begin_copy(NEW, STATE)
        with pytest.raises(Fenced):
            await store.append(make.entries(6, 6))
        await other.end_copy()
        with pytest.raises(Fenced):
            await store.write([Put(make.pair(7))])
        assert (await shop.store().open()).end == STATE.end

    shop.play(script)


def test_an_old_term_can_not_begin_a_copy(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await old_state(shop, make)
        with pytest.raises(Fenced, match="there is 1 of w1"):
            await store.begin_copy(Term(1, "another"), STATE)
        with pytest.raises(Unfit, match="no copy was begun"):
            await store.copy("redemptions", [])
        assert len(await store.entries(NOWHERE, 9)) == 4

    shop.play(script)


def test_the_present_writer_may_copy_in_its_own_term(shop: Any, make: Any) -> None:
    state = History((FIRST,), Position(1, 900), Position(1, 800))

    async def script() -> None:
        store = await old_state(shop, make)
        await store.begin_copy(FIRST, state)
        await store.copy("redemptions", documents(make.pair(5)))
        await store.end_copy()
        assert await store.append(make.entries(900, 901)) == Position(1, 901)
        assert [found.fid for found in await store.find(Redemption, {})] == ["5", "901"]

    shop.play(script)


async def interrupted(shop: Any, make: Any) -> Any:
    store = await old_state(shop, make)
    await store.begin_copy(NEW, STATE)
    await store.copy("redemptions", documents(make.pair(2)))
    return store


def test_a_copy_that_was_interrupted_is_no_state(shop: Any, make: Any) -> None:
    async def script() -> None:
        await interrupted(shop, make)
        other = shop.store()
        found = await other.open()
        assert found.empty
        assert found.terms[-1].number == 6, "the next term must be above it"
        assert await other.find(Redemption, {}) == []
        assert await other.get(Redemption, make.pair(2).key) is None
        assert await other.page("redemptions", "", 9) == []
        assert await other.entries(NOWHERE, 9) == []
        with pytest.raises(NeedsCopy):
            await other.append(make.entries(4, 4, term=6))
        with pytest.raises(NeedsCopy):
            await other.begin(Term(2, "x"))
        await other.begin_copy(Term(7, "w7", STATE.end), STATE)
        await other.copy("redemptions", documents(make.pair(3)))
        await other.end_copy()
        assert [each.fid for each in await other.find(Redemption, {})] == ["3"]
        assert (await shop.store().open()).terms[-1].number == 7

    shop.play(script)


def test_a_copy_can_be_begun_again(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await interrupted(shop, make)
        newer = evolve(STATE, last=Position(6, 8))
        await store.begin_copy(NEW, newer)
        await store.copy("redemptions", documents(make.pair(3)))
        await store.end_copy()
        assert (await store.open()).end == Position(6, 8)
        assert [each.fid for each in await store.find(Redemption, {})] == ["3"]

    shop.play(script)


def test_an_end_that_comes_too_late_is_fenced(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await interrupted(shop, make)
        other = shop.store()
        await other.open()
        await other.begin_copy(Term(7, "w7"), STATE)
        with pytest.raises(Fenced, match="the copy of term 6 was given up"):
            await store.end_copy()
        assert (await shop.store().open()).empty

    shop.play(script)


def test_a_writer_without_a_state_begins_from_nothing(shop: Any, make: Any) -> None:
    async def script() -> None:
        await interrupted(shop, make)
        other = shop.store()
        term = Term((await other.open()).terms[-1].number + 1, "fresh")
        await other.begin(term)
        assert await other.write([Put(make.pair(1))]) == Position(7, 1)
        assert await shop.store().open() == History((term,), Position(7, 1), NOWHERE)
        assert [each.fid for each in await other.find(Redemption, {})] == ["1"]
        assert len(await other.entries(NOWHERE, 9)) == 1

    shop.play(script)


def test_a_beginning_from_nothing_that_was_interrupted_can_be_repeated(shop: Any, make: Any) -> None:
    async def script() -> None:
        await interrupted(shop, make)
        other = shop.store()
        await other.open()
        await other._state.journal.fence(Position(6, 1), Term(7, "died"))
        third = shop.store()
        number = (await third.open()).terms[-1].number
        assert number == 7
        await third.begin(Term(8, "fresh"))
        assert await shop.store().open() == History((Term(8, "fresh"),), Position(8, 0))

    shop.play(script)


def test_a_copied_document_must_fit(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await interrupted(shop, make)
        with pytest.raises(Unreadable, match="spaceships"):
            await store.copy("spaceships", documents(make.pair(1)))

    shop.play(script)
