"""What two stores that keep the same state must agree on, and who of them leads.

A store's *history* is a chain of terms. Each term was begun by one writer, who marks it with a random id, and
holds batches numbered from 1. Two stores whose last batches are of the same term and writer have the same
batches up to the lower of the two numbers: nobody else writes in that term, and a writer never gives two
batches the same number. That is all the comparison below rests on.
"""

from collections.abc import Iterable, Sequence
from enum import Enum

from attrs import evolve, field, frozen

from actors.ports import Position
from actors.storage import Refusal

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


ROUND_TEXT = 4 * 1024 * 1024
"""Characters of batches that are read or sent at once, about: unpacked they need a multiple of that."""


def handful(entries: Iterable[Entry], most: int = ROUND_TEXT) -> list[Entry]:
    """The first batches, at least one, up to the one that makes them longer than `most` characters."""
    found, size = [], 0
    for entry in entries:
        found.append(entry)
        size += len(entry.batch)
        if size >= most:
            break
    return found


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
    """Of the file: an operator has said that its state shall replace MongoDB's."""
    unfinished: bool = field(default=False, kw_only=True)
    """It had a state, which was about to be replaced by a copy that never came to its end."""

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
        end = self.end
        if end.term == number:
            return end
        for term in self.terms:
            if term.after.term == number:
                return min(term.after, end)
        return Position(number, 0)

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
    """How `local` stands to `other`, whatever an operator says."""
    match local.holds(other), other.holds(local):
        case True, True:
            return Relation.SAME
        case True, False:
            return Relation.AHEAD
        case False, True:
            return Relation.BEHIND
        case _:
            return Relation.DIVERGED


def next_term(writer: str, leader: History | None = None, *others: History) -> Term:
    """The term of a new writer of the store that stands at `leader`: above every term any store has seen."""
    known = [history for history in (leader, *others) if history is not None]
    number = max((_newest(history) for history in known), default=0)
    return Term(number + 1, writer, leader.end if leader is not None else NOWHERE)


def _newest(history: History) -> int:
    return max((term.number for term in history.terms), default=history.last.term)


# --- how a history may go on --------------------------------------------------------------------


class Unfit(Refusal):
    """A term or a batch that does not go on from where the store stands: a fault of the program."""


def begun(history: History, term: Term) -> History:
    """The history with a new term. The one before is forgotten where nothing was written in it.

    Raises:
        Unfit: its number is not above all that were seen, or it does not go on from the last batch.
    """
    if term.number <= _newest(history):
        raise Unfit(f"term {term.number} can't begin: there was a term {_newest(history)}")
    if term.after != history.end:
        raise Unfit(f"term {term.number} goes on from {term.after}, but the last batch is {history.end}")
    used = history.terms[:-1] if history.terms and not history.last.sequence else history.terms
    return evolve(history, terms=(*used, term), last=Position(term.number, 0))


def grown(history: History, position: Position) -> History:
    """The history with one more batch.

    Raises:
        Unfit: the batch is not the next one of its term, or its term is unknown or over.
    """
    end = history.end
    newest = history.terms[-1] if history.terms else None
    known = newest is not None and newest.number == position.term
    expected = end.sequence + 1 if end.term == position.term else 1
    if not known or position.sequence != expected:
        raise Unfit(f"batch {position} does not follow {end}, {newest or 'no term'}")
    return evolve(history, last=position)


def followed(own: History, terms: Sequence[Term], positions: Sequence[Position]) -> History:
    """The history of a store that takes over what another one has more: these terms and batches.

    Batches that are there already are skipped, and so are terms that begin after what is taken over. Terms
    of its own after its last batch, which nothing was written in, give way to the other's.

    Raises:
        Unfit: the other's history does not go on from where this one ends.
    """
    if not terms and not positions:
        return own
    end = own.end
    if end != NOWHERE and any(t.number == end.term and t.writer != own.writer_of(end.term) for t in terms):
        raise Unfit(f"the stores have diverged: term {end.term} has two writers")
    kept = tuple(term for term in own.terms if term.number <= end.term)
    news = evolve(own, terms=kept, last=end)
    coming = [position for position in positions if position > end]
    for term in sorted((t for t in terms if t.number > end.term), key=lambda t: t.number):
        while coming and coming[0].term < term.number:
            news = grown(news, coming.pop(0))
        if term.after != news.end:
            break
        news = begun(news, term)
    for position in coming:
        news = grown(news, position)
    return news
