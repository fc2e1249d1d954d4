"""What the tests of the session pool share."""

import pytest

from daemon.clock import SteadyClock
from daemon.storage.memory import MemoryStore
from tests.worlds.session_pool import World


@pytest.fixture
def world() -> World:
    clock = SteadyClock(lambda: 1_000_000.0)
    return World(MemoryStore(lambda: 0.0), clock)
