"""kill -9 at random moments, of perkd and of MongoDB: both stores hold all that was acknowledged."""

import os
import random
from pathlib import Path

import trio

from tests.worlds.committers import Committer
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.two_stores import Host

KILLS = int(os.environ.get("PERKD_TEST_KILLS", "20"))
LONGEST = 0.15
"""Seconds of a life."""


async def look(host: Host) -> None:
    """One more life, which ends in order."""
    async with host.running() as life:
        await life.until_level()
        await host.put(3)


def kill_again_and_again(host: Host, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with Committer(host) as committer:
        for _ in range(kills):
            committer.begin()
            if chance.random() < 0.7:  # the others are killed while they start
                committer.until("done", 30.0)
            committer.listen(chance.uniform(0.0, LONGEST))
            committer.kill()


def test_after_kill_9_at_any_moment_both_stores_hold_all_that_was_acknowledged(
    tmp_path: Path, mongo_server: MongoTarget
) -> None:
    host = Host(tmp_path / "perkd.sqlite3", mongo_server.uri)
    kill_again_and_again(host, KILLS, seed=7)
    trio.run(look, host)
    assert host.lost() == []
    print(f"{KILLS} kills, {len(host.acknowledged)} acknowledged")  # noqa: T201
    assert len(host.acknowledged) > KILLS
