"""The local file of the replicated store, in memory: for tests on a virtual clock."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from attrs import define, field

from actors.giftcodes.model import Record
from actors.history import Document, Entry, History, Term
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import Value
from actors.stores import LocalDamaged
from daemon.storage import codec
from daemon.storage.errors import StoreBusy
from daemon.storage.memory_chain import MemoryChain, copied
from daemon.storage.records import Records

R = TypeVar("R", bound=Record)


@define(eq=False)
class MemoryDisk:
    """What survives the process, with switches for what a test wants to go wrong with it."""

    full: bool = False
    """Nothing can be written; marks can."""
    read_only: bool = False
    """Nothing can be written or opened for writing; marks can't."""
    unreadable: bool = False
    """Nothing can be read."""
    damaged: bool = False
    """The file is corrupt: `attach` says so, everything else is unavailable. A new file is sound."""
    lose_answers: int = 0
    """So many writes from now on are done, but raise `StoreUnavailable`; counts down."""
    chain: MemoryChain | None = None
    """What is in the file; None: there is none."""
    behind: bool = False
    aside: dict[str, MemoryChain] = field(factory=dict)
    """What was set aside, by name."""
    holder: object = None
    """Who has the file open."""

    def lose_file(self) -> None:
        """Somebody deletes the file; who has it open still reads from it, but can't write."""
        self.chain = None

    def crash(self) -> None:
        """The process that had the file open has died."""
        self.holder = None


class MemoryLocalStore:
    """A `LocalStore` on a `MemoryDisk`. A restarted process is a new one on the same disk."""

    def __init__(self, disk: MemoryDisk | None = None, clock: Callable[[], float] = time.time) -> None:
        self.disk = disk or MemoryDisk()
        self._clock = clock
        self._open: MemoryChain | None = None
        self._begun: Term | None = None
        self._filling: Records | None = None

    # --- its life -------------------------------------------------------------------------------

    def attach(self) -> History:
        """See `LocalStore.attach`. Raises `StoreBusy` while another one has the disk."""
        self.close()
        self._take()
        try:
            self._open = self._load()
        except BaseException:
            self.close()
            raise
        return self._open.history

    def _load(self) -> MemoryChain:
        disk = self.disk
        if disk.damaged and disk.chain is not None:
            raise LocalDamaged("the file is damaged (switched on by the test)")
        self._must_write(allow_full=disk.chain is not None)
        self._must_read()
        if disk.chain is None:
            disk.chain = MemoryChain()
        return disk.chain

    def close(self) -> None:
        """See `LocalStore.close`."""
        self._open = self._begun = self._filling = None
        if self.disk.holder is self:
            self.disk.holder = None

    def set_aside(self) -> str:
        """See `LocalStore.set_aside`. The chain is in `disk.aside`."""
        self.close()
        if self.disk.read_only:
            raise StoreUnavailable("the disk is read-only (switched on by the test)")
        name = f"aside-{len(self.disk.aside) + 1}"
        if self.disk.chain is not None:
            self.disk.aside[name] = self.disk.chain
        self.disk.chain, self.disk.damaged = None, False
        return name

    def mark_behind(self, behind: bool) -> None:
        """See `LocalStore.mark_behind`."""
        if not self.disk.read_only:
            self.disk.behind = behind

    def is_marked_behind(self) -> bool:
        """See `LocalStore.is_marked_behind`."""
        return self.disk.behind

    # --- writing --------------------------------------------------------------------------------

    def begin(self, term: Term) -> None:
        """See `LocalStore.begin`."""
        chain = self._writable()
        chain.begin(term)
        self._begun = term
        self._answer()

    def write(self, changes: Sequence[Change]) -> Entry:
        """See `LocalStore.write`."""
        chain = self._writable()
        if self._begun is None or chain.history.terms[-1] != self._begun:
            raise RuntimeError("no term was begun to write in")
        entry = chain.write(changes, self._clock())
        self._answer()
        return entry

    def probe(self, size: int) -> None:  # noqa: ARG002 - what is full here, is full
        """See `LocalStore.probe`."""
        self._writable()

    def follow(self, terms: Sequence[Term], entries: Sequence[Entry]) -> None:
        """See `LocalStore.follow`."""
        chain = self._writable()
        chain.follow(terms, entries)
        self._answer()

    def set_lead(self) -> None:
        """An operator says that this store's state shall replace the other's."""
        self._writable().set_lead(True)

    def clear_lead(self) -> None:
        """See `LocalStore.clear_lead`."""
        self._writable().set_lead(False)
        self._answer()

    # --- reading --------------------------------------------------------------------------------

    def history(self) -> History:
        """See `LocalStore.history`."""
        return self._readable().history

    def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `LocalStore.entries`."""
        return self._readable().entries(after, limit)

    def get(self, type_: type[R], key: str) -> R | None:
        """See `LocalStore.get`."""
        return self._readable().records.get(type_, key)

    def find(self, type_: type[R], **equal: Value) -> list[R]:
        """See `LocalStore.find`."""
        return self._readable().records.find(type_, **equal)

    def collections(self) -> tuple[str, ...]:
        """See `LocalStore.collections`."""
        return tuple(codec.COLLECTIONS)

    def page(self, collection: str, after: str, limit: int) -> list[Document]:
        """See `LocalStore.page`."""
        return self._readable().records.page(collection, after, limit)

    # --- a full copy ----------------------------------------------------------------------------

    def begin_copy(self) -> None:
        """See `LocalStore.begin_copy`."""
        self._take()
        self._must_write()
        self._filling = Records()

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `LocalStore.copy`."""
        self._must_write()
        if self._filling is None:
            raise RuntimeError("no copy was begun")
        self._filling.put(collection, documents)

    def end_copy(self, history: History) -> str | None:
        """See `LocalStore.end_copy`."""
        self._must_write()
        if self._filling is None:
            raise RuntimeError("no copy was begun")
        filled, old = copied(history, self._filling), self.disk.chain
        name = None
        if old is not None and (self.disk.damaged or not old.history.empty):
            name = f"aside-{len(self.disk.aside) + 1}"
            self.disk.aside[name] = old
        self.disk.chain, self.disk.damaged = filled, False
        self._open, self._filling, self._begun = filled, None, None
        self._answer()
        return name

    # --- the switches ---------------------------------------------------------------------------

    def _take(self) -> None:
        if self.disk.holder not in {None, self}:
            raise StoreBusy("the file is in use by another perkd")
        self.disk.holder = self

    def _must_write(self, *, allow_full: bool = False) -> None:
        if self.disk.full and not allow_full:
            raise StoreUnavailable("the disk is full (switched on by the test)")
        if self.disk.read_only:
            raise StoreUnavailable("the disk is read-only (switched on by the test)")

    def _must_read(self) -> None:
        if self.disk.unreadable:
            raise StoreUnavailable("the disk can't be read (switched on by the test)")

    def _readable(self) -> MemoryChain:
        if self._open is None:
            raise StoreUnavailable("the file is not open")
        self._must_read()
        if self.disk.damaged:
            raise StoreUnavailable("the file is damaged (switched on by the test)")
        return self._open

    def _writable(self) -> MemoryChain:
        chain = self._readable()
        self._must_write()
        if self.disk.chain is not chain:
            raise StoreUnavailable("the file was removed or replaced")
        return chain

    def _answer(self) -> None:
        if self.disk.lose_answers > 0:
            self.disk.lose_answers -= 1
            raise StoreUnavailable("the answer was lost (switched on by the test)")
