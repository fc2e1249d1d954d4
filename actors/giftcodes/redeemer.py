"""RedeemerActor: one player's session, retry budget and calls, one at a time."""

import logging
from collections.abc import Callable, Mapping

import trio
from attrs import define, field, frozen

from actors.giftcodes import attempt, wording
from actors.giftcodes.attempt import After, Next, Session, Step
from actors.giftcodes.budgets import RedeemPolicy
from actors.giftcodes.campaign_messages import ClaimPair, RedeemerReady, StepAbandoned, StepDone
from actors.giftcodes.model import Call, Player, PlayerKey, Redemption
from actors.giftcodes.session_pool import ReleaseSlot, RequestSlot, SlotGranted
from actors.ports import CaptchaSolver, Change, Clock, GameAPI, Put, RateHint, Reply, Store, StoreUnavailable
from supervision import Actor, ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull, Timer

logger = logging.getLogger(__name__)

STORE_RETRY = 5.0
"""Seconds until a store, pool or campaign that did not answer is asked again."""
RELEASE_WITHIN = 1.0
"""Seconds a release may wait for room in the pool's mailbox. Longer means that the pool is down: it
starts anew without knowing the slot."""

Rank = tuple[float, ...]


@frozen
class Work:
    """The campaign: you have something to do from `due_at` (unix seconds) on; a lower rank goes first."""

    due_at: float
    rank: Rank
    player: Player


@frozen
class NoWork:
    """The campaign: there is nothing to do for you now."""


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

    async def receive(self, message: object) -> object:
        """Handle one message."""
        match message:
            case Work():
                self._plan(message)
            case NoWork():
                if self._unrecorded is None:
                    self.stop()
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

    def _plan(self, work: Work) -> None:
        self._known, self._rank = work.player, work.rank
        if self._unrecorded is None and not self._reading:
            self._wait(work.due_at - self._ports.clock.now())

    def _wait(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(max(0.0, seconds), _Due())

    async def _request(self) -> None:
        # Waits for room: thousands ask in the same moment, and the pool takes them as fast as it can.
        await self._ports.pool.send(RequestSlot(self.ref, self.player, self._rank))

    # --- a slot ---------------------------------------------------------------------------------

    async def _use(self, grant: int) -> None:
        begun: tuple[Step, Redemption, Call] | None = None
        reply: Reply | None = None
        try:
            begun = await self._begin()
            if begun is not None:
                reply = await self._call(*begun[:2])
        finally:
            # A call that was cut short may have reached the server: it counts as made.
            await self._release(grant, reply, called=begun is not None)
        if begun is not None and reply is not None:
            await self._finish(*begun, reply)

    async def _begin(self) -> tuple[Step, Redemption, Call] | None:
        """Claim a pair, and record the call that is about to be made. None: make no call now."""
        player = self._known
        if self._unrecorded is not None or self._reading or player is None:
            return None
        try:
            claimed: Redemption | None = await self._ports.campaign.ask(ClaimPair(self.player))
        except (AskTimeout, ActorCrashed, ActorDead):
            self._wait(STORE_RETRY)
            return None
        if claimed is None:
            return None
        api = self._ports.apis[self.player.game]
        step = self._session.next_step(needs_login=api.needs_login, needs_captcha=api.needs_captcha)
        now = self._ports.clock.now()
        record = attempt.begin(claimed, step, now, player.state)
        call = Call(self.player.game, self.player.fid, self._ports.call_id(), now)
        try:
            await self._ports.store.commit(Put(record), Put(call))
        except StoreUnavailable:
            self._tell_campaign(StepAbandoned(self.player))
            self._wait(STORE_RETRY)
            return None
        wording.announce(player, step, record, self._ports.policy())
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
        with trio.move_on_after(RELEASE_WITHIN, shield=True):
            await self._ports.pool.send(ReleaseSlot(grant, called=called, verdict=verdict, hint=hint))

    # --- an answer ------------------------------------------------------------------------------

    async def _finish(self, step: Step, record: Redemption, call: Call, reply: Reply) -> None:
        player = self._known
        assert player is not None  # noqa: S101 - a pair was claimed with it
        policy, now = self._ports.policy(), self._ports.clock.now()
        after = attempt.finish(record, self._session, step, reply.verdict, now, policy)
        self._session = after.session
        changes: tuple[Change, ...] = (
            Put(after.record),
            Put(Call(call.game, call.fid, call.id, call.at, now)),
        )
        wording.report(player, step, reply, after, now)
        self._unrecorded = after, changes
        await self._record()
        if after.next is Next.ASK_PERSON:
            self._reading = True
            self.start_soon(self._read_captcha, player, reply.captcha, after.record)

    async def _record(self) -> None:
        if self._unrecorded is None:
            return
        after, changes = self._unrecorded
        try:
            await self._ports.store.commit(*changes)
        except StoreUnavailable:
            self.after(STORE_RETRY, _RecordAgain())
            return
        self._unrecorded = None
        if after.next is not Next.ASK_PERSON:
            self._tell_campaign(StepDone(self.player, after.record))

    async def _read_captcha(self, player: Player, picture: bytes, record: Redemption) -> None:
        solver = self._ports.solvers[self.player.game]
        text = await solver.solve(self.player.game, player, picture)
        await self.ref.send(_CaptchaRead(record, text))

    async def _take_captcha(self, record: Redemption, text: str | None) -> None:
        self._reading = False
        if text is not None:
            self._session = Session(logged_in=self._session.logged_in, captcha=text)
            self._tell_campaign(StepDone(self.player, record))
            return
        after = attempt.unread(record, self._ports.clock.now(), self._ports.policy())
        logger.warning("Nobody answered the captcha for %s", record.fid, extra={"fid": record.fid})
        self._unrecorded = after, (Put(after.record),)
        await self._record()

    def _tell_campaign(self, message: object) -> None:
        try:
            self._ports.campaign.tell(message)
        except MailboxFull:
            # It is busy, not gone: what it must hear it hears a little later.
            self.start_soon(self._ports.campaign.send, message)
