"""Who may call a game's API now: the decisions of the session pool, without clocks and messages."""

import math
from collections.abc import Iterable
from itertools import count

from attrs import define, evolve, field, frozen

from actors.giftcodes.circuit import Breaker, Fault, Ticket, fault_of
from actors.giftcodes.model import Call, Circuit, PlayerKey
from actors.giftcodes.pool_policy import GameLane, PoolPolicy
from actors.giftcodes.rate import MARGIN, PERIOD, RateWindow
from actors.giftcodes.slot_queue import Rank, SlotQueue
from actors.ports import RateHint, Verdict

_INCARNATION_SHIFT = 32


@frozen(eq=False)
class Grant:
    """A slot for one call. `id` is unique over all lives of the pool's actor."""

    id: int
    player: PlayerKey
    rank: Rank
    sequence: int
    at: float
    ticket: Ticket


@define(eq=False)
class _Lane:
    window: RateWindow
    breaker: Breaker
    queue: SlotQueue = field(factory=SlotQueue)

    def opens_at(self, now: float) -> float:
        return max(self.window.next_start(now), self.breaker.next_start(now))


@define(eq=False)
class PoolCore:
    """Grants slots: `concurrency` at once over all games, within each game's window and circuit.

    Between two calls for one player there is a pause. Among those that could be called now, the lowest rank
    goes first, then who asked first. A game whose window is spent, or that is paused, holds up no other.
    All times are unix seconds, never backwards.
    """

    policy: PoolPolicy = field(factory=PoolPolicy)
    incarnation: int = 1
    _lanes: dict[str, _Lane] = field(factory=dict, init=False)
    _grants: dict[int, Grant] = field(factory=dict, init=False)
    _done_at: dict[PlayerKey, float] = field(factory=dict, init=False)
    """When the last call for a player completed, oldest first; forgotten when the spacing is over."""
    _sequence: "count[int]" = field(factory=count, init=False)
    _ids: "count[int]" = field(factory=lambda: count(1), init=False)

    # --- requests -------------------------------------------------------------------------------

    def request(self, player: PlayerKey, rank: Rank, now: float) -> None:
        """A player's holder wants a slot. Asking again changes the rank and keeps the place in the order."""
        lane = self._lane(player.game)
        lane.queue.put(player, rank, next(self._sequence), self._ready_at(player, now))

    def withdraw(self, player: PlayerKey) -> bool:
        """It wants none any more. A slot it was granted already must still be released."""
        return self._lane(player.game).queue.remove(player)

    # --- slots ----------------------------------------------------------------------------------

    def grant(self, now: float) -> list[Grant]:
        """Every slot that may be used from now on."""
        granted: list[Grant] = []
        while len(self._grants) < self.policy.concurrency:
            grant = self._grant_one(now)
            if grant is None:
                break
            granted.append(grant)
        return granted

    def release(
        self,
        grant_id: int,
        now: float,
        *,
        called: bool,
        verdict: Verdict | None = None,
        hint: RateHint | None = None,
    ) -> Grant | None:
        """A slot comes back. None for one that is not out: released twice, or from an earlier life.

        Args:
            grant_id: whose slot.
            now: when the call was over.
            called: whether it was, or may have been, used for a call.
            verdict: the call's; None where its fate is unknown.
            hint: what the answer's headers said.
        """
        grant = self._grants.pop(grant_id, None)
        if grant is None:
            return None
        lane = self._lane(grant.player.game)
        if called:
            self._called(lane, grant, now, verdict, hint or RateHint())
        else:
            lane.window.unused()
            lane.breaker.unused(grant.ticket)
        lane.queue.rest(grant.player, self._ready_at(grant.player, now))
        return grant

    def put_back(self, grant_id: int, now: float, pause: float) -> None:
        """The holder could not be told of its slot: it waits on in its old place, after `pause` seconds."""
        grant = self.release(grant_id, now, called=False)
        if grant is not None:
            queue = self._lane(grant.player.game).queue
            if grant.player not in queue:
                queue.put(grant.player, grant.rank, grant.sequence, now + pause)
            queue.rest(grant.player, now + pause)

    def next_wake(self, now: float) -> float:
        """When `grant` has something to give: `now`, later, or inf if that takes a release or a request."""
        if len(self._grants) >= self.policy.concurrency:
            return math.inf
        return min(
            (
                max(lane.opens_at(now), lane.queue.next_ready(now))
                for lane in self._lanes.values()
                if lane.queue
            ),
            default=math.inf,
        )

    # --- what outlives the pool -----------------------------------------------------------------

    def restore(self, calls: Iterable[Call], circuits: Iterable[Circuit], now: float) -> None:
        """Take over what earlier lives recorded; to be done before the first grant.

        A call that was never recorded as answered counts as of now, unless it is so old that it must
        have timed out and stopped counting.
        """
        for circuit in circuits:
            lane = self._lane(circuit.game)
            lane.breaker.restore(circuit, now)
            if circuit.limit is not None:
                lane.window.restore_limit(circuit.limit, now)
        unknown_from = now - self.policy.overdue - PERIOD
        done: list[tuple[float, PlayerKey]] = []
        for call in calls:
            if call.done_at is not None:
                done.append((min(call.done_at, now), PlayerKey(call.game, call.fid)))
            elif call.at >= unknown_from:
                done.append((now, PlayerKey(call.game, call.fid)))
        for at, player in sorted(done):
            lane = self._lane(player.game)
            lane.window.restore((at,), now)
            self._completed(player, at)
            lane.queue.rest(player, self._ready_at(player, now))

    def circuit(self, game: str) -> Circuit:
        """The record of a game's circuit as it is now."""
        lane = self._lane(game)
        return lane.breaker.record(game, lane.window.learned)

    def fault(self, game: str) -> Fault | None:
        """Why the game is paused; None while it is not."""
        return self._lane(game).breaker.fault

    # --- operators ------------------------------------------------------------------------------

    def reload(self, policy: PoolPolicy) -> None:
        """A new policy holds from now on. Slots that are out and pauses that run stay as they are."""
        self.policy = policy
        for lane in self._lanes.values():
            lane.window.configure(policy.requests_per_minute)
            lane.breaker.policy = policy.circuit

    def pause(self, game: str, until: float) -> None:
        """Open the game's circuit by order, until then."""
        self._lane(game).breaker.pause(until)

    def ordered_ends(self) -> dict[str, float]:
        """The games that were paused by order, and until when."""
        return {
            game: lane.breaker.until
            for game, lane in self._lanes.items()
            if lane.breaker.fault is Fault.ORDERED
        }

    def resume(self, game: str) -> None:
        """Close the game's circuit. Its window counts on."""
        self._lane(game).breaker.close()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The slots that are out."""
        return tuple(self._grants.values())

    def games(self, now: float) -> tuple[GameLane, ...]:
        """Every game that was ever asked for, by name."""
        return tuple(self._status(game, self._lanes[game], now) for game in sorted(self._lanes))

    # --- inside ---------------------------------------------------------------------------------

    def _lane(self, game: str) -> _Lane:
        lane = self._lanes.get(game)
        if lane is None:
            lane = _Lane(RateWindow(self.policy.requests_per_minute), Breaker(self.policy.circuit))
            self._lanes[game] = lane
        return lane

    def _grant_one(self, now: float) -> Grant | None:
        heads = [
            (head.rank, head.sequence, head, lane)
            for lane in self._lanes.values()
            if lane.queue and lane.opens_at(now) <= now and (head := lane.queue.head(now)) is not None
        ]
        if not heads:
            return None
        rank, sequence, head, lane = min(heads, key=lambda entry: entry[:2])
        lane.queue.remove(head.player)
        lane.window.start(now)
        grant = Grant(
            (self.incarnation << _INCARNATION_SHIFT) | next(self._ids),
            head.player,
            rank,
            sequence,
            now,
            lane.breaker.start(),
        )
        self._grants[grant.id] = grant
        return grant

    def _called(self, lane: _Lane, grant: Grant, now: float, verdict: Verdict | None, hint: RateHint) -> None:
        lane.window.finish(now)
        self._completed(grant.player, now)
        lane.breaker.finish(grant.ticket, verdict, now, hint.retry_after)
        if verdict is not None and fault_of(verdict) is Fault.THROTTLED:
            lane.window.learn(evolve(hint, remaining=None), now)
            lane.window.spend(now, lane.breaker.until)
        else:
            lane.window.learn(hint, now, grant.at)

    def _completed(self, player: PlayerKey, at: float) -> None:
        self._done_at.pop(player, None)
        self._done_at[player] = at
        over = at - self.policy.player_spacing - MARGIN
        while self._done_at and self._done_at[oldest := next(iter(self._done_at))] < over:
            del self._done_at[oldest]

    def _ready_at(self, player: PlayerKey, now: float) -> float:
        if any(grant.player == player for grant in self._grants.values()):
            return math.inf
        done_at = self._done_at.get(player, -math.inf)
        ready_at = done_at + self.policy.player_spacing + MARGIN
        return ready_at if ready_at > now else -math.inf

    def _status(self, game: str, lane: _Lane, now: float) -> GameLane:
        return GameLane(
            game=game,
            waiting=len(lane.queue),
            in_flight=lane.window.in_flight,
            used=lane.window.used(now),
            limit=lane.window.limit,
            period=lane.window.period,
            paused_until=None if lane.breaker.fault is None else lane.breaker.until,
            reason=lane.breaker.reason,
        )
