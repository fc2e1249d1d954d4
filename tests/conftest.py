"""What every test may ask for: the MongoDB that tests run against; and how properties are tried."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.worlds.mongodb.target import MongoTarget, description, open_target
from tests.worlds.mongodb.threads import MongoThread, mongo_in_thread

# A busy machine makes no example wrong. In CI the same ones are tried each time, elsewhere always new ones.
settings.register_profile("perkd", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("perkd")


def pytest_report_header() -> str:
    return f"MongoDB: {description()}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs against the server that is named is marked, so that `make test-system` finds it."""
    for item in items:
        if "mongo_server" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.system)


@pytest.fixture
def mongo_server() -> Iterator[MongoTarget]:
    """An empty database: on the server that PERKD_TEST_MONGODB_URI names, else on the stand-in."""
    with open_target() as target:
        yield target


@pytest.fixture(params=["standalone", "replica set"])
def faulty_mongo(request: pytest.FixtureRequest) -> Iterator[MongoThread]:
    """The stand-in, whose faults can be switched, as a standalone server and as a set's primary."""
    with mongo_in_thread(replica_set="rs0" if request.param == "replica set" else "") as mongo:
        yield mongo
