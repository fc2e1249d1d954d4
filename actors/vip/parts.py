"""What a member's actor works with, shared by the steps of its session."""

import logging
from collections.abc import Callable, Sequence

import trio
from attrs import define, field, frozen

from actors.ports import Clock, Store
from actors.vip.messages import ClearSession, Click, Handled, Member
from actors.vip.model import SessionState
from actors.vip.nonces import nonce
from actors.vip.pacing import Pacing
from actors.vip.policy import VIPPolicy
from actors.vip.ports import Answers, Content, Desk, Lease, Planner, StaffLog, Threads
from actors.vip.refusals import Refusals
from actors.vip.session_book import SessionBook
from actors.vip.words import Notice, Word
from supervision import ActorDead, ActorRef, MailboxFull

logger = logging.getLogger(__name__)

READING_AT_ONCE = 5
READING_A_SECOND = 15.0
"""Of all sessions together: Discord takes fifty requests a second, and a reading may be two or three."""
MOST_QUEUED = 5
"""Tickets of one member on the waiting list that are told of a new place: the newest."""


def paced_reading() -> Pacing:
    """As Discord's limits ask for it."""
    return Pacing(READING_AT_ONCE, READING_A_SECOND)


@frozen
class ThreadPorts:
    """What the members' actors need; one for all of them."""

    store: Store
    clock: Clock
    threads: Threads
    desk: Desk
    """Guarded: a call with an old epoch is refused."""
    pool: ActorRef
    office: ActorRef
    """The desk's actor, which routes."""
    planner: Planner
    answers: Answers
    staff: StaffLog
    policy: Callable[[], VIPPolicy]
    new_id: Callable[[], str]
    reading: Pacing = field(factory=paced_reading)
    """For each question about a thread that all sessions may have to ask in the same moment."""


@define(eq=False)
class SessionParts:
    """One member's session, and who waits for an answer about it."""

    member: Member
    ports: ThreadPorts
    book: SessionBook
    actor: ActorRef
    clicks: dict[str, Click] = field(factory=dict)
    """By ticket: they wait to be told whether a session opens."""
    queued: dict[str, float] = field(factory=dict)
    """Tickets of who was told a place on the waiting list → until when more can be told by them."""
    reports: list[str] = field(factory=list)
    """Tickets of staff (or members) who wait for the end, step by step."""

    found: SessionState | None = None
    """What the session was before it was to end; None: it was ending when this life began."""
    orders: dict[str, ClearSession] = field(factory=dict)
    """Of staff, by ticket: each is recorded, whatever there was to clear."""
    completed: bool = False
    """Staff say that the upgrade is complete: the role is given, whatever the session ends of."""
    refusals: Refusals = field(factory=Refusals)
    """Of commands that strangers wrote in the thread."""
    watch: trio.CancelScope | None = None
    """While who waited for the end of a session that is over is told the rest: to be cancelled for haste."""
    _place: int = field(default=0, init=False)
    """On the waiting list, as it was last told."""

    @property
    def policy(self) -> VIPPolicy:
        """As it is now."""
        return self.ports.policy()

    @property
    def lease(self) -> Lease:
        """The one that is recorded."""
        return Lease(self.book.live.account, self.book.live.epoch)

    def now(self) -> float:
        """Unix seconds."""
        return self.ports.clock.now()

    def link(self) -> str:
        """Of the session's thread."""
        return self.ports.threads.link(self.member.guild, self.book.live.thread)

    async def answer_clicks(self, first: Notice, others: Notice | None = None) -> None:
        """Tell everybody who pressed the button, for the last time; the first may be told something else."""
        queued = bool(self.queued)
        await self.answer_queued(first)
        for number, ticket in enumerate(list(self.clicks)):
            is_first = number == 0 and not queued
            await self.ports.answers.answer(ticket, first if is_first or others is None else others)
            self.clicks.pop(ticket, None)
            self.handled(ticket)

    async def answer_queued(self, notice: Notice) -> None:
        """Tell who was told a place on the waiting list what became of it."""
        for ticket in self._still_good():
            await self.ports.answers.answer(ticket, notice)
        self.queued.clear()

    async def tell_place(self, place: int) -> None:
        """Tell everybody who pressed the button the place on the waiting list; again where that changes."""
        notice = Notice.of(Word.QUEUED, position=place)
        until = trio.current_time() + self.policy.answer_within
        told = [] if place == self._place else self._still_good()
        self._place = place
        for ticket in [*told, *self.clicks]:
            await self.ports.answers.answer(ticket, notice)
            if self.clicks.pop(ticket, None) is not None:
                self.queued[ticket] = until
                self.handled(ticket)
        while len(self.queued) > MOST_QUEUED:
            del self.queued[next(iter(self.queued))]

    def _still_good(self) -> list[str]:
        """Tickets of who waits on the list, by which can still be answered."""
        now = trio.current_time()
        return [ticket for ticket, until in self.queued.items() if until > now]

    async def report(self, word: Word, **values: str | int) -> None:
        """Tell staff who wait for the end what was done."""
        for ticket in list(self.reports):
            await self.ports.answers.answer(ticket, Notice.of(word, **values))

    def close_reports(self, told: Sequence[str]) -> None:
        """They have been told everything; who has come meanwhile is told something else."""
        for ticket in told:
            self.handled(ticket)
        self.reports = [ticket for ticket in self.reports if ticket not in told]
        self.completed = False

    def handled(self, ticket: str) -> None:
        """The request needs no answer any more."""
        self.tell_office(Handled(self.member, ticket))

    def tell_office(self, message: object) -> None:
        """Tell the desk's actor."""
        tell(self.ports.office, message)

    def tell_pool(self, message: object) -> None:
        """Tell the account pool."""
        tell(self.ports.pool, message)

    async def say(self, what: str, notice: Notice, *, doubtful: bool, after: str = "") -> str:
        """Post a sentence of perkd's own in the thread, once. Raises what `Threads.send` raises.

        `what` names it within the session. `doubtful`: it may have been posted before, but after the message
        `after`.
        """
        session, threads = self.book.live, self.ports.threads
        name, content = nonce(session.id, what), Content.say(notice)
        if doubtful:
            found = await threads.find_sent(session.thread, content, name, after)
            if found is not None:
                return found
        return await threads.send(session.thread, content, name)


def tell(ref: ActorRef, message: object) -> None:
    """Tell somebody who must not be waited for."""
    try:
        ref.tell(message)
    except (MailboxFull, ActorDead) as error:
        logger.warning("%s was not told %s: %s", ref.path, type(message).__name__, error)
