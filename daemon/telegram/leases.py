"""Which daemon may connect an account: recorded in the store, and held only while the store confirms it.

Two daemons on one session cost the account that session. No clocks are compared: who holds a lease renews
it, and disconnects when that was last confirmed too long ago; who finds another's lease waits for longer than
that, from a moment on at which it was itself the store's only writer. Why that suffices: docs/telegram.md.
"""

import logging
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import trio
from attrs import define, field, frozen

from actors.ports import Change, Delete, Position, Put, Store, StoreUnavailable
from actors.storage import Refusal, StorageHealth
from actors.vip.model import TelegramBeat, TelegramLease
from actors.vip.ports import Unreachable

logger = logging.getLogger("perkd.telegram")

Say = Callable[[str], Awaitable[None]]
"""Told why an account has to wait."""
Reached = Callable[[Position], Awaitable[bool]]
"""Whether a batch is where another daemon would see it. Raises `StoreUnavailable`."""

GIVE_BACK_WITHIN = 5.0
_NOT_THERE = "MongoDB has not acknowledged it"


@frozen
class LeaseTimes:
    """Seconds."""

    renew: float = 15.0
    """Between two renewals."""
    last: float = 45.0
    """So long after the last confirmed renewal was begun, the account is disconnected."""
    wait: float = 60.0
    """Another's lease that has not moved for so long is over: longer than `last`, for clocks run apart."""
    look: float = 2.0
    """Between two looks at another's lease, and at a store that is away."""
    ask: float = 0.25
    """Between two questions whether a batch has reached MongoDB."""


@define(eq=False)
class Held:
    """An account's lease, for one block."""

    scope: trio.CancelScope
    """Its deadline is the lease's end."""
    clean: bool = True
    """False: the account may still be connected, so that the lease must run out by itself."""

    @property
    def over(self) -> bool:
        """Whether it has run out."""
        return trio.current_time() >= self.scope.deadline


@frozen
class _Found:
    """What the store says of an account."""

    lease: TelegramLease | None
    beat: TelegramBeat | None = None
    """Of whose lease it is; None: it is ours."""


@define
class _Wait:
    """Another's lease, watched by the store's only writer: in one term, which nobody else can write in."""

    seconds: float
    term: int = 0
    _seen: _Found | None = None
    _since: float = 0.0

    def start(self, found: _Found, term: int) -> None:
        """From now on: a batch of ours was confirmed in this term."""
        self._seen, self.term, self._since = found, term, trio.current_time()

    def goes_on(self, found: _Found, term: int) -> bool:
        """Whether neither the lease has moved, nor somebody else has written."""
        return self._seen == found and self.term == term

    def is_over(self, found: _Found) -> bool:
        """Whether it has not moved for long enough. That the term is still the same, a commit has to show."""
        return self._seen == found and trio.current_time() - self._since >= self.seconds


@define(eq=False)
class AccountLeases:
    """The leases this daemon holds. `run` renews them, while accounts `hold` them."""

    _store: Store
    _holder: str
    """An id that a restart on the same host and disk keeps, and nobody else has."""
    _reached: Reached | None = None
    """None: a commit that succeeded counts as confirmed."""
    times: LeaseTimes = field(factory=LeaseTimes)
    _held: dict[str, Held] = field(factory=dict, init=False)
    _doubted: dict[str, int] = field(factory=dict, init=False)
    """Accounts whose lease we may have overwritten, and the term that was then, as far as we knew.

    They are waited for, whatever the record says, until it is proved that it was that term.
    """
    _beat: int = field(factory=lambda: random.getrandbits(32), init=False)
    """From anywhere, so that a new life's beats are no old one's."""
    _fails: str = field(default="", init=False)
    """Why the leases could not be renewed; "" once they were."""

    async def run(self) -> None:
        """Renew what is held, for ever."""
        pause = self.times.renew
        while True:
            await trio.sleep(pause)
            pause = self.times.renew if await self._renew() else self.times.look

    @asynccontextmanager
    async def hold(self, account: str, say: Say) -> AsyncIterator[Held]:
        """Have the account's lease for the block, which begins once it is had.

        The block is cancelled when the lease runs out; `Unreachable` is raised then.
        """
        held = await self._take(account, say)
        self._held[account] = held
        try:
            with held.scope:
                yield held
        finally:
            del self._held[account]
            if held.clean and not held.scope.cancel_called:
                with trio.move_on_after(GIVE_BACK_WITHIN, shield=True):
                    await self._give_back(account)
        if held.scope.cancelled_caught:
            raise Unreachable(
                f"its lease could not be renewed for {self.times.last:g} s, so that another perkd may have it"
                f" now: {self._fails or 'perkd stood still'}"
            )

    # --- taking ---------------------------------------------------------------------------------

    async def _take(self, account: str, say: Say) -> Held:
        waited = _Wait(self.times.wait)
        while True:
            try:
                term = (await self._store.commit()).term
                found = await self._look(account)
                if self._is_ours(found.lease) and account not in self._doubted:
                    held = await self._begin(account, term)
                elif waited.is_over(found):
                    held = await self._begin(account, waited.term)
                    if held is not None and found.lease is not None:
                        await self._clear_away(found.lease.holder)
                else:
                    held = None
                    if not waited.goes_on(found, term):
                        proved = (await self._commit(self._proof(account, found.lease))).term
                        waited.start(found, proved)
                        if self._doubted.get(account) == proved:
                            del self._doubted[account]
                            continue
                    await say(self._why(found.lease))
            except (StoreUnavailable, Refusal) as error:
                held = None
                await say(f"its lease can't be had: {error}")
            if held is not None:
                return held
            await trio.sleep(self.times.look)

    async def _look(self, account: str) -> _Found:
        lease = await self._store.get(TelegramLease, account)
        if lease is None or self._is_ours(lease):
            return _Found(lease)
        return _Found(lease, await self._store.get(TelegramBeat, lease.holder))

    def _is_ours(self, lease: TelegramLease | None) -> bool:
        return lease is None or lease.holder == self._holder

    def _proof(self, account: str, lease: TelegramLease | None) -> Change:
        """Changes nothing; that it is confirmed says that we write."""
        return Delete(TelegramLease, account) if lease is None else Put(lease)

    async def _begin(self, account: str, term: int) -> Held | None:
        """Write that it is ours; None where another writer came in between: it may have what we overwrote."""
        began = trio.current_time()
        ours = TelegramLease(account, self._holder, socket.gethostname())
        self._doubted[account] = term
        position = await self._commit(Put(ours), Put(self._next_beat()))
        if position.term != term:
            return None
        del self._doubted[account]
        return Held(trio.CancelScope(deadline=began + self.times.last))

    async def _clear_away(self, holder: str) -> None:
        """A dead daemon without a lease has no beat. Where it can't be done now, it stays."""
        with suppress(StoreUnavailable, Refusal):
            if all(one.holder != holder for one in await self._store.find(TelegramLease)):
                await self._store.commit(Delete(TelegramBeat, holder))

    def _next_beat(self) -> TelegramBeat:
        self._beat += 1
        return TelegramBeat(self._holder, self._beat)

    def _why(self, lease: TelegramLease | None) -> str:
        host = f" on {lease.host}" if lease is not None and lease.host else ""
        return (
            f"another perkd{host} has its lease: this one waits until that has stopped, or has been silent"
            f" for {self.times.wait:g} s"
        )

    # --- keeping, and giving back ---------------------------------------------------------------

    async def _renew(self) -> bool:
        held = list(self._held.values())
        if not held:
            return True
        began = trio.current_time()
        try:
            await self._commit(Put(self._next_beat()))
        except (StoreUnavailable, Refusal) as error:
            if not self._fails:
                logger.warning(
                    "The leases of %s Telegram accounts can't be renewed, and run out %g s after their last"
                    " renewal: %s",
                    len(held),
                    self.times.last,
                    error,
                )
            self._fails = str(error)
            return False
        self._fails = ""
        for one in held:
            one.scope.deadline = began + self.times.last
        return True

    async def _give_back(self, account: str) -> None:
        beat = [] if self._held else [Delete(TelegramBeat, self._holder)]
        try:
            await self._store.commit(Delete(TelegramLease, account), *beat)
        except (StoreUnavailable, Refusal) as error:
            logger.info("The lease of Telegram account %s could not be given back: %s", account, error)

    async def _commit(self, *changes: Change) -> Position:
        """Commit, and wait until that is confirmed. Raises `StoreUnavailable`."""
        position = await self._store.commit(*changes)
        if self._reached is not None:
            with trio.move_on_after(self.times.renew) as within:
                while not await self._reached(position):  # noqa: ASYNC110 - the store tells nobody
                    await trio.sleep(self.times.ask)
            if within.cancelled_caught:
                raise StoreUnavailable(_NOT_THERE)
        return position


def reaching_mongodb(health: Callable[[], Awaitable[StorageHealth]]) -> Reached:
    """Confirmed is what MongoDB has acknowledged, where the state is kept there too."""

    async def reached(position: Position) -> bool:
        store = next((one for one in (await health()).stores if one.name == "mongodb"), None)
        if store is None or store.state == "leading":
            return True
        return store.acknowledged is not None and store.acknowledged >= position

    return reached
