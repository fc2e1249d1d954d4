"""What goes wrong on the way to the server, and what is said about it."""

import asyncio
import logging
from typing import Any

import pytest
from pymongo.errors import AutoReconnect, ServerSelectionTimeoutError

from actors.history import NOWHERE, Term
from actors.stores import StoreAway
from daemon.storage.mongodb import AddressError, MongoAddress
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.store import MongoStore
from tests.worlds.mongodb.threads import MongoThread

FIRST = Term(1, "w1")
HANGS = r"did not answer within 0\.5 s"


async def began(shop: Any, **settings: Any) -> MongoStore:
    store: MongoStore = shop.store(**settings)
    await store.open()
    await store.begin(FIRST)
    return store


# --- the server ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("switch", "says"),
    [
        (lambda mongo: mongo.set(hang=True), HANGS),
        (lambda mongo: mongo.set(disk_full=True), "refuses .code 14031.: available disk space"),
        (lambda mongo: mongo.set(garbage=True), "failed: "),
        (lambda mongo: mongo.refuse("insert", 10107, times=9), "."),
        (lambda mongo: mongo.refuse("insert", 91, times=9), "."),
        (lambda mongo: mongo.refuse("insert", 13), r"user or password in MONGODB_URI.*code 13"),
        (lambda mongo: mongo.refuse("insert", 8000), r"user or password in MONGODB_URI.*code 8000"),
        (lambda mongo: mongo.refuse("insert", 96), "refuses .code 96."),
        (lambda mongo: mongo.stop(), "."),
        (lambda mongo: mongo.cut("insert", times=9), "."),
    ],
    ids=["hangs", "full", "garbage", "not primary", "shutdown", "rights", "atlas", "other", "gone", "cut"],
)
def test_a_server_in_trouble_is_away_and_named(
    faulty_shop: Any, faulty_mongo: MongoThread, make: Any, switch: Any, says: str
) -> None:
    async def script() -> None:
        store = await began(faulty_shop)
        switch(faulty_mongo)
        if says in (HANGS, "."):
            faulty_shop.hurry(store, 0.5)
        with pytest.raises(StoreAway, match=says) as caught:
            await store.append(make.entries(1, 3))
        assert f"127.0.0.1:{faulty_mongo.port}" in str(caught.value)
        assert len(str(caught.value)) < 400

    faulty_shop.play(script)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("h:27017: [Errno 111] Connect call failed ('127.0.0.1', 27017)", "Connection refused"),
        ("h:27017: timed out", "timed out"),
        ("No servers found yet, Timeout: 3.0s, Topology Description: <…>", "no answer"),
        (
            "a:1: [Errno 111] Connect call failed ('10.0.0.1', 1),b:2: timed out",
            "a:1: Connection refused,b:2: timed out",
        ),
    ],
)
def test_a_server_that_is_not_there_is_named_once_and_in_plain_words(theirs: str, ours: str) -> None:
    async def script() -> None:
        with pytest.raises(StoreAway) as caught:
            async with Line("h:27017").command():
                raise ServerSelectionTimeoutError(theirs)
        assert str(caught.value) == f"MongoDB at h:27017 can't be reached: {ours}"

    asyncio.run(script())


def test_a_connection_that_is_lost_is_no_operation_that_somebody_cancelled() -> None:
    async def script() -> None:
        with pytest.raises(StoreAway, match="MongoDB at h:27017 failed: the connection was lost"):
            async with Line("h:27017").command():
                raise AutoReconnect("operation cancelled")

    asyncio.run(script())


def test_it_goes_on_when_the_server_is_back(faulty_shop: Any, faulty_mongo: MongoThread, make: Any) -> None:
    async def script() -> None:
        store = await began(faulty_shop)
        faulty_mongo.stop()
        with pytest.raises(StoreAway):
            await store.append(make.entries(1, 3))
        faulty_mongo.start()
        await store.append(make.entries(1, 3))
        faulty_mongo.restart()
        try:
            found = await store.entries(NOWHERE, 9)
        except StoreAway:  # a connection from before
            found = await store.entries(NOWHERE, 9)
        assert found == make.entries(1, 3)

    faulty_shop.play(script)


def test_a_password_that_is_not_accepted_is_not_shown(
    faulty_shop: Any, faulty_mongo: MongoThread, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    faulty_shop.uri = faulty_shop.uri.replace("mongodb://", "mongodb://somebody:s3cr3t@")

    async def script() -> None:
        with pytest.raises(StoreAway, match="user or password in MONGODB_URI is not accepted") as caught:
            await faulty_shop.store().open()
        assert "s3cr3t" not in str(caught.value)
        assert "somebody" not in str(caught.value)

    faulty_shop.play(script)
    assert "s3cr3t" not in caplog.text


# --- the address --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "place", "database"),
    [
        ("mongodb://h", "h", "perkd"),
        ("mongodb://h:27018/other", "h:27018", "other"),
        (" mongodb://user:p%2Fw@a:1,b:2/?replicaSet=rs0\n", "a:1,b:2", "perkd"),
        (
            "mongodb+srv://user:pw@cluster0.example.net/x?retryWrites=true&w=majority",
            "cluster0.example.net",
            "x",
        ),
        ("mongodb://[::1]:27017/x", "[::1]:27017", "x"),
    ],
)
def test_an_address_says_where_and_which_database(uri: str, place: str, database: str) -> None:
    found = MongoAddress.parse(uri)
    assert (found.place, found.database) == (place, database)
    assert "pw" not in repr(found)
    assert "p%2Fw" not in repr(found)


def test_the_database_may_be_configured_elsewhere() -> None:
    assert MongoAddress.parse("mongodb://h/", "configured").database == "configured"
    assert MongoAddress.parse("mongodb://h/named", "configured").database == "named"


@pytest.mark.parametrize(
    ("uri", "says"),
    [
        ("postgres://somebody:s3cr3t@h/", "must look like mongodb://"),
        ("s3cr3t", "must look like mongodb://"),
        ("mongodb://", "hostname"),
        ("mongodb://somebody:s3cr3t@", "hostname"),
        ("mongodb://somebody:a@s3cr3t@h/", "."),
        ("mongodb://somebody:a/s3cr3t@h/", "."),
        ("mongodb://somebody:a@b/s3cr3t@h/", "%2F"),
        ("mongodb://somebody:a@b?s3cr3t=c@h/", "%40"),
        ("mongodb://somebody:12/s3cr3t@h", "."),
        ("mongodb://somebody:a:s3cr3t@h/", "%3A"),
        ("mongodb://somebody:%s3cr3t@h/", "%25"),
        ("mongodb://somebody:s3cr3t@h:port/", "[Pp]ort"),
        ("mongodb://somebody:s3cr3t@h/?tls=maybe", "tls"),
        ("mongodb://somebody:s3cr3t@h/?colour=blue", "colour"),
        ("mongodb+srv://somebody:s3cr3t@h:27017/", "no port"),
        ("mongodb://somebody:s3cr3t@h/?replicaSet=a&directConnection=true&loadBalanced=true", "."),
    ],
)
def test_a_wrong_address_is_explained_without_its_password(uri: str, says: str) -> None:
    with pytest.raises(AddressError, match=says) as caught:
        MongoAddress.parse(uri).connect()
    text = str(caught.value)
    assert "MONGODB_URI" in text
    assert "s3cr3t" not in text
    assert "somebody" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_line_s_repr_has_no_secret() -> None:
    assert "s3cr3t" not in repr(Line(MongoAddress.parse("mongodb://u:s3cr3t@h/").place))
