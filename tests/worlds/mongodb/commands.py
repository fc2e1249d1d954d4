"""The commands a server knows, one method each."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from attrs import define, field
from bson import ObjectId

from tests.worlds.mongodb.aggregation import aggregate
from tests.worlds.mongodb.codec import MAX_BATCH, MAX_DOCUMENT, MAX_MESSAGE
from tests.worlds.mongodb.collection import ID_INDEX, Collection
from tests.worlds.mongodb.cursors import Cursors, project
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.order import order_key
from tests.worlds.mongodb.paths import candidates
from tests.worlds.mongodb.query import compile_filter
from tests.worlds.mongodb.state import MongoState
from tests.worlds.mongodb.writes import Batch

VERSION = "7.0.14"
WIRE_VERSION = 21
WRITES = frozenset(
    {
        "insert",
        "update",
        "delete",
        "findAndModify",
        "createIndexes",
        "create",
        "drop",
        "dropDatabase",
        "dropIndexes",
    }
)


@define(eq=False)
class Commands:
    """A server's answers from its state. `replica_set`: its name, "" for a standalone server."""

    state: MongoState
    replica_set: str = ""
    address: str = ""
    primary: bool = True
    cursors: Cursors = field(factory=Cursors)

    def answer(self, command: Document, connection: int, stop_after: int | None = None) -> Document:
        """The answer, also where it is a refusal."""
        try:
            return self._answer(command, connection, stop_after)
        except MongoError as error:
            return error.reply()

    def _answer(self, command: Document, connection: int, stop_after: int | None) -> Document:
        name = next(iter(command), "")
        if name not in KNOWN:
            raise MongoError(59, f"no such command: '{name}'")
        if "txnNumber" in command and not self.replica_set:
            raise MongoError(20, "Transaction numbers are only allowed on a replica set member or mongos")
        if "startTransaction" in command:
            raise MongoError(263, "the stand-in knows no transactions of several documents")
        if name in WRITES and self.state.journal is not None:
            self.state.journal(command, stop_after)
        if name in BATCHES:
            return BATCHES[name](Batch(self.state, command, stop_after))
        answer: Document = KNOWN[name](self, command, connection)
        return answer

    def hello(self, command: Document, connection: int) -> Document:
        answer: Document = {
            "helloOk": True,
            ("isWritablePrimary" if "hello" in command else "ismaster"): self.primary,
            "maxBsonObjectSize": MAX_DOCUMENT,
            "maxMessageSizeBytes": MAX_MESSAGE,
            "maxWriteBatchSize": MAX_BATCH,
            "localTime": datetime.fromtimestamp(self.state.now(), UTC),
            "logicalSessionTimeoutMinutes": 30,
            "connectionId": connection,
            "minWireVersion": 0,
            "maxWireVersion": WIRE_VERSION,
            "readOnly": False,
        }
        return {**answer, **self._set_fields(), "ok": 1.0}

    def _set_fields(self) -> Document:
        if not self.replica_set:
            return {}
        fields: Document = {
            "setName": self.replica_set,
            "setVersion": 1,
            "hosts": [self.address],
            "me": self.address,
            "secondary": not self.primary,
        }
        if self.primary:
            election = ObjectId(self.state.term.to_bytes(12, "big"))
            fields |= {"primary": self.address, "electionId": election}
        return fields

    def _done(self, _command: Document, _connection: int) -> Document:
        return {"ok": 1.0}

    def _build_info(self, _command: Document, _connection: int) -> Document:
        numbers = [int(part) for part in VERSION.split(".")]
        return {
            "version": VERSION,
            "versionArray": [*numbers, 0],
            "maxBsonObjectSize": MAX_DOCUMENT,
            "ok": 1.0,
        }

    def _authenticate(self, _command: Document, _connection: int) -> Document:
        raise MongoError(18, "Authentication failed.")

    def _find(self, command: Document, _connection: int) -> Document:
        namespace = _namespace(command)
        found = self.state.collection(namespace).find(command.get("filter", {}), command.get("sort"))
        limit, skip = command.get("limit") or None, command.get("skip") or 0
        taken = list(islice(found, skip, None if limit is None else skip + abs(limit)))
        fields = command.get("projection") or {}
        shown = (project(document, fields) for document in taken)
        single = bool(command.get("singleBatch")) or (limit or 0) < 0
        return self.cursors.first(namespace, shown, command.get("batchSize"), single=single)

    def _aggregate(self, command: Document, _connection: int) -> Document:
        namespace = _namespace(command)
        found = list(aggregate(self.state.collection(namespace), command["pipeline"]))
        return self._listing(command, namespace, found)

    def _listing(self, command: Document, namespace: str, found: list[Document]) -> Document:
        size = command.get("cursor", {}).get("batchSize")
        return self.cursors.first(namespace, iter(found), size, single=False)

    def _get_more(self, command: Document, _connection: int) -> Document:
        return self.cursors.more(int(command["getMore"]), command.get("batchSize"))

    def _kill_cursors(self, command: Document, _connection: int) -> Document:
        return self.cursors.kill([int(number) for number in command["cursors"]])

    def _count(self, command: Document, _connection: int) -> Document:
        collection, query = self._collection(command), command.get("query") or {}
        if not query and not command.get("limit") and not command.get("skip"):
            return {"n": len(collection), "ok": 1.0}
        skip, limit = command.get("skip") or 0, command.get("limit") or None
        found = islice(collection.find(query), skip, None if limit is None else skip + limit)
        return {"n": sum(1 for _ in found), "ok": 1.0}

    def _distinct(self, command: Document, _connection: int) -> Document:
        values = {}
        for document in self._collection(command).find(command.get("query") or {}):
            for value in candidates(document, command["key"]):
                if not isinstance(value, list):
                    values[order_key(value)] = value
        return {"values": [values[key] for key in sorted(values)], "ok": 1.0}

    def _collection(self, command: Document) -> Collection:
        return self.state.collection(_namespace(command))

    def _create_indexes(self, command: Document, _connection: int) -> Document:
        namespace = _namespace(command)
        existed = namespace in self.state.collections
        collection = self.state.made(namespace)
        before = len(collection.indexes) + 1
        for spec in command["indexes"]:
            if spec["key"] != {"_id": 1}:
                collection.add_index({"v": 2, **spec})
        after = len(collection.indexes) + 1
        answer: Document = {"numIndexesBefore": before, "numIndexesAfter": after, "ok": 1.0}
        if after == before:
            answer["note"] = "all indexes already exist"
        return {**answer, "createdCollectionAutomatically": not existed}

    def _list_indexes(self, command: Document, _connection: int) -> Document:
        namespace = _namespace(command)
        if namespace not in self.state.collections:
            raise MongoError(26, f"ns does not exist: {namespace}")
        found = [ID_INDEX, *(index.spec for index in self._collection(command).indexes.values())]
        return self._listing(command, namespace, found)

    def _drop_indexes(self, command: Document, _connection: int) -> Document:
        indexes, name = self._collection(command).indexes, command["index"]
        was = len(indexes) + 1
        if name == "*":
            indexes.clear()
        elif indexes.pop(name, None) is None:
            raise MongoError(27, f"index not found with name [{name}]")
        return {"nIndexesWas": was, "ok": 1.0}

    def _create(self, command: Document, _connection: int) -> Document:
        if _namespace(command) in self.state.collections:
            raise MongoError(48, f"Collection {_namespace(command)} already exists.")
        self.state.made(_namespace(command))
        return {"ok": 1.0}

    def _list_collections(self, command: Document, _connection: int) -> Document:
        entries = []
        for name in self.state.within(command["$db"]):
            entry: Document = {"name": name, "type": "collection"}
            if not command.get("nameOnly"):
                entry |= {"options": {}, "info": {"readOnly": False}, "idIndex": ID_INDEX}
            entries.append(entry)
        found = list(filter(compile_filter(command.get("filter") or {}), entries))
        return self._listing(command, f"{command['$db']}.$cmd.listCollections", found)

    def _list_databases(self, command: Document, _connection: int) -> Document:
        names = sorted({namespace.split(".")[0] for namespace in self.state.collections})
        sizes: list[Document] = [{"name": name, "sizeOnDisk": 8192, "empty": False} for name in names]
        return {"databases": sizes, "totalSize": 8192 * len(sizes), "ok": 1.0}

    def _drop(self, command: Document, _connection: int) -> Document:
        dropped = self.state.collections.pop(_namespace(command), None)
        if dropped is None:
            return {"ok": 1.0}
        return {"ns": dropped.namespace, "nIndexesWas": len(dropped.indexes) + 1, "ok": 1.0}

    def _drop_database(self, command: Document, _connection: int) -> Document:
        for collection in self.state.within(command["$db"]).values():
            del self.state.collections[collection.namespace]
        return {"dropped": command["$db"], "ok": 1.0}


def _namespace(command: Document) -> str:
    return f"{command['$db']}.{command.get('collection') or next(iter(command.values()))}"


BATCHES: Mapping[str, Callable[[Batch], Document]] = {
    "insert": Batch.insert,
    "update": Batch.update,
    "delete": Batch.delete,
    "findAndModify": Batch.find_and_modify,
}
KNOWN: Mapping[str, Any] = {
    **BATCHES,
    "hello": Commands.hello,
    "ismaster": Commands.hello,
    "isMaster": Commands.hello,
    "ping": Commands._done,
    "endSessions": Commands._done,
    "buildInfo": Commands._build_info,
    "buildinfo": Commands._build_info,
    "saslStart": Commands._authenticate,
    "authenticate": Commands._authenticate,
    "find": Commands._find,
    "aggregate": Commands._aggregate,
    "getMore": Commands._get_more,
    "killCursors": Commands._kill_cursors,
    "count": Commands._count,
    "distinct": Commands._distinct,
    "createIndexes": Commands._create_indexes,
    "listIndexes": Commands._list_indexes,
    "dropIndexes": Commands._drop_indexes,
    "create": Commands._create,
    "listCollections": Commands._list_collections,
    "listDatabases": Commands._list_databases,
    "drop": Commands._drop,
    "dropDatabase": Commands._drop_database,
}
