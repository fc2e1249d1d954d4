"""Where the replica stands, as its one writer knows it, and how its records keep up with its journal."""

import logging

from attrs import define, evolve, field
from pymongo.asynchronous.database import AsyncDatabase

from actors.history import NOWHERE, History, Term
from actors.ports import Position, StoreUnavailable
from actors.stores import NeedsCopy
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.journal import Journal
from daemon.storage.mongodb.layout import Body
from daemon.storage.mongodb.meta import Meta, MetaDocument, Terms
from daemon.storage.mongodb.projections import Changed, Projections, changed

logger = logging.getLogger(__name__)

KEEP = 10_000
"""The newest batches that always stay in the journal."""
PRUNE_EVERY = 1000
"""Batches between two prunings. The first batches of a life are followed by one: a life may be short."""
PRUNE_AT_ONCE = 5000
"""Batches that go at once: what they deleted is read by one command, which has a deadline."""
SAVE_EVERY = 500
"""Batches after which it is written down how far the records reach: that many are applied again at most."""
_ROUND = 500


@define(eq=False)
class ReplicaState:
    """The parts of the replica. After any failure `load` learns anew what is true."""

    database: AsyncDatabase[Body]
    line: Line
    keep: int = KEEP
    prune_every: int = PRUNE_EVERY
    journal: Journal = field(init=False)
    terms: Terms = field(init=False)
    document: MetaDocument = field(init=False)
    projections: Projections = field(init=False)
    meta: Meta = field(factory=Meta, init=False)
    history: History = field(factory=History, init=False)
    applied: Position = field(default=NOWHERE, init=False)
    """The records have all batches up to here."""
    _unsaved: int = field(default=0, init=False)
    _since_pruning: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self._since_pruning = self.prune_every
        self.journal = Journal(self.database, self.line)
        self.terms = Terms(self.database, self.line)
        self.document = MetaDocument(self.database, self.line)
        self.projections = Projections(self.database, self.line)

    @property
    def newest(self) -> Term:
        """The newest term; one of number 0 where there is none."""
        return self.history.terms[-1] if self.history.terms else Term(0, "")

    @property
    def is_copying(self) -> bool:
        """A full copy is under way, or was given up: there is no usable state."""
        return self.meta.copying is not None

    def require_usable(self) -> None:
        """Raise `NeedsCopy` while there is no usable state."""
        if self.is_copying:
            raise NeedsCopy("a full copy to MongoDB was begun, and has not been finished")

    # --- learning where it stands ---------------------------------------------------------------

    async def load(self) -> None:
        """Learn from the database where it stands."""
        self.meta = meta = await self.document.read()
        copying = meta.copying
        last = meta.base if copying is None else Position(copying.number, 0)
        writer = "" if copying is None else copying.writer
        top = await self._top()
        if top is not None and top[0] > last:
            last, writer = top
        self.applied = max(meta.applied, meta.base)
        if copying is not None:  # only the number counts: a new term must be above it
            self.history = History((Term(last.term, writer),), Position(last.term, 0), unfinished=True)
            return
        terms = await self.terms.read()
        newest = terms[-1].number if terms else 0
        if last.term > newest:  # who began it ended before he could write it down
            missing = await self.journal.fences(newest)
            await self.terms.record(missing)
            terms = (*terms, *missing)
        self.history = History(terms, last, meta.oldest)

    async def _top(self) -> tuple[Position, str] | None:
        """The journal's last batch or the term that begins there, and its writer."""
        top = await self.journal.top()
        if top is None:
            return None
        if "fence" in top:
            return Position(int(top["term_begun"]), 0), top["writer"]
        return Position(int(top["term"]), int(top["sequence"])), top["writer"]

    # --- the records follow the journal ---------------------------------------------------------

    async def project(self, before: Position, changes: Changed, count: int) -> None:
        """Bring the records up to date: `changes` are the `count` batches after `before`."""
        if self.applied >= before:
            await self.projections.apply(changes)
            self.applied = max(self.applied, self.history.end)
        else:
            await self.catch_up()
        self._unsaved += count
        self._since_pruning += count
        if self._unsaved >= SAVE_EVERY:
            await self.save_applied()
        if self._since_pruning >= self.prune_every:
            more = await self._prune()
            self._since_pruning = self.prune_every if more else 0

    async def catch_up(self) -> None:
        """Apply what the journal has, and the records may not have yet."""
        while self.applied < self.history.end:
            entries = await self.journal.read(self.applied, _ROUND)
            if not entries:
                self.applied = self.history.end
                break
            await self.projections.apply(changed(entries))
            self.applied = entries[-1].position

    async def save_applied(self) -> None:
        """Write down how far the records reach."""
        if self.applied > self.meta.applied:
            await self.document.set_applied(self.applied)
            self.meta = evolve(self.meta, applied=self.applied)
        self._unsaved = 0

    async def _prune(self) -> bool:
        """Forget the oldest batches, and the marks of what they deleted. That can wait for the next time.

        Returns whether there are more to forget.
        """
        try:
            await self.save_applied()
            most = await self.journal.reach(self.meta.base, PRUNE_AT_ONCE)
            cut = await self.journal.cut(self.keep, min(most or self.applied, self.applied))
            if cut is None or cut <= self.meta.base:
                return False
            gone = await self.journal.deletions(cut)
            await self.document.set_oldest(cut)
            self.meta = evolve(self.meta, oldest=cut, base=cut)
            self.history = evolve(self.history, oldest=cut)
            await self.projections.purge(changed(gone), cut)
            await self.journal.forget(cut)
        except StoreUnavailable as error:
            logger.info("MongoDB's journal could not be pruned: %s", error)
            return False
        return cut == most
