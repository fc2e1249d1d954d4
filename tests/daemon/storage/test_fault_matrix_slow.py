"""MongoDB is slow, but gives every answer in time: a call of the store needs many, and takes long in all."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
import trio

from actors.replica import ReplicaActor, ReplicaClient
from daemon.storage.mongodb import MongoAddress, MongoReplica, open_replica
from daemon.storage.sqlite import SQLiteStore
from supervision import ActorSpec, SupervisorSpec, open_tree
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread
from tests.worlds.two_stores import Life, Times, batch, both, records_in_file, records_in_mongodb

LATE = 0.2
"""Seconds to each answer."""
TIMEOUT = 5 * LATE
"""Seconds for a question, which is enough for a few answers, as in life."""
DEADLINE = 25 * LATE
"""Seconds for a command: much more than in life, so that a busy machine makes none too late."""


@pytest.fixture
def mongo() -> Iterator[MongoThread]:
    with mongo_in_thread() as running:
        yield running


async def test_a_mongodb_that_is_slow_but_answers_each_command_in_time_catches_up(
    tmp_path: Path, mongo: MongoThread
) -> None:
    address, local = MongoAddress.parse(mongo.uri), SQLiteStore(tmp_path / "perkd.sqlite3")

    def opened() -> AbstractAsyncContextManager[MongoReplica]:
        return open_replica(address, holder="one", deadline=DEADLINE)

    spec = SupervisorSpec("t", [ActorSpec("mongodb", lambda: ReplicaActor(opened))])
    async with open_tree(spec) as tree, trio.open_nursery() as nursery:
        replica = ReplicaClient(tree.ref("mongodb"), timeout=TIMEOUT)
        store = both(local, replica, Times())
        life = Life(store, local, replica)
        await store.open()
        nursery.start_soon(store.tend)
        await life.until_level()
        mongo.set(slow=LATE)
        mongo.refuse("insert", 14031)  # so that it is also opened again
        for number in range(1, 41):
            await store.write(batch(number))
        await life.until_mongodb_is_away()
        await life.until_level()
        mongo.set(slow=0.0)
        nursery.cancel_scope.cancel()
    local.close()
    assert len(records_in_file(local.path)) == 42
    assert records_in_mongodb(mongo.uri) == records_in_file(local.path)
