"""Carrying out who leads: at the start, when MongoDB comes back, when the file fails, when it is well."""

import logging
import math
import uuid
from collections.abc import Callable
from functools import partial

import trio
from attrs import define, field

from actors.catching_up import Filler, Pusher
from actors.history import History, Term, begun, next_term
from actors.leading import Decision, Failing, Held, Step
from actors.pair import Local, LocalFails, Mode, Other, Pair
from actors.ports import Position, StoreUnavailable
from actors.storage import Refusal
from actors.stores import Fenced, LeaseHeld, NeedsCopy

logger = logging.getLogger(__name__)

QUICKLY = 20.0
"""Seconds that MongoDB is given at the start, where the file may lead without it."""
COPY_AGAIN, COPY_AGAIN_AT_LAST = 10.0, 300.0
"""Seconds until a full copy that the file did not take is tried again, doubled from first to last: each
fetches all that MongoDB has."""
_NEEDS_TIME = {Step.FILL_LOCAL, Step.COPY_LOCAL}


@define
class Election:
    """Lets one of the pair lead."""

    pair: Pair
    new_id: Callable[[], str] = field(default=lambda: uuid.uuid4().hex)
    sending: trio.Lock = field(factory=trio.Lock, init=False)
    """Held while MongoDB is brought up to date."""
    _copy_pause: float = field(default=0.0, init=False)
    """Seconds between the last full copy that failed and the next; 0 after one that did not."""
    _copy_at: float = field(default=-math.inf, init=False)
    """No full copy is tried earlier, on trio's clock."""

    # --- while nobody leads ---------------------------------------------------------------------

    async def settle(self, *, quickly: bool = False) -> Decision:
        """Decide who leads, and see to it; `quickly`: unless MongoDB, or filling the file, takes long."""
        while True:
            decision, local, replica = await self.pair.decide(QUICKLY if quickly else math.inf)
            if decision.step in _NEEDS_TIME:
                await self.pair.mark_behind(True)
            if quickly and decision.step in _NEEDS_TIME:
                loudness = logging.INFO if decision.step is Step.FILL_LOCAL else logging.WARNING
                self.pair.wait(": ".join(filter(None, (decision.step.value, decision.why))), loudness)
                return decision
            if decision.step in {Step.WAIT, Step.REFUSE}:
                fatal = quickly and decision.step is Step.REFUSE  # then the end says it
                loudness = logging.DEBUG if fatal else logging.WARNING
                self.pair.wait(decision.why or decision.step.value, loudness)
                return decision
            try:
                done = await self._carry_out(decision, local, replica)
            except LocalFails as error:  # it can be opened, but not written
                self.pair.local_error = str(error)
                if not isinstance(replica, History) or decision.step is Step.REPLACE_REPLICA:
                    self.pair.wait("; ".join(filter(None, (str(error), self.pair.replica_error))))
                    return Decision(Step.WAIT, self.pair.reason)
                await self._lead_replica(await self._send_all(local, replica), str(error))
                done = True
            if done:
                return decision

    async def _send_all(self, local: Local, replica: History) -> History:
        """Let MongoDB have what a file has that can only be read."""
        pair = self.pair
        if isinstance(local, History) and not replica.holds(local):
            known = {term.number for term in replica.terms}
            pair.outbox.restart(local.end)
            pair.outbox.acknowledge(replica.end)
            terms = [term for term in local.terms if term.number <= local.end.term]
            pusher = Pusher(pair.local, pair.replica, pair.on_local, pair.outbox, terms, known)
            while await pusher.push():
                pass
        return await pair.replica.open()

    async def _carry_out(self, decision: Decision, local: Local, replica: Other) -> bool:
        match decision.step, local, replica:
            case ((Step.FILL_LOCAL | Step.COPY_LOCAL), _, History()):
                await self._fill(replica, anew=decision.step is Step.COPY_LOCAL)
                return False
            case Step.LEAD_REPLICA, _, History():
                await self._lead_replica(replica, decision.why, has_all=False)
            case _, History(), _:
                await self.lead_local(local, replica, copy=decision.step is Step.REPLACE_REPLICA)
        return True

    async def lead_local(self, local: History, replica: Other, *, copy: bool = False) -> None:
        """The file leads; MongoDB follows, if it is there."""
        pair = self.pair
        there = replica if isinstance(replica, History) else History()
        term = next_term(self.new_id(), local, there)
        await pair.on_local(partial(pair.local.begin, term))
        await pair.look_at_local()
        pair.outbox.restart(local.end)
        pair.lag = None
        pair.lead(Mode.LOCAL, term, Position(term.number, 0))
        if isinstance(replica, History):
            await self._let_follow(local, replica, copy=copy)
        else:
            logger.warning("MongoDB is away, the file carries on: %s", replica.text)

    async def _let_follow(self, local: Local, replica: History, *, copy: bool) -> None:
        """MongoDB follows from now on. What was noted of the time before must not count again."""
        pair = self.pair
        if isinstance(local, History) and local.leads and not copy:  # there is nothing to replace
            await pair.on_local(pair.local.clear_lead)
        pair.follow_with(replica, copy=copy)
        await pair.mark_behind(False)

    async def _lead_replica(self, replica: History, why: str, *, has_all: bool = True) -> None:
        term = next_term(self.new_id(), replica)
        await self.pair.replica.begin(term)
        await self._replica_leads(term, why, has_all=has_all)

    async def _replica_leads(self, term: Term, why: str, *, has_all: bool = True) -> None:
        """`has_all`: MongoDB has got all that the file has, as far as that can still be read."""
        pair = self.pair
        pair.lead(Mode.REPLICA, term, term.after, why)
        pair.pusher, pair.local_error = None, why
        if has_all:
            await pair.mark_behind(True)
        logger.critical("perkd goes on with MongoDB alone: %s", why, extra={"error": why})

    async def _fill(self, replica: History, *, anew: bool) -> None:
        filler = self._filler()
        aside = await filler.copy(replica) if anew else await filler.fill(replica)
        self._say_aside(aside)
        self.pair.attached = True
        await self.pair.mark_behind(False)

    def _filler(self) -> Filler:
        return Filler(self.pair.local, self.pair.replica, self.pair.on_local, self.pair.progress)

    @staticmethod
    def _say_aside(aside: str | None) -> None:
        if aside is not None:
            logger.critical(
                "The file was made anew from MongoDB; the old one is %s. What only that one had is not"
                " in perkd's state any more",
                aside,
                extra={"file": aside},
            )

    # --- MongoDB was away while the file led ----------------------------------------------------

    async def connect(self, turn: trio.Lock) -> None:
        """See whether MongoDB is back, and may follow. `turn` is held by whoever writes."""
        decision, local, replica = await self.pair.decide()
        match decision.step:
            case Step.LEAD_LOCAL | Step.REPLACE_REPLICA:
                if isinstance(replica, History):
                    await self._let_follow(local, replica, copy=decision.step is Step.REPLACE_REPLICA)
                    logger.warning("MongoDB follows again, and catches up", extra={"lacks": self.pair.lag})
            case Step.WAIT if isinstance(replica, Failing):
                pass
            case _:
                logger.critical("The file may not lead any more: %s", decision.why or decision.step.value)
                async with turn:
                    self.pair.wait(decision.why or decision.step.value)

    # --- the file fails: MongoDB takes the lead -------------------------------------------------

    async def hand_over(self, why: str) -> bool:
        """Let MongoDB lead, after it has got all that only the file has. False: not possible now."""
        pair = self.pair
        if pair.pusher is None or pair.pusher.copy:
            return False
        async with self.sending:
            if pair.pusher is None:  # MongoDB went away while we waited
                return False
            try:
                await self._save_what_is_left(pair.pusher)
                replica = await pair.replica.open()
                term = next_term(self.new_id(), replica, History(last=pair.position))
                await pair.replica.begin(term)
            except LocalFails as error:
                pair.local_error = str(error)
                return False
            except (StoreUnavailable, NeedsCopy, Refusal) as error:
                replica_away(pair, str(error))
                return False
            except Fenced as error:
                taken_over(pair, error)
                return False
        await self._replica_leads(term, why)
        return True

    async def _save_what_is_left(self, pusher: Pusher) -> None:
        """Send what only the file has."""
        pair = self.pair
        try:
            # A batch whose commit failed may be durable all the same: then it counts.
            for entry in await pair.on_open_local(partial(pair.local.entries, pair.position, 10)):
                pair.written(entry)
        except LocalFails:
            if not pair.outbox.complete:
                await self._do_without_journal(pusher)
        while count := await pusher.push():
            pair.sent(count)

    async def _do_without_journal(self, pusher: Pusher) -> None:
        """The journal can't be read. Where the file is damaged, it is given up; else there is hope: wait."""
        pair, known = self.pair, self.pair.seen()
        await pair.detach()
        local = await pair.look_at_local()
        if isinstance(local, Failing | Held):
            raise LocalFails(local.text)
        if isinstance(local, History) and local.holds(known):
            await self._begin_again(local, known)
            return
        pair.remember(known)
        replica = await pair.replica.open()  # it may have more than it had time to acknowledge
        if not known.holds(replica):
            raise Fenced("MongoDB has got another writer, or other data, meanwhile")
        pair.outbox.acknowledge(replica.end)
        if not pair.outbox.complete:
            self._name_the_lost(pusher, replica)

    def _name_the_lost(self, pusher: Pusher, replica: History) -> None:
        """Go on without them: what memory holds of later batches begins a term, after what MongoDB has."""
        pair, outbox = self.pair, self.pair.outbox
        logger.critical(
            "Lost with the file, which alone had them: the changes after %s up to %s",
            outbox.acknowledged,
            outbox.kept_after,
        )
        term = next_term(self.new_id(), replica, pair.seen())
        pair.remember(begun(replica, term))
        last = Position(term.number, outbox.renumber(term.number))
        pair.lead(Mode.LOCAL, term, last)
        pair.lag = last.sequence
        pusher.terms = pair.seen().terms

    async def reattach(self) -> None:
        """Open the file again, which leads but had to be closed. Raises `LocalFails`."""
        pair, known = self.pair, self.pair.seen()
        local = await pair.look_at_local()
        if not isinstance(local, History):
            raise LocalFails(local.text)
        if not local.holds(known):
            pair.remember(known)
            await pair.detach()
            raise LocalFails("the file was replaced by an older one, or is gone")
        await self._begin_again(local, known)

    async def _begin_again(self, local: History, known: History) -> None:
        pair = self.pair
        term = next_term(self.new_id(), local, known)
        try:
            await pair.on_local(partial(pair.local.begin, term))
        except LocalFails:
            await pair.detach()
            raise
        if local.end != known.end:
            pair.outbox.skip(local.end)
        await pair.look_at_local()
        pair.lead(Mode.LOCAL, term, Position(term.number, 0))
        if pair.pusher is not None:
            pair.pusher.terms = pair.seen().terms

    # --- the file can be used again -------------------------------------------------------------

    async def repair(self, turn: trio.Lock) -> None:
        """Bring the file up to date, and let it lead again.

        Raises:
            StoreUnavailable: one of the two can't be used yet.
        """
        pair = self.pair
        try:
            replica = await pair.replica.open()
        except LeaseHeld as error:  # its writer has changed: what it holds now is no longer known here
            pair.wait(str(error))
            return
        pair.replica_error = None
        if not replica.terms or replica.terms[-1].writer != pair.writer:
            pair.wait("MongoDB has got another writer, or other data, meanwhile")
            return
        await pair.replica.begin(replica.terms[-1])  # its actor may have been restarted, and not know it
        if trio.current_time() < self._copy_at:
            return
        await pair.detach()
        local = await pair.look_at_local()
        if isinstance(local, Failing | Held):
            return
        holds = isinstance(local, History) and replica.holds(local)
        if isinstance(local, History) and not holds and not pair.behind:
            pair.wait("the file can be read again, and has changes that MongoDB has not")
            return
        filler = self._filler()
        try:
            self._say_aside(await filler.fill(replica) if holds else await filler.copy(replica))
            pair.attached = True
            async with turn:
                await self._lead_local_again(filler)
        except (StoreUnavailable, Refusal) as error:
            if isinstance(error, LocalFails):  # it can be read, but not written
                pair.local_error = str(error)
            if filler.fetched:
                self._copy_pause = min(max(COPY_AGAIN, 2 * self._copy_pause), COPY_AGAIN_AT_LAST)
                self._copy_at = trio.current_time() + self._copy_pause
            raise
        self._copy_pause = 0.0

    async def _lead_local_again(self, filler: Filler) -> None:
        pair = self.pair
        if pair.mode is not Mode.REPLICA:
            return
        replica = await pair.replica.open()
        await filler.follow(replica)
        local = await pair.look_at_local()
        if isinstance(local, History):
            await self.lead_local(local, replica)
            logger.warning("The file can be used again, and leads", extra={"position": str(pair.position)})


def replica_away(pair: Pair, why: str) -> None:
    """MongoDB does not follow for now."""
    pair.pusher = None
    if pair.replica_error is None:
        what = "MongoDB is away as well" if pair.local_error else "MongoDB is away, the file carries on"
        logger.warning("%s: %s", what, why, extra={"error": why})
    pair.replica_error = why


def taken_over(pair: Pair, error: Fenced) -> None:
    """Another perkd writes to MongoDB now: this one must not write any more."""
    logger.critical("Another perkd has taken over MongoDB; this one stops writing: %s", error)
    pair.wait(f"another perkd has taken over MongoDB: {error}")
