"""The file and its stand-in in memory are the same `LocalStore`: same answers, same refusals."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from attrs import evolve
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from actors.giftcodes.model import Code, CodeState, Guild, Player
from actors.history import NOWHERE, History, Term, Unfit, next_term
from actors.ports import Change, Delete, Position, Put
from actors.stores import LocalStore, NeedsCopy
from daemon.storage import SQLiteStore, Unreadable, Unstorable
from daemon.storage.memory_chain import MemoryChain
from daemon.storage.memory_local import MemoryLocalStore

FIDS = st.sampled_from(["1", "2", "10", "ä", "\x00"])
CHANGES: st.SearchStrategy[Change] = st.one_of(
    st.builds(Player, st.sampled_from(["wos", "ks"]), FIDS, name=st.sampled_from(["", "\ud83c", "Ann"])).map(
        Put
    ),
    st.builds(Code, st.just("wos"), FIDS, st.sampled_from(CodeState)).map(Put),
    st.builds(Guild, FIDS, FIDS).map(Put),
    FIDS.map(lambda fid: Delete(Player, f"wos/{fid}")),
    st.just(Put(Player("wos", "\ud800"))),  # can't be stored
)
BATCHES = st.lists(CHANGES, min_size=1, max_size=3)

Answer = object


def outcome(call: Callable[[], Answer]) -> Answer:
    """What a call returns, or the class of what it raises."""
    try:
        return call()
    except (Unfit, NeedsCopy, Unstorable, Unreadable, RuntimeError) as error:
        return type(error)


class Agreement(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.sqlite = SQLiteStore(self.directory / "perkd.db", clock=lambda: 5.0)
        self.memory = MemoryLocalStore(clock=lambda: 5.0)
        self.other = MemoryChain()  # the other store, which may have more
        self.writers = 0
        self.both(lambda store: store.attach())

    def teardown(self) -> None:
        self.sqlite.close()
        shutil.rmtree(self.directory)

    def both(self, call: Callable[..., Answer], *given: object) -> Answer:
        found = outcome(lambda: call(self.sqlite, *given))
        assert found == outcome(lambda: call(self.memory, *given))
        return found

    def history(self) -> History:
        return self.memory.history()

    # --- its own life ---------------------------------------------------------------------------

    @rule()
    def begin(self) -> None:
        self.writers += 1
        term = next_term(f"w{self.writers}", self.history(), self.other.history)
        self.both(lambda store: store.begin(term))

    @rule(number=st.integers(1, 6), after=st.builds(Position, st.integers(0, 3), st.integers(0, 3)))
    def begin_anywhere(self, number: int, after: Position) -> None:
        self.writers += 1
        term = Term(number, f"w{self.writers}", after)
        self.both(lambda store: store.begin(term))

    @rule(changes=BATCHES)
    def write(self, changes: list[Change]) -> None:
        self.both(lambda store: store.write(changes))

    @rule()
    def restart(self) -> None:
        self.both(lambda store: store.close())
        self.both(lambda store: store.attach())

    @rule(behind=st.booleans(), leads=st.booleans())
    def mark(self, behind: bool, leads: bool) -> None:
        self.both(lambda store: store.mark_behind(behind))
        assert self.both(lambda store: store.is_marked_behind()) is behind
        self.both(lambda store: store.set_lead() if leads else store.clear_lead())
        assert self.history().leads is leads

    # --- the other store ------------------------------------------------------------------------

    @rule(changes=BATCHES)
    def other_writes(self, changes: list[Change]) -> None:
        self.writers += 1
        self.other.begin(next_term(f"w{self.writers}", self.other.history, self.history()))
        outcome(lambda: self.other.write(changes, 6.0))

    @rule(kept=st.integers(0, 3))
    def other_forgets(self, kept: int) -> None:
        self.other.prune(kept)

    @rule()
    def other_follows(self) -> None:
        outcome(lambda: self.other.follow(self.history().terms, self.memory.entries(self.other.end, 100)))

    @rule(count=st.integers(0, 4), every_term=st.booleans())
    def follow(self, count: int, every_term: bool) -> None:
        entries = outcome(lambda: self.other.entries(self.history().end, count))
        if isinstance(entries, list):
            most = entries[-1].position.term if entries else 0
            terms = [term for term in self.other.history.terms if every_term or term.number <= most]
            self.both(lambda store: store.follow(terms, entries))
            self.both(lambda store: store.follow(terms, entries))  # it is there already

    @rule(number=st.integers(0, 20))
    def follow_with_a_gap(self, number: int) -> None:
        entries = self.other.log[number:]
        self.both(lambda store: store.follow(self.other.history.terms, entries))

    @rule(cut=st.booleans())
    def copy(self, cut: bool) -> None:
        self.both(lambda store: store.begin_copy())
        for name in self.memory.collections():
            documents = self.other.records.page(name, "", 100)
            self.both(lambda store, *given: store.copy(*given), name, documents)
        if not cut:
            history = evolve(self.other.history, leads=False)
            was_empty = self.history().empty
            for store in (self.sqlite, self.memory):
                assert (store.end_copy(history) is None) == was_empty

    # --- what must be the same ------------------------------------------------------------------

    @rule(after=st.builds(Position, st.integers(0, 4), st.integers(0, 4)), limit=st.integers(0, 5))
    def entries(self, after: Position, limit: int) -> None:
        self.both(lambda store: store.entries(after, limit))

    @rule(after=st.sampled_from(["", "wos/1", "wos/2", "z"]), limit=st.integers(1, 3))
    def pages(self, after: str, limit: int) -> None:
        for name in self.memory.collections():
            self.both(lambda store, name: store.page(name, after, limit), name)

    @invariant()
    def the_histories_and_the_records_are_the_same(self) -> None:
        self.both(lambda store: store.history())
        self.both(lambda store: store.entries(store.history().oldest, 1000))
        for type_ in (Player, Code, Guild):
            self.both(lambda store, type_: store.find(type_), type_)
        self.both(lambda store: store.find(Code, state=CodeState.LIVE))
        self.both(lambda store: store.get(Player, "wos/1"))


TestLocalStores = Agreement.TestCase
TestLocalStores.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)


def test_both_are_local_stores(tmp_path: Path) -> None:
    stores: list[LocalStore] = [SQLiteStore(tmp_path / "perkd.db"), MemoryLocalStore()]
    for store in stores:
        assert store.attach().end == NOWHERE
        store.close()
