"""The one writer where the state is kept twice: in the file and in MongoDB."""

import logging
from collections.abc import Mapping

import trio
from attrs import evolve

from actors.giftcodes.model import Record
from actors.pair import Mode
from actors.ports import Change, Position
from actors.replicated import ReplicatedStore
from actors.storage import StorageHealth, Value
from actors.writer import WriterActor

logger = logging.getLogger(__name__)

FLUSH_WITHIN = 5.0
"""Seconds that an ordered stop gives MongoDB to get what it lacks."""
SAY_EVERY = 600.0
"""Seconds between two lines in the log that say how the two stores are doing."""


class ReplicatedStorageActor(WriterActor):
    """Opens both stores when it starts, tends them, and gives them up however it ends."""

    def __init__(self, store: ReplicatedStore) -> None:
        super().__init__()
        self._store = store

    async def started(self) -> None:
        """Look at both stores. That neither may lead yet is no fault: who asks is told why."""
        self.start_soon(self._hold)
        await self._store.open()
        self.start_soon(self._store.tend)
        self.start_soon(self._say_health)
        self.start_soon(self._try_now_and_then)

    async def stopped(self) -> None:
        """Bring MongoDB up to date: the host's disk may be empty at the next start."""
        with trio.move_on_after(FLUSH_WITHIN) as within:
            await self._store.flush()
        if within.cancelled_caught:
            lag = self._store.pair.lag
            logger.warning(
                "MongoDB has not got all changes before the end%s; the file has them, and the next start"
                " sends them. Keep its disk until then",
                "" if lag is None else f" (batches it lacks: {lag})",
                extra={"lag": lag},
            )

    async def _write(self, changes: tuple[Change, ...]) -> Position:
        return await self._store.write(changes)

    async def _try(self, size: int) -> bool:
        return await self._store.probe(size)

    async def _get(self, type_: type[Record], key: str) -> object:
        return await self._store.get(type_, key)

    async def _find(self, type_: type[Record], equal: Mapping[str, Value]) -> object:
        return await self._store.find(type_, **equal)

    def _read_loudness(self) -> int:
        """That the store waits, and why, has been said."""
        return logging.DEBUG if self._store.pair.mode is Mode.WAITING else super()._read_loudness()

    def _health(self) -> StorageHealth:
        pair = self._store.pair
        health = super()._health()
        return evolve(
            health,
            healthy=health.healthy and pair.mode is not Mode.WAITING,
            position=pair.position,
            stores=pair.health(),
            problems=self._problems(),
            stale="" if pair.mode is Mode.LOCAL else "; ".join(pair.problems()),
        )

    def _problems(self) -> tuple[str, ...]:
        if self._commit_error is not None and self._store.pair.mode is Mode.LOCAL:
            return (f"nothing can be recorded, and work pauses: {self._commit_error}",)
        return self._store.pair.problems()

    async def _say_health(self) -> None:
        while True:
            await trio.sleep(SAY_EVERY)
            file, mongodb = self._store.pair.health()
            if file.state == "leading" and mongodb.state == "following":
                logger.info("✅ Dual-write success: State persisted to both MongoDB and file")
            else:
                logger.warning("Stores: file %s, MongoDB %s, lag %s", file.state, mongodb.state, mongodb.lag)

    async def _hold(self) -> None:
        """Close both however this life ends: `stopped` is not called after a crash."""
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await self._store.close()
