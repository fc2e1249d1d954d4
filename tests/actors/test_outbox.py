"""What MongoDB has not acknowledged: how much is kept in memory, and how much is sent at once."""

from hypothesis import given
from hypothesis import strategies as st

from actors.history import Entry, handful
from actors.outbox import Outbox
from actors.ports import Position


def entries(sizes: list[int]) -> list[Entry]:
    return [Entry(Position(1, number), 0.0, "x" * size) for number, size in enumerate(sizes, start=1)]


@given(st.lists(st.integers(0, 9), min_size=1), st.integers(1, 30))
def test_a_handful_is_the_beginning_and_no_longer_than_it_may_be_but_for_its_last(
    sizes: list[int], most: int
) -> None:
    all_ = entries(sizes)
    some = handful(all_, most)
    assert some
    assert some == all_[: len(some)]
    assert sum(sizes[: len(some) - 1]) < most
    assert len(some) == len(all_) or sum(sizes[: len(some)]) >= most


def test_long_batches_are_sent_a_few_at_a_time() -> None:
    outbox = Outbox()
    for entry in entries([3_000_000] * 4):
        outbox.add(entry)
    assert [entry.position.sequence for entry in outbox.next(500)] == [1, 2]
    outbox.acknowledge(Position(1, 2))
    assert [entry.position.sequence for entry in outbox.next(500)] == [3, 4]


@given(st.lists(st.integers(1, 9), max_size=30))
def test_memory_is_bounded_and_what_was_dropped_is_known(sizes: list[int]) -> None:
    outbox = Outbox(most_entries=5, most_text=20)
    for entry in entries(sizes):
        outbox.add(entry)
    kept = list(outbox._entries)
    assert len(kept) <= 5
    assert sum(len(entry.batch) for entry in kept) <= 20
    assert outbox.kept_after.sequence == len(sizes) - len(kept)
    assert outbox.complete == (len(kept) == len(sizes))


def written(number: int) -> Entry:
    return Entry(Position(1, number), 100.0 * number, "x")


def test_the_oldest_is_known_also_after_it_was_dropped_for_room() -> None:
    outbox = Outbox(most_entries=3)
    for number in range(1, 11):
        outbox.add(written(number))
        assert outbox.oldest_at == 100.0
    outbox.acknowledge(Position(1, 4))
    outbox.oldest_is(500.0)  # read from the file's journal
    outbox.add(written(11))
    assert outbox.oldest_at == 500.0
    outbox.acknowledge(Position(1, 9))
    assert outbox.oldest_at == 1000.0
    outbox.acknowledge(Position(1, 11))
    assert outbox.oldest_at is None


def test_of_what_was_never_in_memory_the_oldest_is_not_known_until_it_is_read() -> None:
    outbox = Outbox()
    outbox.restart(Position(1, 8))
    outbox.add(written(9))
    outbox.acknowledge(Position(1, 5))
    assert outbox.oldest_at is None
    outbox.oldest_is(600.0)
    assert outbox.oldest_at == 600.0
    outbox.acknowledge(Position(1, 8))
    assert outbox.oldest_at == 900.0


def test_the_oldest_is_known_also_where_a_batch_is_met_that_seemed_to_fail() -> None:
    outbox = Outbox()
    outbox.add(written(1))
    outbox.skip(Position(1, 2))
    outbox.add(written(3))
    assert outbox.oldest_at == 100.0
