"""The ways to run the stand-in: in the test's own trio, in a thread (the fixtures), as a process."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
from pymongo import AsyncMongoClient, MongoClient

from tests.worlds.mongodb.errors import MongoError
from tests.worlds.mongodb.journal import reopen
from tests.worlds.mongodb.server import open_mongo
from tests.worlds.mongodb.threads import mongo_in_thread

Document = dict[str, Any]


async def test_it_runs_beside_a_test_whose_client_lives_in_a_thread():
    async def work(uri: str) -> list[Document]:
        async with AsyncMongoClient[Document](uri, serverSelectionTimeoutMS=30_000) as client:
            await client["perkd"]["things"].insert_many([{"_id": f"{i:04}"} for i in range(300)])
            return await client["perkd"]["things"].find().sort("_id", 1).to_list()

    async with open_mongo(replica_set="rs0") as mongo:
        found = await trio.to_thread.run_sync(asyncio.run, work(mongo.uri))
        assert found == mongo.state.documents("perkd.things")
        assert len(found) == 300
        assert [seen.name for seen in mongo.log if seen.name in ("insert", "find", "getMore")] == [
            "insert",
            "find",
            "getMore",
        ]
        assert {seen.collection for seen in mongo.seen("insert", "getMore")} == {"things"}


def test_two_stand_ins_do_not_share_anything():
    with mongo_in_thread() as one, mongo_in_thread() as two, MongoClient[Document](one.uri) as client:
        client["perkd"]["things"].insert_one({"_id": "a"})
        assert one.port != two.port
        assert (len(one.documents("perkd.things")), two.documents("perkd.things")) == (1, [])


def test_what_breaks_in_the_thread_is_raised_in_the_test():
    def break_it() -> None:
        raise MongoError(1, "broken")

    with mongo_in_thread() as mongo, pytest.raises(MongoError, match="broken"):
        mongo.call(break_it)


@contextmanager
def process(*words: str) -> Iterator["subprocess.Popen[str]"]:
    line = [sys.executable, "-m", "tests.worlds.mongodb", *words]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603 - ourselves
        try:
            yield child
        finally:
            child.kill()


def order(child: "subprocess.Popen[str]", **orders: Document) -> Document:
    assert child.stdin is not None
    child.stdin.write(json.dumps(orders) + "\n")
    child.stdin.flush()
    return answer(child)


def answer(child: "subprocess.Popen[str]") -> Document:
    assert child.stdout is not None
    document: Document = json.loads(child.stdout.readline())
    return document


def test_a_process_takes_orders_and_is_started_again_on_its_port():
    with process("--replica-set", "rs0") as child:
        started = answer(child)
        with MongoClient[Document](started["uri"], serverSelectionTimeoutMS=30_000) as client:
            things = client["perkd"]["things"]
            things.insert_one({"_id": "a"})
            assert order(child, cut={"command": "insert", "after": 1}) == {"ok": True}
            things.insert_many([{"_id": "b"}, {"_id": "c"}])
            assert order(child, stop={}, start={}) == {"ok": True}
            assert things.count_documents({}) == 3
            child.kill()
            child.wait()
            with process("--replica-set", "rs0", "--port", str(started["port"])) as again:
                assert answer(again)["port"] == started["port"]
                assert things.count_documents({}) == 0


def test_a_killed_process_goes_on_from_its_journal(tmp_path: Path):
    words = ("--replica-set", "rs0", "--journal", str(tmp_path / "journal"))
    with process(*words) as child:
        started = answer(child)
        with MongoClient[Document](started["uri"], serverSelectionTimeoutMS=30_000) as client:
            things = client["perkd"]["things"]
            things.create_index("n", unique=True)
            things.insert_many([{"_id": i, "n": i} for i in range(5)])
            order(child, cut={"command": "insert", "after": 1})
            things.insert_many([{"_id": i, "n": i} for i in range(5, 8)])
            things.update_many({}, {"$inc": {"n": 100}})
            before = list(things.find().sort("_id"))
            child.kill()
            child.wait()
            with (tmp_path / "journal").open("ab") as journal:
                journal.write(b"\xff\0\0\0half a command")
            with process(*words, "--port", str(started["port"])) as again:
                answer(again)
                assert list(things.find().sort("_id")) == before
                assert "n_1" in things.index_information()
                things.insert_one({"_id": 8, "n": 8})
    with reopen(tmp_path / "journal", replica_set="rs0") as state:
        assert [document["_id"] for document in state.documents("perkd.things")] == [*range(9)]


def test_a_process_ends_with_its_standard_input():
    with process() as child:
        answer(child)
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(60) == 0
