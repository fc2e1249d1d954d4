"""Reads of the stand-in, which a real server answers alike (`make test-system`)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from pymongo import (
    ASCENDING,
    DESCENDING,
)
from pymongo.errors import OperationFailure

Document = dict[str, Any]


def ids(found: Any) -> list[Any]:
    return [document["_id"] for document in found]


def test_a_ping_and_the_version_are_answered(database):
    assert database.command("ping")["ok"] == 1.0
    assert len(database.client.server_info()["versionArray"]) == 4


def test_an_unknown_command_is_refused(database):
    with pytest.raises(OperationFailure) as refused:
        database.command("brew", "coffee")
    assert refused.value.code == 59


def test_values_come_back_as_they_went_in(things):
    document = {
        "_id": ObjectId(),
        "int": 1,
        "long": Int64(1),
        "float": 1.5,
        "text": "ünïcode 🎁",
        "none": None,
        "flag": True,
        "bytes": b"\x00\xff",
        "when": datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC).replace(tzinfo=None),
        "list": [1, {"x": [3]}],
        "nested": {"b": 1, "a": 2},
    }
    things.insert_one(document)
    (found,) = things.find()
    assert found == document
    assert list(found) == list(document)
    assert type(found["long"]) is Int64
    assert type(found["int"]) is int
    assert list(found["nested"]) == ["b", "a"]


def test_arrays_in_arrays_come_back_as_they_went_in(mongo_server, things):
    mongo_server.skip_ferretdb("arrays in arrays are refused (2)")
    things.insert_one({"_id": "a", "list": [1, [2, [3]]]})
    assert things.find_one() == {"_id": "a", "list": [1, [2, [3]]]}


def test_a_document_without_id_is_given_one(database):
    database.command("insert", "things", documents=[{"x": 1}])
    found = database["things"].find_one()
    assert isinstance(found["_id"], ObjectId)
    assert next(iter(found)) == "_id"


DOCUMENTS = [
    {"_id": "a", "n": 1, "tags": ["red", "blue"], "in": {"deep": 1}},
    {"_id": "b", "n": 2.0, "tags": [], "in": {"deep": 2}},
    {"_id": "c", "n": "2", "in": {"deep": None}},
    {"_id": "d", "n": None},
    {"_id": "e"},
]
FILTERS: list[tuple[Document, str]] = [
    ({}, "abcde"),
    ({"n": 1}, "a"),
    ({"n": 2}, "b"),
    ({"n": None}, "de"),
    ({"n": {"$eq": "2"}}, "c"),
    ({"n": {"$ne": 1}}, "bcde"),
    ({"n": {"$gt": 1}}, "b"),
    ({"n": {"$gte": 1}}, "ab"),
    ({"n": {"$lt": 2}}, "a"),
    ({"n": {"$lte": 2}}, "ab"),
    ({"n": {"$gt": 0, "$lt": 2}}, "a"),
    ({"n": {"$in": [1, "2"]}}, "ac"),
    ({"n": {"$nin": [1, "2"]}}, "bde"),
    ({"n": {"$exists": True}}, "abcd"),
    ({"n": {"$exists": False}}, "e"),
    ({"n": {"$not": {"$gt": 1}}}, "acde"),
    ({"tags": "red"}, "a"),
    ({"tags": ["red", "blue"]}, "a"),
    ({"tags": {"$size": 0}}, "b"),
    ({"tags.1": "blue"}, "a"),
    ({"in.deep": 2}, "b"),
    ({"in.deep": {"$exists": True}}, "abc"),
    ({"in": {"deep": 1}}, "a"),
    ({"$or": [{"n": 1}, {"_id": "e"}]}, "ae"),
    ({"$and": [{"n": {"$exists": True}}, {"n": {"$ne": None}}]}, "abc"),
    ({"$nor": [{"n": 1}, {"n": 2}]}, "cde"),
    ({"_id": {"$gt": "b"}}, "cde"),
    ({"_id": {"$gte": "b", "$lt": "d"}}, "bc"),
    ({"_id": {"$in": ["e", "x", "a"]}}, "ae"),
    ({"_id": {"$regex": "^[ab]"}}, "ab"),
    ({"_id": "a", "n": 2}, ""),
    ({"_id": 5}, ""),
]


@pytest.mark.parametrize(("query", "expected"), FILTERS, ids=[str(query) for query, _ in FILTERS])
def test_a_filter_finds_what_it_describes(things, query, expected):
    things.insert_many(DOCUMENTS)
    assert "".join(sorted(ids(things.find(query)))) == expected
    assert things.count_documents(query) == len(expected)
    things.create_index("n")
    assert "".join(ids(things.find(query).sort("_id", ASCENDING))) == expected


@pytest.mark.parametrize("query", [{"n": {"$near": 1, "$nonsense": 2}}, {"$nonsense": 1}, {"$or": []}])
def test_a_filter_that_is_none_is_refused(mongo_server, things, query):
    if mongo_server.ferretdb:  # it reads no filter for an empty collection
        things.insert_one({"_id": "a", "n": 1})
    with pytest.raises(OperationFailure) as refused:
        things.find_one(query)
    assert refused.value.code == 2


def test_values_are_sorted_by_type_and_then_by_value(things):
    values = [None, -1, 2.5, Int64(3), "", "B", "a", "é", {}, {"a": 1}, {"a": 2}, {"b": 0}, False, True]
    for number, value in enumerate(reversed(values)):
        things.insert_one({"_id": number, "v": value})
    assert [d["v"] for d in things.find().sort("v", ASCENDING)] == values
    assert [d["v"] for d in things.find().sort("v", DESCENDING)] == values[::-1]


def test_embedded_ids_are_ordered_field_by_field(things):
    keys = [(term, sequence) for term in (1, 2, 10) for sequence in (1, 2, 10)]
    things.insert_many([{"_id": {"term": t, "sequence": s}} for t, s in reversed(keys)])
    after = things.find({"_id": {"$gt": {"term": 2, "sequence": 2}}}).sort("_id", ASCENDING)
    assert [tuple(d["_id"].values()) for d in after] == [k for k in keys if k > (2, 2)]
    last = things.find_one(sort=[("_id", DESCENDING)])
    assert last["_id"] == {"term": 10, "sequence": 10}


def test_sort_skip_limit_and_projection_apply_in_that_order(things):
    things.insert_many([{"_id": f"{i}", "n": i % 3, "x": {"y": i, "z": i}} for i in range(9)])
    found = things.find({}, {"x.y": 1}).sort([("n", DESCENDING), ("_id", ASCENDING)]).skip(1).limit(3)
    assert list(found) == [
        {"_id": "5", "x": {"y": 5}},
        {"_id": "8", "x": {"y": 8}},
        {"_id": "1", "x": {"y": 1}},
    ]
    assert things.find_one({"_id": "4"}, {"_id": 0, "n": 1}) == {"n": 1}
    assert things.find_one({"_id": "4"}, {"x": 0}) == {"_id": "4", "n": 1}


def test_a_cursor_hands_over_all_documents_in_batches(things):
    things.insert_many([{"_id": f"{i:04}"} for i in range(1000)])
    assert ids(things.find().sort("_id")) == [f"{i:04}" for i in range(1000)]
    assert ids(things.find(batch_size=7).sort("_id").limit(20)) == [f"{i:04}" for i in range(20)]


def test_a_killed_cursor_is_gone(things):
    things.insert_many([{"_id": i} for i in range(10)])
    cursor = things.find(batch_size=2)
    next(cursor)
    number = cursor.cursor_id
    cursor.close()
    with pytest.raises(OperationFailure) as refused:
        things.database.command("getMore", Int64(number), collection="things")
    assert refused.value.code == 43


def test_batches_of_large_documents_stay_within_a_message(things):
    things.insert_many([{"_id": f"{i}", "x": "y" * 5_000_000} for i in range(8)])
    assert sum(len(d["x"]) for d in things.find()) == 40_000_000


def test_an_aggregation_groups_sorts_and_limits(things):
    things.insert_many([{"_id": f"{i}", "game": "wos" if i % 3 else "ks", "n": i} for i in range(9)])
    group = {"$group": {"_id": "$game", "total": {"$sum": "$n"}}}
    rows = things.aggregate([{"$match": {"n": {"$gt": 0}}}, group, {"$sort": {"total": -1}}])
    assert list(rows) == [{"_id": "wos", "total": 27}, {"_id": "ks", "total": 9}]
    assert list(things.aggregate([{"$match": {"game": "ks"}}, {"$count": "n"}])) == [{"n": 3}]
    last = things.aggregate([{"$sort": {"n": -1}}, {"$skip": 1}, {"$limit": 1}, {"$project": {"n": 1}}])
    assert list(last) == [{"_id": "7", "n": 7}]
    assert sorted(things.distinct("game")) == ["ks", "wos"]


def test_a_group_may_have_several_sums(mongo_server, things):
    mongo_server.skip_ferretdb("the second sum of a group is 0")
    things.insert_many([{"_id": f"{i}", "n": i} for i in range(4)])
    sums = {"_id": None, "n": {"$sum": 1}, "total": {"$sum": "$n"}, "most": {"$max": "$n"}}
    assert list(things.aggregate([{"$group": sums}])) == [{"_id": None, "n": 4, "total": 6, "most": 3}]


def test_an_unknown_stage_is_refused(mongo_server, things):
    with pytest.raises(OperationFailure) as refused:
        things.aggregate([{"$nonsense": {}}])
    assert refused.value.code == (40234 if mongo_server.ferretdb else 40324)


def test_collections_are_listed_until_they_are_dropped(database):
    database["one"].insert_one({"_id": 1})
    database.create_collection("two")
    assert sorted(database.list_collection_names()) == ["one", "two"]
    database["one"].drop()
    database["none"].drop()
    assert database.list_collection_names() == ["two"]
    assert database.name in database.client.list_database_names()
    database.client.drop_database(database.name)
    assert database.list_collection_names() == []
