import pytest
from attrs import evolve

from actors.giftcodes.model import Outcome, Player, Redemption
from actors.ports import Position, Put, Store, StoreUnavailable
from daemon.storage import MemoryStore, Unstorable


async def test_it_is_a_store(autojump_clock: object, pair: Redemption) -> None:
    memory = MemoryStore()
    store: Store = memory
    assert await store.commit(Put(pair)) == Position(1, 1)
    assert await store.get(Redemption, pair.key) == pair
    assert await store.find(Redemption, outcome=Outcome.PENDING) == [pair]
    memory.restart()
    assert await store.commit(Put(pair)) == Position(2, 1)


async def test_while_it_is_away_nothing_is_answered_and_nothing_written(pair: Redemption) -> None:
    store = MemoryStore()
    store.away = True
    with pytest.raises(StoreUnavailable):
        await store.commit(Put(pair))
    with pytest.raises(StoreUnavailable):
        await store.get(Redemption, pair.key)
    with pytest.raises(StoreUnavailable):
        await store.find(Redemption)
    store.away = False
    assert await store.find(Redemption) == []


async def test_outages_are_counted_down(pair: Redemption) -> None:
    store = MemoryStore()
    store.outages = 2
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            await store.commit(Put(pair))
    assert await store.commit(Put(pair)) == Position(1, 1)


async def test_a_lost_answer_leaves_the_batch_written(pair: Redemption) -> None:
    store = MemoryStore()
    store.lose_answers = True
    with pytest.raises(StoreUnavailable):
        await store.commit(Put(pair))
    assert store.backend.get(Redemption, pair.key) == pair
    assert await store.get(Redemption, pair.key) == pair


async def test_the_history_holds_each_batch_in_the_order_of_the_commits(pair: Redemption) -> None:
    store = MemoryStore(clock=lambda: 7.0)
    done = evolve(pair, outcome=Outcome.REDEEMED)
    await store.commit(Put(pair))
    await store.commit()
    await store.commit(Put(done), Put(Player("wos", "123")))
    assert [batch.changes for batch in store.history] == [
        (Put(pair),),
        (Put(done), Put(Player("wos", "123"))),
    ]
    assert [batch.position for batch in store.history] == [Position(1, 1), Position(1, 2)]
    assert {batch.at for batch in store.history} == {7.0}


async def test_what_sqlite_would_refuse_is_refused_and_nothing_of_its_batch_is_written(
    pair: Redemption,
) -> None:
    store = MemoryStore()
    with pytest.raises(Unstorable):
        await store.commit(Put(pair), Put(evolve(pair, due_at=float("nan"))))
    assert await store.find(Redemption) == []
    assert store.history == []
