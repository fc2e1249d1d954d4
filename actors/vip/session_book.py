"""One member's session as the store has it."""

from typing import Any

import trio
from attrs import define, evolve, field

from actors.ports import Change, Delete, Put, Store
from actors.vip.model import ClosedVIPSession, Crossing, VIPSession

_BATCH = 200
"""Records deleted in one commit: others want to write as well."""


@define(eq=False)
class SessionBook:
    """Keeps the session in step with the store; whoever changes it does so here, one after another.

    A commit of unknown outcome (an outage, a cancellation) is looked up before the next change.
    """

    _store: Store
    _key: str
    session: VIPSession | None = None
    _stale: bool = True
    _lock: trio.Lock = field(factory=trio.Lock)

    @property
    def live(self) -> VIPSession:
        """The session, where there must be one."""
        assert self.session is not None  # noqa: S101 - phases run with a session only
        return self.session

    async def refresh(self) -> VIPSession | None:
        """The session as it is stored. Raises `StoreUnavailable`."""
        async with self._lock:
            await self._refresh()
        return self.session

    async def begin(self, session: VIPSession) -> None:
        """Record a new session."""
        await self._commit(session, Put(session))

    async def update(self, **changes: Any) -> VIPSession:
        """Record changes of some attributes. Raises `StoreUnavailable`."""
        async with self._lock:
            await self._refresh()
            new = evolve(self.live, **changes)
            if new != self.session:
                await self._write(new, Put(new))
            return new

    async def close(self, closed: ClosedVIPSession | None, *more: Change) -> None:
        """Move the session to the closed ones (None: it is forgotten) in one commit; its map goes first."""
        crossings = await self._store.find(Crossing, session=self.live.id)
        for start in range(0, len(crossings), _BATCH):
            await self._store.commit(*(Delete(Crossing, c.key) for c in crossings[start : start + _BATCH]))
        put = [] if closed is None else [Put(closed)]
        await self._commit(None, Delete(VIPSession, self._key), *put, *more)

    async def _commit(self, new: VIPSession | None, *changes: Change) -> None:
        async with self._lock:
            await self._write(new, *changes)

    async def _write(self, new: VIPSession | None, *changes: Change) -> None:
        self._stale = True  # until the answer is there
        await self._store.commit(*changes)
        self.session, self._stale = new, False

    async def _refresh(self) -> None:
        if self._stale:
            self.session = await self._store.get(VIPSession, self._key)
            self._stale = False
