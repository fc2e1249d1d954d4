"""The live codes as a numbered feed: whoever comes back gets what it lacks."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from actors.giftcodes.announcing_messages import CodesChanged
from actors.giftcodes.model import Code, CodeState, Record
from actors.giftcodes.publisher import LOOK_AGAIN, LOOK_ANYWAY, CodeFeed, PublisherActor
from actors.ports import Put, Store, StoreUnavailable
from daemon.storage.memory import MemoryStore
from supervision import ActorSpec, SupervisorSpec, Tree

NOW = 1_795_000_000.0


def code(name: str, *, seen: float = 0.0, activation: int = 1) -> Code:
    return Code("wos", name, first_seen=seen, activation=activation)


def names(feed: CodeFeed, after: int = 0) -> list[str]:
    return [one.code.code for one in feed.after(after)]


def test_numbers_rise_in_the_order_codes_were_found() -> None:
    feed = CodeFeed()
    assert feed.set([code("B", seen=2.0), code("A", seen=1.0)], NOW) == 2
    assert names(feed) == ["A", "B"]
    first, second = feed.after(0)
    assert first.number == int(NOW * 1000)
    assert second.number == first.number + 1
    assert names(feed, first.number) == ["B"]
    assert feed.set([code("B", seen=2.0), code("A", seen=1.0)], NOW + 5) == 0
    assert [one.number for one in feed.after(0)] == [first.number, second.number]


def test_an_ended_code_is_not_published_any_more_and_a_new_activation_is_news() -> None:
    feed = CodeFeed()
    feed.set([code("A"), code("B")], NOW)
    seen = feed.last
    feed.set([code("B")], NOW)
    assert names(feed) == ["B"]
    feed.set([code("B"), code("A", activation=2)], NOW)
    assert names(feed, seen) == ["A"]


def test_a_number_that_was_never_given_out_here_brings_everything() -> None:
    feed = CodeFeed()
    feed.set([code("A")], NOW)
    assert names(feed, feed.last + 10**6) == ["A"]


def test_numbers_of_a_later_life_are_higher_than_those_before() -> None:
    before, later = CodeFeed(), CodeFeed()
    before.set([code("A"), code("B")], NOW)
    later.set([code("A"), code("B"), code("C")], NOW + 1)
    assert names(later, before.last) == ["A", "B", "C"]


@given(
    st.lists(
        st.tuples(
            st.sets(st.tuples(st.sampled_from("ABCDE"), st.integers(1, 3)), max_size=6),
            st.floats(-5.0, 5.0),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_a_reader_that_comes_and_goes_misses_no_code_that_stays(
    steps: list[tuple[set[tuple[str, int]], float, bool]],
) -> None:
    feed, now, cursor = CodeFeed(), NOW, 0
    got: set[tuple[str, int]] = set()
    live: dict[str, int] = {}
    for wanted, passed, reads in steps:
        now += passed  # also back
        live = dict(sorted(wanted))
        feed.set([code(name, activation=activation) for name, activation in live.items()], now)
        numbers = [one.number for one in feed.after(0)]
        assert numbers == sorted(set(numbers))
        if reads:
            got |= {(one.code.code, one.code.activation) for one in feed.after(cursor)}
            cursor = feed.last
            assert set(live.items()) <= got
    got |= {(one.code.code, one.code.activation) for one in feed.after(cursor)}
    assert set(live.items()) <= got


class FixedClock:
    def now(self) -> float:
        return NOW + trio.current_time()


class Flaky(MemoryStore):
    """A store that is `away` when a test says so."""

    away = False

    async def find(self, type_: type[Record], **equal: object) -> list[Record]:  # type: ignore[override]
        if self.away:
            raise StoreUnavailable("ordered by the test")
        return await super().find(type_, **equal)  # type: ignore[arg-type]


@contextmanager
def publishing(feed: CodeFeed, store: Store) -> Iterator[Tree]:
    spec = ActorSpec("publisher", lambda: PublisherActor(feed, store, FixedClock()))
    yield Tree(SupervisorSpec("t", [spec]))


async def test_what_the_store_holds_is_published_at_the_start_and_when_told(
    autojump_clock: MockClock,
) -> None:
    feed, store = CodeFeed(), MemoryStore()
    await store.commit(Put(code("A")), Put(Code("wos", "OLD", state=CodeState.EXPIRED)))
    with publishing(feed, store) as tree:
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            with trio.fail_after(1):
                await feed.wait(0)
            assert names(feed) == ["A"]
            seen = feed.last
            await store.commit(Put(code("B", seen=1.0)))
            tree.ref("publisher").tell(CodesChanged())
            with trio.fail_after(1):
                await feed.wait(seen)
            assert names(feed, seen) == ["B"]
            await store.commit(Put(code("C", seen=2.0)))  # nobody tells of it
            with trio.fail_after(LOOK_ANYWAY + 1):
                await feed.wait(feed.last)
            assert names(feed) == ["A", "B", "C"]
            tree.stop()


async def test_a_store_that_is_away_is_asked_again_and_nothing_is_taken_back(
    autojump_clock: MockClock,
) -> None:
    feed, store = CodeFeed(), Flaky()
    await store.commit(Put(code("A")))
    with publishing(feed, store) as tree:
        async with trio.open_nursery() as nursery:
            await nursery.start(tree.run)
            await trio.sleep(1)
            store.away = True
            tree.ref("publisher").tell(CodesChanged())
            await trio.sleep(1)
            assert names(feed) == ["A"]
            store.away = False
            await store.commit(Put(code("B", seen=1.0)))
            with trio.fail_after(LOOK_AGAIN + 1):
                await feed.wait(feed.last)
            assert names(feed) == ["A", "B"]
            tree.stop()


@pytest.mark.parametrize("waiting", [0, 5])
async def test_a_wait_ends_only_with_something_newer(autojump_clock: MockClock, waiting: int) -> None:
    feed = CodeFeed()
    with trio.move_on_after(10) as scope:
        await feed.wait(waiting)
    assert scope.cancelled_caught
    feed.set([code("A")], NOW)
    with trio.fail_after(1):
        await feed.wait(waiting)
    assert names(feed) == ["A"]
