"""Histories against a model: what two stores hold, as sets of batches that nobody else could have written."""

import random

import pytest
from attrs import define, evolve, field
from hypothesis import given
from hypothesis import strategies as st

from actors.history import (
    NOWHERE,
    History,
    Relation,
    Term,
    Unfit,
    begun,
    compare,
    followed,
    grown,
    next_term,
)
from actors.ports import Position

A, B, C = (Term(1, "a"), Term(2, "b", Position(1, 3)), Term(4, "c", Position(2, 2)))


@define
class Model:
    """A store: its history, and the batches in it, each told apart by who wrote it and when."""

    history: History = field(factory=History)
    batches: dict[Position, int] = field(factory=dict)
    held: set[int] = field(factory=set)
    """The numbers of the batches."""
    has_writer: bool = False
    """The writer who began the last term is here, and not one whose batches were taken over."""


@define
class World:
    """Two stores and the writers who come and go."""

    stores: tuple[Model, Model] = field(factory=lambda: (Model(), Model()))
    written: int = 0

    def take_over(self, at: int, *, knows_both: bool) -> None:
        """A new writer begins a term in one store; perhaps it could see the other one as well."""
        self.written += 1
        own, other = self.stores[at], self.stores[1 - at]
        known = (own.history, other.history) if knows_both else (own.history,)
        own.history = begun(own.history, next_term(f"writer {self.written}", *known))
        own.has_writer = True

    def write(self, at: int) -> None:
        own = self.stores[at]
        if own.has_writer:
            self.written += 1
            position = Position(own.history.last.term, own.history.last.sequence + 1)
            own.history = grown(own.history, position)
            own.batches[position] = self.written
            own.held.add(self.written)

    def follow(self, at: int, most: int) -> None:
        """One store takes over what the other has more, if that goes on from where it stands."""
        own, other = self.stores[at], self.stores[1 - at]
        if not other.history.holds(own.history):
            return
        own.has_writer = False
        missing = sorted(p for p in other.batches if p > own.history.end)[:most]
        own.history = followed(own.history, other.history.terms, missing)
        own.batches |= {position: other.batches[position] for position in missing}
        own.held |= {other.batches[position] for position in missing}

    def copy(self, at: int) -> None:
        """One store is made anew from the other."""
        own, other = self.stores[at], self.stores[1 - at]
        own.history, own.has_writer = evolve(other.history, oldest=other.history.end), False
        own.batches, own.held = dict(other.batches), set(other.held)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("take_over"), st.integers(0, 1), st.booleans()),
        st.tuples(st.just("write"), st.integers(0, 1), st.just(0)),
        st.tuples(st.just("follow"), st.integers(0, 1), st.integers(0, 4)),
        st.tuples(st.just("copy"), st.integers(0, 1), st.just(0)),
    ),
    max_size=30,
)


def carry_out(steps: list[tuple[str, int, int]]) -> World:
    world = World()
    for word, at, number in steps:
        match word:
            case "take_over":
                world.take_over(at, knows_both=bool(number))
            case "write":
                world.write(at)
            case "follow":
                world.follow(at, number)
            case _:
                world.copy(at)
        assert_told_as_it_is(world)
    return world


def assert_told_as_it_is(world: World) -> None:
    one, two = world.stores
    assert one.history.holds(two.history) == (two.held <= one.held)
    assert two.history.holds(one.history) == (one.held <= two.held)
    assert compare(one.history, two.history) is relation(one.held, two.held)
    for store in world.stores:
        assert store.history.end == max(store.batches, default=NOWHERE)
        assert store.history.empty == (not store.held)
        assert store.history.batches_after(NOWHERE) == len(store.held)
        for term in store.history.terms:
            last = max((p for p in store.batches if p.term == term.number), default=Position(term.number, 0))
            assert store.history.end_of(term.number) == last
    if compare(one.history, two.history) is Relation.AHEAD:
        missing = len(one.held - two.held)
        assert one.history.batches_after(two.history.end) == missing


def relation(one: set[int], two: set[int]) -> Relation:
    match two <= one, one <= two:
        case True, True:
            return Relation.SAME
        case True, False:
            return Relation.AHEAD
        case False, True:
            return Relation.BEHIND
    return Relation.DIVERGED


@given(STEPS)
def test_what_two_histories_say_of_each_other_is_what_the_stores_hold(
    steps: list[tuple[str, int, int]],
) -> None:
    world = carry_out(steps)  # looks after each step
    assert_told_as_it_is(world)


def test_long_lives_of_two_stores_are_told_apart() -> None:
    chance = random.Random(11)
    words = ["take_over", "write", "write", "write", "follow", "follow", "copy"]
    seen = set()
    for _ in range(60):
        steps = [(chance.choice(words), chance.randrange(2), chance.randrange(5)) for _ in range(60)]
        one, two = carry_out(steps).stores
        seen.add(compare(one.history, two.history))
    assert seen == set(Relation)


@given(STEPS, st.lists(st.tuples(st.integers(0, 1), st.booleans(), st.integers(0, 3)), max_size=12))
def test_who_follows_until_the_end_has_the_same(
    steps: list[tuple[str, int, int]], more: list[tuple[int, bool, int]]
) -> None:
    world = carry_out(steps)
    one, two = world.stores
    for at, knows_both, count in more:
        world.take_over(at, knows_both=knows_both)
        for _ in range(count):
            world.write(at)
    if one.history.holds(two.history):
        while two.held != one.held:
            before = len(two.held)
            world.follow(1, 2)
            assert_told_as_it_is(world)
            assert len(two.held) > before
        world.follow(1, 0)
        assert compare(one.history, two.history) is Relation.SAME


# --- rules one by one ---------------------------------------------------------------------------


def history(*terms: Term, last: Position = NOWHERE) -> History:
    return History(terms, last if last != NOWHERE else Position(terms[-1].number, 0) if terms else NOWHERE)


def test_a_new_term_is_above_all_that_any_store_has_seen_and_goes_on_from_the_leaders_end() -> None:
    leader, other = history(A, last=Position(1, 3)), history(A, B, C, last=Position(4, 9))
    assert next_term("d", leader, other) == Term(5, "d", Position(1, 3))
    assert next_term("d", other, leader) == Term(5, "d", Position(4, 9))
    assert next_term("d", history(A, B), other) == Term(5, "d", Position(1, 3))
    assert next_term("d") == Term(1, "d", NOWHERE)
    assert next_term("d", History(last=Position(7, 2))) == Term(8, "d", Position(7, 2))


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (Term(2, "x", Position(2, 2)), "there was a term 2"),
        (Term(1, "x", Position(2, 2)), "there was a term 2"),
        (Term(3, "x", Position(2, 1)), "goes on from"),
        (Term(3, "x", Position(2, 3)), "goes on from"),
        (Term(3, "x"), "goes on from"),
    ],
)
def test_a_term_begins_above_all_others_and_after_the_last_batch(term: Term, words: str) -> None:
    with pytest.raises(Unfit, match=words):
        begun(history(A, B, last=Position(2, 2)), term)


def test_a_term_in_which_nothing_was_written_is_forgotten_when_the_next_begins() -> None:
    own = begun(history(A, B), Term(3, "x", Position(1, 3)))
    assert [term.number for term in own.terms] == [1, 3]


@pytest.mark.parametrize("position", [Position(2, 2), Position(2, 4), Position(1, 4), Position(3, 1)])
def test_a_batch_is_the_next_of_the_last_term(position: Position) -> None:
    own = history(A, B, last=Position(2, 2))
    assert grown(own, Position(2, 3)).last == Position(2, 3)
    with pytest.raises(Unfit, match="does not follow"):
        grown(own, position)


def test_a_follower_skips_what_it_has_and_refuses_a_gap() -> None:
    own, terms = history(A, last=Position(1, 2)), (A, B)
    positions = [Position(1, 1), Position(1, 2), Position(1, 3), Position(2, 1)]
    assert followed(own, terms, positions) == history(A, B, last=Position(2, 1))
    assert followed(own, terms, positions[:2]) == history(A, last=Position(1, 2))
    with pytest.raises(Unfit, match="does not follow"):
        followed(own, terms, [Position(1, 4)])
    with pytest.raises(Unfit, match="does not follow"):
        followed(own, terms, [Position(2, 1)])


def test_a_follower_gives_up_its_own_terms_in_which_nothing_was_written() -> None:
    own = history(A, Term(2, "mine", Position(1, 3)), last=Position(2, 0))
    assert followed(own, (A, B), [Position(2, 1)]) == history(A, B, last=Position(2, 1))
    assert followed(own, (), []) == own


def test_a_follower_that_has_diverged_refuses() -> None:
    own = history(A, Term(2, "mine", Position(1, 3)), last=Position(2, 1))
    with pytest.raises(Unfit, match="diverged"):
        followed(own, (A, B), [Position(2, 2)])
