"""The two stores that keep the same state, as the actor that leads them sees them.

`LocalStore` is a file with blocking methods, `Replica` a server that is asked over the network. Both keep
records, and a journal of the batches that made them; see `actors/history.py`.
"""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Value

R = TypeVar("R", bound=Record)


class StoreAway(StoreUnavailable):
    """The store can't be reached or used now, which may pass."""


class LeaseHeld(StoreUnavailable):
    """Another perkd writes to the replica; the text names it. Passes when that one ends."""


class Fenced(Exception):  # noqa: N818 - a fact
    """Another writer has taken over: what this one writes from now on does not count."""


class NeedsCopy(Exception):  # noqa: N818 - a fact
    """The journal no longer reaches back to where the other store stands: only a full copy helps."""


class LocalHeld(StoreUnavailable):
    """Another process is the writer of the local file. Passes when that one ends."""


class LocalDamaged(Exception):  # noqa: N818 - a state of the file
    """The local file is corrupt, or no database. Nothing was changed."""


class LocalStore(Protocol):
    """The file. Blocking methods, used by one thread at a time.

    Every method raises `StoreUnavailable` for what may pass, and `actors.storage.Refusal` for what never
    will. Only `attach` raises `LocalDamaged`; damage seen later is `StoreUnavailable` too.
    """

    def attach(self) -> History:
        """Open the file, without beginning a term. A fresh one is made where there is none."""
        ...

    def close(self) -> None:
        """Give up everything `attach` took. Twice, or without it: nothing happens."""
        ...

    def set_aside(self) -> str:
        """Rename the (closed) file and what belongs to it; return the new name. Never deletes."""
        ...

    def mark_behind(self, behind: bool) -> None:
        """Remember beside the file, as well as the disk allows, that the replica has what it has not."""
        ...

    def is_marked_behind(self) -> bool:
        """Whether it was marked so, perhaps by an earlier process."""
        ...

    def history(self) -> History:
        """Where it stands now."""
        ...

    def begin(self, term: Term) -> None:
        """Record a new term; the batches that `write` numbers from now on are its."""
        ...

    def write(self, changes: Sequence[Change]) -> Entry:
        """Make all changes durable, or none, as the next batch of the term."""
        ...

    def probe(self, size: int) -> None:
        """Write `size` bytes as durably as a batch, beside records and journal, and forget them."""
        ...

    def follow(self, terms: Sequence[Term], entries: Sequence[Entry]) -> None:
        """Take over what the replica has: terms (those known already are skipped) and batches, all or none.

        Entries at or before the last batch are skipped.
        """
        ...

    def entries(self, after: Position, limit: int) -> list[Entry]:
        """The batches that follow `after`, oldest first: `limit` at most, fewer where they are long.

        Raises `NeedsCopy` where some are gone.
        """
        ...

    def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None."""
        ...

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """All records whose indexed attributes equal these values, ordered by key."""
        ...

    def collections(self) -> tuple[str, ...]:
        """The names of all collections."""
        ...

    def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """The next documents of a collection in the order of keys; `after` is "" for the first page."""
        ...

    def begin_copy(self) -> None:
        """Start to fill a new file beside this one; drops one that was begun before."""
        ...

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """Write documents into the new file."""
        ...

    def end_copy(self, history: History) -> str | None:
        """Put the new file, which stands at `history`, in the place of the old one, which is set aside.

        Returns what the old one is called now; None where there was none, or nothing in it. This store
        has the new file open afterwards.
        """
        ...

    def clear_lead(self) -> None:
        """Forget that an operator said `leads`: it has been done."""
        ...


class Replica(Protocol):
    """The server. Every method raises `StoreUnavailable` when it can't be reached or does not answer in time.

    After that it is unknown whether a write was done. Repeating is safe for all methods. A method that
    writes raises `Fenced` when another writer has taken over.
    """

    async def open(self) -> History:
        """Connect, take the writer's lease, tell where the replica stands. Twice is fine.

        Raises `LeaseHeld`.
        """
        ...

    async def close(self) -> None:
        """Give the lease back, and disconnect."""
        ...

    async def begin(self, term: Term) -> None:
        """Record a new term, so that no batch of an older one can follow any more."""
        ...

    async def append(self, entries: Sequence[Entry]) -> Position:
        """Make the batches durable, in order, and bring the records up to date.

        Returns the last one's position.
        Batches that are there already are skipped. All are of the last term begun, or of terms between
        the replica's last batch and it.
        """
        ...

    async def entries(self, after: Position, limit: int) -> list[Entry]:
        """As `LocalStore.entries`."""
        ...

    async def write(self, changes: Sequence[Change]) -> Position:
        """Make all changes durable, or none, as the next batch of the term: while the file can't.

        The term must have been begun since this replica was made, perhaps for the second time.
        """
        ...

    async def get(self, type_: type[R], key: str) -> R | None:
        """The record with this key, or None."""
        ...

    async def find(self, type_: type[R], **equal: Value) -> list[R]:
        """All records whose indexed attributes equal these values, ordered by key."""
        ...

    async def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """As `LocalStore.page`."""
        ...

    async def begin_copy(self, term: Term, history: History) -> None:
        """Say that everything is about to be replaced, by the state at `history`, in a new term.

        Until `end_copy` the replica has no usable state: `open` tells an empty history.
        """
        ...

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """Write documents of the state that is being copied."""
        ...

    async def end_copy(self) -> None:
        """All documents are there: forget those of the old state, and begin to be usable."""
        ...
