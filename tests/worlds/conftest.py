"""What the tests of the stand-in for MongoDB share."""

from collections.abc import Iterator
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from tests.worlds.mongodb.target import MongoTarget

Document = dict[str, Any]


@pytest.fixture
def database(mongo_server: MongoTarget) -> Iterator[Database[Document]]:
    with MongoClient[Document](mongo_server.uri, serverSelectionTimeoutMS=5000) as client:
        yield client[mongo_server.database]


@pytest.fixture
def things(database: Database[Document]) -> Collection[Document]:
    return database["things"]
