"""SQLite stores to try things on."""

import contextlib
import uuid
from collections.abc import Iterator
from pathlib import Path

from actors.giftcodes.model import Player, Record, Redemption
from actors.history import next_term
from actors.ports import Put
from daemon.storage.codec import COLLECTIONS
from daemon.storage.sqlite import SQLiteStore

AT = 1_700_000_000.0
"""Unix seconds of every commit here: 2023-11-14T22:13:20Z."""


@contextlib.contextmanager
def writing(database: Path) -> Iterator[SQLiteStore]:
    """A store in a term of its own, as a daemon has it."""
    store = SQLiteStore(database, clock=lambda: AT)
    try:
        store.begin(next_term(uuid.uuid4().hex, store.attach()))
        yield store
    finally:
        store.close()


def fill(database: Path, *records: Record) -> None:
    """Write the records, each in a batch of its own, and stop."""
    with writing(database) as store:
        for record in records:
            store.write([Put(record)])


def contents(database: Path) -> list[Record]:
    """Every record, in the order of collections and keys."""
    store = SQLiteStore(database)
    store.attach()
    try:
        return [record for name in sorted(COLLECTIONS) for record in store.find(COLLECTIONS[name])]
    finally:
        store.close()


def leads(database: Path) -> bool:
    """Whether an operator has said that this store counts."""
    store = SQLiteStore(database)
    try:
        return store.attach().leads
    finally:
        store.close()


def some_players(number: int) -> list[Record]:
    return [Player("wos", str(1000 + n), name=f"P{n}") for n in range(number)]


def some_redemptions(number: int) -> list[Record]:
    return [Redemption("wos", str(1000 + n), "SNOW", status="x" * 200) for n in range(number)]
