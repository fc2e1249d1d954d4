"""The codes' part of the campaign: new ones are recorded, ended ones are tried again now and then."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from attrs import define, evolve

from actors.giftcodes import canary
from actors.giftcodes.announcing_messages import CodesChanged
from actors.giftcodes.campaign_ports import CampaignPorts
from actors.giftcodes.direction import Director
from actors.giftcodes.found import CodesFound
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Code, CodeKey, CodeState, Outcome, Redemption
from actors.giftcodes.retirement import unless_retired
from actors.ports import Change, Delete, FoundCode, Put, StoreUnavailable
from supervision import ActorDead, MailboxFull

logger = logging.getLogger("perkd.campaign")

Commit = Callable[[Sequence[Change], Callable[[], None] | None], Awaitable[None]]
"""Record, then go on; where the store is away, later."""


@define(eq=False)
class CodeRegister:
    """Knows how codes begin, and begin again."""

    _ports: CampaignPorts
    _ledger: Ledger
    _director: Director
    _commit: Commit

    async def found(self, found: CodesFound) -> bool:
        """Record new codes; the answer True lets the source treat them as delivered."""
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
        listed = dict.fromkeys(CodeKey(item.game, item.code) for item in found.codes)
        await self.try_ended([key for key in listed if canary.is_due(self._ledger.codes[key], now)])
        return True

    def tell_announcer(self) -> None:
        """There may be something to announce."""
        for listener in (self._ports.announcer, *self._ports.listeners):
            with suppress(MailboxFull, ActorDead):  # it derives what it owes by itself as well
                listener.tell(CodesChanged())

    def _take_up(self, codes: Sequence[Code]) -> None:
        for code in codes:
            self._ledger.set_code(code)
            extra = {"game": code.game, "code": code.code, "source": code.source}
            logger.info("🎁 New code %s (%s) from %s", code.code, code.game, code.source, extra=extra)
        self.tell_announcer()
        for game in {code.game for code in codes if code.state is CodeState.LIVE}:
            self._director.look_at_game(game)

    # --- ended ones -----------------------------------------------------------------------------

    async def try_ended(self, keys: Sequence[CodeKey]) -> bool:
        """Have ended codes tried by one player each; False: the store is away, not all were begun."""
        for key in keys:
            code = self._ledger.codes.get(key)
            if code is None or code.state is CodeState.LIVE or key in self._ledger.canaries:
                continue
            try:
                await self._try_again(code)
            except StoreUnavailable:
                return False
        return True

    async def _try_again(self, code: Code) -> None:
        now = self._ports.clock.now()
        player = await canary.find_player(self._ports.store, code, self._ledger.unasked(), now)
        if player is None:
            return
        # The trial before was forgotten when it ended; this is for one whose end the store did not take.
        forgotten = [Delete(Redemption, code.trial_key)] if code.canary else []
        code = evolve(code, canary_at=now, canary=player.fid)
        changes = await unless_retired(self._ports.store, [Put(code)])
        if not changes:
            return  # the news of it is on its way
        await self._ports.store.commit(*forgotten, *changes)
        self._ledger.set_code(code)
        trial = Redemption(code.game, player.fid, code.code, code.activation + 1)
        self._ledger.canaries[code.code_key] = trial
        ended = "was retired" if code.state is CodeState.RETIRED else "has ended"
        logger.info("🐤 Code %s (%s) %s: %s tries it again", code.code, code.game, ended, player)
        self._director.look_at([player])

    async def note_trial(self, code: Code, record: Redemption) -> None:
        """A canary got an answer."""
        if record.outcome is Outcome.PENDING or record.outcome is Outcome.REDEEMED:
            self._ledger.canaries[code.code_key] = record
        if record.outcome is Outcome.PENDING:
            return
        if record.outcome is not Outcome.REDEEMED:
            self._ledger.canaries.pop(code.code_key, None)
            logger.info("Code %s (%s) does not work: %s", code.code, code.game, record.status)
            await self._commit([Delete(Redemption, record.key)], None)
            return
        now = self._ports.clock.now()
        live = evolve(code, state=CodeState.LIVE, activation=record.activation, ended_at=None, began_at=now)

        def begin() -> None:
            text = "🎉 Code %s (%s) works again: activation %d"
            logger.warning(text, code.code, code.game, live.activation)
            self._ledger.set_code(live)
            self._ledger.set_record(record)
            self.tell_announcer()
            self._director.look_at_game(live.game)

        await self._commit([Put(live)], begin)


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
        rewards=item.rewards,
        ended_at=now if over else None,
    )
