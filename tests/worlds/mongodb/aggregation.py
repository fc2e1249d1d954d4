"""Pipelines: the stages that a driver's own calls need, and the plain ones beside them."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

from tests.worlds.mongodb.collection import Collection, sort_documents
from tests.worlds.mongodb.cursors import project
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.order import order_key
from tests.worlds.mongodb.paths import MISSING, get
from tests.worlds.mongodb.query import compile_filter

Documents = Iterator[Document]


def aggregate(collection: Collection, pipeline: list[Document]) -> Documents:
    """The documents that come out at the end. A leading $match uses the indexes."""
    stages = [next(iter(stage.items())) for stage in pipeline]
    for name, _ in stages:
        if name not in STAGES:
            raise MongoError(40324, f"Unrecognized pipeline stage name: '{name}'")
    query: Document = stages.pop(0)[1] if stages and stages[0][0] == "$match" else {}
    sort = stages.pop(0)[1] if stages and stages[0][0] == "$sort" else None
    documents = collection.find(query, sort)
    for name, argument in stages:
        documents = STAGES[name](documents, argument)
    return documents


def _group(documents: Documents, argument: Document) -> Documents:
    groups: dict[Any, tuple[Any, list[Document]]] = {}
    for document in documents:
        id_ = evaluate(argument["_id"], document)
        groups.setdefault(order_key(id_), (id_, []))[1].append(document)
    for id_, members in groups.values():
        row = {"_id": id_}
        for name, accumulator in argument.items():
            if name != "_id":
                row[name] = _accumulate(accumulator, members)
        yield row


def _accumulate(accumulator: Document, members: list[Document]) -> Any:
    ((operator, expression),) = accumulator.items()
    if operator not in ACCUMULATORS:
        raise MongoError(15952, f"unknown group operator '{operator}'")
    return ACCUMULATORS[operator]([evaluate(expression, document) for document in members])


def _sum(values: list[Any]) -> Any:
    return sum(v for v in values if isinstance(v, int | float) and not isinstance(v, bool))


ACCUMULATORS: Mapping[str, Callable[[list[Any]], Any]] = {
    "$sum": _sum,
    "$count": len,
    "$min": lambda values: min((v for v in values if v is not None), key=order_key, default=None),
    "$max": lambda values: max((v for v in values if v is not None), key=order_key, default=None),
    "$first": lambda values: values[0],
    "$last": lambda values: values[-1],
    "$push": lambda values: values,
}


def evaluate(expression: Any, document: Document) -> Any:
    """A constant, `"$path"`, or a document of them."""
    if isinstance(expression, str) and expression.startswith("$"):
        value = get(document, expression[1:])
        return None if value is MISSING else value
    if isinstance(expression, dict):
        if any(name.startswith("$") for name in expression):
            raise MongoError(168, f"Unrecognized expression '{next(iter(expression))}'")
        return {name: evaluate(part, document) for name, part in expression.items()}
    return expression


def _count(documents: Documents, name: str) -> Documents:
    n = sum(1 for _ in documents)
    if n:
        yield {name: n}


STAGES: Mapping[str, Callable[[Documents, Any], Documents]] = {
    "$match": lambda documents, query: filter(compile_filter(query), documents),
    "$group": _group,
    "$count": _count,
    "$sort": lambda documents, sort: iter(sort_documents(list(documents), sort)),
    "$limit": islice,
    "$skip": lambda documents, n: islice(documents, n, None),
    "$project": lambda documents, fields: (project(document, fields) for document in documents),
}
