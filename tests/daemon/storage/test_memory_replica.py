"""The stand-in for MongoDB keeps the rules that the replicated store relies on."""

from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from actors.giftcodes.model import Player
from actors.history import NOWHERE, Entry, Relation, Term, Unfit, compare, next_term
from actors.ports import Position, Put
from actors.stores import Fenced, LeaseHeld, NeedsCopy, Replica, StoreAway
from daemon.storage.memory_local import MemoryLocalStore
from daemon.storage.memory_replica import MemoryReplica

ANN, BOB = Player("wos", "1"), Player("wos", "2")


async def pair(count: int = 3) -> tuple[MemoryLocalStore, MemoryReplica, list[Entry]]:
    """A file that leads with some batches, and a replica in which its term has begun."""
    local, replica = MemoryLocalStore(clock=lambda: 5.0), MemoryReplica(clock=lambda: 5.0)
    term = next_term("w", local.attach(), await replica.open())
    local.begin(term)
    await replica.begin(term)
    return local, replica, [local.write([Put(Player("wos", str(n)))]) for n in range(count)]


async def test_batches_that_are_there_are_skipped_and_a_gap_is_refused() -> None:
    local, replica, entries = await pair()
    checked: Replica = replica
    assert await checked.append(entries[:1]) == Position(1, 1)
    with pytest.raises(Unfit):
        await replica.append(entries[2:])
    assert await replica.append(entries) == Position(1, 3)
    assert await replica.append(entries[:2]) == Position(1, 3)
    assert compare(local.history(), await replica.open()) is Relation.SAME
    assert await replica.entries(Position(1, 1), 10) == entries[1:]


async def test_while_one_has_the_lease_no_other_gets_it_and_a_closed_one_gives_it_back() -> None:
    _, replica, _ = await pair()
    other = MemoryReplica(replica.server, name="the other")
    with pytest.raises(LeaseHeld, match="perkd on this host"):
        await other.open()
    await replica.open()
    await replica.close()
    await other.open()
    with pytest.raises(LeaseHeld, match="the other"):
        await replica.open()


async def test_who_lost_the_lease_is_fenced_in_all_that_writes_and_may_still_read() -> None:
    _, replica, entries = await pair()
    await replica.append(entries)
    other = replica.usurp()
    history = await other.open()
    await other.begin(next_term("v", history))
    writes: list[Callable[[], Awaitable[object]]] = [
        lambda: replica.append(entries),
        lambda: replica.write([Put(ANN)]),
        lambda: replica.begin(Term(9, "w", history.end)),
        lambda: replica.begin_copy(Term(9, "w", history.end), history),
        lambda: replica.copy("players", []),
        replica.end_copy,
    ]
    for write in writes:
        with pytest.raises(Fenced):
            await write()
    assert await replica.find(Player) == await other.find(Player)


async def test_once_a_newer_term_has_begun_no_older_one_goes_on() -> None:
    _, replica, entries = await pair()
    await replica.append(entries[:2])
    await replica.begin(Term(2, "v", Position(1, 2)))
    with pytest.raises(Fenced):
        await replica.append(entries)
    with pytest.raises(Fenced):
        await replica.begin(Term(1, "w"))
    await replica.begin(Term(2, "v", Position(1, 2)))  # repeating is fine
    assert await replica.append(entries[:2]) == Position(1, 2)
    with pytest.raises(Fenced):  # another writer's term of the same number
        await replica.begin(Term(2, "u", Position(1, 2)))


async def test_what_was_asked_of_one_that_is_away_is_not_done_and_a_lost_answer_s_is() -> None:
    _, replica, entries = await pair()
    replica.away = True
    with pytest.raises(StoreAway):
        await replica.append(entries)
    replica.away, replica.lose_answers = False, 1
    with pytest.raises(StoreAway):
        await replica.append(entries[:1])
    assert (await replica.open()).end == Position(1, 1)
    replica.drop_after = 2
    with pytest.raises(StoreAway):
        await replica.append(entries)
    assert (await replica.open()).end == Position(1, 2)


async def test_one_that_hangs_answers_when_released_or_never_in_time(
    autojump_clock: trio.testing.MockClock,
) -> None:
    _, replica, entries = await pair()
    replica.hang()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(replica.append, entries)
        await trio.testing.wait_all_tasks_blocked()
        assert replica.server.chain.end == NOWHERE
        replica.release()
    assert replica.server.chain.end == Position(1, 3)
    replica.delay, replica.timeout = 5.0, 4.0
    with pytest.raises(StoreAway, match="in time"):
        await replica.get(Player, "wos/1")
    replica.timeout = 6.0
    start = trio.current_time()
    await replica.get(Player, "wos/1")
    assert trio.current_time() - start == pytest.approx(5.0)


async def test_until_a_copy_is_complete_the_replica_is_empty_but_knows_its_number() -> None:
    local, replica, entries = await pair()
    await replica.append(entries)
    term = Term(3, "v", local.history().end)
    await replica.begin_copy(term, local.history())
    await replica.copy("players", local.page("players", "", 2))
    history = await replica.open()
    assert history.empty
    assert next_term("u", history).number == 4
    assert await replica.find(Player) == []
    await replica.copy("players", local.page("players", "wos/1", 10))
    for _ in range(2):  # its answer may have been lost
        await replica.end_copy()
    assert await replica.find(Player) == local.find(Player)
    assert (await replica.open()).end == local.history().end
    with pytest.raises(NeedsCopy):
        await replica.entries(NOWHERE, 1)


async def test_while_the_file_can_not_the_replica_numbers_the_batches_itself() -> None:
    _, replica, entries = await pair(1)
    await replica.append(entries)
    assert await replica.write([Put(BOB)]) == Position(1, 2)
    await replica.begin(Term(2, "w2", Position(1, 2)))
    assert await replica.write([Put(ANN)]) == Position(2, 1)
