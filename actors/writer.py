"""The one writer as an actor: answers what is asked of the store, and sees for itself how that is."""

import functools
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import trio
from attrs import frozen

from actors.giftcodes.model import Record
from actors.ports import Change, Position, StoreUnavailable
from actors.storage import (
    Backend,
    Commit,
    Find,
    Get,
    Refusal,
    Refused,
    Run,
    StorageHealth,
    StorageStatus,
    Unavailable,
    Value,
    one_thread,
)
from supervision import Actor, ActorDead, MailboxFull

logger = logging.getLogger(__name__)

AGAIN_AFTER = 5.0
"""Seconds until a store that fails is tried again, also where nobody asks anything of it."""
IDLE_FOR = 60.0
"""Seconds without a commit after which it is tried whether one would succeed."""
A_LOT = 256 * 1024
"""Bytes to try a store with that took no commit: a few may still fit where the next batch does not."""


@frozen
class Try:
    """The actor to itself: does the store take changes? Nobody is answered."""


class WriterActor(Actor):
    """The one writer, whatever it writes to: answers `Commit`, `Get`, `Find` and `StorageStatus`."""

    def __init__(self) -> None:
        self._position = Position(0, 0)
        self._commit_error: str | None = None
        self._read_error: str | None = None
        self._last_error: str | None = None
        self._tried_at = 0.0
        """When a commit was tried last that had something to write, on trio's clock."""
        self._to_try = False
        """It has told itself, and not come to it yet."""

    async def _try(self, size: int) -> bool:
        """As `Backend.probe`; whether there is a store to be tried."""
        raise NotImplementedError

    async def _write(self, changes: tuple[Change, ...]) -> Position:
        raise NotImplementedError

    async def _get(self, type_: type[Record], key: str) -> object:
        raise NotImplementedError

    async def _find(self, type_: type[Record], equal: Mapping[str, Value]) -> object:
        raise NotImplementedError

    async def receive(self, message: object) -> object:
        """Answer `Commit`, `Get`, `Find` and `StorageStatus`."""
        match message:
            case Commit(changes):
                return await self._commit(changes)
            case Get(type_, key):
                return await self._answer(lambda: self._get(type_, key))
            case Find(type_, equal):
                return await self._answer(lambda: self._find(type_, equal))
            case StorageStatus():
                return self._health()
            case Try():
                await self._find_out()
                return None
            case _:
                return await super().receive(message)

    async def _commit(self, changes: tuple[Change, ...]) -> Position | Unavailable | Refused:
        if changes:
            self._tried_at = trio.current_time()
        try:
            self._position = await self._write(changes)
        except StoreUnavailable as error:
            self._failed(error)
            return Unavailable(str(error))
        except Refusal as error:
            return Refused(str(error))
        if changes:  # without any nothing was written, and nothing is known
            self._succeeded()
        return self._position

    def _failed(self, error: StoreUnavailable) -> None:
        if self._commit_error is None:  # once, not for everyone who tries again
            logger.critical("Failed to persist state: %s", error, extra={"error": str(error)})
        self._commit_error = self._last_error = str(error)

    def _succeeded(self) -> None:
        if self._commit_error is not None:
            logger.warning("State is persisted again", extra={"position": str(self._position)})
            self._commit_error = None

    # --- is it well, where nobody asks? ---------------------------------------------------------

    async def _try_now_and_then(self) -> None:
        """That what failed is well again, and that what is idle fails, is found out by trying alone."""
        self._tried_at = trio.current_time()
        while True:
            await trio.sleep(AGAIN_AFTER)
            idle = trio.current_time() - self._tried_at >= IDLE_FOR
            if (idle or self._fails) and not self._to_try:
                with suppress(MailboxFull, ActorDead):  # it has enough to do, or is about to end
                    self.ref.tell(Try())
                    self._to_try = True

    async def _find_out(self) -> None:
        self._to_try, self._tried_at = False, trio.current_time()
        try:
            tried = await self._try(1 if self._commit_error is None else A_LOT)
        except StoreUnavailable as error:
            self._failed(error)
        except Refusal as error:
            logger.debug("the store can't be tried: %s", error)
        else:
            if tried:
                self._succeeded()
                self._read_error = None

    @property
    def _fails(self) -> bool:
        return self._commit_error is not None or self._read_error is not None

    async def _answer(self, read: Callable[[], Awaitable[object]]) -> object:
        try:
            answer = await read()
        except StoreUnavailable as error:
            if self._read_error is None:
                logger.log(
                    self._read_loudness(), "Failed to read state: %s", error, extra={"error": str(error)}
                )
            self._read_error = self._last_error = str(error)
            return Unavailable(str(error))
        except Refusal as error:
            return Refused(str(error))
        self._read_error = None
        return answer

    def _read_loudness(self) -> int:
        """The level to say at that nothing can be read."""
        return logging.ERROR

    def _health(self) -> StorageHealth:
        return StorageHealth(healthy=not self._fails, position=self._position, last_error=self._last_error)


class StorageActor(WriterActor):
    """The one writer of one backend: opens it when it starts, and gives it up however it ends."""

    def __init__(self, backend_factory: Callable[[], Backend], run: Run[Any] | None = None) -> None:
        super().__init__()
        self._backend = backend_factory()
        self._run = run or one_thread()

    async def started(self) -> None:
        """Open the backend; its errors fail the start, with their text."""
        self.start_soon(self._hold)
        self._position = await self._run(self._backend.open)
        self.start_soon(self._try_now_and_then)

    async def _try(self, size: int) -> bool:
        await self._run(functools.partial(self._backend.probe, size))
        return True

    async def _write(self, changes: tuple[Change, ...]) -> Position:
        position: Position = await self._run(functools.partial(self._backend.commit, changes))
        return position

    async def _get(self, type_: type[Record], key: str) -> object:
        return await self._run(functools.partial(self._backend.get, type_, key))

    async def _find(self, type_: type[Record], equal: Mapping[str, Value]) -> object:
        return await self._run(functools.partial(self._backend.find, type_, **equal))

    async def _hold(self) -> None:
        """Close the backend however this life ends: `stopped` is not called after a crash.

        Background tasks are joined before the end is reported, so that the next life finds the lock free.
        """
        try:
            await trio.sleep_forever()
        finally:
            with trio.CancelScope(shield=True):
                await self._run(self._backend.close)
