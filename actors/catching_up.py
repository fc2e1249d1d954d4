"""How the store that is behind gets what the other one has: batch by batch, or by a full copy."""

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import define, evolve, field

from actors.history import History, Term
from actors.outbox import Outbox, one_term
from actors.ports import Position
from actors.storage import Run
from actors.stores import LocalStore, NeedsCopy, Replica

logger = logging.getLogger(__name__)

ROUND = 500
"""Batches or documents that are sent at once."""


@define
class Pusher:
    """Brings the replica up to date with the file, which leads."""

    local: LocalStore
    replica: Replica
    run: Run[Any]
    outbox: Outbox
    terms: Sequence[Term]
    """The file's."""
    known: set[int]
    """Numbers of the terms that the replica has begun."""
    copy: bool = False
    """All that the replica has must be replaced, or is being replaced, before anything else is sent."""

    async def push(self) -> int:
        """Send the next batches; return how many the replica has acknowledged, 0 when it has them all.

        Raises:
            NeedsCopy: the file's journal no longer reaches back to where the replica stands: `replace` it.
            StoreUnavailable: one of the two can't be used now.
            Fenced: another writer has taken over.
        """
        if self.copy:
            raise NeedsCopy("it gets a full copy of the file's state")
        outbox = self.outbox
        entries = outbox.next(ROUND)
        if not entries and not outbox.complete:
            entries = one_term(await self.run(partial(self.local.entries, outbox.acknowledged, ROUND)))
            if entries:
                outbox.oldest_is(entries[0].at)
        if not entries:
            await self._begin_latest()
            if not outbox.complete:  # the journal holds nothing after it: all is there
                outbox.kept_after = outbox.acknowledged
            return 0
        await self._begin(entries[0].position.term)
        outbox.acknowledge(await self.replica.append(entries))
        return len(entries)

    async def _begin(self, number: int) -> None:
        if number not in self.known:
            await self._tell(next(term for term in self.terms if term.number == number))

    async def _begin_latest(self) -> None:
        """The replica must know who writes, also before the first batch: that keeps others from writing."""
        if self.terms:
            await self._begin(self.terms[-1].number)

    async def _tell(self, term: Term) -> None:
        await self.replica.begin(term)
        self.known.add(term.number)

    async def replace(self) -> None:
        """Replace all that the replica has by a copy of the file. Batches go on being written meanwhile."""
        self.copy = True
        history: History = await self.run(self.local.history)
        logger.warning("MongoDB gets a full copy of the file's state")
        await self.replica.begin_copy(history.terms[-1], history)
        for name in self.local.collections():
            after = ""
            while documents := await self.run(partial(self.local.page, name, after, ROUND)):
                await self.replica.copy(name, documents)
                after = documents[-1].key
        await self.replica.end_copy()
        self.known, self.copy = {term.number for term in history.terms}, False
        self.outbox.acknowledge(history.end)
        await self.run(self.local.clear_lead)


@define
class Filler:
    """Brings the file up to date with the replica, which has more."""

    local: LocalStore
    replica: Replica
    run: Run[Any]
    progress: Callable[[str], None]
    """Told in words how far it is."""
    fetched: int = field(default=0, init=False)
    """Records that were fetched for a full copy."""

    async def follow(self, replica: History) -> Position:
        """Take over what the replica has more, batch by batch; return the file's last batch then.

        Raises:
            NeedsCopy: the replica's journal does not hold all that the file lacks.
            StoreUnavailable: one of the two can't be used now.
        """
        history: History = await self.run(self.local.history)
        end, taken = history.end, 0
        while entries := await self.replica.entries(end, ROUND):
            # A later term's beginning must not be there before the batches that it follows.
            last = entries[-1].position
            terms = [term for term in replica.terms if term.number <= last.term]
            await self.run(partial(self.local.follow, terms, entries))
            end, taken = last, taken + len(entries)
            self.progress(f"taking over from MongoDB: {taken} changes so far")
        if end < replica.end:
            raise NeedsCopy(f"MongoDB's journal ends at {end}, its terms say that there was {replica.end}")
        if end == replica.end:
            await self.run(partial(self.local.follow, replica.terms, []))
        return end

    async def copy(self, replica: History) -> str | None:
        """Make the file anew from the replica; return what the old one is called now, if there was one.

        What is written to the replica meanwhile is in its journal: `follow` afterwards.
        """
        await self.run(self.local.begin_copy)
        for name in self.local.collections():
            after = ""
            while documents := await self.replica.page(name, after, ROUND):
                self.fetched += len(documents)
                await self.run(partial(self.local.copy, name, documents))
                after = documents[-1].key
                self.progress(f"filling the file from MongoDB: {self.fetched} records so far")
        history = evolve(replica, oldest=replica.end)
        aside: str | None = await self.run(partial(self.local.end_copy, history))
        return aside

    async def fill(self, replica: History) -> str | None:
        """`follow` where that is enough, else `copy` and then `follow`."""
        try:
            await self.follow(replica)
        except NeedsCopy:
            aside = await self.copy(replica)
            await self.follow(replica)
            return aside
        return None
