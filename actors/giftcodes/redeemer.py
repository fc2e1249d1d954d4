"""RedeemerActor: one player's session, retry budget and calls, one at a time."""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress

import trio
from attrs import define, evolve, field, frozen

from actors.giftcodes import attempt, wording
from actors.giftcodes.attempt import After, Next, Session, Step
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.campaign_messages import ClaimPair, RedeemerReady, StepAbandoned, StepDone
from actors.giftcodes.model import Call, Player, PlayerKey, Redemption
from actors.giftcodes.redeemer_messages import NoWork, Rank, Report, Work
from actors.giftcodes.session_pool import ReleaseSlot, RequestSlot, SlotGranted
from actors.ports import (
    CaptchaSolver,
    Change,
    Clock,
    GameAPI,
    Put,
    RateHint,
    Reply,
    Store,
    StoreUnavailable,
    Verdict,
)
from supervision import Actor, ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull, Timer

__all__ = ["NoWork", "RedeemerActor", "RedeemerPorts", "Work"]

logger = logging.getLogger(__name__)

ASK_AGAIN = 5.0
"""Seconds until a store, pool or campaign that did not answer is asked again."""
RELEASE_WITHIN = 5.0
"""Seconds a release may wait for room in the pool's mailbox. Longer means that the pool is down: it
starts anew without knowing the slot."""


@frozen
class _Due:
    """Time to ask for a slot."""


@frozen
class _RecordAgain:
    """Time to try the store again."""


@frozen
class _CaptchaRead:
    """Somebody read the captcha of `record`, or nobody did (None)."""

    record: Redemption
    text: str | None


@frozen
class RedeemerPorts:
    """What every redeemer is given. `call_id` makes a new id for a call, unique over all lives."""

    campaign: ActorRef
    pool: ActorRef
    apis: Mapping[str, GameAPI]
    solvers: Mapping[str, CaptchaSolver]
    store: Store
    clock: Clock
    call_id: Callable[[], str]
    policy: Callable[[], RedeemPolicy]


@define(eq=False)
class RedeemerActor(Actor):
    """Redeems for one player. What it is to do, the campaign knows; what it has done, the store."""

    player: PlayerKey
    _ports: RedeemerPorts
    _session: Session = field(factory=Session)
    _known: Player | None = None
    _rank: Rank = ()
    _timer: Timer | None = field(default=None)
    _unrecorded: tuple[After, tuple[Change, ...]] | None = None
    """An answer the store has not taken yet: nothing else is done before."""
    _reading: bool = False
    """A person has a captcha before them."""

    async def started(self) -> None:
        """After a crash, ask for work; the first time the campaign tells it unasked."""
        if self.incarnation > 1:
            self._tell_campaign(RedeemerReady(self.player))

    async def stopped(self) -> None:
        """An answer the store did not take yet gets a last chance."""
        if self._unrecorded is not None:
            await self._record()

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case Work():
                self._plan(message)
            case NoWork():
                if not self._is_busy:
                    self.stop()
            case Report():
                if not self._is_busy:
                    self._tell_campaign(StepAbandoned(self.player))
            case _Due():
                await self._request()
            case SlotGranted(grant):
                await self._use(grant)
            case _RecordAgain():
                await self._record()
            case _CaptchaRead(record, text):
                await self._take_captcha(record, text)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- when -----------------------------------------------------------------------------------

    @property
    def _is_busy(self) -> bool:
        """The last step is not over: the campaign hears of it when it is, and tells what comes next."""
        return self._unrecorded is not None or self._reading

    def _next_step(self) -> Step:
        api = self._ports.apis[self.player.game]
        return self._session.next_step(needs_login=api.needs_login, needs_captcha=api.needs_captcha)

    def _plan(self, work: Work) -> None:
        self._known, self._rank = work.player, work.rank
        if not self._is_busy:
            at = max(work.due_at, self._session.opens_at(self._next_step()))
            self._wait(at - self._ports.clock.now())

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(max(0.0, seconds), _Due())

    async def _request(self) -> None:
        known = self._known
        verdict = None if known is None else self._ports.apis[self.player.game].refuse(known)
        if known is not None and verdict is not None:
            await self._fail_without_call(known, verdict)
            return
        try:
            # Waits for room: thousands ask in the same moment, and the pool takes them as fast as it can.
            await self._ports.pool.send(RequestSlot(self.ref, self.player, self._rank))
        except ActorDead:
            self._wait(ASK_AGAIN)  # when the pool starts anew, so do the redeemers

    async def _fail_without_call(self, player: Player, verdict: Verdict) -> None:
        """No server could find the player: that takes no slot from those it could."""
        claimed = None if self._is_busy else await self._claim()
        if claimed is not None:
            after = attempt.refused(claimed, verdict, self._ports.clock.now(), player.state)
            wording.report_spent(player, after)
            await self._keep(after, Put(after.record))

    async def _claim(self) -> Redemption | None:
        """The pair to work on now. None: the campaign looks at this player anew, and says what comes next."""
        try:
            claimed: Redemption | None = await self._ports.campaign.ask(ClaimPair(self.player))
        except (AskTimeout, ActorCrashed, ActorDead):
            self._wait(ASK_AGAIN)
            return None
        return claimed

    # --- a slot ---------------------------------------------------------------------------------

    async def _use(self, grant: int) -> None:
        begun: tuple[Step, Redemption, Call] | None = None
        reply: Reply | None = None
        try:
            begun = await self._begin()
            if begun is not None:
                reply = await self._call(*begun[:2])
                # Before the slot goes on: whoever gets it must not ask what this answer has just told.
                await self._finish(*begun, reply)
        finally:
            # A call that was cut short may have reached the server: it counts as made.
            await self._release(grant, reply, called=begun is not None)

    async def _begin(self) -> tuple[Step, Redemption, Call] | None:
        """Claim a pair, and record the call that is about to be made. None: make no call now."""
        player = self._known
        if self._is_busy or player is None:
            return None
        claimed = await self._claim()
        if claimed is None:
            return None
        policy, now = self._ports.policy(), self._ports.clock.now()
        if attempt.is_spent(claimed, policy):
            after = attempt.spend(claimed, now, policy)
            wording.report_spent(player, after)
            await self._keep(after, Put(after.record))
            return None
        step = self._next_step()
        record = attempt.begin(claimed, step, now, player.state)
        call = Call(self.player.game, self.player.fid, self._ports.call_id(), now)
        try:
            await self._ports.store.commit(Put(record), Put(call))
        except StoreUnavailable:
            # Nobody may call without the store: the slot stays here for a moment, and the queue in order.
            await trio.sleep(ASK_AGAIN)
            self._tell_campaign(StepAbandoned(self.player))
            return None
        wording.announce(player, step, record, policy, captcha=self._session.captcha is not None)
        return step, record, call

    async def _call(self, step: Step, record: Redemption) -> Reply:
        player = self._known
        assert player is not None  # noqa: S101 - a pair was claimed with it
        api = self._ports.apis[self.player.game]
        match step:
            case Step.LOGIN:
                return await api.login(player)
            case Step.CAPTCHA:
                return await api.fetch_captcha(player)
            case Step.REDEEM:
                return await api.redeem(player, record.code, self._session.captcha or "")

    async def _release(self, grant: int, reply: Reply | None, *, called: bool) -> None:
        verdict = None if reply is None else reply.verdict
        hint = RateHint() if reply is None else reply.hint
        release = ReleaseSlot(grant, called=called, verdict=verdict, hint=hint)
        with suppress(ActorDead):
            try:
                self._ports.pool.tell(release)
            except MailboxFull:
                with trio.move_on_after(RELEASE_WITHIN, shield=True):
                    await self._ports.pool.send(release)

    # --- an answer ------------------------------------------------------------------------------

    async def _finish(self, step: Step, record: Redemption, call: Call, reply: Reply) -> None:
        player = self._known
        assert player is not None  # noqa: S101 - a pair was claimed with it
        policy, now = self._ports.policy(), self._ports.clock.now()
        after = attempt.finish(record, self._session, step, reply.verdict, now, policy)
        self._session = after.session
        wording.report(player, step, reply, after, now)
        self._reading = after.next is Next.ASK_PERSON
        await self._keep(after, Put(after.record), Put(evolve(call, done_at=now)))
        if self._reading:
            self.start_soon(self._read_captcha, player, reply.captcha, after.record)

    async def _keep(self, after: After, *changes: Change) -> None:
        """Record what a step led to, and what is not recorded yet of the one before."""
        kept = () if self._unrecorded is None else self._unrecorded[1]
        self._unrecorded = after, (*kept, *changes)
        await self._record()

    async def _record(self) -> None:
        if self._unrecorded is None:
            return
        after, changes = self._unrecorded
        try:
            await self._ports.store.commit(*changes)
        except StoreUnavailable:
            self.after(ASK_AGAIN, _RecordAgain())
            return
        self._unrecorded = None
        if not self._reading:
            self._tell_campaign(StepDone(self.player, after.record))

    async def _read_captcha(self, player: Player, picture: bytes, record: Redemption) -> None:
        solver = self._ports.solvers[self.player.game]
        text = await solver.solve(self.player.game, player, picture)
        await self.ref.send(_CaptchaRead(record, text))

    async def _take_captcha(self, record: Redemption, text: str | None) -> None:
        player, self._reading = self._known, False
        if text is None and player is not None:
            after = attempt.unread(record, self._session, self._ports.clock.now(), self._ports.policy())
            wording.report_unread(player, after)
            await self._keep(after, Put(after.record))
            return
        self._session = evolve(self._session, captcha=text)
        if self._unrecorded is None:
            self._tell_campaign(StepDone(self.player, record))

    def _tell_campaign(self, message: object) -> None:
        try:
            self._ports.campaign.tell(message)
        except MailboxFull:
            # It is busy, not gone: what it must hear it hears a little later.
            self.start_soon(self._send_campaign, message)
        except ActorDead:
            logger.debug("The campaign has ended: it reads the store when it starts anew")

    async def _send_campaign(self, message: object) -> None:
        with suppress(ActorDead):
            await self._ports.campaign.send(message)
