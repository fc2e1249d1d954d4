"""CampaignActor: knows what is owed, to whom, in which order, and who works on it.

It never waits for a redeemer and makes no call itself: redeemers claim pairs, and report.
"""

import logging
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from attrs import define, evolve, field, frozen

from actors.giftcodes import attempt, canary
from actors.giftcodes.announcer import CodesChanged
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.campaign_messages import (
    CampaignNumbers,
    CampaignStatus,
    ClaimPair,
    RedeemerEnded,
    RedeemerReady,
    RetryCode,
    StepAbandoned,
    StepDone,
    StoreChanged,
)
from actors.giftcodes.found import CodesFound
from actors.giftcodes.ledger import STATUS_OF, Ledger, settle
from actors.giftcodes.ledger_store import load_codes, load_players
from actors.giftcodes.model import Code, CodeKey, CodeState, Outcome, PlayerKey, Redemption
from actors.giftcodes.redeemer import NoWork, Work
from actors.giftcodes.roster import Roster
from actors.ports import Change, Clock, Delete, FoundCode, Put, Store, StoreUnavailable
from supervision import (
    Actor,
    ActorDead,
    ActorRef,
    DynamicRef,
    MailboxFull,
    NotRunning,
    StartFailed,
    Timer,
)

logger = logging.getLogger("perkd.campaign")

HORIZON = 60.0
"""Seconds: a redeemer whose next pair is due later than this is let go, and started again in time."""
STORE_RETRY = 2.0
"""Seconds until a store that was away is asked again."""
BATCH = 100
"""Redeemers directed in one go, before other messages are served."""


@frozen
class _LookAround:
    """Time to look at players who have something to do."""


@frozen
class _Commit:
    """Time to try again what the store did not take."""

    changes: tuple[Change, ...]
    then: Callable[[], None]


@frozen
class CampaignPorts:
    """What the campaign is given."""

    redeemers: DynamicRef
    announcer: ActorRef
    store: Store
    clock: Clock
    policy: Callable[[], RedeemPolicy]


def redeemer_key(player: PlayerKey) -> str:
    """The player's key among the redeemers: `game:fid`."""
    return f"{player.game}:{player.fid}"


@define(eq=False)
class CampaignActor(Actor):
    """One for all games."""

    _ports: CampaignPorts
    _ledger: Ledger = field(factory=Ledger)
    _loaded: bool = False
    _roster: Roster = field(factory=Roster)
    _watched: set[PlayerKey] = field(factory=set)
    """Players whose redeemer's end we will hear of."""
    _timer: Timer | None = None
    _wake_at: float = math.inf

    async def started(self) -> None:
        """Read the store; where it is away, later. Redeemers that live are adopted."""
        await self._load(frozenset({"players", "codes"}))

    async def receive(self, message: object) -> object:  # noqa: C901 - one line a case
        """Handle one message."""
        match message:
            case ClaimPair(player):
                return self._claim(player)
            case StepDone(player, record):
                self._ledger.claims.pop(player, None)
                await self._note(record)
                self._look_at([player])
            case StepAbandoned(player):
                self._ledger.claims.pop(player, None)
            case RedeemerReady(player):
                await self._take_back(player, message, crash=True)
            case RedeemerEnded(player):
                self._watched.discard(player)
                await self._take_back(player, message, crash=False)
            case CodesFound():
                return await self._codes_found(message)
            case StoreChanged(collections):
                await self._load(collections)
            case RetryCode(game, code):
                return await self._try_ended([CodeKey(game, code)])
            case CampaignStatus():
                return self._numbers()
            case _LookAround():
                await self._look_around()
            case _Commit(changes, then):
                await self._commit(changes, then)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- the store ------------------------------------------------------------------------------

    async def _load(self, collections: frozenset[str]) -> None:
        if not self._loaded:
            collections = frozenset({"players", "codes"})
        try:
            if collections & {"players", "guilds"}:
                await load_players(self._ledger, self._ports.store)
            if "codes" in collections:
                changes = await load_codes(self._ledger, self._ports.store, self._ports.clock.now())
                if changes:
                    await self._ports.store.commit(*changes)
        except StoreUnavailable as away:
            logger.warning("The campaign can't read the store yet: %s", away)
            self.after(STORE_RETRY, StoreChanged(collections))
            return
        self._loaded = True
        self._look_at(self._ledger.players)
        self._look_at(map(_player_of, self._ports.redeemers.keys()))
        self._tell_announcer()

    async def _commit(self, changes: Sequence[Change], then: Callable[[], None]) -> None:
        """Record, then go on; where the store is away, later. What is repeated is the same."""
        try:
            await self._ports.store.commit(*changes)
        except StoreUnavailable:
            self.after(STORE_RETRY, _Commit(tuple(changes), then))
            return
        then()

    # --- redeemers ------------------------------------------------------------------------------

    def _claim(self, player: PlayerKey) -> Redemption | None:
        if not self._loaded:
            return None
        claimed = self._ledger.claim(player, self._ports.clock.now())
        if claimed is None:
            self._look_at([player])
        return claimed

    def _look_at(self, players: Iterable[PlayerKey]) -> None:
        self._roster.look_at(players)
        self._arm()

    def _look_later(self, player: PlayerKey, seconds: float) -> None:
        self._roster.look_later(player, self._ports.clock.now() + seconds)

    def _arm(self) -> None:
        """Have one timer, for the first of those to be looked at."""
        at = self._roster.next_at
        if at is None or at >= self._wake_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wake_at = at
        self._timer = self.after(max(0.0, at - self._ports.clock.now()), _LookAround())

    async def _look_around(self) -> None:
        self._wake_at = math.inf
        for player in self._roster.take(BATCH, self._ports.clock.now()):
            try:
                await self._direct(player)
            except (NotRunning, MailboxFull):
                # The redeemers are being restarted, or one is busy: look again in a moment.
                self._look_later(player, 1.0)
        self._arm()

    async def _direct(self, player: PlayerKey) -> None:
        """Have the player's redeemer do what is owed, or nothing, or be there at all."""
        ref = self._ports.redeemers.get(redeemer_key(player))
        if ref is not None:
            self._watch(player, ref)
            if player in self._ledger.claims:
                return  # it is at work, and will report
        now = self._ports.clock.now()
        pair = self._ledger.next_pair(player, now)
        if pair is None or pair.due_at > now + HORIZON:
            if pair is not None:
                self._look_later(player, pair.due_at - now)
            if ref is not None:
                _tell(ref, NoWork())
            return
        ref = ref or await self._start(player)
        if ref is not None:
            _tell(ref, Work(pair.due_at, pair.rank, self._ledger.players[player]))

    async def _start(self, player: PlayerKey) -> ActorRef | None:
        try:
            ref = await self._ports.redeemers.start_child(redeemer_key(player), player)
        except StartFailed:
            logger.exception("The redeemer of %s could not be started", player)
            self._look_later(player, HORIZON)
            return None
        self._watched.discard(player)
        self._watch(player, ref)
        return ref

    def _watch(self, player: PlayerKey, ref: ActorRef) -> None:
        if player not in self._watched:
            self._watched.add(player)
            ref.monitor(self.ref, RedeemerEnded(player))

    # --- what redeemers report ------------------------------------------------------------------

    async def _note(self, record: Redemption) -> None:
        code = self._ledger.codes.get(record.code_key)
        if code is None:
            return
        if record.activation == code.activation + 1:
            await self._note_canary(code, record)
        elif code.state is not CodeState.LIVE:
            if record.outcome is Outcome.PENDING:  # it was at work while the code ended
                settled = settle(record, STATUS_OF[code.state], self._ports.clock.now())
                await self._commit([Put(settled)], _nothing)
        else:
            await self._note_live(code, record)

    async def _note_live(self, code: Code, record: Redemption) -> None:
        ledger, key = self._ledger, code.code_key
        held = bool(ledger.verdicts(key))
        ledger.set_record(record)
        state = ledger.ending(key)
        if state is not None:
            await self._end_code(code, state, record.status)
        elif held and record.outcome is not Outcome.PENDING:
            self._look_at_game(key.game)  # those who wait for the confirmation may go on, or confirm

    async def _end_code(self, code: Code, state: CodeState, status: str) -> None:
        now = self._ports.clock.now()
        ended = evolve(code, state=state, ended_at=now)
        settled = self._ledger.ended(code, status, now)
        text = "Code %s (%s) has ended: %s; two players were told so. %d pairs settled"
        extra = {"game": code.game, "code": code.code, "status": status, "settled": len(settled)}
        logger.warning(text, code.code, code.game, status, len(settled), extra=extra)
        self._ledger.set_code(ended)
        changes = [Put(ended), *map(Put, settled)]
        await self._commit(changes, lambda: self._look_at_game(code.game))

    def _look_at_game(self, game: str) -> None:
        self._look_at([player for player in self._ledger.players if player.game == game])

    async def _take_back(self, player: PlayerKey, told: object, *, crash: bool) -> None:
        """A redeemer ended, or lives again after a crash, which is charged to what it was working on."""
        claimed = self._ledger.claims.get(player)
        if claimed is not None:
            try:
                # What is recorded may be newer than what we gave out: the attempt was committed.
                stored = await self._ports.store.get(Redemption, claimed.key)
            except StoreUnavailable:
                self.after(STORE_RETRY, told)
                return
            self._ledger.claims.pop(player, None)
            record = stored or claimed
            if crash and record.outcome is Outcome.PENDING:
                record = await self._charge_crash(player, record)
            await self._note(record)
        self._look_at([player])

    async def _charge_crash(self, player: PlayerKey, record: Redemption) -> Redemption:
        after = attempt.crashed(record, self._ports.clock.now(), self._ports.policy())
        if after.record.outcome is Outcome.FAILED:
            text = "❌ Code %s of %s is set aside: its work crashed %d times"
            logger.error(text, record.code, player, after.failures)
        await self._commit([Put(after.record)], _nothing)
        return after.record

    # --- codes ----------------------------------------------------------------------------------

    async def _codes_found(self, found: CodesFound) -> bool:
        """Record new codes; the answer True lets the source treat them as delivered."""
        if not self._loaded:
            return False
        now = self._ports.clock.now()
        new = {
            CodeKey(item.game, item.code): _new_code(item, found.source, now)
            for item in found.codes
            if CodeKey(item.game, item.code) not in self._ledger.codes
        }
        if new:
            try:
                await self._ports.store.commit(*map(Put, new.values()))
            except StoreUnavailable:
                return False
            self._take_up(list(new.values()))
        listed = [CodeKey(item.game, item.code) for item in found.codes]
        await self._try_ended([key for key in listed if canary.is_due(self._ledger.codes[key], now)])
        return True

    def _take_up(self, codes: Sequence[Code]) -> None:
        for code in codes:
            self._ledger.set_code(code)
            extra = {"game": code.game, "code": code.code, "source": code.source}
            logger.info("🎁 New code %s (%s) from %s", code.code, code.game, code.source, extra=extra)
        self._tell_announcer()
        for game in {code.game for code in codes if code.state is CodeState.LIVE}:
            self._look_at_game(game)

    def _tell_announcer(self) -> None:
        with suppress(MailboxFull, ActorDead):  # it derives what it owes by itself as well
            self._ports.announcer.tell(CodesChanged())

    async def _try_ended(self, keys: Sequence[CodeKey]) -> bool:
        """Have ended codes tried by one player each; False: the store is away, nothing was begun."""
        now = self._ports.clock.now()
        for key in keys:
            code = self._ledger.codes.get(key)
            if code is None or code.state is CodeState.LIVE or key in self._ledger.canaries:
                continue
            try:
                records = await self._ports.store.find(Redemption, game=code.game, code=code.code)
                player = canary.choose(code, self._ledger.players.values(), records)
                if player is None:
                    continue
                code = evolve(code, canary_at=now)
                await self._ports.store.commit(Put(code))
            except StoreUnavailable:
                return False
            self._ledger.set_code(code)
            self._ledger.canaries[key] = Redemption(key.game, player.fid, key.code, code.activation + 1)
            logger.info("🐤 Code %s (%s) has ended: %s tries it again", code.code, code.game, player)
            self._look_at([player])
        return True

    async def _note_canary(self, code: Code, record: Redemption) -> None:
        if record.outcome is Outcome.PENDING:
            self._ledger.canaries[code.code_key] = record
            return
        if record.outcome is not Outcome.REDEEMED:
            self._ledger.canaries.pop(code.code_key, None)
            logger.info("Code %s (%s) is still ended: %s", code.code, code.game, record.status)
            await self._commit([Delete(Redemption, record.key)], _nothing)
            return
        live = evolve(code, state=CodeState.LIVE, activation=record.activation, ended_at=None)
        logger.warning("🎉 Code %s (%s) works again: activation %d", code.code, code.game, live.activation)

        def go() -> None:
            self._take_up([live])
            self._ledger.set_record(record)

        await self._commit([Put(live)], go)

    # --- numbers --------------------------------------------------------------------------------

    def _numbers(self) -> CampaignNumbers:
        ledger = self._ledger
        live = [code for code in ledger.codes.values() if code.state is CodeState.LIVE]
        wanting = Counter(player.game for player in ledger.players.values() if player.auto_redeem)
        records = [
            record
            for code in live
            for record in ledger.records[code.code_key].values()
            if (player := ledger.players.get(record.player_key)) is not None and player.auto_redeem
        ]
        outcomes = Counter(record.outcome for record in records)
        settled = len(records) - outcomes[Outcome.PENDING]
        return CampaignNumbers(
            loaded=self._loaded,
            live_codes=len(live),
            codes=len(ledger.codes),
            owed=sum(wanting[code.game] for code in live) - settled,
            redeemed=outcomes[Outcome.REDEEMED],
            already=outcomes[Outcome.ALREADY],
            failed=outcomes[Outcome.FAILED],
            retrying=sum(record.retries for record in records),
            due_next=self._roster.next_later,
        )


def _new_code(item: FoundCode, source: str, now: float) -> Code:
    """A code as it was found; one whose date is past has ended, and is tried by a canary in a day."""
    over = item.expires is not None and item.expires <= now
    return Code(
        game=item.game,
        code=item.code,
        state=CodeState.EXPIRED if over else CodeState.LIVE,
        source=source,
        first_seen=now,
        expires=item.expires,
        ended_at=now if over else None,
    )


def _player_of(key: str) -> PlayerKey:
    game, _, fid = key.partition(":")
    return PlayerKey(game, fid)


def _tell(ref: ActorRef, message: object) -> None:
    with suppress(ActorDead):  # it is watched: its end leads to a new look
        ref.tell(message)


def _nothing() -> None:
    """What is to be done after a commit that nothing waits for."""
