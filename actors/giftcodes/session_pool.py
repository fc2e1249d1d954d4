"""SessionPoolActor: the one gate to the games' APIs. It grants slots; their holders make the calls."""

import logging
import math

import trio
from attrs import define, field, frozen

from actors.giftcodes import pool_records, pool_wording
from actors.giftcodes.circuit import NO_END
from actors.giftcodes.model import Circuit, PlayerKey
from actors.giftcodes.pool_core import Grant, PoolCore
from actors.giftcodes.pool_messages import (
    GamePaused,
    GameResumed,
    HolderEnded,
    Listen,
    PauseGame,
    PoolNumbers,
    PoolStatus,
    ReleaseSlot,
    Reload,
    RequestSlot,
    ResumeGame,
    SlotGranted,
    WithdrawSlot,
)
from actors.giftcodes.pool_policy import GameLane, PoolPolicy
from actors.giftcodes.pool_records import STORE_RETRY_MAX, STORE_RETRY_MIN, CircuitJournal
from actors.giftcodes.slot_holders import SlotHolders
from actors.ports import Clock, Store, StoreUnavailable
from supervision import Actor, ActorDead, ActorRef, MailboxFull, Timer

__all__ = [
    "GameLane",
    "GamePaused",
    "GameResumed",
    "HolderEnded",
    "Listen",
    "PauseGame",
    "PoolNumbers",
    "PoolPolicy",
    "PoolStatus",
    "ReleaseSlot",
    "Reload",
    "RequestSlot",
    "ResumeGame",
    "SessionPoolActor",
    "SlotGranted",
    "WithdrawSlot",
]

logger = logging.getLogger(__name__)

_FULL_PAUSE = 1.0
"""Seconds until a holder whose mailbox was full is offered a slot again."""
_SHORTEST_WAIT = 0.001
"""Seconds: wall-clock floats are coarse, and a timer must never come up just before its time for ever."""


@frozen
class _Wake:
    """Time to look again."""


@frozen
class _Held:
    """A slot that is out."""

    holder: ActorRef
    grant: Grant


@define(eq=False)
class SessionPoolActor(Actor):
    """Keeps requests, windows and circuits (`PoolCore`), tells holders of their slots, and takes them back.

    It never waits while it handles a message: the store is read and written in the background. `clock` must
    not jump while the process lives, or a window would be forgotten: it is carried on by trio's clock.
    """

    _store: Store
    _clock: Clock
    _policy: PoolPolicy = field(factory=PoolPolicy)
    _listener: ActorRef | None = None
    _core: PoolCore = field(init=False)
    _loaded: bool = field(default=False, init=False)
    _holders: SlotHolders = field(factory=SlotHolders, init=False)
    _held: dict[int, _Held] = field(factory=dict, init=False)
    _reported: set[int] = field(factory=set, init=False)
    """Overdue slots that were complained about."""
    _circuits: dict[str, Circuit] = field(factory=dict, init=False)
    """As they were last announced."""
    _journal: CircuitJournal = field(init=False)
    _prune_at: float = field(default=math.inf, init=False)
    _timer: Timer | None = field(default=None, init=False)
    _timer_at: float = field(default=math.inf, init=False)

    async def started(self) -> None:
        """Read what earlier lives recorded. While the store is away, nothing is granted."""
        self._core = PoolCore(self._policy, self.incarnation)
        self._journal = CircuitJournal(self._store)
        try:
            await self._load()
        except StoreUnavailable as error:
            pool_wording.not_loaded(error)
            self.start_soon(self._load_later)

    async def stopped(self) -> None:
        """Record the last changes."""
        await self._journal.flush()

    async def receive(self, message: object) -> object:  # noqa: C901 - one line a case
        """Handle one message. Nothing in here waits."""
        answer: object = None
        match message:
            case RequestSlot():
                self._request(message)
            case ReleaseSlot():
                self._release(message)
            case WithdrawSlot(player, holder):
                self._withdraw(player, holder)
            case HolderEnded(_, holder):
                self._holder_ended(holder)
            case _Wake():
                self._timer = None
            case PoolStatus():
                answer = self._numbers()
            case PauseGame(game, until):
                self._core.pause(game, NO_END if until is None else min(until, NO_END))
                self._review(game, by_order=True)
            case ResumeGame(game):
                self._core.resume(game)
                self._review(game, by_order=True)
            case Reload(policy):
                self._reload(policy)
            case Listen(listener):
                self._listen(listener)
            case _:
                answer = await Actor.receive(self, message)
        self._pump()
        return answer

    # --- requests and slots ---------------------------------------------------------------------

    def _request(self, message: RequestSlot) -> None:
        player, holder = message.player, message.holder
        if self._holders.add(player, holder, message.rank):
            holder.monitor(self.ref, HolderEnded(player, holder))
        self._ask_on(player)

    def _ask_on(self, player: PlayerKey) -> None:
        """Keep the player in the queue as long as somebody asks for it."""
        rank = self._holders.rank(player)
        if rank is None:
            self._core.withdraw(player)
        else:
            self._core.request(player, rank, self._now())

    def _withdraw(self, player: PlayerKey, holder: ActorRef | None) -> None:
        self._holders.close(player, holder)
        self._ask_on(player)

    def _release(self, message: ReleaseSlot) -> None:
        self._held.pop(message.grant, None)
        self._reported.discard(message.grant)
        now = self._now()
        released = self._core.release(
            message.grant, now, called=message.called, verdict=message.verdict, hint=message.hint
        )
        if released is None:
            logger.debug("Slot %d came back a second time, or from an earlier life", message.grant)
            return
        if message.called:
            self._prune_at = min(self._prune_at, now + pool_records.KEEP)
        self._review(released.player.game)

    def _holder_ended(self, holder: ActorRef) -> None:
        for player in self._holders.end(holder):
            self._ask_on(player)
        for grant, held in list(self._held.items()):
            if held.holder == holder:
                # It may have died in the middle of its call: that counts as made.
                self._release(ReleaseSlot(grant, called=True))

    def _pump(self) -> None:
        """Give out what can be given, and be woken when there is more to do."""
        if not self._loaded:
            return
        now = self._now()
        self._end_ordered_pauses(now)
        while granted := self._core.grant(now):
            for grant in granted:
                self._tell_holder(grant, now)
        self._report_overdue(now)
        if now >= self._prune_at:
            self._prune_at = math.inf
            self.start_soon(self._prune)
        self._arm(now)

    def _tell_holder(self, grant: Grant, now: float) -> None:
        holder = self._holders.first(grant.player)
        try:
            holder.tell(SlotGranted(grant.id, grant.player))
        except MailboxFull:
            self._core.put_back(grant.id, now, _FULL_PAUSE)
            return
        except ActorDead:
            self._core.release(grant.id, now, called=False)
        else:
            self._held[grant.id] = _Held(holder, grant)
        self._withdraw(grant.player, holder)

    def _report_overdue(self, now: float) -> None:
        for held in self._held.values():
            if held.grant.id not in self._reported and now >= held.grant.at + self._policy.overdue:
                self._reported.add(held.grant.id)
                pool_wording.overdue(held.holder.path, held.grant.player, now - held.grant.at)

    def _arm(self, now: float) -> None:
        overdue = self._policy.overdue
        due = (held.grant.at + overdue for held in self._held.values() if held.grant.id not in self._reported)
        ends = (until for until in self._core.ordered_ends().values() if until < NO_END)
        at = min(self._core.next_wake(now), self._prune_at, *due, *ends)
        if self._timer is not None:
            if self._timer_at == at:
                return
            self._timer.cancel()
            self._timer = None
        if at < math.inf:
            self._timer_at = at
            self._timer = self.after(max(at - now, _SHORTEST_WAIT), _Wake())

    def _now(self) -> float:
        return self._clock.now()

    # --- circuits -------------------------------------------------------------------------------

    def _review(self, game: str, *, by_order: bool = False) -> None:
        """Announce and record what changed in the game's circuit; `by_order`: somebody lifted its pause."""
        record = self._core.circuit(game)
        before = self._circuits.get(game, Circuit(game))
        if record == before:
            return
        self._circuits[game] = record
        self._announce(before, record, by_order=by_order)
        if self._journal.note(record):
            self.start_soon(self._journal.write)

    def _end_ordered_pauses(self, now: float) -> None:
        """What a person ordered is over when its time has come: no call has to prove that the game works."""
        for game, until in self._core.ordered_ends().items():
            if now >= until:
                self._core.resume(game)
                self._review(game)

    def _announce(self, before: Circuit, record: Circuit, *, by_order: bool = False) -> None:
        if record.limit != before.limit:
            pool_wording.limited(record)
        if record.reason and (record.reason, record.until) != (before.reason, before.until):
            pool_wording.paused(record, self._core.fault(record.game), self._now())
            self._tell_listener(GamePaused(record.game, record.reason, record.until))
        elif before.reason and not record.reason:
            pool_wording.resumed(record.game, early=not by_order and self._now() < before.until)
            self._tell_listener(GameResumed(record.game))

    def _listen(self, listener: ActorRef) -> None:
        self._listener = listener
        for record in self._circuits.values():
            if record.reason:
                self._tell_listener(GamePaused(record.game, record.reason, record.until))

    def _tell_listener(self, message: GamePaused | GameResumed) -> None:
        if self._listener is None:
            return
        try:
            self._listener.tell(message)
        except MailboxFull:
            self.start_soon(self._send, self._listener, message)
        except ActorDead:
            self._listener = None

    async def _send(self, listener: ActorRef, message: object) -> None:
        try:
            await listener.send(message)
        except ActorDead:
            logger.debug("%s ended before it could be told %s", listener.path, message)

    # --- operators ------------------------------------------------------------------------------

    def _reload(self, policy: PoolPolicy) -> None:
        self._policy = policy
        self._core.reload(policy)
        for game in self._circuits:
            self._review(game)

    def _numbers(self) -> PoolNumbers:
        games = self._core.games(self._now())
        waiting = sum(game.waiting for game in games)
        return PoolNumbers(self._loaded, len(self._core.grants), waiting, games)

    # --- the store ------------------------------------------------------------------------------

    async def _load(self) -> None:
        calls, circuits = await pool_records.load(self._store)
        now = self._now()
        self._core.restore(calls, circuits, now)
        self._loaded = True
        if calls:
            oldest = min(call.at for call in calls)
            self._prune_at = now + (pool_records.KEEP if oldest >= now - pool_records.KEEP else 0.0)
        for circuit in circuits:
            self._circuits[circuit.game] = self._core.circuit(circuit.game)
            if circuit.until > now:
                self._announce(Circuit(circuit.game), self._circuits[circuit.game])
        self._pump()

    async def _load_later(self) -> None:
        pause = STORE_RETRY_MIN
        while not self._loaded:
            await trio.sleep(pause)
            pause = min(2 * pause, STORE_RETRY_MAX)
            try:
                await self._load()
            except StoreUnavailable as error:
                pool_wording.not_loaded(error, again=True)
            else:
                pool_wording.loaded()

    async def _prune(self) -> None:
        try:
            left = await pool_records.prune(self._store, self._now() - pool_records.KEEP)
            again_in = pool_records.KEEP if left else math.inf
        except StoreUnavailable:
            again_in = STORE_RETRY_MAX
        self._prune_at = min(self._prune_at, self._now() + again_in)
        self._pump()
