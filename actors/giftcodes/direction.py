"""Directing the redeemers: each does what is owed, or waits, or need not be there at all."""

import logging
import math
from collections.abc import Iterable
from contextlib import suppress

from attrs import define, field, frozen

from actors.giftcodes.campaign_messages import RedeemerEnded
from actors.giftcodes.campaign_ports import CampaignPorts
from actors.giftcodes.ledger import Ledger
from actors.giftcodes.model import PlayerKey
from actors.giftcodes.redeemer_messages import NoWork, Report, Work
from actors.giftcodes.roster import Roster
from supervision import Actor, ActorDead, ActorRef, MailboxFull, NotRunning, StartFailed, Timer

logger = logging.getLogger("perkd.campaign")

HORIZON = 60.0
"""Seconds: a redeemer whose next pair is due later than this is let go, and started again in time."""
BUSY_RETRY = 1.0
"""Seconds until redeemers that are being restarted, or one whose mailbox is full, are looked at again."""
BATCH = 20
"""Redeemers directed in one go. In between the campaign serves other messages: with ten thousand to start,
none of them waits for more than a few milliseconds."""


@frozen
class LookAround:
    """To the campaign itself: there are players to look at."""


@define(eq=False)
class Director:
    """The campaign's hands: one timer, for the first of those it has to look at."""

    _campaign: Actor
    _ports: CampaignPorts
    _ledger: Ledger
    _roster: Roster = field(factory=Roster)
    _watched: dict[PlayerKey, ActorRef] = field(factory=dict)
    """Redeemers whose end the campaign will hear of."""
    _timer: Timer | None = None
    _wake_at: float = math.inf

    @property
    def next_later(self) -> float | None:
        """When the first of those who wait is due (unix seconds)."""
        return self._roster.next_later

    def look_at(self, players: Iterable[PlayerKey]) -> None:
        """See to these players as soon as can be."""
        self._roster.look_at(players)
        self._arm()

    def look_at_game(self, game: str) -> None:
        """See to all players of the game."""
        self.look_at([player for player in self._ledger.players if player.game == game])

    def look_at_everybody(self) -> None:
        """See to all players, and to redeemers of players who are gone."""
        self.look_at(self._ledger.players)
        self.look_at(self.at_work())

    def at_work(self) -> list[PlayerKey]:
        """The players who have a redeemer now."""
        return [PlayerKey(*key.split(":", 1)) for key in self._ports.redeemers.keys()]  # noqa: SIM118 - no mapping

    def adopt(self) -> set[PlayerKey]:
        """Ask the redeemers of an earlier life to report; returns the players who have one."""
        players = set(self.at_work())
        for player in players:
            self.watch(player)
            with suppress(MailboxFull):  # then it reports when it has done what is in there
                self._tell(player, Report())
        return players

    async def look_around(self) -> None:
        """Direct the next redeemers."""
        self._wake_at = math.inf
        now = self._ports.clock.now()
        for player in self._roster.take(BATCH, now):
            try:
                await self._direct(player)
            except (NotRunning, MailboxFull):
                self._roster.look_later(player, now + BUSY_RETRY)
        self._arm()

    def watch(self, player: PlayerKey) -> bool:
        """Make sure that the end of the player's redeemer will be heard of; False: there is none."""
        ref = self._ports.redeemers.get(redeemer_key(player))
        if ref is None:
            return False
        if self._watched.get(player) != ref:
            self._watched[player] = ref
            ref.monitor(self._campaign.ref, RedeemerEnded(player, ref))
        return True

    def has_ended(self, player: PlayerKey, ref: ActorRef | None) -> bool:
        """A redeemer's end was told; False: it is an old story, there is another one by now."""
        watched = self._watched.get(player)
        if watched is not None and ref is not None and watched != ref:
            return False
        self._watched.pop(player, None)
        return True

    def _arm(self) -> None:
        at = self._roster.next_at
        if at is None or at >= self._wake_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._wake_at = at
        self._timer = self._campaign.after(max(0.0, at - self._ports.clock.now()), LookAround())

    async def _direct(self, player: PlayerKey) -> None:
        lives = self.watch(player)
        if player in self._ledger.claims:
            return  # it is at work and will report, or its end is about to be told
        now = self._ports.clock.now()
        pair = self._ledger.next_pair(player, now)
        if pair is None or pair.due_at > now + HORIZON:
            if pair is not None:
                self._roster.look_later(player, pair.due_at)
            if lives:
                self._tell(player, NoWork())
            return
        if lives or await self._start(player):
            self._tell(player, Work(pair.due_at, pair.rank, self._ledger.players[player]))

    async def _start(self, player: PlayerKey) -> bool:
        try:
            await self._ports.redeemers.start_child(redeemer_key(player), player)
        except StartFailed:
            logger.exception("The redeemer of %s could not be started", player)
            self._roster.look_later(player, self._ports.clock.now() + HORIZON)
            return False
        return self.watch(player)

    def _tell(self, player: PlayerKey, message: Work | NoWork | Report) -> None:
        with suppress(ActorDead):  # it is watched: its end leads to a new look
            self._watched[player].tell(message)


def redeemer_key(player: PlayerKey) -> str:
    """The player's key among the redeemers: `game:fid`."""
    return f"{player.game}:{player.fid}"
