"""Whether a code has ended: what one player was told another one confirms, before it is over for all."""

import logging

from attrs import define, evolve

from actors.giftcodes.campaign_ports import CampaignPorts
from actors.giftcodes.code_register import CodeRegister, Commit
from actors.giftcodes.counted import counted
from actors.giftcodes.direction import Director
from actors.giftcodes.ledger import STATUS_OF, Ledger
from actors.giftcodes.model import Code, CodeKey, CodeState, Outcome, Redemption
from actors.ports import Put

logger = logging.getLogger("perkd.campaign")


@define(eq=False)
class Confirmation:
    """Knows how codes end by what players are told."""

    _ports: CampaignPorts
    _ledger: Ledger
    _director: Director
    _register: CodeRegister
    _commit: Commit

    def note(self, record: Redemption) -> None:
        """A player's pair of a live code got so far."""
        ledger, key = self._ledger, record.code_key
        was_doubted = bool(ledger.verdicts(key))
        ledger.set_record(record)
        if ledger.ending(key) is None and ledger.verdicts(key):
            self.seek(key, record)
        elif was_doubted and not ledger.verdicts(key):
            self._director.look_at_game(key.game)  # it lives: those who were waiting go on

    def seek(self, key: CodeKey, news: Redemption | None = None) -> None:
        """One player was told that the code has ended: have one other ask, and the rest wait."""
        now = self._ports.clock.now()
        confirmer = self._ledger.confirmers.get(key)
        if news is not None and confirmer is not None:
            if confirmer != news.player_key:
                return
            if news.outcome is Outcome.PENDING and news.due_at <= now:
                return  # it is on its way
        chosen = self._ledger.appoint(key, now)
        if chosen is not None:
            self._director.look_at([chosen])

    async def end_codes(self) -> None:
        """End what enough players were told has ended, once nobody is at work on it."""
        for key in self._ledger.doubted():
            state = self._ledger.ending(key)
            if state is not None and not self._ledger.is_worked_on(key):
                await self._end_code(self._ledger.codes[key], state)

    async def _end_code(self, code: Code, state: CodeState) -> None:
        now, status = self._ports.clock.now(), STATUS_OF[state]
        told = len(self._ledger.verdicts(code.code_key))
        settled = self._ledger.ended(code, status, now)
        text = "Code %s (%s) has ended: %s, as %s told; %s"
        extra = {"game": code.game, "code": code.code, "status": status, "settled": len(settled)}
        heard = f"{counted(told, 'player')} {'was' if told == 1 else 'were'}"
        rest = f"{counted(len(settled), 'open pair')} settled" if settled else "nothing else was open"
        logger.warning(text, code.code, code.game, status, heard, rest, extra=extra)
        ended = evolve(code, state=state, ended_at=now)
        self._ledger.set_code(ended)
        await self._commit([Put(ended), *map(Put, settled)], self._register.tell_announcer)
        self._director.look_at_game(code.game)
