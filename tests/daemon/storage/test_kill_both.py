"""kill -9 at random moments, of perkd and of MongoDB: both stores hold all that was acknowledged."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from attrs import asdict

from tests.worlds.committers import ROOT, Committer
from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.two_stores import Host, Times

KILLS = 200
KILLS_BESIDE_A_REAL_SERVER = 10
"""Which takes its time."""
MONGODB_KILLS = 8
LONGEST = 0.15
"""Seconds of a life."""


def kill_again_and_again(host: Host, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    with Committer(host) as committer:
        for _ in range(kills):
            committer.begin(times=asdict(host.times))
            if chance.random() < 0.7:  # the others are killed while they start
                committer.until("done", 30.0)
            committer.listen(chance.uniform(0.0, LONGEST))
            committer.kill()


async def end_in_order(host: Host) -> None:
    """One more life, which ends as it should."""
    async with host.running() as life:
        await life.until_level()
        await host.put(3)


@pytest.mark.slow
def test_after_kill_9_at_any_moment_both_stores_hold_all_that_was_acknowledged(
    tmp_path: Path, mongo_server: MongoTarget
) -> None:
    host, kills = Host(tmp_path / "perkd.sqlite3", mongo_server.uri), KILLS
    if mongo_server.standin is None:
        host.times, kills = Times(deadline=5.0, flush_within=5.0), KILLS_BESIDE_A_REAL_SERVER
    kill_again_and_again(host, kills, seed=7)
    trio.run(end_in_order, host)
    assert host.lost() == []
    assert len(host.acknowledged) > kills


# --- MongoDB is killed, too ---------------------------------------------------------------------


class Server:
    """The stand-in as a process, which keeps its state in a file, and its port."""

    def __init__(self, journal: Path) -> None:
        self._journal = journal
        self.port = 0
        self.start()

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/perkd"

    def start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [
                *(sys.executable, "-m", "tests.worlds.mongodb"),
                *("--port", str(self.port), "--journal", str(self._journal)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
        )
        assert self._process.stdout is not None
        self.port = json.loads(self._process.stdout.readline())["port"]

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    running = Server(tmp_path / "mongodb.journal")
    yield running
    running.kill()


def test_mongodb_killed_again_and_again_under_perkd_loses_nothing(tmp_path: Path, server: Server) -> None:
    host, chance = Host(tmp_path / "perkd.sqlite3", server.uri), random.Random(11)
    with Committer(host) as committer:
        committer.begin()
        for _ in range(MONGODB_KILLS):
            committer.until("done", 30.0)
            committer.listen(chance.uniform(0.0, LONGEST))
            server.kill()
            committer.listen(chance.uniform(0.0, LONGEST))
            server.start()
        committer.kill()
    trio.run(end_in_order, host)
    assert host.lost() == []
    assert len(host.acknowledged) > MONGODB_KILLS


def test_perkd_and_mongodb_killed_together_lose_nothing(tmp_path: Path, server: Server) -> None:
    host, chance = Host(tmp_path / "perkd.sqlite3", server.uri), random.Random(13)
    with Committer(host) as committer:
        for _ in range(MONGODB_KILLS):
            committer.begin()
            committer.until("done", 30.0)
            committer.listen(chance.uniform(0.0, LONGEST))
            server.kill()
            committer.kill()
            server.start()
    trio.run(end_in_order, host)
    assert host.lost() == []
    assert len(host.acknowledged) > MONGODB_KILLS
