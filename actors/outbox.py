"""What MongoDB has not acknowledged yet: kept in memory as far as that may go, so that the file can die."""

from collections import deque
from itertools import islice

from attrs import define, evolve, field

from actors.history import NOWHERE, Entry, handful
from actors.ports import Position

MOST_ENTRIES = 20_000
MOST_TEXT = 32 * 1024 * 1024
"""Characters of batches that are kept in memory."""


@define
class Outbox:
    """Batches in their order. What had to be dropped has to be read from the file's journal again."""

    most_entries: int = MOST_ENTRIES
    most_text: int = MOST_TEXT
    acknowledged: Position = field(default=NOWHERE, init=False)
    """The replica has everything up to here."""
    kept_after: Position = field(default=NOWHERE, init=False)
    """What follows this is in memory."""
    _entries: deque[Entry] = field(factory=deque, init=False)
    _text: int = field(default=0, init=False)
    _unread_at: float | None = field(default=None, init=False)
    """Unix seconds of the oldest batch, where that is not in memory; None: not known."""

    def restart(self, end: Position) -> None:
        """Begin anew: the file has what is up to `end`, and nothing of it is in memory."""
        self.skip(end)
        self.acknowledged, self._unread_at = NOWHERE, None

    def skip(self, end: Position) -> None:
        """Not all up to `end` is known here: it has to be read from the journal."""
        self._unread_at = self.oldest_at
        self._entries.clear()
        self._text, self.kept_after = 0, end

    def add(self, entry: Entry) -> None:
        """One more batch, durable in the file."""
        self._entries.append(entry)
        self._text += len(entry.batch)
        while len(self._entries) > self.most_entries or (
            self._text > self.most_text and len(self._entries) > 1
        ):
            self._unread_at = self.oldest_at
            self._drop()

    def acknowledge(self, position: Position) -> None:
        """The replica has everything up to `position`, and nothing after it."""
        self.acknowledged = position
        while self._entries and self._entries[0].position <= position:
            self._drop()

    def renumber(self, term: int) -> int:
        """What is in memory follows what is acknowledged, as the first batches of a term; return how many."""
        numbered = enumerate(self._entries, start=1)
        self._entries = deque(evolve(entry, position=Position(term, number)) for number, entry in numbered)
        self.kept_after = self.acknowledged
        return len(self._entries)

    def _drop(self) -> None:
        entry = self._entries.popleft()
        self._text -= len(entry.batch)
        self.kept_after = entry.position

    @property
    def complete(self) -> bool:
        """All that is not acknowledged is in memory."""
        return self.kept_after <= self.acknowledged

    def next(self, most: int) -> list[Entry]:
        """The batches to send next, all of one term; none where they must be read from the journal."""
        if not self.complete or not self._entries:
            return []
        return one_term(handful(islice(self._entries, most)))

    @property
    def oldest_at(self) -> float | None:
        """Unix seconds of the oldest batch not acknowledged; None: there is none, or it is not known."""
        if not self.complete:
            return self._unread_at
        return self._entries[0].at if self._entries else None

    def oldest_is(self, at: float) -> None:
        """It was read from the journal when the oldest batch was written: at `at`, unix seconds."""
        self._unread_at = at


def one_term(entries: list[Entry]) -> list[Entry]:
    """The leading batches that are of the same term."""
    return [entry for entry in entries if entry.position.term == entries[0].position.term]
