"""Taking back what a redeemer was working on when it ended, or crashed; a crash is charged to that work."""

import logging

from attrs import define, field

from actors.giftcodes import attempt
from actors.giftcodes.attempt import After
from actors.giftcodes.campaign_ports import CampaignPorts
from actors.giftcodes.counted import counted
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import Outcome, PlayerKey, Redemption
from actors.ports import Put, StoreUnavailable

logger = logging.getLogger("perkd.campaign")


@define(eq=False)
class Returns:
    """Knows whose claim is being taken back: as long as the store is away, that takes several attempts."""

    _ports: CampaignPorts
    _ledger: Ledger
    _returning: dict[PlayerKey, After | None] = field(factory=dict)
    """With the crash that is charged."""

    def __contains__(self, player: PlayerKey) -> bool:
        return player in self._returning

    async def take(self, player: PlayerKey, *, crash: bool) -> Redemption | None:
        """How far the player's claimed pair got; None: it had claimed none.

        Raises `StoreUnavailable`: then the player stays in here until it is tried again.
        """
        try:
            if player in self._ledger.adopted:
                await self._read_again(player)
            record = await self._outcome_of(player, crash=crash)
        except StoreUnavailable:
            self._returning.setdefault(player, None)
            raise
        self._returning.pop(player, None)
        return record

    async def _read_again(self, player: PlayerKey) -> None:
        """What it was working on, an earlier life of ours gave out: nobody knows but the store."""
        for record in await self._ports.store.find(Redemption, game=player.game, fid=player.fid):
            self._ledger.set_record(record)

    async def _outcome_of(self, player: PlayerKey, *, crash: bool) -> Redemption | None:
        """How far the player's claimed pair got; what is recorded may be newer than what we gave out."""
        claimed = self._ledger.claims.get(player)
        if claimed is None:
            return None
        after = self._returning.get(player)
        if after is None:
            stored = await self._ports.store.get(Redemption, claimed.key)
            record = stored or claimed
            if not crash or (record.outcome is not Outcome.PENDING and record != claimed):
                return record
            after = attempt.crashed(record, self._ports.clock.now(), self._ports.policy())
            self._returning[player] = after  # charged once, however often the store has to be asked
        await self._ports.store.commit(Put(after.record))
        if after.record.outcome is Outcome.FAILED:
            text = "❌ Code %s of %s is set aside: its work crashed %s"
            logger.error(text, claimed.code, player, counted(after.failures, "time"))
        return after.record
