"""VerifierActor: is there such a player, in this state? One call, which redeems nothing."""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Literal

import trio
from attrs import define, evolve, field, frozen

from actors.giftcodes.model import Call, FailureClass, Player, PlayerKey, Scope, Status
from actors.giftcodes.pool_policy import GameLane
from actors.giftcodes.session_pool import (
    PoolNumbers,
    PoolStatus,
    ReleaseSlot,
    RequestSlot,
    SlotGranted,
    WithdrawSlot,
)
from actors.giftcodes.slot_queue import Rank
from actors.ports import Clock, GameAPI, Put, RateHint, Reply, Store, StoreUnavailable, Verdict
from supervision import Actor, ActorCrashed, ActorDead, ActorRef, AskTimeout, MailboxFull

logger = logging.getLogger("perkd.redeem")

NO_CODE = "perkd-verify"
"""A code that cannot exist: real ones have no hyphen. What a game says of it, it says of the player first."""
WITHIN = 30.0
"""Seconds an asker waits, where it does not say otherwise."""
FIRST_OF_ALL = (float("-inf"),)
"""The rank: somebody waits for the answer, and it is one call."""
LAST_OF_ALL = (float("inf"), float("inf"))
"""The rank of those beyond a game's share."""
SHARE = 3
"""One of so many calls that a game allows may go before all redeemers: however many members register at once,
codes are redeemed meanwhile. What is beyond that is asked while nothing is to be redeemed."""
RELEASE_WITHIN = 5.0

Result = Literal["right", "wrong_state", "no_such_player", "unknown"]


@frozen
class Verified:
    """What was found out. `unknown`: nothing, `status` says why; "" where there was no answer in time."""

    result: Result
    status: str = ""
    name: str = ""
    """The player's name, where the game tells it (protocol `v1`)."""


@define(eq=False)
class Verify:
    """Asks whether `player` exists, with its state number where the game wants one; see `verify`.

    The answer comes when it is there, not as that of an `ask`: the verifier serves others meanwhile.
    """

    player: Player
    deadline: float
    """trio's time: later, nobody waits any more."""
    answer: Verified | None = None
    _answered: trio.Event = field(factory=trio.Event)

    def reply(self, answer: Verified) -> None:
        """Give the answer; the first counts."""
        if self.answer is None:
            self.answer = answer
            self._answered.set()

    @property
    def is_open(self) -> bool:
        """Somebody waits."""
        return self.answer is None and trio.current_time() < self.deadline

    async def wait(self) -> Verified:
        """The answer; `unknown` when it has not come in time."""
        with trio.move_on_at(self.deadline):
            await self._answered.wait()
        return self.answer or Verified("unknown")


@frozen
class AskerLeft:
    """Whoever asked for this player waits no more."""

    player: PlayerKey


async def verify(verifier: ActorRef, player: Player, *, within: float = WITHIN) -> Verified:
    """Ask the verifier; answers `unknown` after `within` seconds, and where there is no verifier."""
    question = Verify(player, trio.current_time() + within)
    try:
        with trio.move_on_at(question.deadline):
            await verifier.send(question)
        return await question.wait()
    except ActorDead:
        return Verified("unknown")
    finally:
        if question.answer is None:
            question.reply(Verified("unknown"))
            with suppress(ActorDead, MailboxFull):
                verifier.tell(AskerLeft(player.player_key))


@frozen
class VerifierPorts:
    """What the verifier is given. `call_id` makes a new id for a call, unique over all lives."""

    pool: ActorRef
    apis: Mapping[str, GameAPI]
    store: Store
    clock: Clock
    call_id: Callable[[], str]


@define(eq=False)
class VerifierActor(Actor):
    """Keeps all questions open at once; each game's rate window and the player's spacing hold for it too.

    It touches no record of a redemption, and no budget.
    """

    _ports: VerifierPorts
    _open: dict[PlayerKey, list[Verify]] = field(factory=dict)
    """Questions for which no call is under way yet."""
    _first: dict[str, deque[float]] = field(factory=dict)
    """Game → when slots were asked for that go before all others (trio's time)."""

    async def stopped(self) -> None:
        """Nobody shall wait for an answer that does not come."""
        for questions in self._open.values():
            for question in questions:
                question.reply(Verified("unknown"))

    async def receive(self, message: object) -> object:
        """Handle one message. Nothing in here waits."""
        match message:
            case Verify():
                self._take(message)
            case SlotGranted(grant, PlayerKey() as player):
                self.start_soon(self._use, grant, self._next(player))
            case AskerLeft(player):
                self._forget(player)
            case _:
                return await Actor.receive(self, message)
        return None

    # --- questions ------------------------------------------------------------------------------

    def _take(self, question: Verify) -> None:
        player = question.player
        api = self._ports.apis.get(player.game)
        refused = None if api is None else api.refuse(player)
        if api is None:
            question.reply(Verified("unknown"))
        elif refused is not None:
            question.reply(meaning(Reply(refused)))
        elif question.is_open:
            self._open.setdefault(player.player_key, []).append(question)
            self.start_soon(self._request, question)

    async def _request(self, question: Verify) -> None:
        """Ask for a slot, unless there will be none in time."""
        key, pool = question.player.player_key, self._ports.pool
        try:
            lane = await self._lane(key.game)
            over = self._ports.clock.now() + self._left(question)
            if lane is not None and lane.paused_until is not None and lane.paused_until > over:
                self._close(key, question, Verified("unknown", lane.reason))
                return
            await pool.send(RequestSlot(self.ref, key, self._rank(key.game, lane)))
        except (ActorDead, ActorCrashed, AskTimeout):
            self._close(key, question, Verified("unknown"))
        if key not in self._open:
            self._withdraw(key)  # the asker left while we asked

    def _rank(self, game: str, lane: GameLane | None) -> Rank:
        """First of all within the verifier's share of the game's window, else last."""
        now, first = trio.current_time(), self._first.setdefault(game, deque())
        while lane is not None and first and first[0] <= now - lane.period:
            first.popleft()
        if lane is not None and len(first) >= max(1, lane.limit // SHARE):
            return LAST_OF_ALL
        first.append(now)
        return FIRST_OF_ALL

    async def _lane(self, game: str) -> GameLane | None:
        """How the game stands; None: nobody has asked for it yet."""
        numbers: PoolNumbers = await self._ports.pool.ask(PoolStatus())
        return next((lane for lane in numbers.games if lane.game == game), None)

    @staticmethod
    def _left(question: Verify) -> float:
        return question.deadline - trio.current_time()

    def _close(self, player: PlayerKey, question: Verify, answer: Verified) -> None:
        question.reply(answer)
        self._forget(player)

    def _forget(self, player: PlayerKey) -> None:
        """Drop the player's questions that nobody waits for; without any left no slot is wanted."""
        questions = [question for question in self._open.pop(player, ()) if question.is_open]
        if questions:
            self._open[player] = questions
        else:
            self._withdraw(player)

    def _withdraw(self, player: PlayerKey) -> None:
        with suppress(ActorDead, MailboxFull):  # then a slot comes that is released unused
            self._ports.pool.tell(WithdrawSlot(player, self.ref))

    def _next(self, player: PlayerKey) -> list[Verify]:
        """The questions that one call answers: those for the same state number as the first."""
        questions = [question for question in self._open.pop(player, ()) if question.is_open]
        state = questions[0].player.state if questions else ""
        others = [question for question in questions if question.player.state != state]
        if others:
            self._open[player] = others
            self.start_soon(self._request, others[0])
        return [question for question in questions if question.player.state == state]

    # --- a slot ---------------------------------------------------------------------------------

    async def _use(self, grant: int, questions: list[Verify]) -> None:
        reply: Reply | None = None
        call: Call | None = None
        try:
            if questions:
                call = await self._record(questions[0].player)
            if call is not None:
                reply = await self._ask(questions[0].player)
        finally:
            # A call that was cut short may have reached the server: it counts as made.
            await self._release(grant, reply, called=call is not None)
            answer = Verified("unknown") if reply is None else meaning(reply)
            for question in questions:
                question.reply(answer)
        if call is not None and reply is not None:
            _report(questions[0].player, reply)
            with suppress(StoreUnavailable):  # the next life then counts the call as made just now
                await self._ports.store.commit(Put(evolve(call, done_at=self._ports.clock.now())))

    async def _record(self, player: Player) -> Call | None:
        """Record the call that is about to be made; nobody may call without the store."""
        call = Call(player.game, player.fid, self._ports.call_id(), self._ports.clock.now())
        try:
            await self._ports.store.commit(Put(call))
        except StoreUnavailable:
            return None
        return call

    def _ask(self, player: Player) -> Awaitable[Reply]:
        api = self._ports.apis[player.game]
        return api.login(player) if api.needs_login else api.redeem(player, NO_CODE)

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


def meaning(reply: Reply) -> Verified:
    """What an answer says about the player: a verdict on the code means that the player passed."""
    verdict = reply.verdict
    if verdict.status == Status.WRONG_STATE:
        return Verified("wrong_state", verdict.status)
    if verdict.status == Status.NO_SUCH_PLAYER:
        return Verified("no_such_player", verdict.status)
    return Verified("right" if _is_about_the_code(verdict) else "unknown", verdict.status, reply.nickname)


def _is_about_the_code(verdict: Verdict) -> bool:
    settled = verdict.kind in {FailureClass.SUCCESS, FailureClass.PERMANENT}
    return settled and verdict.scope in {Scope.CODE, Scope.PLAYER}


def _report(player: Player, reply: Reply) -> None:
    extra = {"game": player.game, "fid": player.fid, "status": reply.verdict.status}
    text = "🔎 FID %s (%s, state %s) was verified: %s"
    state, result = player.state or "unknown", meaning(reply).result.replace("_", " ")
    logger.info(text, player.fid, player.game, state, result, extra=extra)
