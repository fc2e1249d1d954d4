"""insert, update, delete and findAndModify, statement by statement."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from attrs import define, field

from tests.worlds.mongodb.collection import Collection
from tests.worlds.mongodb.cursors import project
from tests.worlds.mongodb.errors import Document, MongoError
from tests.worlds.mongodb.query import compile_filter
from tests.worlds.mongodb.state import MongoState
from tests.worlds.mongodb.updates import apply_update, upsert_base


class ConnectionCut(Exception):  # noqa: N818 - an order of the test, not an error
    """The fault of the day: the connection ends here, in the middle of a batch."""


@define(eq=False)
class Batch:
    """One write command. `stop_after`: cut the connection when so many statements are done."""

    state: MongoState
    command: Document
    stop_after: int | None = None
    errors: list[Document] = field(factory=list)
    retried: list[int] = field(factory=list)

    @property
    def namespace(self) -> str:
        return f"{self.command['$db']}.{next(iter(self.command.values()))}"

    def run(self, statements: Sequence[Document], do: Callable[[Document], Any]) -> list[tuple[int, Any]]:
        """Do each statement once over all retries; returns (index, result) of those that succeeded."""
        session, results = self.state.session(self.command), []
        for index, statement in enumerate(statements):
            if index == self.stop_after:
                raise ConnectionCut
            try:
                results.append((index, self._once(session.done, index, lambda s=statement: do(s))))  # type: ignore[misc]
            except MongoError as error:
                self.errors.append(error.write_error(index))
                if self.command.get("ordered", True):
                    break
        return results

    def _once(self, done: dict[int, Any], index: int, do: Callable[[], Any]) -> Any:
        statement = self.command.get("stmtId", 0) + index
        if statement in done:
            self.retried.append(statement)
        else:
            done[statement] = do()
        return done[statement]

    def answer(self, **fields: Any) -> Document:
        answer: Document = {**fields, "ok": 1.0}
        if self.errors:
            answer["writeErrors"] = self.errors
        if self.retried:
            answer["retriedStmtIds"] = self.retried
        return answer

    def insert(self) -> Document:
        collection = self.state.made(self.namespace)
        return self.answer(n=len(self.run(self.command["documents"], collection.insert)))

    def delete(self) -> Document:
        collection = self.state.collection(self.namespace)
        results = self.run(self.command["deletes"], lambda statement: _delete(collection, statement))
        return self.answer(n=sum(n for _, n in results))

    def update(self) -> Document:
        results = self.run(self.command["updates"], self._update)
        upserted = [{"index": i, "_id": r.upserted["_id"]} for i, r in results if r.upserted is not None]
        answer = self.answer(
            n=sum(r.matched for _, r in results), nModified=sum(r.modified for _, r in results)
        )
        return {**answer, "upserted": upserted} if upserted else answer

    def _update(self, statement: Document) -> "Updated":
        query, update = statement["q"], statement["u"]
        limit = None if statement.get("multi") else 1
        if limit is None and isinstance(update, dict) and not next(iter(update), "$").startswith("$"):
            raise MongoError(9, "multi update is not supported for replacement-style update")
        collection = self.state.collection(self.namespace)
        found = list(islice(collection.find(query), limit))
        modified = 0
        for old in found:
            modified += collection.replace(old, apply_update(old, update, self.state.now_ms()))
        if found or not statement.get("upsert"):
            return Updated(len(found), modified)
        return Updated(1, 0, upserted=self._upsert(query, update))

    def _upsert(self, query: Document, update: Any) -> Document:
        compile_filter(query)
        base = upsert_base(query)
        new = apply_update(base, update, self.state.now_ms(), inserting=True)
        return self.state.made(self.namespace).insert(new)

    def find_and_modify(self) -> Document:
        (result,) = [r for _, r in self.run([self.command], lambda _: self._modify())] or [None]
        if result is None:
            first = self.errors[0]
            more = {name: value for name, value in first.items() if name.startswith("key")}
            raise MongoError(first["code"], first["errmsg"], **more)
        return {**result, "ok": 1.0}

    def _modify(self) -> Document:
        command = self.command
        collection = self.state.collection(self.namespace)
        old = next(collection.find(command.get("query", {}), command.get("sort")), None)
        last: Document = {"n": 1}
        new: Document | None = None
        if command.get("remove"):
            if old is not None:
                collection.delete(old)
        elif old is not None:
            new = apply_update(old, command["update"], self.state.now_ms())
            collection.replace(old, new)
            last["updatedExisting"] = True
        elif command.get("upsert"):
            new = self._upsert(command.get("query", {}), command["update"])
            last |= {"updatedExisting": False, "upserted": new["_id"]}
        if old is None and new is None:
            last = {"n": 0} if command.get("remove") else {"n": 0, "updatedExisting": False}
        value = new if command.get("new") else old
        shown = None if value is None else project(value, command.get("fields") or {})
        return {"lastErrorObject": last, "value": shown}


@define
class Updated:
    """What one update statement did."""

    matched: int
    modified: int
    upserted: Document | None = None


def _delete(collection: Collection, statement: Document) -> int:
    found = list(islice(collection.find(statement["q"]), statement.get("limit") or None))
    for document in found:
        collection.delete(document)
    return len(found)
