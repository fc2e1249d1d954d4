"""The messages of one session on their way, recorded before they are sent: ids and state, no text."""

import itertools
from typing import Any

import trio
from attrs import define, evolve, field

from actors.ports import Change, Put, Store
from actors.vip.model import Crossing, CrossingState, Side

KEPT = 64
"""So many of each side stay in memory after their arrival: more than are read again after an outage."""


@define(eq=False)
class Outbox:
    """Both directions of one session. What is in memory is what is stored.

    In memory is what something is to be done for, and of all else the newest; older ones are read from the
    store when somebody edits, deletes or answers them.
    """

    _store: Store
    session: str
    _all: dict[str, Crossing] = field(factory=dict)
    _open: dict[Side, dict[str, Crossing]] = field(factory=lambda: {side: {} for side in Side})
    _targets: dict[tuple[Side, str], str] = field(factory=dict)
    """(where it was sent to, its id there) → the crossing's key."""
    _settled: dict[Side, set[str]] = field(factory=lambda: {side: set() for side in Side})
    _left_out: bool = False
    """Not all that is stored is in memory."""
    _newest: dict[Side, int] = field(factory=lambda: dict.fromkeys(Side, 0))
    """The largest id that was written on a side."""
    _seq: dict[Side, int] = field(factory=lambda: dict.fromkeys(Side, 0))
    newest_at: float = 0.0
    """When the last one was recorded."""
    _lock: trio.Lock = field(factory=trio.Lock)
    _loaded: bool = False

    async def load(self) -> bool:
        """Take over what is stored, also after a commit of unknown outcome; tells whether it had to.

        Raises `StoreUnavailable`.
        """
        async with self._lock:
            if self._loaded:
                return False
            stored = await self._store.find(Crossing, session=self.session)
            self._all.clear()
            self._targets.clear()
            for side in Side:
                self._open[side].clear()
                self._settled[side].clear()
            for crossing in stored:
                self._keep(crossing)
            self._loaded = True
            return True

    def get(self, key: str) -> Crossing | None:
        """The crossing with this key, where it is in memory."""
        return self._all.get(key)

    async def look_up(self, side: Side, source: str, key: str) -> Crossing | None:
        """The crossing of what was written on `side`, wherever it is. Raises `StoreUnavailable`."""
        known = self._all.get(key)
        if known is not None or not self._left_out or int(source) > self._newest[side]:
            return known
        return await self._store.get(Crossing, key)

    async def look_up_target(self, side: Side, message: str) -> Crossing | None:
        """The crossing that became this message on `side`, wherever it is. Raises `StoreUnavailable`."""
        key = self._targets.get((side, message))
        if key is not None or not self._left_out:
            return None if key is None else self._all[key]
        stored = await self._store.find(Crossing, session=self.session)
        return next((c for c in stored if c.side is not side and message in c.targets), None)

    async def keys(self) -> set[str]:
        """Those of all that were ever recorded. Raises `StoreUnavailable`."""
        if not self._left_out:
            return set(self._all)
        return {crossing.key for crossing in await self._store.find(Crossing, session=self.session)}

    def of(self, side: Side) -> list[Crossing]:
        """All from this side, in their order."""
        return sorted((c for c in self._all.values() if c.side is side), key=lambda c: c.seq)

    def next_open(self, side: Side) -> Crossing | None:
        """The first one from this side that something is to be done for."""
        return min(self._open[side].values(), key=lambda c: c.seq, default=None)

    def waiting(self) -> list[Crossing]:
        """All that something is to be done for."""
        return [c for side in Side for c in self._open[side].values()]

    def newest_in_thread(self) -> str:
        """The newest message in the thread that is known, relayed either way; "" without any."""
        written = (c.source for c in self._all.values() if c.side is Side.THREAD)
        posted = (t for c in self._all.values() if c.side is Side.DESK for t in c.targets)
        return max(itertools.chain(written, posted), key=int, default="")

    async def accept(self, *new: Crossing) -> None:
        """Record new ones, with the next places in their order. Those known already stay as they are."""
        async with self._lock:
            added: list[Crossing] = []
            places = dict(self._seq)
            for crossing in new:
                if crossing.key not in self._all:
                    places[crossing.side] += 1
                    added.append(evolve(crossing, seq=places[crossing.side]))
            await self._write(*added)

    async def update(self, key: str, **changes: Any) -> Crossing:
        """Record changes of one."""
        async with self._lock:
            old = self._all.get(key) or await self._store.get(Crossing, key)
            assert old is not None  # noqa: S101 - only what is recorded changes
            new = evolve(old, **changes)
            if new != old:
                await self._write(new)
            return new

    async def fail_what_waits(self, reason: str) -> None:
        """The session ends: what has not crossed by now does not cross any more."""
        async with self._lock:
            failed = [
                evolve(c, state=CrossingState.FAILED, reason=reason)
                for c in self.waiting()
                if c.state is CrossingState.WAITING
            ]
            await self._write(*failed)

    async def _write(self, *crossings: Crossing) -> None:
        if not crossings:
            return
        self._loaded = False  # until the answer is there
        changes: list[Change] = [Put(crossing) for crossing in crossings]
        await self._store.commit(*changes)
        for crossing in crossings:
            self._keep(crossing)
        self._loaded = True

    def _keep(self, crossing: Crossing) -> None:
        self._all[crossing.key] = crossing
        self.newest_at = max(self.newest_at, crossing.at)
        self._seq[crossing.side] = max(self._seq[crossing.side], crossing.seq)
        self._newest[crossing.side] = max(self._newest[crossing.side], int(crossing.source))
        other = Side.DESK if crossing.side is Side.THREAD else Side.THREAD
        for target in crossing.targets:
            self._targets[other, target] = crossing.key
        settled = self._settled[crossing.side]
        if crossing.open:
            self._open[crossing.side][crossing.key] = crossing
            settled.discard(crossing.key)
        else:
            self._open[crossing.side].pop(crossing.key, None)
            settled.add(crossing.key)
            if len(settled) > KEPT:
                self._leave_out(min(settled, key=lambda key: self._all[key].seq), other)

    def _leave_out(self, key: str, other: Side) -> None:
        crossing = self._all.pop(key)
        self._settled[crossing.side].discard(key)
        for target in crossing.targets:
            self._targets.pop((other, target), None)
        self._left_out = True
