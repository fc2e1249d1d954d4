"""The messages of one session on their way, recorded before they are sent: ids and state, no text."""

import itertools
from typing import Any

import trio
from attrs import define, evolve, field

from actors.ports import Change, Put, Store
from actors.vip.model import Crossing, CrossingState, Side
from actors.vip.port_values import Lease

KEPT = 64
"""So many of each side stay in memory after their arrival: more than are read again after an outage."""


@define(eq=False)
class _Lane:
    """One direction. A session has few messages or none most of the time: kept small."""

    open: dict[str, Crossing] = field(factory=dict)
    """By key: those that something is to be done for."""
    kept: int = 0
    """So many are in memory, these included."""
    newest: int = 0
    """The largest id that was written on its side."""
    seq: int = 0
    """The last place that was given in its order."""


@define(eq=False)
class Outbox:
    """Both directions of one session. What is in memory is what is stored.

    In memory is what something is to be done for, and of all else the newest; older ones are read from the
    store when somebody edits, deletes or answers them.
    """

    _store: Store
    session: str
    _all: dict[str, Crossing] = field(factory=dict)
    _lanes: dict[Side, _Lane] = field(factory=lambda: {side: _Lane() for side in Side})
    _targets: dict["_Target", str] = field(factory=dict)
    """What it became on the other side → the crossing's key."""
    _left_out: bool = False
    """Not all that is stored is in memory."""
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
                self._lanes[side].open.clear()
                self._lanes[side].kept = 0
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
        if known is not None or not self._left_out or int(source) > self._lanes[side].newest:
            return known
        return await self._store.get(Crossing, key)

    async def look_up_target(self, side: Side, message: str, lease: Lease) -> Crossing | None:
        """The crossing that became this message on `side`, wherever it is. Raises `StoreUnavailable`.

        `lease`: whose message it is at the desk; in the thread all are found.
        """
        target = _target(side, message, lease.account, lease.epoch)
        known = self._all.get(self._targets.get(target, ""))
        if known is not None or not self._left_out:
            return known
        stored = await self._store.find(Crossing, session=self.session)
        return next((c for c in stored if target in _targets_of(c)), None)

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
        return min(self._lanes[side].open.values(), key=lambda c: c.seq, default=None)

    def waiting(self) -> list[Crossing]:
        """All that something is to be done for."""
        return [c for side in Side for c in self._lanes[side].open.values()]

    def newest_in_thread(self) -> str:
        """The newest message in the thread that is known, relayed either way; "" without any."""
        written = (c.source for c in self._all.values() if c.side is Side.THREAD)
        posted = (t for c in self._all.values() if c.side is Side.DESK for t in c.targets)
        return max(itertools.chain(written, posted), key=int, default="")

    async def accept(self, *new: Crossing) -> None:
        """Record new ones, with the next places in their order. Those known already stay as they are."""
        async with self._lock:
            added: list[Crossing] = []
            places = {side: lane.seq for side, lane in self._lanes.items()}
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
        lane, old = self._lanes[crossing.side], self._all.get(crossing.key)
        if old is None:
            lane.kept += 1
        else:
            self._drop_targets(old)
        self._all[crossing.key] = crossing
        self.newest_at = max(self.newest_at, crossing.at)
        lane.seq = max(lane.seq, crossing.seq)
        lane.newest = max(lane.newest, int(crossing.source))
        for target in _targets_of(crossing):
            self._targets[target] = crossing.key
        if crossing.open:
            lane.open[crossing.key] = crossing
            return
        lane.open.pop(crossing.key, None)
        if lane.kept - len(lane.open) > KEPT:
            settled = (c for c in self._all.values() if c.side is crossing.side and c.key not in lane.open)
            self._leave_out(min(settled, key=lambda c: c.seq))

    def _leave_out(self, crossing: Crossing) -> None:
        del self._all[crossing.key]
        self._lanes[crossing.side].kept -= 1
        self._drop_targets(crossing)
        self._left_out = True

    def _drop_targets(self, crossing: Crossing) -> None:
        for target in _targets_of(crossing):
            if self._targets.get(target) == crossing.key:
                del self._targets[target]


_Target = tuple[Side, str, str, int]
"""Where it was sent to, its id there, and whose: accounts count for themselves, the thread counts for all."""


def _target(side: Side, message: str, account: str, epoch: int) -> _Target:
    return (side, message, account, epoch) if side is Side.DESK else (side, message, "", 0)


def _targets_of(crossing: Crossing) -> list[_Target]:
    side = Side.DESK if crossing.side is Side.THREAD else Side.THREAD
    return [_target(side, message, crossing.account, crossing.epoch) for message in crossing.targets]
