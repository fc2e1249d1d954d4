"""A workshop of stores on one database: what `asyncio.run` needs around a test's script."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from attrs import define, field
from pymongo import MongoClient
from pymongo.database import Database

from actors.giftcodes.model import Outcome, Record, Redemption
from actors.history import Entry, Term
from actors.ports import Change, Delete, Position, Put
from daemon.storage import codec
from daemon.storage.mongodb.address import MongoAddress
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.store import MongoStore
from tests.worlds.mongodb.target import MongoTarget, with_database
from tests.worlds.mongodb.threads import MongoThread

Script = Callable[[], Awaitable[None]]


@define
class Ticks:
    """A clock that moves when it is told to."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@define(eq=False)
class Workshop:
    """Stores on one database. Those of one holder believe both to have the lease."""

    uri: str
    ticks: Ticks = field(factory=Ticks)
    _stores: list[MongoStore] = field(factory=list)
    _raw: "MongoClient[dict[str, Any]] | None" = None

    def store(self, holder: str = "one", *, deadline: float = 5.0, **settings: Any) -> MongoStore:
        """A store that is not open yet. Within a script only."""
        address = MongoAddress.parse(self.uri)
        line = Line(address.place, deadline)
        settings = {"monotonic": self.ticks, "clock": lambda: 5.0, **settings}
        made = MongoStore(address.connect(), address.database, line, holder=holder, **settings)
        self._stores.append(made)
        return made

    @staticmethod
    def hurry(store: MongoStore, deadline: float) -> None:
        """From now on it waits so long for an answer. To get there it had all the time it needs."""
        object.__setattr__(store._lease.line, "deadline", deadline)  # all of its parts have the same line

    @property
    def raw(self) -> "Database[dict[str, Any]]":
        """The database as anybody sees it."""
        if self._raw is None:
            self._raw = MongoClient(self.uri, serverSelectionTimeoutMS=30_000)
        return self._raw[MongoAddress.parse(self.uri).database]

    def journal(self) -> list[str]:
        """The ids in the journal, fences with what they begin."""
        documents = self.raw["journal"].find().sort("_id", 1)
        return [f"{d['_id']} begins {d['term_begun']}" if "fence" in d else d["_id"] for d in documents]

    def play(self, script: Script) -> None:
        """Run a script, and disconnect the stores it has made."""
        asyncio.run(self._play(script))

    async def _play(self, script: Script) -> None:
        try:
            await script()
        finally:
            for store in self._stores:
                await store.disconnect()
            self._stores.clear()

    def close(self) -> None:
        if self._raw is not None:
            self._raw.close()


@pytest.fixture
def shop(mongo_server: MongoTarget) -> Iterator[Workshop]:
    """On whatever server the tests run against."""
    made = Workshop(mongo_server.uri)
    yield made
    made.close()


@pytest.fixture
def faulty_shop(faulty_mongo: MongoThread) -> Iterator[Workshop]:
    """On the stand-in, whose faults are switched through `faulty_mongo`."""
    made = Workshop(with_database(faulty_mongo.uri, "perkd_test"))
    yield made
    made.close()


# --- values -------------------------------------------------------------------------------------


def pair(fid: int | str, outcome: Outcome = Outcome.PENDING, **more: Any) -> Redemption:
    """A redemption of the one code there is."""
    return Redemption("wos", str(fid), "GIFT", outcome=outcome, **more)


def entry(sequence: int, *changes: Change | Record, term: int = 1) -> Entry:
    """A batch; without changes it puts the pair with its own number."""
    found = [change if isinstance(change, Put | Delete) else Put(change) for change in changes]
    batch = codec.encode_batch(found or [Put(pair(sequence))])
    return Entry(Position(term, sequence), float(sequence), batch)


def entries(first: int, last: int, term: int = 1) -> list[Entry]:
    """Batches, the last one included."""
    return [entry(sequence, term=term) for sequence in range(first, last + 1)]


@pytest.fixture
def make() -> Any:
    """The functions above, as conftest files can't be imported."""
    return Make()


class Make:
    pair = staticmethod(pair)
    entry = staticmethod(entry)
    entries = staticmethod(entries)
    first = Term(1, "w1")
