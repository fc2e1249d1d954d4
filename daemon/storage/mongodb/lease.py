"""The writer's lease: keeps a second daemon from writing, without trusting anybody's clock.

Its holder counts a *beat* up every quarter of the time to live. Who wants the lease must see the same beat
for all of that time, on his own clock; then he takes it, if it is still the same. A time in which he could
not look does not count: perhaps the holder could not reach the server either. A holder that was held up may
not know yet that it has lost it: the journal's fences see to that.
"""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable

from attrs import define, field
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError

from actors.ports import StoreUnavailable
from actors.stores import Fenced, LeaseHeld, StoreAway
from daemon.storage.mongodb.conditions import Line
from daemon.storage.mongodb.layout import LEASE, Body

logger = logging.getLogger(__name__)

TTL = 20.0
"""Seconds after which a lease that is not renewed may be taken."""
_ID = "writer"


@define(eq=False)
class Lease:
    """One process's view of the lease."""

    database: AsyncDatabase[Body]
    line: Line
    holder: str
    """A random id of this process."""
    ttl: float = TTL
    monotonic: Callable[[], float] = time.monotonic
    host: str = field(factory=socket.gethostname)
    pid: int = field(factory=os.getpid)
    _confirmed: float | None = field(default=None, init=False)
    """When the server last said that it is ours; None: it is not."""
    _lost: str = field(default="", init=False)
    """Why it is not ours any more."""
    _seen: tuple[str, int] | None = field(default=None, init=False)
    """Holder and beat of somebody else."""
    _since: float = field(default=0.0, init=False)
    """When they were first seen, of the looks that followed each other closely."""
    _looked: float = field(default=0.0, init=False)
    """When the last look ended that found somebody else."""
    _renewal: "asyncio.Task[None] | None" = field(default=None, init=False)

    # --- taking it ------------------------------------------------------------------------------

    async def take(self, began: float | None = None) -> None:
        """Take the lease, or see that it is still ours.

        Args:
            began: when this look at the server began, on `monotonic`, if more was asked of it before.

        Raises:
            LeaseHeld: somebody else has it. Call again now and then: what was seen is remembered.
        """
        began = self.monotonic() if began is None else began
        async with self.line.command():
            there = await self.database[LEASE].find_one({"_id": _ID})
        if there is None:
            await self._insert()
        elif there["holder"] == self.holder:
            await self._swap(there)
        else:
            self._confirmed = None
            if not self._is_silent(there, began):
                raise self._held(there)
            await self._swap(there)
        self._seen = None
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew_for_ever(), name="the lease's renewal")

    def _is_silent(self, there: Body, began: float) -> bool:
        """The holder has not renewed it for the whole time to live, in which we have looked all the while."""
        seen, now = (there["holder"], int(there["beat"])), self.monotonic()
        # What a slow server takes to answer is no gap: `began` is when it was asked. Who waits has more to
        # do between two looks, as to check a damaged file: so some time is allowed. No outage that fits in
        # there hinders the holder for all of the time to live.
        if seen != self._seen or began - self._looked > self.ttl / 2:
            self._seen, self._since = seen, now
        self._looked = now
        return now - self._since >= self.ttl

    async def _insert(self) -> None:
        async with self.line.command():
            try:
                await self.database[LEASE].insert_one({"_id": _ID, **self._mine(0)})
            except DuplicateKeyError:
                raise LeaseHeld("another perkd has just become the writer to MongoDB") from None
        self._hold()

    async def _swap(self, there: Body) -> None:
        async with self.line.command():
            found = await self.database[LEASE].update_one(
                {"_id": _ID, "holder": there["holder"], "beat": there["beat"]},
                {"$set": self._mine(int(there["beat"]) + 1)},
            )
        # Our own renewal may have come in between; else somebody was quicker.
        if not found.matched_count and not (there["holder"] == self.holder and await self._renewed()):
            raise LeaseHeld("another perkd has just become the writer to MongoDB")
        self._hold()

    def _mine(self, beat: int) -> Body:
        return {"holder": self.holder, "host": self.host, "pid": self.pid, "beat": beat}

    def _hold(self) -> None:
        self._confirmed, self._lost = self.monotonic(), ""

    def _held(self, there: Body) -> LeaseHeld:
        return LeaseHeld(  # the same text each time, so that a log says it once
            f"another perkd writes to MongoDB: process {there['pid']} on {there['host']}; this one waits "
            f"until that has stopped, or has been silent for {self.ttl:.0f} s"
        )

    # --- keeping it -----------------------------------------------------------------------------

    @property
    def is_ours(self) -> bool:
        """It was ours when the server was last asked."""
        return self._confirmed is not None

    async def require(self) -> None:
        """Go on only if the lease is ours. Asks the server where that is not certain.

        Raises:
            Fenced: it is somebody else's.
        """
        if self._lost:
            raise Fenced(self._lost)
        if self._confirmed is None:
            raise StoreAway(f"MongoDB at {self.line.place} has not been opened")
        if self._renewal is not None and self._renewal.done():
            self._renewal.result()  # it never ends but by a fault
        if self.monotonic() - self._confirmed > self.ttl / 2 and not await self._renewed():
            raise Fenced(self._lost)

    async def _renew_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.ttl / 4)
            if self._confirmed is None:
                continue
            try:
                await self._renewed()
            except StoreUnavailable as error:
                logger.debug("the lease could not be renewed: %s", error)

    async def _renewed(self) -> bool:
        """Renew it; False where it is somebody else's, or nobody's."""
        async with self.line.command():
            found = await self.database[LEASE].update_one(
                {"_id": _ID, "holder": self.holder}, {"$inc": {"beat": 1}}
            )
        if found.matched_count:
            self._hold()
            return True
        self._confirmed = None
        self._lost = "the lease was lost: another perkd has become the writer to MongoDB"
        return False

    # --- giving it back -------------------------------------------------------------------------

    async def give_back(self) -> None:
        """Let others have it at once. Not ours: nothing happens."""
        held, self._confirmed = self._confirmed is not None, None
        await self.forget()
        if held:
            async with self.line.command():
                await self.database[LEASE].delete_one({"_id": _ID, "holder": self.holder})

    async def forget(self) -> None:
        """Renew it no more, and tell nobody."""
        self._confirmed = None
        if self._renewal is not None:
            renewal, self._renewal = self._renewal, None
            renewal.cancel()
            await asyncio.wait([renewal])
