"""A journal and its records in memory: what both the file and the replica for tests are made of."""

from collections.abc import Sequence

from attrs import define, evolve, field

from actors.history import Entry, History, Term, begun, followed, grown
from actors.ports import Change, Position
from actors.stores import NeedsCopy
from daemon.storage import codec
from daemon.storage.records import Records


@define
class MemoryChain:
    """Terms, batches, and the records they made. Every method does all or nothing."""

    history: History = field(factory=History)
    log: list[Entry] = field(factory=list)
    """The batches after `history.oldest`."""
    records: Records = field(factory=Records)

    @property
    def end(self) -> Position:
        """The last batch."""
        return self.history.end

    def begin(self, term: Term) -> None:
        """A new term; see `actors.history.begun`."""
        self.history = begun(self.history, term)

    def write(self, changes: Sequence[Change], at: float) -> Entry:
        """The next batch of the newest term."""
        last = self.history.last
        entry = Entry(Position(last.term, last.sequence + 1), at, codec.encode_batch(changes))
        news = grown(self.history, entry.position)
        self.records.apply(changes)
        self.history = news
        self.log.append(entry)
        return entry

    def follow(self, terms: Sequence[Term], entries: Sequence[Entry]) -> None:
        """Take over terms and batches; see `actors.history.followed`."""
        news = followed(self.history, terms, [entry.position for entry in entries])
        fresh = [entry for entry in entries if entry.position > self.end]
        self.records.apply([change for entry in fresh for change in codec.decode_batch(entry.batch)])
        self.history = news
        self.log += fresh

    def entries(self, after: Position, limit: int) -> list[Entry]:
        """See `LocalStore.entries`."""
        if after < self.history.oldest:
            raise NeedsCopy(f"the journal begins after {self.history.oldest}, asked was {after}")
        return [entry for entry in self.log if entry.position > after][:limit]

    def prune(self, keep: int = 0) -> None:
        """Forget all batches but the newest `keep`; the records stay."""
        gone = self.log[: max(0, len(self.log) - keep)]
        if gone:
            self.history = evolve(self.history, oldest=gone[-1].position)
            del self.log[: len(gone)]

    def set_lead(self, leads: bool) -> None:
        """What an operator says with `perkd storage keep`."""
        self.history = evolve(self.history, leads=leads)


def copied(history: History, records: Records) -> MemoryChain:
    """A full copy that stands at `history`: its journal is empty."""
    return MemoryChain(evolve(history, oldest=history.end, leads=False), [], records)
