"""The stand-in and a real server, given the same random work, hold and find the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from tests.worlds.mongodb.target import MongoTarget
from tests.worlds.mongodb.threads import mongo_in_thread

Document = dict[str, Any]
Things = Collection[Document]

ids = st.sampled_from(["a", "b", "c", "d"]) | st.builds(
    lambda term, sequence: {"term": term, "sequence": sequence}, st.integers(1, 3), st.integers(1, 3)
)
comparable = st.integers(-1, 1) | st.sampled_from(["", "x", "é", 0.5])
values = comparable | st.none() | st.booleans()
operators = st.sampled_from(["$gt", "$gte", "$lt", "$lte", "$ne", "$eq"])
conditions = values | st.dictionaries(operators, comparable, min_size=1, max_size=2)
filters = (
    st.builds(lambda n: {"n": n}, conditions)
    | st.builds(lambda m: {"in.m": m}, conditions)
    | st.builds(lambda operator, id_: {"_id": {operator: id_}}, operators, ids)
    | st.fixed_dictionaries({}, optional={"_id": ids, "n": conditions, "in.m": conditions})
)
changes = st.sampled_from(
    [{"$set": {"n": 1}}, {"$set": {"in.m": "x"}}, {"$unset": {"n": ""}}, {"$setOnInsert": {"born": 1}}]
)
documents = st.fixed_dictionaries(
    {"_id": ids}, optional={"n": values, "in": st.builds(lambda m: {"m": m}, values)}
)
works = st.one_of(
    st.tuples(st.just("insert"), documents),
    st.tuples(st.just("upsert"), documents),
    st.tuples(st.just("update"), filters, changes),
    st.tuples(st.just("take"), ids, comparable, changes),
    st.tuples(st.just("delete"), filters),
    st.tuples(st.just("find"), filters, st.sampled_from([1, -1])),
)


def outcome(things: Things, work: tuple[Any, ...]) -> Any:
    """What a client gets to know of one piece of work."""
    try:
        return _do(things, work)
    except DuplicateKeyError as error:
        return error.code


def _do(things: Things, work: tuple[Any, ...]) -> Any:
    match work:
        case ("insert", document):
            return things.insert_one(dict(document)).inserted_id
        case ("upsert", document):
            result = things.replace_one({"_id": document["_id"]}, document, upsert=True)
            return result.matched_count, result.upserted_id
        case ("update", query, change):
            return things.update_many(query, change).matched_count
        case ("take", id_, limit, change):
            query = {"_id": id_, "n": {"$lt": limit}}
            return things.find_one_and_update(query, change, upsert=True, return_document=True)
        case ("delete", query):
            return things.delete_many(query).deleted_count
        case (_, query, direction):
            return things.count_documents(query), list(things.find(query).sort("_id", direction))
    raise AssertionError(work)


@pytest.fixture
def pair(mongo_server: MongoTarget) -> Iterator[tuple[Things, Things]]:
    """A collection on the real server, and one on the stand-in."""
    if mongo_server.standin is not None:
        pytest.skip("compares with a real server; make test-system runs it")
    with (
        mongo_in_thread() as standin,
        MongoClient[Document](mongo_server.uri) as real,
        MongoClient[Document](standin.uri) as ours,
    ):
        yield real[mongo_server.database]["things"], ours["perkd"]["things"]


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(documents, min_size=2, max_size=6), st.lists(works, min_size=4, max_size=12))
def test_random_work_has_the_same_outcome_on_both(pair, stored, work):
    real, ours = pair
    for things in pair:
        things.delete_many({})
        for document in stored:
            things.replace_one({"_id": document["_id"]}, document, upsert=True)
    for piece in work:
        assert outcome(ours, piece) == outcome(real, piece)
    in_order = [list(things.find().sort("_id", 1)) for things in pair]
    assert in_order[0] == in_order[1]
