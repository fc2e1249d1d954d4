"""Records: made from batches, found by key and by attributes, never overtaken by what is older."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.giftcodes.model import Circuit, Code, Outcome, Player, Post, Redemption, Registration
from actors.history import NOWHERE, Term
from actors.ports import Change, Delete, Position, Put
from actors.storage import Refusal
from actors.stores import StoreAway
from daemon.storage.errors import SchemaTooNew, Unreadable, Unstorable
from daemon.storage.memory_chain import MemoryChain
from daemon.storage.mongodb import ReplicaTooNew
from daemon.storage.mongodb.projections import Projections, changed
from daemon.storage.schema import MIGRATIONS

FIRST = Term(1, "w1")


async def opened(shop: Any, *, begin: bool = True, **settings: Any) -> Any:
    store = shop.store(**settings)
    await store.open()
    if begin:
        await store.begin(FIRST)
    return store


# --- reading ------------------------------------------------------------------------------------

FIDS = st.sampled_from(["1", "2", "10", "é", "\U0001f600", "a b"])
PAIRS = st.builds(
    Redemption,
    st.sampled_from(["wos", "ks"]),
    FIDS,
    st.just("GIFT"),
    outcome=st.sampled_from(Outcome),
    status=st.text(max_size=5),
    attempts=st.integers(0, 2**62),
    due_at=st.floats(0, 1e12),
    first_at=st.none() | st.floats(0, 1e12),
)
CHANGES = st.one_of(
    PAIRS.map(Put),
    PAIRS.map(lambda found: Delete(Redemption, found.key)),
    st.builds(Circuit, st.sampled_from(["wos", "ks"]), st.text(max_size=3)).map(Put),
)


@given(rounds=st.lists(st.lists(st.lists(CHANGES, max_size=4), max_size=4), max_size=4))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_holds_the_same_as_the_store_in_memory(
    shop: Any, make: Any, rounds: list[list[list[Change]]]
) -> None:
    for name in shop.raw.list_collection_names():
        shop.raw.drop_collection(name)
    chain = MemoryChain()
    chain.begin(FIRST)

    async def script() -> None:
        store = await opened(shop)
        for batches in rounds:
            await store.append([chain.write(changes, 1.0) for changes in batches])
        other = shop.store()
        assert await other.open() == chain.history
        for type_ in (Redemption, Circuit):
            assert await other.find(type_, {}) == chain.records.find(type_)
            name = type_.collection
            assert await other.page(name, "", 99) == chain.records.page(name, "", 99)
        for key in ("wos/GIFT/1/1", "ks/GIFT/1/é"):
            assert await other.get(Redemption, key) == chain.records.get(Redemption, key)
        for equal in ({"game": "wos"}, {"game": "ks", "outcome": Outcome.REDEEMED}, {"fid": "a b"}):
            assert await other.find(Redemption, equal) == chain.records.find(Redemption, **equal)
        assert await other.entries(NOWHERE, 99) == chain.entries(NOWHERE, 99)

    shop.play(script)


def test_pages_go_on_after_a_key(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append(make.entries(1, 5))
        first = await store.page("redemptions", "", 2)
        rest = await store.page("redemptions", first[-1].key, 9)
        assert [each.key[-1] for each in (*first, *rest)] == ["1", "2", "3", "4", "5"]
        assert await store.page("redemptions", rest[-1].key, 9) == []

    shop.play(script)


def test_records_are_found_by_indexed_attributes_only(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        with pytest.raises(Unstorable, match="can't be looked up by 'status'"):
            await store.find(Redemption, {"status": "x"})

    shop.play(script)
    for type_ in (Redemption, Code):
        indexes = shop.raw[type_.collection].index_information()
        keys = {index["key"][0][0] for name, index in indexes.items() if name != "_id_"}
        assert keys == {f"doc.{name}" for name in type_.indexed}


def test_what_an_older_perkd_wrote_is_found_by_attributes_that_are_indexed_now(shop: Any, make: Any) -> None:
    plain, half = Registration("77", "501", "wos", "1"), Post("77", "9", "wos", "SNOW", 1, shown="a\ud800")

    async def script() -> None:
        store = await opened(shop)
        await store.append([make.entry(1, plain, half)])
        for name, index in (("registrations", "registrations_by_member"), ("posts", "posts_by_code")):
            shop.raw[name].drop_index(index)
        shop.raw["posts"].update_many({}, {"$unset": {"doc.code": ""}})
        store = await opened(shop, begin=False)
        assert await store.find(Registration, {"member": "501"}) == [plain]
        assert await store.find(Post, {"code": "SNOW", "guild": "77"}) == [half]
        assert {"registrations_by_member", "registrations_by_fid"} <= set(
            shop.raw["registrations"].index_information()
        )

    shop.play(script)


def test_what_bson_has_no_word_for_is_kept_as_json(shop: Any, make: Any) -> None:
    half, huge = Player("wos", "1", state="a\ud800"), make.pair(1, attempts=2**70)

    async def script() -> None:
        store = await opened(shop)
        await store.append([make.entry(1, half, huge)])
        assert await store.get(Player, half.key) == half
        assert await store.find(Redemption, {"fid": "1", "game": "wos"}) == [huge]
        assert [each.key for each in await store.page("players", "", 9)] == [half.key]
        await store.append([make.entry(2, evolve(half, state="b"))])
        assert await store.find(Player, {"game": "wos"}) == [evolve(half, state="b")]

    shop.play(script)


def test_a_document_that_does_not_fit_is_refused_by_name(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append(make.entries(1, 2))
        shop.raw["redemptions"].update_one({"_id": "wos/GIFT/1/2"}, {"$set": {"doc.newer": 1}})
        with pytest.raises(Unreadable, match=r"redemptions 'wos/GIFT/1/2'.*newer"):
            await store.get(Redemption, "wos/GIFT/1/2")
        assert await store.get(Redemption, "wos/GIFT/1/1") == make.pair(1)

    shop.play(script)


# --- keeping up with the journal ----------------------------------------------------------------


def failing_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection drops between the journal and the records."""
    apply = Projections.apply

    async def fail(self: Projections, changes: Any) -> None:
        monkeypatch.setattr(Projections, "apply", apply)
        raise StoreAway("dropped by the test")

    monkeypatch.setattr(Projections, "apply", fail)


def test_records_that_fell_behind_catch_up_with_the_next_batch(
    shop: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script() -> None:
        store = await opened(shop)
        failing_once(monkeypatch)
        with pytest.raises(StoreAway):
            await store.append(make.entries(1, 3))
        assert await store.find(Redemption, {}) == []
        assert await store.append(make.entries(1, 4)) == Position(1, 4)
        assert len(await store.find(Redemption, {})) == 4

    shop.play(script)


def test_records_that_fell_behind_catch_up_when_somebody_opens(
    shop: Any, make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append(make.entries(1, 3))
        failing_once(monkeypatch)
        with pytest.raises(StoreAway):
            await store.write([Delete(Redemption, "wos/GIFT/1/2"), Put(make.pair(9))])
        other = await opened(shop, begin=False)
        assert [found.fid for found in await other.find(Redemption, {})] == ["1", "3", "9"]

    shop.play(script)


def test_a_batch_applied_late_or_twice_changes_nothing(shop: Any, make: Any) -> None:
    """As by a writer that was held up after it had written to the journal."""
    old = make.entry(1, make.pair(1, status="old"), make.pair(2), make.pair(3))

    async def script() -> None:
        store = await opened(shop)
        await store.append(
            [old, make.entry(2, make.pair(1, status="new"), Delete(Redemption, "wos/GIFT/1/2"))]
        )
        await store._state.projections.apply(changed([old]))
        assert (await store.get(Redemption, "wos/GIFT/1/1")).status == "new"
        assert await store.get(Redemption, "wos/GIFT/1/2") is None
        assert len(await store.find(Redemption, {"game": "wos"})) == 2
        assert [page.key[-1] for page in await store.page("redemptions", "", 9)] == ["1", "3"]
        await store.append([make.entry(3, make.pair(2, status="back"))])
        assert (await store.get(Redemption, "wos/GIFT/1/2")).status == "back"

    shop.play(script)


def test_marks_of_deleted_records_go_with_the_batches_that_deleted_them(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop, keep=5, prune_every=9)
        changes = [make.pair(1), make.pair(2), make.pair(3)]
        await store.append([make.entry(1, *changes)])
        gone = [Delete(Redemption, each.key) for each in changes]
        await store.append([make.entry(2, *gone), make.entry(3, changes[1])])
        await store.append([*make.entries(4, 9), make.entry(10, gone[2])])

    shop.play(script)
    marks = shop.raw["redemptions"].find({"gone": True})
    assert [mark["_id"] for mark in marks] == ["wos/GIFT/1/3"], "deleted again by a batch that is there"
    assert shop.raw["redemptions"].count_documents({"_id": "wos/GIFT/1/2"}) == 1


def test_records_are_complete_up_to_where_they_say(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append(make.entries(1, 40))
        await store.close()

    shop.play(script)
    assert shop.raw["meta"].find_one({"_id": "replica"})["applied"] == "0000000001-000000000040"


def test_a_journal_of_a_newer_perkd_is_away_rather_than_misread(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append(make.entries(1, 1))
        shop.raw["journal"].insert_one(
            {"_id": "0000000001-000000000002", "term": 1, "sequence": 2, "at": 1.0, "writer": "w1"}
            | {"batch": '[{"put":"spaceships","doc":{}}]'}
        )
        with pytest.raises(StoreAway, match=r"can't be read: 'spaceships'.*newer"):
            await shop.store().open()

    shop.play(script)


def test_a_newer_schema_is_left_alone(shop: Any, make: Any) -> None:
    async def script() -> None:
        await (await opened(shop)).close()
        shop.raw["meta"].update_one({"_id": "replica"}, {"$set": {"schema": 2}})
        with pytest.raises(ReplicaTooNew, match="schema version 2, this perkd knows 1"):
            await shop.store().open()

    shop.play(script)
    assert issubclass(ReplicaTooNew, SchemaTooNew)
    assert issubclass(ReplicaTooNew, StoreAway), "the file carries on"
    assert shop.raw["lease"].count_documents({}) == 0


def test_records_of_a_newer_perkd_are_left_alone(shop: Any) -> None:
    """An older one would fill an empty disk with the collections it knows, and nothing would tell."""
    known = len(MIGRATIONS)

    async def script() -> None:
        await (await opened(shop)).close()
        assert shop.raw["meta"].find_one({"_id": "replica"})["records"] == known
        shop.raw["meta"].update_one({"_id": "replica"}, {"$inc": {"records": 1}})
        too_new = f"records of schema version {known + 1}, this perkd knows {known} at most: run the newer"
        with pytest.raises(ReplicaTooNew, match=too_new):
            await shop.store().open()

    shop.play(script)
    assert shop.raw["lease"].count_documents({}) == 0


@pytest.mark.parametrize("before", [{"$unset": {"records": ""}}, {"$set": {"records": 1}}])
def test_records_of_an_older_perkd_are_read_and_are_this_one_s_from_then_on(
    shop: Any, make: Any, before: dict[str, Any]
) -> None:
    async def script() -> None:
        store = await opened(shop)
        await store.append([make.entry(1)])
        await store.close()
        shop.raw["meta"].update_one({"_id": "replica"}, before)
        store = shop.store()
        assert (await store.open()).end == Position(1, 1)
        assert shop.raw["meta"].find_one({"_id": "replica"})["records"] == len(MIGRATIONS)
        assert shop.raw["meta"].find_one({"_id": "replica"})["applied"] != "0000000000-000000000000"

    shop.play(script)


def test_a_database_that_was_emptied_is_set_up_again_when_it_is_next_opened(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        for name in shop.raw.list_collection_names():
            shop.raw.drop_collection(name)
        assert (await store.open()).empty
        assert shop.raw["meta"].find_one({"_id": "replica"})["records"] == len(MIGRATIONS)
        assert "redemptions_by_fid" in shop.raw["redemptions"].index_information()

    shop.play(script)


def test_a_batch_of_an_unknown_collection_is_refused(shop: Any, make: Any) -> None:
    async def script() -> None:
        store = await opened(shop)
        with pytest.raises(Refusal, match="spaceships"):
            await store.append([evolve(make.entry(1), batch='[{"delete":"spaceships","key":"x"}]')])
        assert await store.append([make.entry(1)]) == Position(1, 1)

    shop.play(script)
