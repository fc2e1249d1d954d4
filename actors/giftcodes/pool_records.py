"""What the session pool reads from the store, writes to it, and clears away."""

import logging

import trio
from attrs import define, field

from actors.giftcodes.model import Call, Circuit
from actors.ports import Delete, Put, Store, StoreUnavailable

logger = logging.getLogger(__name__)

KEEP = 3600.0
"""Seconds a call's record is kept: many windows long, and short enough to stay small."""

STORE_RETRY_MIN = 1.0
STORE_RETRY_MAX = 30.0
"""Seconds between two attempts at a store that is away: doubled from the first to the second."""

_BATCH = 200
"""Records deleted in one commit: others want to write as well."""


async def load(store: Store) -> tuple[list[Call], list[Circuit]]:
    """The calls and circuits of earlier lives. Raises `StoreUnavailable`."""
    return await store.find(Call), await store.find(Circuit)


async def prune(store: Store, before: float) -> int:
    """Delete calls recorded before `before` (unix seconds); returns how many are left.

    Raises `StoreUnavailable`, perhaps half-way.
    """
    calls = await store.find(Call)
    old = [call for call in calls if call.at < before]
    for start in range(0, len(old), _BATCH):
        await store.commit(*(Delete(Call, call.key) for call in old[start : start + _BATCH]))
    return len(calls) - len(old)


@define(eq=False)
class CircuitJournal:
    """Writes circuits to the store, in the background and until it takes them; the newest of each counts."""

    _store: Store
    _unsaved: dict[str, Circuit] = field(factory=dict, init=False)
    _writing: bool = field(default=False, init=False)

    def note(self, circuit: Circuit) -> bool:
        """To be written. True if `write` must be started for it: none is running."""
        self._unsaved[circuit.game] = circuit
        idle, self._writing = not self._writing, True
        return idle

    async def write(self) -> None:
        """Write until all is written, through any outage of the store."""
        pause = STORE_RETRY_MIN
        while self._unsaved:
            try:
                await self._write_once()
            except StoreUnavailable as error:
                logger.warning("The store can't record a game's pause: %s; again in %.0f s", error, pause)
                await trio.sleep(pause)
                pause = min(2 * pause, STORE_RETRY_MAX)
            else:
                pause = STORE_RETRY_MIN
        self._writing = False

    async def flush(self) -> None:
        """Write what is left, in one attempt: at the end of a life."""
        try:
            if self._unsaved:
                await self._write_once()
        except StoreUnavailable as error:
            logger.warning("The store did not record a game's pause before the end: %s", error)

    async def _write_once(self) -> None:
        batch = dict(self._unsaved)
        await self._store.commit(*(Put(circuit) for circuit in batch.values()))
        for game, circuit in batch.items():
            if self._unsaved.get(game) == circuit:
                del self._unsaved[game]
