"""A service over a store in memory, with hooks that write down what they are told."""

import pytest
from attrs import define, field

from daemon.service import Service
from daemon.storage import MemoryStore

NOW = 1_795_000_000.0


class FixedClock:
    def now(self) -> float:
        return NOW


@define
class Told:
    """What the daemon's campaign would have heard."""

    changes: list[frozenset[str]] = field(factory=list)
    retries: list[tuple[str, str]] = field(factory=list)

    def retry(self, game: str, code: str) -> None:
        self.retries.append((game, code))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def service(store: MemoryStore, told: Told) -> Service:
    games = {"wos": "v2", "ks": "v1"}
    return Service(store, FixedClock(), lambda: games, told.changes.append, told.retry)
