"""Writes to the stand-in, which a real server answers alike (`make test-system`)."""

from typing import Any

import pytest
from pymongo import (
    ASCENDING,
    DESCENDING,
    DeleteOne,
    InsertOne,
    ReplaceOne,
    ReturnDocument,
    UpdateOne,
    WriteConcern,
)
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure, WriteError

Document = dict[str, Any]


def ids(found: Any) -> list[Any]:
    return [document["_id"] for document in found]


@pytest.mark.parametrize("id_", ["a", 7, {"term": 1, "sequence": 2}])
def test_a_second_document_with_an_id_is_refused(things, id_):
    things.insert_one({"_id": id_, "x": 1})
    with pytest.raises(DuplicateKeyError) as refused:
        things.insert_one({"_id": id_, "x": 2})
    assert refused.value.code == 11000
    assert refused.value.details["index"] == 0
    assert things.find_one({"_id": id_})["x"] == 1


def test_an_ordered_batch_stops_at_the_first_refusal(things):
    with pytest.raises(BulkWriteError) as refused:
        things.insert_many([{"_id": "a"}, {"_id": "a"}, {"_id": "b"}])
    (error,) = refused.value.details["writeErrors"]
    assert (error["index"], error["code"]) == (1, 11000)
    assert refused.value.details["nInserted"] == 1
    assert ids(things.find()) == ["a"]


def test_an_unordered_batch_goes_on_after_refusals(things):
    with pytest.raises(BulkWriteError) as refused:
        things.insert_many([{"_id": "a"}, {"_id": "a"}, {"_id": "b"}, {"_id": "b"}], ordered=False)
    assert [error["index"] for error in refused.value.details["writeErrors"]] == [1, 3]
    assert refused.value.details["nInserted"] == 2
    assert ids(things.find().sort("_id")) == ["a", "b"]


def test_a_unique_index_refuses_a_second_document_with_its_key(things):
    things.create_index([("game", ASCENDING), ("code", ASCENDING)], unique=True)
    things.insert_one({"_id": "1", "game": "wos", "code": "A"})
    things.insert_one({"_id": "2", "game": "kingshot", "code": "A"})
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"_id": "3", "game": "wos", "code": "A"})
    things.delete_one({"_id": "1"})
    things.insert_one({"_id": "3", "game": "wos", "code": "A"})
    assert things.count_documents({"game": "wos"}) == 1


def test_a_unique_index_refuses_an_update_to_the_key_of_another(mongo_server, things):
    mongo_server.skip_ferretdb("such an update is refused with 1 InternalError, not with 11000")
    things.create_index("code", unique=True)
    things.insert_many([{"_id": "1", "code": "A"}, {"_id": "2", "code": "B"}])
    with pytest.raises(DuplicateKeyError):
        things.update_one({"_id": "2"}, {"$set": {"code": "A"}})
    assert things.find_one({"_id": "2"})["code"] == "B"
    things.update_one({"_id": "1"}, {"$set": {"code": "C"}})
    things.update_one({"_id": "2"}, {"$set": {"code": "A"}})
    assert ids(things.find({"code": "A"})) == ["2"]


def test_a_unique_index_is_not_built_over_duplicates(mongo_server, things):
    things.insert_many([{"_id": "1", "code": "A"}, {"_id": "2", "code": "A"}])
    with pytest.raises(OperationFailure) as refused:
        things.create_index("code", unique=True)
    # FerretDB 1.24 says 1 InternalError.
    assert refused.value.code == (1 if mongo_server.ferretdb else 11000)


def test_indexes_are_listed_and_making_one_again_changes_nothing(things):
    things.create_index([("code", ASCENDING)], unique=True, name="by_code")
    things.create_index([("code", ASCENDING)], unique=True, name="by_code")
    indexes = things.index_information()
    assert set(indexes) == {"_id_", "by_code"}
    assert indexes["by_code"]["key"] == [("code", 1)]
    assert indexes["by_code"]["unique"] is True
    things.drop_index("by_code")
    assert set(things.index_information()) == {"_id_"}


def test_a_document_larger_than_16_mb_is_refused(mongo_server, things):
    mongo_server.skip_ferretdb("it stores documents of any size")
    things.insert_one({"_id": "a", "x": "y" * 9_000_000})
    with pytest.raises(WriteError) as refused:
        things.update_one({"_id": "a"}, {"$set": {"z": "y" * 9_000_000}})
    assert refused.value.code in (10334, 17419)
    assert "z" not in things.find_one({"_id": "a"})


UPDATES: list[tuple[Document, Document]] = [
    ({"$set": {"n": 5, "new": 1}}, {"_id": "a", "n": 5, "in": {"x": 1}, "new": 1}),
    ({"$set": {"in.y": 2}}, {"_id": "a", "n": 1, "in": {"x": 1, "y": 2}}),
    ({"$unset": {"in.x": ""}}, {"_id": "a", "n": 1, "in": {}}),
    ({"$unset": {"none": ""}}, {"_id": "a", "n": 1, "in": {"x": 1}}),
    ({"$inc": {"n": 2, "m": 1}}, {"_id": "a", "n": 3, "in": {"x": 1}, "m": 1}),
    ({"$max": {"n": 0}, "$min": {"in.x": 0}}, {"_id": "a", "n": 1, "in": {"x": 0}}),
    ({"$setOnInsert": {"n": 9}, "$inc": {"in.x": 1}}, {"_id": "a", "n": 1, "in": {"x": 2}}),
    ({"$push": {"list": "x"}}, {"_id": "a", "n": 1, "in": {"x": 1}, "list": ["x"]}),
]


@pytest.mark.parametrize(("update", "expected"), UPDATES, ids=[str(update) for update, _ in UPDATES])
def test_an_update_changes_what_it_names(things, update, expected):
    things.insert_one({"_id": "a", "n": 1, "in": {"x": 1}})
    result = things.update_one({"_id": "a"}, update)
    assert result.matched_count == 1
    assert things.find_one({"_id": "a"}) == expected
    assert result.modified_count == (expected != {"_id": "a", "n": 1, "in": {"x": 1}})


@pytest.mark.parametrize(
    ("update", "code"),
    [
        ({"$nonsense": {"n": 1}}, 9),
        ({"$inc": {"text": 1}}, 14),
        ({"$inc": {"n": "1"}}, 14),
        ({"$set": {"n": 1}, "$inc": {"n": 1}}, 40),
        ({"$set": {"_id": "b"}}, 66),
    ],
)
def test_an_update_that_cannot_be_is_refused(things, update, code):
    things.insert_one({"_id": "a", "n": 1, "text": "t"})
    with pytest.raises(WriteError) as refused:
        things.update_one({"_id": "a"}, update)
    assert refused.value.code == code
    assert things.find_one() == {"_id": "a", "n": 1, "text": "t"}


def test_a_replacement_keeps_the_id_only(mongo_server, things):
    things.insert_one({"_id": "a", "n": 1, "m": 1})
    assert things.replace_one({"_id": "a"}, {"n": 2}).modified_count == 1
    # FerretDB 1.24 counts a replacement by the same as a change.
    assert things.replace_one({"_id": "a"}, {"n": 2}).modified_count == int(mongo_server.ferretdb)
    assert things.find_one() == {"_id": "a", "n": 2}


def test_an_update_of_many_reaches_all_that_match(things):
    things.insert_many([{"_id": "a", "n": 1}, {"_id": "b", "n": 1}, {"_id": "c", "n": 2}])
    result = things.update_many({"n": {"$gte": 1}}, {"$set": {"n": 2}})
    assert (result.matched_count, result.modified_count) == (3, 2)
    assert things.count_documents({"n": 2}) == 3


def test_an_upsert_starts_from_the_equalities_of_its_filter(things):
    query = {"_id": "a", "game": "wos", "n": {"$lt": 5}}
    result = things.update_one(query, {"$set": {"n": 1}, "$setOnInsert": {"born": 1}}, upsert=True)
    assert result.upserted_id == "a"
    assert things.find_one() == {"_id": "a", "game": "wos", "n": 1, "born": 1}
    assert things.update_one(query, {"$inc": {"n": 1}}, upsert=True).upserted_id is None
    assert things.find_one()["n"] == 2


def test_an_upsert_whose_id_stands_with_other_values_is_refused_as_duplicate(things):
    things.insert_one({"_id": "lease", "expires": 9})
    with pytest.raises(DuplicateKeyError):
        things.update_one({"_id": "lease", "expires": {"$lt": 5}}, {"$set": {"expires": 20}}, upsert=True)
    assert things.find_one() == {"_id": "lease", "expires": 9}


def test_a_bulk_write_does_its_operations_in_order(things):
    result = things.bulk_write(
        [
            InsertOne({"_id": "a", "n": 1}),
            ReplaceOne({"_id": "b"}, {"_id": "b", "n": 1}, upsert=True),
            UpdateOne({"_id": "a"}, {"$inc": {"n": 1}}),
            DeleteOne({"_id": "b"}),
            InsertOne({"_id": "b", "n": 7}),
        ]
    )
    assert (result.inserted_count, result.modified_count, result.deleted_count) == (2, 1, 1)
    assert result.upserted_ids == {1: "b"}
    assert list(things.find().sort("_id")) == [{"_id": "a", "n": 2}, {"_id": "b", "n": 7}]


def test_deletes_reach_one_or_all(things):
    things.insert_many([{"_id": f"{i}", "n": i % 2} for i in range(6)])
    assert things.delete_one({"n": 1}).deleted_count == 1
    assert things.delete_many({"n": 1}).deleted_count == 2
    assert things.delete_many({"n": 1}).deleted_count == 0
    assert things.count_documents({}) == things.estimated_document_count() == 3


def test_find_and_modify_returns_the_document_before_or_after(things):
    things.insert_one({"_id": "a", "n": 1})
    before = things.find_one_and_update({"_id": "a"}, {"$inc": {"n": 1}})
    after = things.find_one_and_update({"_id": "a"}, {"$inc": {"n": 1}}, return_document=ReturnDocument.AFTER)
    assert (before["n"], after["n"]) == (1, 3)
    assert things.find_one_and_update({"_id": "x"}, {"$inc": {"n": 1}}) is None
    assert things.find_one_and_replace({"_id": "a"}, {"m": 1}) == {"_id": "a", "n": 3}
    assert things.find_one_and_delete({}, sort=[("_id", DESCENDING)]) == {"_id": "a", "m": 1}
    assert things.find_one() is None


def test_find_and_modify_returns_the_fields_asked_for(mongo_server, things):
    mongo_server.skip_ferretdb("findAndModify knows no projection (238)")
    things.insert_one({"_id": "a", "n": 1, "m": 2})
    assert things.find_one_and_update({}, {"$inc": {"n": 1}}, projection={"_id": 0, "n": 1}) == {"n": 1}


def test_find_and_modify_upserts_and_refuses_duplicates(things):
    query = {"_id": "lease", "expires": {"$lt": 5}}
    take = {"$set": {"expires": 9}, "$inc": {"term": 1}}
    got = things.find_one_and_update(query, take, upsert=True, return_document=ReturnDocument.AFTER)
    assert got == {"_id": "lease", "expires": 9, "term": 1}
    with pytest.raises(DuplicateKeyError):
        things.find_one_and_update(query, take, upsert=True)


def test_writes_without_acknowledgement_are_done(mongo_server, things):
    mongo_server.skip_ferretdb("it answers where no answer is wanted")
    quiet = things.with_options(write_concern=WriteConcern(w=0))
    assert quiet.insert_one({"_id": "a"}).acknowledged is False
    things.database.command("ping")
    assert things.insert_one({"_id": "b"}).acknowledged is True
