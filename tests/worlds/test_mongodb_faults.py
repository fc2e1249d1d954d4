"""The faults of the stand-in, as the unmodified driver sees them."""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from bson import Int64
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import (
    AutoReconnect,
    BulkWriteError,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from tests.worlds.mongodb.state import MongoState
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread

Document = dict[str, Any]
ABCD = [{"_id": name} for name in "abcd"]


@pytest.fixture
def things(faulty_mongo: MongoThread) -> Iterator[Collection[Document]]:
    """Through a client that sends nothing again by itself."""
    with client_of(faulty_mongo) as client:
        yield client["perkd"]["things"]


@pytest.fixture
def hasty(faulty_mongo: MongoThread) -> Iterator[Collection[Document]]:
    """The same through a client that gives up soon. It is connected, however long that took."""
    with client_of(faulty_mongo, socketTimeoutMS=300) as client:
        until(lambda: answered(client))
        yield client["perkd"]["things"]


def client_of(mongo: MongoThread, **options: Any) -> MongoClient[Document]:
    settings = {"serverSelectionTimeoutMS": 30_000, "retryWrites": False, "retryReads": False}
    return MongoClient(mongo.uri, **{**settings, **options})


def answered(client: MongoClient[Document]) -> bool:
    try:
        client.admin.command("ping")
    except AutoReconnect:
        return False
    return True


def why_not_selected(client: MongoClient[Document]) -> str:
    """What the client says of a server that it does not find, once it has seen something of it."""
    with client:
        until(lambda: any(seen.error for seen in client.topology_description.server_descriptions().values()))
        with pytest.raises(ServerSelectionTimeoutError) as refused:
            client.admin.command("ping")
    return str(refused.value)


def stored(mongo: MongoThread) -> str:
    return "".join(document["_id"] for document in mongo.documents("perkd.things"))


def test_a_stopped_server_refuses_and_a_restarted_one_has_kept_its_state(faulty_mongo, things):
    things.insert_one({"_id": "a"})
    faulty_mongo.stop()
    with pytest.raises(AutoReconnect):
        things.insert_one({"_id": "b"})
    assert "refused" in why_not_selected(client_of(faulty_mongo, serverSelectionTimeoutMS=100))
    faulty_mongo.start()
    with client_of(faulty_mongo) as client:
        client["perkd"]["things"].insert_one({"_id": "c"})
    assert stored(faulty_mongo) == "ac"


def test_the_state_outlives_the_stand_in():
    state = MongoState()
    with mongo_in_thread(state) as mongo, client_of(mongo) as client:
        client["perkd"]["things"].insert_one({"_id": "a"})
        port = mongo.port
    with mongo_in_thread(state, port=port) as mongo, client_of(mongo) as client:
        assert mongo.port == port
        assert client["perkd"]["things"].find_one() == {"_id": "a"}


def test_a_restart_forgets_cursors(faulty_mongo, things):
    things.insert_many(ABCD)
    cursor = things.find(batch_size=2)
    next(cursor)
    faulty_mongo.restart()
    with pytest.raises(PyMongoError):
        list(cursor)
    with (
        client_of(faulty_mongo) as client,
        pytest.raises(OperationFailure) as e,
    ):
        client["perkd"].command("getMore", 1, collection="things")
    assert e.value.code in (14, 43)


def test_a_hanging_server_does_what_it_was_sent_when_it_goes_on(faulty_mongo, things, hasty):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(hang=True)
    with pytest.raises(NetworkTimeout):
        hasty.insert_one({"_id": "b"})
    assert stored(faulty_mongo) == "a"
    faulty_mongo.set(hang=False)
    faulty_mongo.call(lambda: None)
    until(lambda: stored(faulty_mongo) == "ab")


def test_a_server_that_hangs_from_the_start_is_never_selected(faulty_mongo):
    faulty_mongo.set(hang=True)
    client = client_of(faulty_mongo, serverSelectionTimeoutMS=100, connectTimeoutMS=100)
    assert "timed out" in why_not_selected(client)
    assert faulty_mongo.seen("ping") == []


def test_what_hangs_when_the_server_is_stopped_is_never_done(faulty_mongo, things, hasty):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(hang=True)
    with pytest.raises(NetworkTimeout):
        hasty.insert_one({"_id": "b"})
    faulty_mongo.stop()
    faulty_mongo.set(hang=False)
    faulty_mongo.start()
    with client_of(faulty_mongo) as client:
        client["perkd"]["things"].insert_one({"_id": "c"})
    assert stored(faulty_mongo) == "ac"


def test_held_writes_wait_while_reads_and_pings_are_answered(faulty_mongo, things, hasty):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(hold_writes=True)
    with pytest.raises(NetworkTimeout):
        hasty.insert_one({"_id": "b"})
    assert things.database.command("ping")["ok"] == 1.0
    assert things.count_documents({}) == 1
    faulty_mongo.set(hold_writes=False)
    until(lambda: stored(faulty_mongo) == "ab")


@pytest.mark.parametrize(("after", "left"), [(0, ""), (2, "ab"), (None, "abcd")])
def test_a_cut_batch_leaves_what_was_done_before_the_cut(faulty_mongo, things, after, left):
    things.database.command("ping")
    faulty_mongo.cut("insert", after=after)
    with pytest.raises(AutoReconnect):
        things.insert_many(ABCD)
    assert stored(faulty_mongo) == left
    things.find_one()


@pytest.mark.parametrize("after", [0, 2, None])
def test_a_retried_batch_is_done_once(after):
    with mongo_in_thread(replica_set="rs0") as mongo, client_of(mongo, retryWrites=True) as client:
        client.admin.command("ping")
        mongo.cut("insert", after=after)
        assert client["perkd"]["things"].insert_many(ABCD).inserted_ids == list("abcd")
        assert stored(mongo) == "abcd"
        first, second = mongo.seen("insert")
        assert first.command["txnNumber"] == second.command["txnNumber"]


def test_a_retried_increment_is_done_once():
    with mongo_in_thread(replica_set="rs0") as mongo, client_of(mongo, retryWrites=True) as client:
        things = client["perkd"]["things"]
        things.insert_one({"_id": "a", "n": 0})
        mongo.cut("update")
        assert things.update_one({"_id": "a"}, {"$inc": {"n": 1}}).modified_count == 1
        mongo.cut("findAndModify")
        assert things.find_one_and_update({"_id": "a"}, {"$inc": {"n": 1}}, return_document=True)["n"] == 2
        mongo.cut("delete")
        assert things.delete_one({"_id": "a"}).deleted_count == 1


def test_numbered_writes_are_known_after_a_restart_and_older_ones_refused():
    insert = {"insert": "things", "documents": [{"_id": "a"}], "txnNumber": Int64(1)}
    with (
        mongo_in_thread(replica_set="rs0") as mongo,
        client_of(mongo) as client,
        client.start_session() as session,
    ):
        client["perkd"].command(dict(insert), session=session)
        mongo.restart()
        with contextlib.suppress(AutoReconnect):  # a connection from before
            client.admin.command("ping")
        assert client["perkd"].command(dict(insert), session=session)["retriedStmtIds"] == [0]
        newer = {**insert, "documents": [{"_id": "b"}], "txnNumber": Int64(2)}
        assert "retriedStmtIds" not in client["perkd"].command(newer, session=session)
        with pytest.raises(OperationFailure) as refused:
            client["perkd"].command(dict(insert), session=session)
        assert refused.value.code == 225
        assert stored(mongo) == "ab"


def test_a_standalone_server_refuses_numbered_writes():
    with mongo_in_thread() as mongo, client_of(mongo, retryWrites=True) as client:
        client["perkd"]["things"].insert_one({"_id": "a"})
        (seen,) = mongo.seen("insert")
        assert "txnNumber" not in seen.command
        with pytest.raises(OperationFailure) as refused:
            client["perkd"].command({"insert": "things", "documents": [{}], "txnNumber": 1})
        assert refused.value.code == 20


def test_a_slow_server_answers_late_and_has_done_it_at_once(faulty_mongo, things, hasty):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(slow=0.1)
    start = time.monotonic()
    assert things.count_documents({}) == 1
    assert time.monotonic() - start >= 0.1
    faulty_mongo.set(slow=3600.0)
    with pytest.raises(NetworkTimeout):
        hasty.insert_one({"_id": "b"})
    until(lambda: stored(faulty_mongo) == "ab")
    faulty_mongo.set(slow=0.0)


def test_a_primary_that_steps_down_refuses_until_it_is_elected_again():
    with (
        mongo_in_thread(replica_set="rs0") as mongo,
        client_of(mongo) as client,
    ):
        things = client["perkd"]["things"]
        things.insert_one({"_id": "a"})
        mongo.step_down(hellos=2)
        with pytest.raises(NotPrimaryError) as refused:
            things.insert_one({"_id": "b"})
        assert refused.value.details["code"] == 10107
        things.insert_one({"_id": "c"})  # waits for the election, 0.5 s between hellos
        assert stored(mongo) == "ac"
        assert mongo.state.term == 2


def test_a_retried_write_survives_an_election():
    with mongo_in_thread(replica_set="rs0") as mongo, client_of(mongo, retryWrites=True) as client:
        client.admin.command("ping")
        mongo.step_down(hellos=1)
        client["perkd"]["things"].insert_one({"_id": "a"})
        assert [seen.name for seen in mongo.seen("insert")] == ["insert", "insert"]
        assert stored(mongo) == "a"


def test_a_secondary_refuses_reads_meant_for_the_primary():
    with mongo_in_thread(replica_set="rs0") as mongo, client_of(mongo) as client:
        client.admin.command("ping")
        mongo.step_down(hellos=1000)
        with pytest.raises(NotPrimaryError) as refused:
            client["perkd"]["things"].find_one()
        assert refused.value.details["code"] == 13435


def test_garbage_is_an_error_of_the_connection(faulty_mongo, things):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(garbage=True)
    with pytest.raises(PyMongoError):
        things.insert_one({"_id": "b"})
    faulty_mongo.set(garbage=False)
    with client_of(faulty_mongo) as client:
        assert client["perkd"]["things"].count_documents({}) == 2


def test_a_full_disk_refuses_writes_and_answers_reads(faulty_mongo, things):
    things.insert_one({"_id": "a"})
    faulty_mongo.set(disk_full=True)
    for write in (things.insert_one, things.delete_one):
        with pytest.raises(OperationFailure) as refused:
            write({"_id": "b"})
        assert refused.value.code == 14031
    assert things.find_one() == {"_id": "a"}
    faulty_mongo.set(disk_full=False)
    things.insert_one({"_id": "b"})
    assert stored(faulty_mongo) == "ab"


def test_a_refusal_holds_for_as_many_commands_as_it_was_ordered_for(faulty_mongo, things):
    faulty_mongo.refuse("insert", 13, times=2)
    for _ in range(2):
        with pytest.raises(OperationFailure) as refused:
            things.insert_one({"_id": "a"})
        assert refused.value.code == 13
    things.insert_one({"_id": "a"})
    assert stored(faulty_mongo) == "a"


@pytest.mark.parametrize("mechanism", ["", "&authMechanism=SCRAM-SHA-1", "&authMechanism=SCRAM-SHA-256"])
def test_credentials_are_refused(faulty_mongo, mechanism):
    uri = faulty_mongo.uri.replace("//", "//operator:secret@").replace("/?", "/admin?")
    uri += mechanism if "?" in uri else "?" + mechanism.removeprefix("&")
    with (
        MongoClient[Document](uri, serverSelectionTimeoutMS=5000) as client,
        pytest.raises(OperationFailure) as refused,
    ):
        client["perkd"]["things"].find_one()
    assert refused.value.code == 18


def test_a_fault_that_does_not_exist_is_an_error_of_the_test(faulty_mongo):
    with pytest.raises(AttributeError):
        faulty_mongo.set(slwo=1.0)


def test_a_duplicate_within_a_cut_batch_stays_an_error(faulty_mongo, things):
    things.insert_one({"_id": "b"})
    with pytest.raises(BulkWriteError):
        things.insert_many(ABCD)
    assert stored(faulty_mongo) == "ab"


def until(met: Any, within: float = 60.0) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + within
    while not met():
        assert time.monotonic() < end
        threading.Event().wait(0.005)
