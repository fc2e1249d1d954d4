"""BSON's order of values, and the driver's documents against it."""

from typing import Any

import bson
from bson import Int64, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from tests.worlds.mongodb.codec import CODEC
from tests.worlds.mongodb.collection import Collection
from tests.worlds.mongodb.order import TOP, order_key
from tests.worlds.mongodb.query import compile_filter

names = st.text("abc", min_size=1, max_size=2)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.integers(-5, 5).map(Int64)
    | st.floats(allow_nan=True)
    | st.text("aé🎁", max_size=3)
    | st.binary(max_size=3)
    | st.binary(min_size=12, max_size=12).map(ObjectId)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)
ids = values.filter(lambda value: not isinstance(value, list))
bounds = st.sampled_from(["$gt", "$gte", "$lt", "$lte"])


@given(values, values, values)
def test_the_order_is_total(a, b, c):
    x, y, z = sorted(map(order_key, (a, b, c)))
    assert x <= y <= z
    assert x <= z < TOP


@given(values)
def test_a_value_keeps_its_place_on_the_wire(value):
    there_and_back = bson.decode(bson.encode({"v": value}, codec_options=CODEC), codec_options=CODEC)["v"]
    assert order_key(there_and_back) == order_key(value)
    assert hash(order_key(there_and_back)) == hash(order_key(value))


@given(st.text(), st.text())
def test_text_is_ordered_by_its_utf8_bytes(a, b):
    assert (order_key(a) < order_key(b)) == (
        a.encode("utf-8", "surrogatepass") < b.encode("utf-8", "surrogatepass")
    )


@given(
    st.lists(ids, unique_by=order_key, max_size=12),
    st.dictionaries(bounds, ids, min_size=1),
    st.sampled_from([1, -1]),
)
def test_a_range_of_ids_is_what_a_scan_finds(stored, condition, direction):
    collection = Collection("db.things")
    for id_ in stored:
        collection.insert({"_id": id_})
    query: dict[str, Any] = {"_id": condition}
    expected = filter(compile_filter(query), ({"_id": id_} for id_ in stored))
    keys = sorted((order_key(document["_id"]) for document in expected), reverse=direction < 0)
    found = [order_key(document["_id"]) for document in collection.find(query, {"_id": direction})]
    assert found == keys


@given(
    st.lists(st.fixed_dictionaries({}, optional={"a": values, "b": values}), max_size=8),
    values,
    values,
    st.booleans(),
)
def test_an_index_finds_what_a_scan_finds(documents, a, b, both):
    plain, indexed = Collection("db.plain"), Collection("db.indexed")
    indexed.add_index({"name": "a_b", "key": {"a": 1, "b": -1}})
    for number, document in enumerate([*documents, {"a": a}, {"a": a, "b": b}]):
        plain.insert({"_id": number, **document})
        indexed.insert({"_id": number, **document})
    query = {"a": a, "b": b} if both else {"a": a}
    in_order = {"_id": 1}
    assert [d["_id"] for d in indexed.find(query, in_order)] == [
        d["_id"] for d in plain.find(query, in_order)
    ]
