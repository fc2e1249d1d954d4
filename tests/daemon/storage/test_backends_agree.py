"""SQLite, reopened at random points, and the store in memory give the same answers to the same batches."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.giftcodes.model import (
    Call,
    Channel,
    Code,
    CodeState,
    Guild,
    Outcome,
    Player,
    Post,
    Record,
    Redemption,
    Spent,
)
from actors.ports import Change, Delete, Position, Put
from daemon.storage import MemoryBackend, SQLiteBackend, Unstorable

GAMES = st.sampled_from(["wos", "ks", "WOS", "", "ä", "\x00"])
FIDS = st.sampled_from(["1", "10", "9", "01"])
CODES = st.sampled_from(["GIFT", "gift", "Gift\n", "'; --"])
TIMES = st.sampled_from([0.0, -0.0, 1.0, 1.5, 1e300, -(2.0**60)])
NAMES = st.sampled_from(["", "Ann", "😀", "\ud83c", '"'])

RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(Player, GAMES, FIDS, name=NAMES, auto_redeem=st.booleans()),
    st.builds(Guild, FIDS, NAMES, channels=st.lists(st.builds(Channel, FIDS, TIMES)).map(tuple)),
    st.builds(Code, GAMES, CODES, st.sampled_from(CodeState), expires=st.none() | TIMES),
    st.builds(
        Redemption,
        GAMES,
        FIDS,
        CODES,
        outcome=st.sampled_from(Outcome),
        spent=st.builds(Spent, login=st.integers(0, 5)),
    ),
    st.builds(Call, GAMES, FIDS, CODES, TIMES, st.none() | TIMES),
    st.builds(Post, FIDS, FIDS, GAMES, CODES, st.integers(1, 2), TIMES),
)
CHANGES: st.SearchStrategy[Change] = st.one_of(
    RECORDS.map(Put), RECORDS.map(lambda record: Delete(type(record), record.key))
)
QUERIES: st.SearchStrategy[tuple[type[Record], dict[str, Any]]] = st.one_of(
    st.tuples(st.just(Player), st.fixed_dictionaries({}, optional={"game": GAMES})),
    st.tuples(st.just(Guild), st.just({})),
    st.tuples(
        st.just(Code),
        st.fixed_dictionaries({}, optional={"game": GAMES, "state": st.sampled_from(CodeState)}),
    ),
    st.tuples(
        st.just(Redemption),
        st.fixed_dictionaries(
            {},
            optional={
                "game": GAMES,
                "fid": FIDS,
                "code": CODES | st.none(),
                "outcome": st.sampled_from(Outcome) | st.sampled_from(["pending", "other"]),
            },
        ),
    ),
    st.tuples(
        st.just(Call), st.fixed_dictionaries({}, optional={"game": GAMES, "at": TIMES | st.integers(-1, 2)})
    ),
)


class Agreement(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.directory = Path(tempfile.mkdtemp())
        self.sqlite = SQLiteBackend(self.directory / "perkd.db", clock=lambda: 5.0)
        self.memory = MemoryBackend(clock=lambda: 5.0)
        assert self.sqlite.open() == self.memory.open()
        self.seen: list[Position] = [Position(0, 0)]
        self.used: list[Record] = []

    def teardown(self) -> None:
        self.sqlite.close()
        shutil.rmtree(self.directory)

    @rule(changes=st.lists(CHANGES, max_size=6))
    def commit(self, changes: list[Change]) -> None:
        position = self.sqlite.commit(changes)
        assert position == self.memory.commit(changes)
        assert position >= self.seen[-1]
        self.seen.append(position)
        self.used += [change.record for change in changes if isinstance(change, Put)]

    @rule(good=st.lists(CHANGES, min_size=1, max_size=3))
    def commit_what_can_not_be_stored(self, good: list[Change]) -> None:
        changes = [*good, Put(Player("wos", "1", added_at=float("nan")))]
        for backend in (self.sqlite, self.memory):
            with pytest.raises(Unstorable):
                backend.commit(changes)

    @rule()
    def reopen(self) -> None:
        self.sqlite.close()
        self.sqlite = SQLiteBackend(self.directory / "perkd.db", clock=lambda: 5.0)
        assert self.sqlite.open() == self.memory.open()

    @rule(query=QUERIES)
    def find(self, query: tuple[type[Record], dict[str, Any]]) -> None:
        type_, equal = query
        found = self.sqlite.find(type_, **equal)
        assert found == self.memory.find(type_, **equal)
        assert [record.key for record in found] == sorted(record.key for record in found)
        assert len(found) == self.sqlite.count(type_, **equal) == self.memory.count(type_, **equal)

    @precondition(lambda self: self.used)
    @rule(data=st.data())
    def get(self, data: st.DataObject) -> None:
        record = data.draw(st.sampled_from(self.used))
        assert self.sqlite.get(type(record), record.key) == self.memory.get(type(record), record.key)

    @rule(data=st.data(), limit=st.integers(0, 20))
    def changes(self, data: st.DataObject, limit: int) -> None:
        after = data.draw(st.sampled_from(self.seen))
        assert self.sqlite.changes(after, limit) == self.memory.changes(after, limit)

    @invariant()
    def the_history_replayed_is_the_state(self) -> None:
        replica = MemoryBackend()
        replica.open()
        for batch in self.sqlite.changes(Position(0, 0), 1000):
            replica.commit(batch.changes)
        for type_ in (Player, Guild, Code, Redemption, Call, Post):
            assert replica.find(type_) == self.sqlite.find(type_)


TestAgreement = Agreement.TestCase
TestAgreement.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
