"""A host that keeps its state in a file and in MongoDB: the real stores, on the real clock.

Each batch changes four records of three collections, so that half a batch would show, and so would one that
is out of its place. What is in the stores at the end is read without perkd's own code.
"""

import contextlib
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import trio
from attrs import define, field, frozen
from pymongo import MongoClient

from actors.giftcodes.model import Code, Player, Redemption
from actors.pair import Mode, Pair
from actors.ports import Change, Delete, Position, Put, StoreUnavailable
from actors.replicated import ReplicatedStore
from actors.storage import one_thread
from actors.stores import Replica
from daemon.storage.codec import COLLECTIONS, to_document
from daemon.storage.holder import holder_id
from daemon.storage.mongodb import MongoAddress, open_replica
from daemon.storage.sqlite import SQLiteStore

Records = dict[tuple[str, str], dict[str, Any]]
"""(collection, key) → document."""

PATIENCE = 60.0
"""Seconds of the real clock after which what a test waits for is held never to come."""


# --- the work -----------------------------------------------------------------------------------


def batch(number: int, text: str = "") -> list[Change]:
    """Batch number `number` of the work: one record more, one replaced, and of two the one or the other."""
    parity = number % 2
    return [
        Put(Redemption("wos", str(number), "SNOW", status=text)),
        Put(Code("wos", "LATEST", source=str(number))),
        Put(Player("wos", str(parity), name=str(number))),
        Delete(Player, Player("wos", str(1 - parity)).key),
    ]


def numbers_in(records: Records) -> set[int]:
    """Which batches left their mark."""
    return {int(document["fid"]) for (name, _), document in records.items() if name == "redemptions"}


def outcome(numbers: Iterable[int], texts: Mapping[int, str]) -> Records:
    """The records that these batches leave, and no others. `texts`: of those that have one."""
    found: Records = {}
    for number in sorted(numbers):
        for change in batch(number, texts.get(number, "")):
            match change:
                case Put(record):
                    found[record.collection, record.key] = json.loads(json.dumps(to_document(record)))
                case Delete(type_, key):
                    found.pop((type_.collection, key), None)
    return found


# --- reading the stores -------------------------------------------------------------------------


def records_in_file(path: Path) -> Records:
    """Every record in the file."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        return {
            (name, key): json.loads(document)
            for name in COLLECTIONS
            for key, document in connection.execute(f'SELECT key, doc FROM "{name}"')  # noqa: S608 - a class's name
        }


def batches_in_file(path: Path) -> dict[Position, str]:
    """Every batch in the file's journal."""
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute("SELECT term, sequence, batch FROM journal").fetchall()
    return {Position(term, sequence): text for term, sequence, text in rows}


def records_in_mongodb(uri: str) -> Records:
    """Every record in MongoDB; the marks of deleted ones are none."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=30_000) as client:
        database = client.get_default_database("perkd")
        return {
            (name, document["_id"]): document["doc"]
            for name in COLLECTIONS
            for document in database[name].find({"gone": {"$exists": False}})
        }


def batches_in_mongodb(uri: str) -> dict[Position, str]:
    """Every batch in MongoDB's journal."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=30_000) as client:
        found = client.get_default_database("perkd")["journal"].find({"fence": {"$exists": False}})
        return {Position(entry["term"], entry["sequence"]): entry["batch"] for entry in found}


# --- the host -----------------------------------------------------------------------------------


@frozen
class Times:
    """Seconds, short enough for a test to see them pass.

    What no test sees pass, as long as nothing fails, is longer than any machine is busy.
    """

    deadline: float = 0.8
    """For one answer of MongoDB: an outage is soon seen, but a busy machine can seem to be one."""
    ttl: float = 300.0
    look_again: float = 0.05
    repair_every: float = 0.05
    probe_every: float = 0.1
    gather: float = 0.0
    flush_within: float = 30.0


PATIENT = Times(deadline=5.0)
"""For tests in which MongoDB has to answer, on however busy a machine."""


def both(
    local: SQLiteStore, replica: Replica, times: Times, clock: Callable[[], float] = time.time
) -> ReplicatedStore:
    """The two as one store."""
    return ReplicatedStore(
        Pair(local, replica, one_thread(), clock),
        look_again=times.look_again,
        repair_every=times.repair_every,
        probe_every=times.probe_every,
        gather=times.gather,
    )


@frozen
class Life:
    """One process's view, while it lives."""

    store: ReplicatedStore
    local: SQLiteStore
    replica: Replica

    @property
    def pair(self) -> Pair:
        return self.store.pair

    async def until(self, condition: Callable[[], object]) -> None:
        """Let it work until something is so."""
        try:
            with trio.fail_after(PATIENCE):
                while not condition():  # noqa: ASYNC110 - what it waits for happens inside the stores
                    await trio.sleep(0.002)
        except trio.TooSlowError:
            raise AssertionError(f"still not so: {self.pair.health()}, {self.pair.problems()}") from None

    def shrink_disk(self) -> None:
        """From now on the file can't grow; SQLite says of it what it says of a full disk."""
        self._pragma("max_page_count = 1")

    def enlarge_disk(self) -> None:
        """The file may grow again."""
        self._pragma("max_page_count = 1000000")

    def damage(self, do: Callable[[Path], object]) -> None:
        """Do something to the file that is open. Nothing of it is in its log or in memory then."""
        self._pragma("wal_checkpoint(TRUNCATE)")
        do(self.local.path)
        self._pragma("shrink_memory")

    def make_read_only(self) -> None:
        """From now on the file can't be written; SQLite says of it what it says on a read-only disk."""
        self._pragma("query_only = ON")

    def _pragma(self, words: str) -> None:
        self.local._database.connection.execute(f"PRAGMA {words}")

    async def until_file_leads(self) -> None:
        await self.until(lambda: self.pair.mode is Mode.LOCAL)

    async def until_level(self) -> None:
        """Let it work until the file leads, and MongoDB lacks nothing."""
        await self.until(
            lambda: self.pair.mode is Mode.LOCAL and self.pair.pusher is not None and self.pair.lag == 0
        )

    async def until_mongodb_is_away(self) -> None:
        await self.until(lambda: self.pair.replica_error is not None and self.pair.pusher is None)


@define(eq=False)
class Host:
    """A disk, and the way to a MongoDB that may be shared with another host."""

    path: Path
    uri: str
    times: Times = field(factory=Times)
    clock: Callable[[], float] = time.time
    texts: dict[int, str] = field(factory=dict)
    """Number of each batch that was asked for → its text."""
    acknowledged: set[int] = field(factory=set)
    """Numbers of the batches that somebody was told are durable."""
    number: int = 0
    """Of the last batch that was asked for."""
    led_by_mongodb: bool = False
    """MongoDB was seen to lead in this life."""
    _life: Life | None = None

    @contextlib.asynccontextmanager
    async def running(self, *, orderly: bool = True) -> AsyncIterator[Life]:
        """A life of the process. Not `orderly`: MongoDB gets nothing more at its end."""
        async with open_replica(
            MongoAddress.parse(self.uri),
            holder=holder_id(self.path.parent),
            deadline=self.times.deadline,
            ttl=self.times.ttl,
            clock=self.clock,
        ) as replica:
            local = SQLiteStore(self.path, clock=self.clock)
            store = both(local, replica, self.times, self.clock)
            life = self._life = Life(store, local, replica)
            try:
                async with trio.open_nursery() as nursery:
                    await store.open()
                    nursery.start_soon(store.tend)
                    yield life
                    nursery.cancel_scope.cancel()
                if orderly:
                    with trio.move_on_after(self.times.flush_within):
                        await store.flush()
                    await store.close()
            finally:
                local.close()

    async def put(self, count: int = 1, text: str = "") -> None:
        """Do the next batches; what is acknowledged counts. Raises `StoreUnavailable`."""
        assert self._life is not None
        for _ in range(count):
            self.number += 1
            self.texts[self.number] = text
            await self._life.store.write(batch(self.number, text))
            self.acknowledged.add(self.number)
            self.led_by_mongodb = self.led_by_mongodb or self._life.pair.mode is Mode.REPLICA

    async def put_in_the_end(self) -> None:
        """Do the next batch, again and again until it is acknowledged."""
        with trio.fail_after(PATIENCE):
            while True:
                with contextlib.suppress(StoreUnavailable):
                    await self.put()
                    return
                await trio.sleep(0.01)

    # --- what came of it ------------------------------------------------------------------------

    def lost(self) -> list[int]:
        """The batches that were acknowledged and are not in both stores.

        Checks that both stores hold the same, and nothing but whole batches in their order.
        """
        file, mongodb = records_in_file(self.path), records_in_mongodb(self.uri)
        assert file == mongodb
        there = numbers_in(file)
        assert file == outcome(there, self.texts)
        own, other = batches_in_file(self.path), batches_in_mongodb(self.uri)
        assert {at: own[at] for at in own.keys() & other.keys()} == {
            at: other[at] for at in own.keys() & other.keys()
        }
        return sorted(self.acknowledged - there)
