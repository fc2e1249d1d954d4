"""The MongoDB that a test runs against: a real server where one is named, else the stand-in."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import pytest
from attrs import frozen
from pymongo import MongoClient

from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread

VARIABLE = "PERKD_TEST_MONGODB_URI"


@frozen
class MongoTarget:
    """A database of its own on some server."""

    uri: str
    """With the database in it."""
    database: str
    standin: MongoThread | None
    """None on a real server, which takes no orders for faults."""
    ferretdb: bool = False

    def skip_ferretdb(self, difference: str) -> None:
        """Leave a test out where FerretDB (as of 1.24) is known to answer otherwise than MongoDB."""
        if self.ferretdb:
            pytest.skip(f"FerretDB 1.24 differs from MongoDB: {difference}")


def named() -> str:
    """The URI of the real server that the environment names; "" where it names none."""
    return os.environ.get(VARIABLE, "")


def with_database(uri: str, database: str) -> str:
    """A URI that says which database."""
    parts = urlsplit(uri)
    return urlunsplit(parts._replace(path="/" + database))


@contextmanager
def open_target(*, replica_set: str = "") -> Iterator[MongoTarget]:
    """An empty database on the named server, dropped at the end; else one on a stand-in of its own."""
    database = f"perkd_test_{uuid4().hex[:12]}"
    if not named():
        with mongo_in_thread(replica_set=replica_set) as standin:
            yield MongoTarget(with_database(standin.uri, database), database, standin)
        return
    with MongoClient[dict[str, object]](named(), serverSelectionTimeoutMS=30_000) as client:
        ferretdb = "ferretdbVersion" in client.server_info()
        yield MongoTarget(with_database(named(), database), database, None, ferretdb)
        client.drop_database(database)


def description() -> str:
    """Which server is used, without its password."""
    if not named():
        return f"the in-process stand-in ({VARIABLE} names no server)"
    parts = urlsplit(named())
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} ({VARIABLE})"
