"""Sessions in the store, encrypted: for a host whose disk is empty at each start."""

import hashlib
import logging
from pathlib import Path

import trio
from attrs import define, field

from actors.ports import Clock, Put, Store, StoreUnavailable
from actors.storage import Refusal
from actors.vip.model import TelegramSession
from actors.vip.ports import Unreachable
from daemon.telegram.keys import CannotOpen, SessionKey
from daemon.telegram.session_copy import (
    SessionCopy,
    SessionDamaged,
    has_session,
    read_session,
    set_aside,
    write_session,
)

logger = logging.getLogger("perkd.telegram")


@define(eq=False)
class SessionKeeping:
    """Puts sessions into the store, and back into a file that was lost: for who has the account's lease."""

    _store: Store
    _key: SessionKey
    _clock: Clock
    _kept: dict[str, bytes] = field(factory=dict, init=False)
    """A digest of what the store has, by account."""
    _said: dict[str, str] = field(factory=dict, init=False)
    """Why an account's session could not be kept."""

    async def restore(self, account: str, path: Path) -> None:
        """Make the file where it is missing, or damaged: that one is set aside first. Else nothing happens.

        Raises:
            Unreachable: it can't be done now; the text says why.
            OSError: of the disk.
        """
        try:
            if await trio.to_thread.run_sync(has_session, path):
                return
            damage = ""
        except SessionDamaged as error:
            damage = str(error)
        try:
            record = await self._store.get(TelegramSession, account)
        except (StoreUnavailable, Refusal) as error:
            raise Unreachable(f"its session is to come from the store: {error}") from error
        if record is None:
            return
        copy = self._opened(record)
        if damage:
            aside = await trio.to_thread.run_sync(set_aside, path)
            logger.error("Telegram account %s: %s; it is now %s", account, damage, aside)
        await trio.to_thread.run_sync(write_session, path, copy)
        self._kept[account] = _digest(copy)
        logger.warning("Telegram account %s: its session was restored from the store", account)

    def _opened(self, record: TelegramSession) -> SessionCopy:
        try:
            return SessionCopy.from_bytes(self._key.open(record.account, record.sealed))
        except (CannotOpen, ValueError) as error:
            raise Unreachable(
                f"{error}; set {self._key.variable} to the right key, or sign in again: "
                f"`perkd telegram login {record.account}`"
            ) from None

    async def keep(self, account: str, path: Path) -> None:
        """Have the store hold what the file holds. Where it can't be done now, that is logged."""
        try:
            copy = await trio.to_thread.run_sync(read_session, path)
            if copy is None or await self._is_kept(account, copy):
                return
            sealed = self._key.seal(account, copy.to_bytes())
            await self._store.commit(Put(TelegramSession(account, sealed, self._clock.now())))
        except (StoreUnavailable, Refusal, SessionDamaged, OSError) as error:
            if self._said.get(account) != str(error):
                logger.warning("Telegram account %s: its session is not in the store: %s", account, error)
            self._said[account] = str(error)
            return
        self._kept[account] = _digest(copy)
        self._said.pop(account, None)
        logger.debug("Telegram account %s: its session is in the store", account)

    async def _is_kept(self, account: str, copy: SessionCopy) -> bool:
        if account not in self._kept:
            await self._look(account)
        return self._kept.get(account) == _digest(copy)

    async def _look(self, account: str) -> None:
        record = await self._store.get(TelegramSession, account)
        if record is None:
            return
        try:
            opened = SessionCopy.from_bytes(self._key.open(account, record.sealed))
        except (CannotOpen, ValueError) as error:
            logger.warning("Telegram account %s: %s; it is sealed anew, from the file", account, error)
        else:
            self._kept[account] = _digest(opened)


def _digest(copy: SessionCopy) -> bytes:
    return hashlib.sha256(copy.substance).digest()
