"""A full copy: everything the replica has gives way to another store's state, in one step at its end."""

from collections.abc import Sequence

from attrs import define, evolve, field

from actors.history import NOWHERE, Document, History, Term, Unfit
from actors.ports import Position
from actors.stores import Fenced
from daemon.storage.mongodb.layout import following
from daemon.storage.mongodb.meta import Meta
from daemon.storage.mongodb.state import ReplicaState


@define(eq=False)
class Copying:
    """Makes copies. Until one is finished the database says that it has no usable state."""

    state: ReplicaState
    _now: tuple[Term, History] | None = field(default=None, init=False)
    """The copy that this process makes."""

    async def begin(self, term: Term, history: History) -> None:
        """See `Replica.begin_copy`."""
        state, newest = self.state, self.state.newest
        if (newest.number, newest.writer) != (term.number, term.writer):
            if term.number <= newest.number:
                raise Fenced(f"term {term.number} can't begin: there is {newest.number} of {newest.writer}")
            await state.journal.fence(following(state.history.last), term, move_on=True)
        await state.document.begin_copy(term)
        state.meta = evolve(state.meta, copying=term)
        state.history = History((Term(term.number, term.writer),), Position(term.number, 0))
        if history.writer_of(term.number) != term.writer:
            # What is copied must be of a later place than what an interrupted copy has left.
            terms = (*history.terms, evolve(term, after=history.end))
            history = evolve(history, terms=terms, last=Position(term.number, 0))
        self._now = term, history
        await state.journal.clear()

    async def copy(self, collection: str, documents: Sequence[Document]) -> None:
        """See `Replica.copy`."""
        if self._now is None:
            raise Unfit("no copy was begun")
        await self.state.projections.copy(collection, documents, self._now[1].last)

    async def end(self) -> None:
        """See `Replica.end_copy`; done already, nothing happens."""
        if self._now is None:
            return
        state, (term, history) = self.state, self._now
        await state.projections.keep_since(history.last)
        await state.terms.replace(history.terms)
        await state.document.end_copy(term, history.end, history.last)
        self._now = None
        await state.load()

    async def give_up(self, term: Term) -> None:
        """Begin from nothing: whoever was copying is gone, and this writer has no state either.

        Raises:
            NeedsCopy: the term says that there is a state, or is not newer than the copy.
        """
        state, newest, copying = self.state, self.state.newest, self.state.meta.copying
        if copying is None or term.number <= newest.number or term.after != NOWHERE:
            state.require_usable()
            raise Unfit(f"term {term.number} can't begin from nothing")
        copied = Position(newest.number, 0)
        await state.journal.fence(following(copied), term)
        await state.journal.clear()
        await state.projections.keep_since(Position(term.number, 0))
        await state.terms.replace([term])
        await state.document.end_copy(copying, NOWHERE, copied)
        state.meta, state.applied = Meta(applied=copied, base=copied), copied
        state.history = History((term,), Position(term.number, 0))
        self._now = None
