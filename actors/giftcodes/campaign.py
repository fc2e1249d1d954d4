"""CampaignActor: knows what is owed, to whom, in which order, and who works on it.

It never waits for a redeemer and makes no call itself: redeemers claim pairs, and report. Its parts: the
`Ledger` (what is owed), the `Director` (who does it), the `CodeRegister` (codes that begin), the
`Confirmation` (codes that end), the `Returns` (claims whose redeemer crashed or ended).
"""

import logging
from collections.abc import Callable, Sequence

import trio
from attrs import define, field, frozen

from actors.giftcodes import campaign_numbers, progress
from actors.giftcodes.campaign_messages import (
    CampaignStatus,
    ClaimPair,
    ListCodes,
    OutcomesOf,
    ProgressOf,
    RedeemerEnded,
    RedeemerReady,
    RetryCode,
    StepAbandoned,
    StepDone,
    StoreChanged,
)
from actors.giftcodes.campaign_ports import STORE_RETRY, CampaignPorts
from actors.giftcodes.code_register import CodeRegister
from actors.giftcodes.confirmation import Confirmation
from actors.giftcodes.direction import Director, LookAround, redeemer_key
from actors.giftcodes.found import CodesFound
from actors.giftcodes.ledger import STATUS_OF, Ledger, settle
from actors.giftcodes.ledger_store import clear_away, load_players, read_codes, take_over
from actors.giftcodes.model import CodeKey, CodeState, PlayerKey, Redemption, Wish
from actors.giftcodes.pace import Pace
from actors.giftcodes.progress_hints import Hints, TellMoved
from actors.giftcodes.retirement import unless_retired
from actors.giftcodes.returns import Returns
from actors.ports import Change, Put, StoreUnavailable
from supervision import Actor

__all__ = ["CampaignActor", "CampaignPorts", "redeemer_key"]

logger = logging.getLogger("perkd.campaign")

EVERYTHING = frozenset({"players", "codes", "wishes"})
"""What is read at the start."""


@frozen
class _Commit:
    """Time to try again what the store did not take."""

    changes: tuple[Change, ...]
    then: Callable[[], None] | None


@frozen
class _Read:
    """Time to read what has changed meanwhile."""


@frozen
class _TakeBack:
    """Time to try again to take back what a redeemer was working on."""

    player: PlayerKey
    crash: bool


@define(eq=False)
class CampaignActor(Actor):
    """One for all games."""

    _ports: CampaignPorts
    _ledger: Ledger = field(factory=Ledger)
    _loaded: bool = False
    _away: bool = False
    """The store could not be read the last time."""
    _pace: Pace = field(factory=Pace)
    _unread: frozenset[str] = frozenset()
    """Collections that have changed, and are read when it is their turn."""
    _director: Director = field(init=False)
    _register: CodeRegister = field(init=False)
    _confirmation: Confirmation = field(init=False)
    _returns: Returns = field(init=False)
    _hints: Hints = field(init=False)

    def __attrs_post_init__(self) -> None:
        """Put the parts together."""
        self._director = Director(self, self._ports, self._ledger)
        self._register = CodeRegister(self._ports, self._ledger, self._director, self._commit)
        self._confirmation = Confirmation(
            self._ports, self._ledger, self._director, self._register, self._commit
        )
        self._returns = Returns(self._ports, self._ledger)
        self._hints = Hints(self, self._ports.announcer)

    async def started(self) -> None:
        """Read the store; where it is away, later. Redeemers that live are adopted."""
        await self._load(EVERYTHING)

    async def receive(self, message: object) -> object:  # noqa: C901, PLR0911, PLR0912 - one line a case
        """Handle one message."""
        match message:
            case ClaimPair(player):
                return await self._claim(player)
            case StepDone(player, record):
                await self._let_go(player, record)
            case StepAbandoned(player):
                await self._let_go(player, None)
            case RedeemerReady(player) if player not in self._returns:
                await self._take_back(player, crash=True)
            case RedeemerEnded(player, ref) if self._director.has_ended(player, ref):
                if player not in self._returns:
                    await self._take_back(player, crash=False)
            case RedeemerReady() | RedeemerEnded():
                pass  # it is being taken back already, or there is another redeemer by now
            case CodesFound():
                return self._loaded and await self._register.found(message)
            case StoreChanged(collections):
                await self._load_in_turn(collections)
            case _Read():
                unread, self._unread = self._unread, frozenset()
                await self._load_in_turn(unread)
            case RetryCode(game, code):
                return self._loaded and await self._register.try_ended([CodeKey(game, code)])
            case CampaignStatus():
                due_next = self._director.next_later
                return campaign_numbers.count(self._ledger, loaded=self._loaded, due_next=due_next)
            case ProgressOf(code, guild):
                return progress.of_live(self._ledger, code, guild) if self._loaded else None
            case ListCodes():
                return tuple(self._ledger.codes.values()) if self._loaded else None
            case OutcomesOf(code):
                return campaign_numbers.outcomes(self._ledger, code) if self._loaded else None
            case TellMoved():
                self._hints.tell()
            case LookAround():
                await self._director.look_around()
            case _Commit(changes, then):
                await self._commit(changes, then)
            case _TakeBack(player, crash):
                await self._take_back(player, crash=crash)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- the store ------------------------------------------------------------------------------

    async def _load_in_turn(self, collections: frozenset[str]) -> None:
        """Read what has changed; what takes long to read not at every change, where many come in a row."""
        wait = 0.0 if "codes" in collections else self._pace.wait(trio.current_time())
        if wait > 0.0 and self._loaded:
            if not self._unread:
                self.after(wait, _Read())
            self._unread |= collections
            return
        collections, self._unread = collections | self._unread, frozenset()
        began = trio.current_time()
        await self._load(collections)
        self._pace.note(began, trio.current_time())

    async def _load(self, collections: frozenset[str]) -> None:
        wanted = collections if self._loaded else EVERYTHING
        ledger, store = self._ledger, self._ports.store
        try:
            codes = await read_codes(ledger, store) if "codes" in wanted else []
            wishes = await store.find(Wish) if "wishes" in wanted else None
            others = set[PlayerKey]()
            if wanted & {"players", "guilds", "registrations"}:  # last: it is taken over at once
                others = await load_players(ledger, store, self._ports.games)
        except StoreUnavailable as away:
            level = logging.DEBUG if self._away else logging.WARNING  # once, not at each retry
            logger.log(level, "The campaign can't read the store yet: %s", away)
            self._away = True
            self.after(STORE_RETRY, StoreChanged(wanted))
            return
        self._away = False
        if not self._loaded:
            ledger.adopted = self._director.adopt()
            self._loaded = True
            self._hints.everything_moved()
        changes = await take_over(ledger, codes, self._ports.clock.now())
        if wishes is not None:
            wishing = ledger.wants.set_wishes(wishes)
            self._director.look_at(wishing)
            for player in wishing:
                self._hints.guilds_moved(ledger.members.guilds_of(player))
            changes += clear_away(ledger, wishes)
        for key in ledger.doubted():
            self._confirmation.seek(key)
        if "codes" in wanted or ledger.doubted():
            self._director.look_at_everybody()
        else:
            self._director.look_at(others)
        self._hints.guilds_moved(ledger.members.take_changed())
        self._register.tell_announcer()
        await self._commit(changes)
        await self._confirmation.end_codes()

    async def _commit(self, changes: Sequence[Change], then: Callable[[], None] | None = None) -> None:
        """Record, then go on; where the store is away, later. What is repeated is the same."""
        try:
            kept = await unless_retired(self._ports.store, changes)
            if kept:
                await self._ports.store.commit(*kept)
        except StoreUnavailable:
            self.after(STORE_RETRY, _Commit(tuple(changes), then))
            return
        if len(kept) < len(changes):
            self.after(0.0, StoreChanged(frozenset({"codes"})))  # it is not as we thought: look
        elif then is not None:
            then()

    # --- what redeemers work on -----------------------------------------------------------------

    async def _claim(self, player: PlayerKey) -> Redemption | None:
        if not self._loaded or player in self._returns or not self._director.watch(player):
            return None
        if player in self._ledger.adopted:
            await self._let_go(player, None)  # whatever it was doing, it has reported that by now
        claimed = self._ledger.claim(player, self._ports.clock.now())
        if claimed is None:
            self._director.look_at([player])
        return claimed

    async def _let_go(self, player: PlayerKey, record: Redemption | None) -> None:
        """A redeemer is done with a step, which left `record`; what comes next, the director says."""
        left = self._ledger.let_go(player, record)
        if record is not None:
            await self._note(record)
            self._moved(record)
        await self._settle(left)
        await self._confirmation.end_codes()
        self._director.look_at([player])

    async def _settle(self, left: Sequence[Redemption]) -> None:
        now = self._ports.clock.now()
        states = [self._ledger.codes[record.code_key].state for record in left]
        words = [STATUS_OF.get(state, STATUS_OF[CodeState.EXPIRED]) for state in states]
        await self._commit([Put(settle(record, word, now)) for record, word in zip(left, words, strict=True)])
        for record in left:
            self._moved(record)

    async def _take_back(self, player: PlayerKey, *, crash: bool) -> None:
        """A redeemer ended, or lives again after a crash, which is charged to what it was working on."""
        try:
            record = await self._returns.take(player, crash=crash)
        except StoreUnavailable:
            self.after(STORE_RETRY, _TakeBack(player, crash))
            return
        await self._let_go(player, record)

    # --- what their answers mean ----------------------------------------------------------------

    async def _note(self, record: Redemption) -> None:
        code = self._ledger.codes.get(record.code_key)
        if code is None:
            return
        if record.activation == code.activation + 1:
            await self._register.note_trial(code, record)
        elif record.activation == code.activation and code.state is CodeState.LIVE:
            self._confirmation.note(record)

    def _moved(self, record: Redemption) -> None:
        self._hints.moved(record.code_key, self._ledger.members.guilds_of(record.player_key))
