"""What a server keeps on its disk: databases, and which retryable writes it has done."""

import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

from tests.worlds.mongodb.collection import Collection
from tests.worlds.mongodb.errors import Document, MongoError


@define(eq=False)
class Session:
    """The last numbered write of a client's session, statement by statement."""

    number: int = -1
    done: dict[int, Any] = field(factory=dict)


@define(eq=False)
class MongoState:
    """Outlives a stand-in: hand it to the next one. `now` gives the server's clock, in seconds."""

    now: Callable[[], float] = time.time
    collections: dict[str, Collection] = field(factory=dict)
    """By namespace, `database.collection`."""
    sessions: dict[bytes, Session] = field(factory=dict)
    term: int = 1
    """Grows with each election."""
    journal: Callable[[Document, int | None], None] | None = None
    """Told of each command that writes before it is done, see `journal.reopen`."""

    def now_ms(self) -> int:
        return int(self.now() * 1000)

    def collection(self, namespace: str) -> Collection:
        """To read: one that does not exist is empty, and stays away."""
        return self.collections.get(namespace, Collection(namespace))

    def made(self, namespace: str) -> Collection:
        """To write: made if it does not exist."""
        return self.collections.setdefault(namespace, Collection(namespace))

    def within(self, database: str) -> dict[str, Collection]:
        """The collections of a database by their name within it."""
        start = database + "."
        return {name.removeprefix(start): c for name, c in self.collections.items() if name.startswith(start)}

    def documents(self, namespace: str) -> list[Document]:
        """All documents of `database.collection` in _id order, for assertions."""
        return list(self.collection(namespace).find({}, {"_id": 1}))

    def session(self, command: Document) -> Session:
        """The session of a numbered write (`lsid`, `txnNumber`); a fresh one for a write without number."""
        number = command.get("txnNumber")
        if number is None:
            return Session()
        session = self.sessions.setdefault(bytes(command["lsid"]["id"]), Session())
        if number < session.number:
            raise MongoError(
                225,
                f"Retryable write with txnNumber {number} is prohibited: {session.number} has started",
            )
        if number > session.number:
            session.number, session.done = number, {}
        return session
