"""What two stores that keep the same state must agree on, and who of them leads.

A store's *history* is a chain of terms. Each term was begun by one writer, who marks it with a random id, and
holds batches numbered from 1. Two stores whose last batches are of the same term and writer have the same
batches up to the lower of the two numbers: nobody else writes in that term, and a writer never gives two
batches the same number. That is all the comparison below rests on.
"""

from enum import Enum

from attrs import field, frozen

from actors.ports import Position

NOWHERE = Position(0, 0)
"""Before the first batch: the position of an empty store."""


@frozen
class Term:
    """A writer's reign: it goes on after the batch `after`, and numbers its own from 1."""

    number: int
    writer: str
    """A random id, never used twice."""
    after: Position = NOWHERE


@frozen
class Entry:
    """A batch as a journal keeps it. Its changes are JSON text, which the actors do not look into."""

    position: Position
    at: float
    """Unix seconds of the commit."""
    batch: str


@frozen
class Document:
    """A record as a full copy carries it: its key, and the record as JSON text."""

    key: str
    text: str


@frozen
class History:
    """Where a store stands, and how it came there."""

    terms: tuple[Term, ...] = ()
    """Oldest first."""
    last: Position = NOWHERE
    """The last batch, or (number of the last term, 0) where that has none yet."""
    oldest: Position = NOWHERE
    """The journal holds the batches after this one; what came before is only in the records."""
    leads: bool = field(default=False, kw_only=True)
    """An operator has said that this store's state shall replace the other's."""

    @property
    def empty(self) -> bool:
        """No batch was ever written."""
        return self.end == NOWHERE

    @property
    def end(self) -> Position:
        """The last batch, whatever terms have begun since."""
        if self.last.sequence:
            return self.last
        return next((term.after for term in reversed(self.terms) if term.after.sequence), NOWHERE)

    def writer_of(self, number: int) -> str | None:
        """Who began the term; None where this history has no such term."""
        return next((term.writer for term in self.terms if term.number == number), None)

    def end_of(self, number: int) -> Position:
        """The last batch of a term, (number, 0) where it has none."""
        following = [term for term in self.terms if term.number > number]
        ends = [term.after for term in following if term.after.term == number]
        if ends:
            return ends[0]
        return self.last if self.last.term == number else Position(number, 0)

    def batches_after(self, position: Position) -> int:
        """How many batches follow `position`, which must be one of this history's, or `NOWHERE`."""
        later = sum(self.end_of(term.number).sequence for term in self.terms if term.number > position.term)
        same = self.end_of(position.term).sequence - position.sequence if position.term else 0
        return later + max(0, same)

    def holds(self, other: "History") -> bool:
        """Everything that is in `other` is in this history as well."""
        end = other.end
        if end == NOWHERE:
            return True
        writer = other.writer_of(end.term)
        return writer is not None and writer == self.writer_of(end.term) and end <= self.end_of(end.term)


class Relation(Enum):
    """How the local history stands to the other store's."""

    SAME = "same"
    AHEAD = "ahead"
    """The local one has more."""
    BEHIND = "behind"
    DIVERGED = "diverged"
    """Each has what the other has not: two writers have written without knowing of each other."""


def compare(local: History, other: History) -> Relation:
    """How `local` stands to `other`; an operator's word goes before what the histories say."""
    if local.leads and not other.leads:
        return Relation.AHEAD
    if other.leads and not local.leads:
        return Relation.BEHIND
    match local.holds(other), other.holds(local):
        case True, True:
            return Relation.SAME
        case True, False:
            return Relation.AHEAD
        case False, True:
            return Relation.BEHIND
        case _:
            return Relation.DIVERGED


def next_term(writer: str, *histories: History) -> Term:
    """The term of a new writer: above every term that any of the stores has seen.

    It goes on after the last batch of the store that has most.
    """
    number = max((max((term.number for term in h.terms), default=0) for h in histories), default=0)
    last = max((h.last for h in histories), default=NOWHERE)
    return Term(max(number, last.term) + 1, writer, max((h.end for h in histories), default=last))
