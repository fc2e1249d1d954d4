"""What the clients of the replica in memory share: the state, the writer's lease, and the fence."""

from collections.abc import Sequence

from attrs import define, evolve, field

from actors.history import Document, Entry, History, Term, Unfit
from actors.ports import Position
from actors.stores import Fenced, LeaseHeld
from daemon.storage.memory_chain import MemoryChain, copied
from daemon.storage.records import Records


@define(eq=False)
class Copying:
    """A full copy on its way."""

    term: Term
    history: History
    records: Records = field(factory=Records)


@define(eq=False)
class MemoryServer:
    """What several clients share: the state, the writer's lease, and the fence."""

    chain: MemoryChain = field(factory=MemoryChain)
    copying: Copying | None = None
    holder: object = None
    """Who has the lease; a test may put any object here."""
    epoch: int = 0
    """Counts the leases: who writes under an older one is refused."""

    def expire(self) -> None:
        """The lease's time is over: its holder does not know it yet."""
        self.holder = None

    def lease_to(self, client: object) -> int:
        """Give the lease, under a new epoch unless it is a renewal. Raises `LeaseHeld`."""
        if self.holder is not client:
            if self.holder is not None:
                raise LeaseHeld(f"another perkd writes to the replica: {self.holder}")
            self.holder = client
            self.epoch += 1
        return self.epoch

    def history(self) -> History:
        """Where it stands; empty while a copy is on its way, but for the number of its term."""
        if self.copying is None:
            return self.chain.history
        term = self.copying.term
        return History((Term(term.number, term.writer),), Position(term.number, 0), unfinished=True)

    def begin(self, term: Term) -> None:
        """See `Replica.begin`."""
        known = self.history()
        newest = known.terms[-1] if known.terms else None
        if newest is not None and (newest.number, newest.writer) == (term.number, term.writer):
            return
        if term.number <= (newest.number if newest else 0):
            raise Fenced(f"term {term.number} can't begin: there is {newest}")
        if known.end > term.after:
            raise Fenced(f"there are batches up to {known.end}, the new term goes on after {term.after}")
        if self.copying is not None:  # its writer is gone: begin from nothing
            self.chain, self.copying = MemoryChain(), None
        self.chain.begin(term)

    def append(self, entries: Sequence[Entry]) -> Position:
        """See `Replica.append`."""
        chain = self.chain
        fresh = [entry for entry in entries if entry.position > chain.end]
        if self.copying is not None:
            raise Unfit("a full copy is on its way")
        newest = chain.history.terms[-1].number if chain.history.terms else 0
        if any(entry.position.term < newest for entry in fresh):
            raise Fenced(f"term {newest} has begun, batch {fresh[0].position} is older")
        chain.follow(chain.history.terms, fresh)
        return chain.end

    def begin_copy(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""
        known = self.history()
        newest = known.terms[-1] if known.terms else Term(0, "")
        if (newest.number, newest.writer) != (term.number, term.writer) and term.number <= newest.number:
            raise Fenced(f"term {term.number} can't begin: there is {newest}")
        self.copying = Copying(term, history)

    def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        if self.copying is None:
            raise Unfit("no copy was begun")
        self.copying.records.put(collection, documents)

    def end_copy(self) -> None:
        """See `Replica.end_copy`; done already, nothing happens."""
        if self.copying is not None:
            term, self.chain = self.copying.term, copied(self.copying.history, self.copying.records)
            self.copying = None
            if self.chain.history.writer_of(term.number) != term.writer:
                self.chain.begin(evolve(term, after=self.chain.end))
